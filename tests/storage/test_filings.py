"""Filings as they come in: once each, the better source over the lesser, and what cannot be read kept aside."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.model import Aside, Filing
from storage import Storage
from storage.filed import RANK
from tests.builders_filings import NOW, filing, person, trade

LATER = NOW + timedelta(days=30)


def as_read_from(source: str, one: Filing) -> Filing:
    """The filing as another source gives it."""
    price = {"xml": 10.1234, "bulk": 10.12, "bare": 10.1234}[source]
    at = {"xml": one.accepted_at, "bulk": one.accepted_at.replace(hour=2), "bare": one.accepted_at.replace(hour=0)}
    rows = tuple(replace(row, price=price) for row in one.transactions)
    return replace(one, source=source, accepted_at=at[source], transactions=rows)


def stored(storage: Storage) -> dict[str, Filing]:
    with storage.read() as tx:
        return {one.accession: one for one in tx.filings.window(date(2020, 1, 1), LATER)}


def test_a_filing_comes_back_as_it_was_stored(storage: Storage) -> None:
    one = filing([person(1, is_officer=True, officer_title="CFO"), person(2)], trade(), trade(7, None, row=3, code="S"))
    with storage.write() as tx:
        assert (tx.filings.add([one, one]).new, tx.filings.add([one]).new) == (1, 0)
    assert stored(storage) == {one.accession: one}


def test_a_filing_without_trades_is_stored_and_known(storage: Storage) -> None:
    holdings = replace(filing(person(1)), transactions=(), period=None)
    with storage.write() as tx:
        assert tx.filings.add([holdings]).new == 1
        assert tx.filings.known([holdings.accession, "0000000009-26-000001"]) == {holdings.accession}
        assert tx.filings.count() == 1


@pytest.mark.parametrize("first", RANK)
@pytest.mark.parametrize("second", RANK)
@pytest.mark.parametrize("together", [True, False])
def test_the_better_source_stays_whichever_comes_first(
    storage: Storage, first: str, second: str, *, together: bool
) -> None:
    one = filing(person(1))
    given_ = [as_read_from(first, one), as_read_from(second, one)]
    with storage.write() as tx:
        if together:
            assert tx.filings.add(given_).new == 1
        else:
            added = [tx.filings.add([given_[0]]).new, tx.filings.add([given_[1]]).new]
            assert added == [1, int(RANK[second] > RANK[first])]
        assert tx.filings.count() == 1
    assert stored(storage)[one.accession].source == max(first, second, key=lambda source: RANK[source])
    assert stored(storage)[one.accession] in given_


def test_a_filing_read_anew_is_new_to_who_asks_what_is_new(storage: Storage) -> None:
    """Also the last one stored, whose id SQLite would give again."""
    one, other = filing(person(1)), filing(person(2))
    with storage.write() as tx:
        tx.filings.add([as_read_from("bulk", other), as_read_from("bulk", one)])
        seen = tx.filings.last_id()
        assert tx.filings.issuers_since(seen) == frozenset()
        tx.filings.add([as_read_from("xml", one)])
        assert tx.filings.last_id() > seen
        assert tx.filings.issuers_since(seen) == {one.issuer_cik}
        assert tx.filings.issuers_since(tx.filings.last_id()) == frozenset()
        left = tx.connection.exec_driver_sql("SELECT count(*) FROM insider_transaction").scalar_one()
        assert (left, tx.connection.exec_driver_sql("SELECT count(*) FROM filer").scalar_one()) == (2, 2)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(sorted(RANK))), max_size=6), max_size=6))
def test_ids_only_grow_and_the_best_reading_of_each_filing_is_what_is_stored(
    storage: Storage, loads: list[list[tuple[int, str]]]
) -> None:
    names = [f"0000000007-26-{number:06d}" for number in range(5)]
    best: dict[str, str] = {}
    with storage.write() as tx:
        tx.connection.exec_driver_sql("DELETE FROM filing")
        last = tx.filings.last_id()
        for load in loads:
            better = False
            for number, source in load:
                before = best.get(names[number])
                if before is None or RANK[source] > RANK[before]:
                    best[names[number]], better = source, True
            tx.filings.add([as_read_from(source, filing(person(n), accession=names[n])) for n, source in load])
            assert (tx.filings.last_id() > last) == better
            last = tx.filings.last_id()
        found = tx.filings.window(date(2020, 1, 1), LATER)
    assert {one.accession: one.source for one in found} == best


def test_a_filing_imported_without_its_header_is_to_be_asked_for(storage: Storage) -> None:
    bare, bulk = as_read_from("bare", filing(person(1))), as_read_from("bulk", filing(person(2)))
    with storage.write() as tx:
        tx.filings.add([bare, bulk])
        assert tx.filings.known([bare.accession, bulk.accession]) == {bulk.accession}


def test_what_cannot_be_read_is_kept_aside_until_it_can(storage: Storage) -> None:
    one = filing(person(1))
    at = datetime(2026, 4, 26, 12, tzinfo=UTC)
    aside = Aside(one.accession, "it is not XML", "https://www.sec.gov/x.txt", at)
    older = Aside("0000000002-26-000001", "it names no owner", "https://www.sec.gov/y.txt", at - timedelta(days=1))
    with storage.write() as tx:
        tx.filings.put_aside([older, replace(aside, reason="cut off"), aside])
        assert tx.filings.asides(5) == (aside, older)
        assert tx.filings.asides(1) == (aside,)
        assert tx.filings.known([one.accession]) == {one.accession}
        tx.filings.add([one])
        assert (tx.filings.asides(5), tx.filings.aside_count()) == ((older,), 1)


def test_many_accessions_are_looked_up_at_once(storage: Storage) -> None:
    many = [filing(person(number)) for number in range(1203)]
    with storage.write() as tx:
        assert tx.filings.add(many).new == 1203
        assert tx.filings.known(one.accession for one in many) == {one.accession for one in many}
        assert tx.filings.known([]) == frozenset()
