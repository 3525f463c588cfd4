"""The book of clusters says at any time what a full search says."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.cluster_book import ClusterBook
from scoring.clusters import ClusterRule, find_clusters
from scoring.model import Cluster, Filing, Issuer, Side
from tests.builders_clusters import BLANK, filings
from tests.builders_filings import ACME, NOW, entity, filing, person, trade

TEN_DAYS = ClusterRule(days=10, min_insiders=2)
STEPS = st.lists(st.sampled_from([0, 1, 7, 12, 13, 24, 36, 100, 300]), min_size=1, max_size=8)  # hours


class Shelf:
    """Filings as storage holds them, and how often an issuer's were asked for."""

    def __init__(self) -> None:
        self.filings: list[Filing] = []
        self.asked: list[str] = []

    def load(self, ciks: Collection[str], since: date) -> Iterator[Sequence[Filing]]:
        """An issuer at a time."""
        for cik in sorted(ciks):
            self.asked.append(cik)
            yield [one for one in self.window(since) if one.issuer_cik == cik]

    def window(self, since: date) -> list[Filing]:
        """What storage gives: trades since then, and amendments accepted since then."""
        midnight = datetime.combine(since, time(), UTC)
        return [
            one
            for one in self.filings
            if any(row.date >= since for row in one.transactions) or (one.form == "4/A" and one.accepted_at >= midnight)
        ]

    def full(self, rule: ClusterRule, now: datetime, issuers: dict[str, Issuer]) -> tuple[Cluster, ...]:
        """The whole search."""
        return find_clusters(self.window(rule.first_day(now.date())), issuers, rule, now)


@st.composite
def arrivals(draw: st.DrawFn) -> list[tuple[datetime, list[Filing]]]:
    """Instants that never go back, each with the filings stored since the one before."""
    now = NOW - timedelta(days=4)
    steps = []
    number = 0
    for hours in draw(STEPS):
        now += timedelta(hours=hours)
        count = draw(st.integers(0, 3))
        steps.append((now, [draw(filings(number + place)) for place in range(count)]))
        number += count
    return steps


@settings(max_examples=200, deadline=None)
@given(arrivals(), st.sampled_from([3, 10, 30]), st.integers(1, 3), st.booleans())
def test_whatever_arrives_and_however_time_passes_the_book_equals_a_full_search(
    steps: list[tuple[datetime, list[Filing]]], days: int, least: int, plan: bool
) -> None:
    shelf, book = Shelf(), ClusterBook(days, least, plan=plan)
    names = {ACME.cik: ACME}
    for now, new in steps:
        shelf.filings += new
        book.update(now, {one.issuer_cik for one in new}, shelf.load)
        for rule in (book.rule, replace(book.rule, min_insiders=least + 1, sides=(Side.BUY,), sector="Technology")):
            assert book.find(rule, names) == shelf.full(rule, now, names)
        names[BLANK.cik] = replace(BLANK, name="Blank Holdings", sector="Technology")


def three(issuer: Issuer = ACME, days_ago: int = 3) -> list[Filing]:
    return [filing(person(i), trade(100, 10 + i, days_ago=days_ago), issuer=issuer) for i in range(3)]


def opened(*given: Filing, rule: ClusterRule = TEN_DAYS) -> tuple[Shelf, ClusterBook]:
    shelf, book = Shelf(), ClusterBook(rule.days, rule.min_insiders)
    shelf.filings += given
    book.update(NOW, {one.issuer_cik for one in given}, shelf.load)
    shelf.asked.clear()
    return shelf, book


def test_what_did_not_change_is_not_asked_for_again() -> None:
    shelf, book = opened(*three(), *three(BLANK))
    shelf.filings.append(new := filing(person(4), issuer=BLANK))
    book.update(NOW + timedelta(hours=1), {new.issuer_cik}, shelf.load)
    assert shelf.asked == [BLANK.cik]
    assert {one.issuer.cik: one.insider_count for one in book.find(TEN_DAYS, {})} == {ACME.cik: 3, BLANK.cik: 4}


