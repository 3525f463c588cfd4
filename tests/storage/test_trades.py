"""Trades as the search for clusters reads them: whole issuers, and only those that can have a cluster."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from scoring.model import Filing
from storage import Storage, Transaction
from tests.builders_filings import ACME, NOW, TODAY, entity, filing, person, trade

MONTH = TODAY - timedelta(days=30)
SECOND = replace(ACME, cik="0000000002", ticker="SECO")


def candidates(tx: Transaction, *, codes: tuple[str, ...] = ("P",), min_filers: int = 3) -> frozenset[str]:
    return tx.filings.candidates(MONTH, TODAY, NOW, min_filers=min_filers, codes=codes)


def test_an_issuer_is_a_candidate_from_so_many_filers_of_a_code_up(storage: Storage) -> None:
    three = [filing(person(i)) for i in range(3)]
    with storage.write() as tx:
        tx.filings.add([*three[:2], filing(person(1)), filing(person(2), trade(code="S"))])
        tx.filings.add([filing(person(9), trade(days_ago=31)), filing(person(8), trade(days_ago=-1))])
        assert candidates(tx) == frozenset()
        assert candidates(tx, min_filers=2) == {ACME.cik}
        assert candidates(tx, codes=("P", "S")) == {ACME.cik}
        assert candidates(tx, codes=("S",), min_filers=1) == {ACME.cik}
        tx.filings.add(three[2:])
        assert candidates(tx) == {ACME.cik}
        assert candidates(tx, codes=("S",)) == frozenset()


def test_filers_of_one_filing_count_each_for_they_are_joined_later(storage: Storage) -> None:
    with storage.write() as tx:
        tx.filings.add([filing([person(1), entity(1), entity(2)])])
        assert candidates(tx) == {ACME.cik}


def test_what_was_not_known_yet_makes_no_candidate(storage: Storage) -> None:
    with storage.write() as tx:
        tx.filings.add([filing(person(i), accepted=NOW + timedelta(hours=i)) for i in range(3)])
        assert candidates(tx) == frozenset()
        assert candidates(tx, min_filers=1) == {ACME.cik}


def test_a_window_is_that_of_the_issuers_asked_for(storage: Storage) -> None:
    one, other = filing(person(1)), filing(person(2), issuer=SECOND)
    old = filing(person(1), trade(days_ago=31))
    taken_back = filing(person(1), trade(days_ago=300), form="4/A", accepted=NOW - timedelta(days=1))
    with storage.write() as tx:
        tx.filings.add([taken_back, one, other, old])
        assert tx.filings.window(MONTH, NOW) == tuple(
            sorted([one, other, taken_back], key=lambda f: (f.accepted_at, f.accession))
        )
        assert set(tx.filings.window(MONTH, NOW, [ACME.cik])) == {one, taken_back}
        assert tx.filings.window(MONTH, NOW, []) == ()
        assert tx.filings.window(MONTH, one.accepted_at - timedelta(seconds=1)) == ()


def test_windows_hold_every_issuer_whole_and_once(storage: Storage) -> None:
    issuers = [replace(ACME, cik=f"{number:010d}") for number in range(1, 1203)]
    filings: list[Filing] = [filing(person(who), issuer=issuer) for issuer in issuers for who in (1, 2)]
    with storage.write() as tx:
        tx.filings.add(filings)
        parts = list(tx.filings.windows(MONTH, NOW))
        assert len(parts) == 3
        groups = [{one.issuer_cik for one in part} for part in parts]
        assert sum(map(len, groups)) == len(frozenset().union(*groups)) == 1202
        assert {one for part in parts for one in part} == set(filings) == set(tx.filings.window(MONTH, NOW))
        assert [len(part) for part in tx.filings.windows(MONTH, NOW, [ACME.cik])] == [2]


WORK = {
    "candidates": candidates,
    "window": lambda tx: tx.filings.window(MONTH, NOW, [ACME.cik]),
    "windows": lambda tx: list(tx.filings.windows(MONTH, NOW, [ACME.cik])),
    "known": lambda tx: tx.filings.known([f"0000000001-26-{number:06d}" for number in range(9)]),
    "issuers since": lambda tx: tx.filings.issuers_since(1),
    "last id": lambda tx: tx.filings.last_id(),
    "named": lambda tx: tx.filings.named("NONE"),
    "asides": lambda tx: tx.filings.asides(5),
    "upgrade": lambda tx: tx.filings.add([replace(filing(person(1), accession="0000000001-26-999999"), source="xml")]),
}


@pytest.mark.parametrize("name", WORK)
def test_it_seeks(storage: Storage, name: str) -> None:
    """No table of filings is read from end to end. A year is in it, with the statistics of SQLite's own."""
    plans: list[str] = []

    def explain(connection, cursor, statement, parameters, context, many) -> None:
        one = parameters[0] if many else parameters
        found = cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", one)
        plans.extend(f"{row[3]}  <-  {statement}" for row in found)

    issuers = [replace(ACME, cik=f"{number:010d}") for number in range(1, 200)]
    with storage.write() as tx:
        tx.filings.add(
            [filing(person(who), trade(days_ago=9 * who), issuer=issuer) for issuer in issuers for who in range(1, 20)]
        )
        tx.filings.add([replace(filing(person(1), accession="0000000001-26-999999"), source="bulk")])
        event.listen(storage.engine, "before_cursor_execute", explain)
        WORK[name](tx)
        event.remove(storage.engine, "before_cursor_execute", explain)
    assert plans
    tables = ("filing", "filer", "insider_transaction", "aside")
    read_whole = [
        plan for plan in plans if plan.startswith(tuple(f"SCAN {t}" for t in tables)) and "ix_aside_at" not in plan
    ]
    assert read_whole == []
