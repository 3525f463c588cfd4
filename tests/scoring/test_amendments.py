"""Amendments replace what they restate, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

from bot.feeds.form4 import parse_form4
from scoring.amendments import effective_filings
from scoring.clusters import ClusterRule, find_clusters
from scoring.model import UNNUMBERED, Filing
from tests.builders_filings import NOW, buys, count, entity, filing, person, trade
from tests.shared_data import real

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


def test_a_purchase_that_was_a_gift_is_taken_back() -> None:
    gift = trade(100, 0.0, code="G", ad="A")
    assert value(ORIGINAL, amendment(gift, trade(200, 11.0, row=1))) == 2200
    assert count(filing(BO), replace(amendment(gift), filers=(BO,))) == 0


def test_a_forgotten_gift_takes_no_purchase_back() -> None:
    assert value(ORIGINAL, amendment(trade(70, 0.0, code="G", ad="A"))) == 1000 + 2200


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


def test_of_two_filings_of_one_day_the_one_of_the_same_owners_is_amended() -> None:
    joint = filing([ANN, entity(1)], trade(100), accession="0000000001-26-800001")
    alone = filing(ANN, trade(100), accession="0000000001-26-800002")
    left = effective_filings([joint, alone, amendment(trade(100, 12.0))])
    assert [len(one.transactions) for one in left] == [1, 0, 1]


def read(file: str) -> Filing:
    return parse_form4(real("form4", file).read_bytes()).filing


def as_original(amended: Filing, days_before: int, *rows) -> Filing:
    """The original of a real amendment, made up: EDGAR has it, the recorded data have not."""
    return replace(
        amended,
        accession="0000000009-26-000001",
        form="4",
        original_filed=None,
        accepted_at=amended.accepted_at - timedelta(days=days_before),
        transactions=rows or amended.transactions,
    )


def test_a_real_amendment_of_title_and_period_replaces_both_rows() -> None:
    original, amended = read("noacc-0eab8b_MUNEX_4.xml"), read("noacc-377f8a_MUNEX_4A.xml")
    assert original.period != amended.period
    left = effective_filings([amended, original])
    assert [len(one.transactions) for one in left] == [0, 2]
    found = find_clusters([original, amended], {}, ClusterRule(min_insiders=1), amended.accepted_at)
    assert [(one.insider_count, one.transaction_count, one.accessions) for one in found] == [
        (1, 1, (amended.accession,)),
        (1, 1, (amended.accession,)),
    ]


def test_a_later_real_filing_of_the_same_bank_stays_as_it_is() -> None:
    later, amended = read("noacc-f4d5b6_MUNEX_4.xml"), read("noacc-377f8a_MUNEX_4A.xml")
    assert all(one.transactions for one in effective_filings([later, amended]))


def test_a_real_amendment_dated_by_its_period_replaces_its_original_and_no_sale() -> None:
    amended = read("0000707549-25-000004_LRCX_4A.xml")
    assert amended.original_filed == amended.period
    original = as_original(amended, 30)
    sale = replace(trade(50, code="S"), date=amended.period)
    sold = replace(as_original(amended, 20, sale), accession="0000000009-26-000002", period=None)
    assert [len(one.transactions) for one in effective_filings([amended, sold, original])] == [0, 1, 2]


def test_a_real_amendment_of_three_years_later_still_replaces_its_original() -> None:
    amended = read("0001258134-26-000004_APT_4A.xml")
    days = (amended.accepted_at.date() - amended.original_filed).days
    assert days > 3 * 365 - 10
    assert [len(one.transactions) for one in effective_filings([as_original(amended, days), amended])] == [0, 1]


def test_a_real_amendment_of_an_award_leaves_the_same_persons_purchase_alone() -> None:
    amended = read("noacc-6fe94a_C_4A.xml")
    bought = replace(trade(1_000, 98.5), date=amended.period)
    purchase = as_original(amended, 2, bought)
    left = effective_filings([purchase, amended])
    assert [len(one.transactions) for one in left] == [1, 1]


def unnumbered(one: Filing, number: int = 1) -> Filing:
    """The filing as a file without its header and with a name that says no accession number gives it."""
    signed = one.accepted_at - timedelta(hours=9)
    return replace(one, accession=f"{UNNUMBERED}{number:016x}", accepted_at=signed, source="bare")


def test_a_file_without_a_number_counts_until_the_same_filing_comes_with_one() -> None:
    file = unnumbered(ORIGINAL)
    assert value(file) == 1000 + 2200
    for some in permutations([file, unnumbered(ORIGINAL, 2), ORIGINAL]):
        assert value(*some) == 1000 + 2200


def test_prices_rounded_to_cents_by_a_data_set_are_those_of_the_file() -> None:
    exact = filing(ANN, trade(100, 10.1234), accession=ORIGINAL.accession)
    rounded = replace(filing(ANN, trade(100, 10.12), accession=ORIGINAL.accession), source="bulk")
    assert value(unnumbered(exact), rounded) == 100 * 10.12


def test_an_amendment_takes_back_what_a_file_told_a_second_time() -> None:
    corrected = amendment(trade(150), trade(200, 11.0, row=1))
    assert value(unnumbered(ORIGINAL), ORIGINAL, corrected) == 1500 + 2200
    assert value(unnumbered(ORIGINAL), ORIGINAL, unnumbered(corrected, 2), corrected) == 1500 + 2200


def test_a_file_without_a_number_that_tells_something_else_still_counts() -> None:
    assert value(unnumbered(filing(ANN, trade(70))), ORIGINAL) == 700 + 1000 + 2200
    assert value(unnumbered(filing(BO, trade(100), trade(200, 11.0, row=1))), ORIGINAL) == 2 * (1000 + 2200)