def test_a_new_day_asks_only_for_those_whose_trades_leave() -> None:
    shelf, book = opened(*three(days_ago=10), *three(BLANK, days_ago=3))
    book.update(NOW + timedelta(hours=11, minutes=59), (), shelf.load)
    assert shelf.asked == []
    book.update(NOW + timedelta(hours=12), (), shelf.load)
    assert shelf.asked == [ACME.cik]
    assert book.issuers() == {BLANK.cik}


def test_a_filing_that_tied_a_vehicle_to_a_person_and_leaves_is_noticed() -> None:
    tie = filing([person(1), entity(1)], trade(code="A", days_ago=10))
    shelf, book = opened(tie, filing(person(1), trade(31)), filing(entity(1), trade(32)))
    assert book.find(TEN_DAYS, {}) == ()
    book.update(NOW + timedelta(days=1), (), shelf.load)
    assert [one.insider_count for one in book.find(TEN_DAYS, {})] == [2]


def test_an_amendment_of_old_trades_that_tied_a_vehicle_is_noticed_when_it_leaves() -> None:
    tie = filing([person(1), entity(1)], trade(days_ago=90), form="4/A", accepted=NOW - timedelta(days=10))
    shelf, book = opened(tie, filing(person(1), trade(31)), filing(entity(1), trade(32)))
    assert book.find(TEN_DAYS, {}) == ()
    book.update(NOW + timedelta(days=1), (), shelf.load)
    assert [one.insider_count for one in book.find(TEN_DAYS, {})] == [2]


def test_a_trade_of_tomorrow_counts_from_tomorrow() -> None:
    ahead = filing(person(1), trade(days_ago=-1), accepted=NOW)
    shelf, book = opened(ahead, filing(person(2)))
    assert book.find(TEN_DAYS, {}) == ()
    book.update(NOW + timedelta(hours=12), (), shelf.load)
    assert [one.insider_count for one in book.find(TEN_DAYS, {})] == [2]


def test_what_is_accepted_later_is_noticed_when_it_is() -> None:
    first, second, late = three()
    soon = replace(late, accepted_at=NOW + timedelta(hours=2))
    shelf, book = opened(first, second, soon)
    book.update(soon.accepted_at - timedelta(seconds=1), (), shelf.load)
    assert shelf.asked == []
    book.update(soon.accepted_at, (), shelf.load)
    assert [one.insider_count for one in book.find(TEN_DAYS, {})] == [3]


def test_who_has_too_few_filers_is_not_asked_for_until_somebody_files() -> None:
    shelf, book = opened(filing(person(1)), filing(person(1), trade(7)))
    book.update(NOW + timedelta(days=30), (), shelf.load)
    assert shelf.asked == []


def test_a_load_that_fails_leaves_the_book_as_it_was() -> None:
    _, book = opened(*three(), *three(BLANK))
    before = book.find(TEN_DAYS, {})

    def failing(ciks: Collection[str], since: date) -> Iterator[Sequence[Filing]]:
        yield [filing(person(9), issuer=ACME)]
        raise OSError(f"no {since}")

    with pytest.raises(OSError, match="no 2026"):
        book.update(NOW + timedelta(hours=1), {ACME.cik, BLANK.cik}, failing)
    assert (book.find(TEN_DAYS, {}), book.at) == (before, NOW)


def test_it_answers_no_other_look_back_and_does_not_go_back_in_time() -> None:
    shelf, book = opened(*three())
    with pytest.raises(ValueError, match="not in the book"):
        book.find(ClusterRule(days=30), {})
    with pytest.raises(ValueError, match="not in the book"):
        book.find(replace(TEN_DAYS, min_insiders=1), {})
    with pytest.raises(ValueError, match="the book is at"):
        book.update(NOW - timedelta(seconds=1), (), shelf.load)
