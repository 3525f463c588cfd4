"""Amendments replace what they restate, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

from scoring.amendments import effective_filings
from scoring.model import Filing
from tests.builders_filings import NOW, buys, count, filing, person, trade

ANN, BO = person(1), person(2)
ORIGINAL = filing(ANN, trade(100), trade(200, 11.0, row=1), accession="0000000001-26-900001")
FILED = ORIGINAL.accepted_at.date()


def amendment(*rows, number: int = 2, original=FILED, who=ANN) -> Filing:
    return filing(
        who,
        *rows,
        form="4/A",
        original=original,
        accession=f"0000000001-26-90000{number}",
        accepted=NOW - timedelta(hours=10 - number),
    )


def value(*filings: Filing) -> float:
    return sum(one.total_value for one in buys(*filings))


def test_a_restated_table_replaces_the_original() -> None:
    assert value(ORIGINAL, amendment(trade(150), trade(200, 11.0, row=1))) == 1500 + 2200


def test_only_the_restated_row_is_replaced() -> None:
    assert value(ORIGINAL, amendment(trade(100, 12.0))) == 1200 + 2200


def test_a_forgotten_trade_is_added() -> None:
    assert value(ORIGINAL, amendment(trade(300, 9.0, days_ago=5))) == 1000 + 2200 + 2700


def test_an_amendment_without_rows_changes_nothing() -> None:
    holdings = filing(ANN, trade(), form="4/A", original=FILED, accepted=NOW)
    holdings = Filing(**{f: getattr(holdings, f) for f in Filing.__slots__} | {"transactions": ()})
    assert value(ORIGINAL, holdings) == 3200


def test_somebody_elses_amendment_changes_nothing_of_mine() -> None:
    theirs = amendment(trade(100), trade(200, 11.0, row=1), who=BO)
    assert count(ORIGINAL, theirs) == 2


def test_the_latest_of_a_chain_wins() -> None:
    first = amendment(trade(110), trade(210, 11.0, row=1), number=2)
    second = amendment(trade(120), trade(220, 11.0, row=1), number=3)
    assert value(ORIGINAL, first, second) == 1200 + 2420


def test_the_order_of_arrival_does_not_matter() -> None:
    filings = (
        ORIGINAL,
        amendment(trade(110), trade(210, 11.0, row=1), number=2),
        amendment(trade(120), trade(220, 11.0, row=1), number=3),
    )
    results = {tuple(effective_filings(order)) for order in permutations(filings)}
    assert len(results) == 1


def test_an_original_date_typed_as_the_period_still_finds_its_original() -> None:
    wrong = amendment(trade(100), trade(250, 11.0, row=1), original=ORIGINAL.period - timedelta(days=90))
    assert value(ORIGINAL, wrong) == 1000 + 2750
