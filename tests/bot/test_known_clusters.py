"""Clusters kept by the process say what a full search of the database says, whatever is stored in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.signals import KnownClusters, find_clusters
from scoring import clusters
from scoring.clusters import ClusterRule
from scoring.model import Cluster, Filing, Side
from storage import Storage, open_storage
from tests.builders_clusters import BLANK, RULES, filings, many_filings
from tests.builders_filings import ACME, NOW, filing, person, trade

RULE = ClusterRule(min_insiders=2)
WIDE = ClusterRule(days=90, min_insiders=1, plan=False)
HOUR = timedelta(hours=1)


def put(storage: Storage, *given: Filing) -> None:
    with storage.write() as tx:
        tx.filings.add(given)


def both(storage: Storage, known: KnownClusters, now: datetime, rule: ClusterRule = RULE) -> tuple[Cluster, ...]:
    """What is kept, which must be what is found anew."""
    with storage.read() as tx:
        found = known.find(tx, rule, now)
        assert found == find_clusters(tx, rule, now)
    return found


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.lists(filings(), max_size=3)), min_size=1, max_size=5),
    st.lists(RULES, min_size=1, max_size=2),
)
def test_what_is_kept_is_what_is_found_anew(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, list[Filing]]], rules: list[ClusterRule]
) -> None:
    storage = open_storage(f"sqlite:///{tmp_path_factory.mktemp('clusters')}/test.db")
    known, now, number = KnownClusters(), NOW - timedelta(days=2), 0
    try:
        for hours, given_now in steps:
            now += hours * HOUR
            for one in given_now:
                number += 1
                put(storage, replace(one, accession=f"0000000004-26-{number:06d}"))
            for rule in (*rules, *rules):
                both(storage, known, now, rule)
    finally:
        storage.close()


@settings(max_examples=40, deadline=None)
@given(many_filings(), RULES)
def test_reading_only_candidates_loses_no_cluster(
    tmp_path_factory: pytest.TempPathFactory, given_all: list[Filing], rule: ClusterRule
) -> None:
    storage = open_storage(f"sqlite:///{tmp_path_factory.mktemp('clusters')}/test.db")
    try:
        with storage.write() as tx:
            tx.filings.put_issuers([ACME, BLANK])
            tx.filings.add(given_all)
            since = rule.first_day(NOW.date())
            whole = clusters.find_clusters(tx.filings.window(since, NOW), tx.filings.issuers(), rule, NOW)
            assert find_clusters(tx, rule, NOW) == whole
    finally:
        storage.close()


def test_a_new_insider_of_one_company_is_seen_at_once(storage: Storage) -> None:
    put(storage, *(filing(person(i)) for i in range(2)), *(filing(person(i), issuer=BLANK) for i in range(2)))
    known = KnownClusters()
    assert [one.insider_count for one in both(storage, known, NOW)] == [2, 2]
    put(storage, filing(person(2), issuer=BLANK))
    assert {one.issuer.name: one.insider_count for one in both(storage, known, NOW + HOUR)} == {
        ACME.name: 2,
        BLANK.name: 3,
    }


def test_an_amendment_that_takes_a_purchase_back_is_seen(storage: Storage) -> None:
    first, second = filing(person(1)), filing(person(2))
    put(storage, first, second)
    known = KnownClusters()
    assert len(both(storage, known, NOW)) == 1
    undone = replace(trade(), code="G", price=0.0)
    put(storage, filing(person(2), undone, form="4/A", original=second.accepted_at.date(), accepted=NOW + HOUR))
    assert both(storage, known, NOW + HOUR) == ()


def test_better_data_of_a_known_filing_replace_it(storage: Storage) -> None:
    rounded = replace(filing(person(1), trade(price=10.13)), source="bulk")
    put(storage, rounded, filing(person(2)))
    known = KnownClusters()
    before = both(storage, known, NOW)
    put(storage, replace(rounded, source="xml", transactions=(trade(price=10.1275),)))
    after = both(storage, known, NOW)
    assert before[0].total_value - after[0].total_value == pytest.approx(0.25)


def test_a_new_sector_or_name_needs_no_new_filing(storage: Storage) -> None:
    put(storage, *(filing(person(i)) for i in range(3)))
    known = KnownClusters()
    rule = replace(RULE, sector="Energy")
    assert both(storage, known, NOW, rule) == ()
    with storage.write() as tx:
        tx.filings.put_issuers([replace(ACME, name="Acme Oil", sector="Energy")])
    assert [one.issuer.sector for one in both(storage, known, NOW + HOUR, rule)] == ["Energy"]


def test_rules_of_one_look_back_share_what_is_known(storage: Storage) -> None:
    put(storage, *(filing(person(i), plan=i == 0) for i in range(3)))
    known = KnownClusters()
    for rule in (
        replace(RULE, min_insiders=3),
        RULE,
        replace(RULE, min_value=10_000),
        replace(RULE, sides=(Side.SELL,)),
        replace(RULE, plan=False),
        WIDE,
        replace(RULE, min_insiders=3),
    ):
        both(storage, known, NOW, rule)


def test_a_clock_that_goes_back_is_followed(storage: Storage) -> None:
    put(storage, *(filing(person(i), trade(days_ago=3)) for i in range(2)))
    known = KnownClusters()
    assert both(storage, known, NOW + timedelta(days=40)) == ()
    assert len(both(storage, known, NOW)) == 1


def test_what_a_failed_refresh_stored_was_never_there(storage: Storage) -> None:
    put(storage, filing(person(1)))
    known = KnownClusters()

    def fail_after_storing() -> None:
        with known.kept_if_written(), storage.write() as tx:
            tx.filings.add([filing(person(2)), filing(person(3))])
            assert known.find(tx, RULE, NOW)[0].insider_count == 3
            raise OSError("the disk is full")

    both(storage, known, NOW)
    with pytest.raises(OSError, match="full"):
        fail_after_storing()
    # The next filing has the id of one that is gone.
    put(storage, filing(person(4)))
    assert [one.insider_count for one in both(storage, known, NOW)] == [2]


def test_what_another_process_stores_is_seen(storage: Storage, tmp_path: Path) -> None:
    put(storage, filing(person(1)))
    known = KnownClusters()
    assert both(storage, known, NOW) == ()
    other = open_storage(f"sqlite:///{tmp_path}/test.db")
    put(other, filing(person(2)))
    other.close()
    assert len(both(storage, known, NOW)) == 1
