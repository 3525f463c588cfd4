"""Clusters: which rows count, which owners, which window; and real filings."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feeds.form4 import parse_form4
from scoring.clusters import ClusterRule, examine, find_clusters
from scoring.model import Cluster, Filing, Issuer, Side
from tests.builders_filings import ACME, NOW, buys, count, entity, filing, person, trade
from tests.shared_data import real


def test_three_people_who_buy_are_a_cluster() -> None:
    (found,) = buys(*(filing(person(i), trade(100, 10 + i)) for i in range(3)), rule=ClusterRule())
    assert (found.issuer, found.side, found.insider_count) == (ACME, Side.BUY, 3)
    assert (found.total_value, found.net_shares, found.transaction_count) == (3300.0, 300.0, 3)
    assert [one.value for one in found.insiders] == [1200.0, 1100.0, 1000.0]


def test_two_are_none_by_default() -> None:
    assert buys(filing(person(1)), filing(person(2)), rule=ClusterRule()) == ()


def test_sales_have_negative_shares() -> None:
    sales = [filing(person(i), trade(code="S")) for i in range(3)]
    (found,) = find_clusters(sales, {}, ClusterRule(), NOW)
    assert (found.side, found.net_shares, found.total_value) == (Side.SELL, -300.0, 3000.0)


@pytest.mark.parametrize(("days_ago", "inside"), [(0, True), (30, True), (31, False)])
def test_the_window_holds_today_and_the_day_so_many_days_ago(days_ago: int, inside: bool) -> None:
    one = filing(person(1), trade(days_ago=days_ago), accepted=NOW)
    assert bool(buys(one)) is inside


def test_what_was_filed_later_is_not_known_yet() -> None:
    one = filing(person(1), accepted=NOW + timedelta(seconds=1))
    assert buys(one) == ()
    assert buys(one, now=NOW + timedelta(seconds=1)) != ()


@pytest.mark.parametrize("price", [None, 0.0])
def test_a_row_without_a_price_counts_neither_for_value_nor_for_insiders(price: float | None) -> None:
    (found,) = buys(filing(person(1)), filing(person(2), trade(price=price)))
    assert (found.insider_count, found.total_value, found.transaction_count) == (1, 1000.0, 1)


@pytest.mark.parametrize("code", ["A", "M", "F", "G", "X", "C"])
def test_awards_exercises_and_gifts_are_no_purchases(code: str) -> None:
    assert buys(filing(person(1), trade(code=code))) == ()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (trade(ad="D"), "contradicts"),
        (trade(price=40_000_000.0), "price of"),
        (trade(shares=1e9, price=9.0), "value of"),
        (trade(shares=43_200_000, price=6.93, after=1000), "held after"),
        (trade(shares=0), "0 shares"),
    ],
)
def test_rows_that_cannot_be_true_are_set_aside_with_a_reason(row, reason: str) -> None:
    clusters, aside = examine([filing(person(1), row)], {}, ClusterRule(min_insiders=1), NOW)
    assert clusters == ()
    assert reason in aside[0].reason


def test_a_trade_dated_after_its_filing_is_set_aside() -> None:
    early = filing(person(1), trade(days_ago=1), accepted=NOW - timedelta(days=4))
    _, aside = examine([early], {}, ClusterRule(min_insiders=1), NOW)
    assert "after it was filed" in aside[0].reason


def test_berkshires_price_is_dear_and_true() -> None:
    assert count(filing(person(1), trade(1, 742_000.0))) == 1


def test_filters_need_a_known_sector_and_a_value() -> None:
    three = [filing(person(i)) for i in range(3)]
    unknown = [filing(person(i), issuer=Issuer("0000000002", "Blank", None, None, None)) for i in range(3)]
    everything = (*three, *unknown)

    def found(rule: ClusterRule) -> list[str]:
        return [one.issuer.name for one in find_clusters(everything, {ACME.cik: ACME}, rule, NOW)]

    assert found(ClusterRule()) == ["Acme Inc", "Blank"]
    assert found(ClusterRule(sector="Technology")) == ["Acme Inc"]
    assert found(ClusterRule(sector="Energy")) == []
    assert found(ClusterRule(industry="Semiconductors")) == ["Acme Inc"]
    assert found(ClusterRule(ticker="ACME")) == ["Acme Inc"]
    assert found(ClusterRule(min_value=3000)) == ["Acme Inc", "Blank"]
    assert found(ClusterRule(min_value=3001)) == []


def test_the_key_is_the_cik_for_many_companies_have_no_ticker() -> None:
    each = [filing(person(i), issuer=Issuer(f"{i:010d}", f"Co {i}", None, None, None)) for i in range(5)]
    assert find_clusters(each, {}, ClusterRule(), NOW) == ()


def test_clusters_come_by_value() -> None:
    big = Issuer("0000000009", "Big", "BIG", None, None)
    small = [filing(person(i)) for i in range(3)]
    large = [filing(person(i), trade(9000), issuer=big) for i in range(3)]
    found = find_clusters([*small, *large], {}, ClusterRule(), NOW)
    assert [one.issuer.ticker for one in found] == ["BIG", "ACME"]


def test_plan_trades_are_counted_apart() -> None:
    (found,) = buys(filing(person(1), plan=True), filing(person(2)))
    assert (found.plan_value, found.total_value) == (1000.0, 2000.0)


def test_plan_trades_can_be_left_out_with_their_insiders() -> None:
    three = [filing(person(1), plan=True), filing(person(2)), filing(person(3), trade(500))]
    (found,) = buys(*three, rule=ClusterRule(min_insiders=2, plan=False))
    assert (found.insider_count, found.total_value, found.plan_value) == (2, 6000.0, 0.0)
    assert buys(*three, rule=ClusterRule(min_insiders=3, plan=False)) == ()


def test_a_plan_filing_that_is_left_out_still_tells_who_is_who() -> None:
    together = filing([person(1), entity(1)], plan=True)
    apart = (filing(person(1), trade(31)), filing(entity(1), trade(32)))
    (found,) = buys(together, *apart, rule=ClusterRule(min_insiders=1, plan=False))
    assert (found.insider_count, found.transaction_count) == (1, 2)


def test_five_who_bought_at_one_price_on_one_day_are_marked() -> None:
    allocated = [filing(person(i), trade(100 + i, 21.0)) for i in range(5)]
    (found,) = buys(*allocated)
    assert (found.insider_count, found.uniform_price) == (5, 5)
    (found,) = buys(*allocated, filing(person(5), trade(50, 22.5)))
    assert (found.insider_count, found.uniform_price) == (6, 5)


def test_who_also_bought_at_another_price_chose_the_moment() -> None:
    allocated = [filing(person(i), trade(100 + i, 21.0)) for i in range(5)]
    (found,) = buys(*allocated, filing(person(0), trade(70, 20.5, days_ago=2)))
    assert (found.insider_count, found.uniform_price) == (5, 4)


def test_four_who_meet_at_one_price_are_not_marked_and_neither_is_a_sale() -> None:
    (found,) = buys(*(filing(person(i), trade(100 + i, 21.0)) for i in range(4)))
    assert found.uniform_price == 0
    (found,) = find_clusters(
        [filing(person(i), trade(100 + i, 21.0, code="S")) for i in range(6)], {}, ClusterRule(), NOW
    )
    assert found.uniform_price == 0


def test_five_filers_who_are_two_owners_are_not_marked() -> None:
    joint = [filing([person(0), entity(1), entity(2), entity(3)], trade(100, 21.0)), filing(person(1), trade(90, 21.0))]
    (found,) = buys(*joint)
    assert (found.insider_count, found.uniform_price) == (2, 0)


def test_a_filing_without_a_filer_counts_for_nothing() -> None:
    assert buys(replace(filing(person(1)), filers=())) == ()


def test_a_filing_a_month_late_is_marked() -> None:
    late = filing(person(1), trade(days_ago=40), accepted=NOW)
    (found,) = buys(late, rule=ClusterRule(days=60, min_insiders=1))
    assert found.insiders[0].late


def test_the_same_trade_in_two_filings_counts_once() -> None:
    first = filing(entity(1), trade(12_345, after=99_999, direct=False))
    again = filing(entity(2), trade(12_345, after=99_999, direct=False))
    (found,) = buys(first, again)
    assert (found.insider_count, found.transaction_count, found.total_value) == (1, 1, 123_450.0)
    assert any("reported by other filings" in why for why in found.insiders[0].joined_because)


def test_two_direct_round_lots_at_one_price_are_two_trades() -> None:
    assert count(filing(person(1), trade(1000)), filing(person(2), trade(1000))) == 2


def test_equal_rows_of_one_filing_are_equal_tranches() -> None:
    (found,) = buys(filing(person(1), trade(row=0), trade(row=1)))
    assert (found.transaction_count, found.total_value) == (2, 2000.0)


people = st.lists(st.integers(1, 6), min_size=1, max_size=6)


@st.composite
def made_filings(draw: st.DrawFn) -> list[Filing]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        filers = [person(i) for i in sorted(set(draw(people)))]
        filers += [entity(draw(st.integers(1, 3)))] if draw(st.booleans()) else []
        shares = draw(st.integers(1, 500))
        rows = trade(shares, 10.0, days_ago=draw(st.integers(2, 20)), direct=len(filers) == 1)
        found.append(filing(filers, rows, accession=f"0000000002-26-{number:06d}"))
    return found


@settings(max_examples=60, deadline=None)
@given(made_filings(), st.randoms(use_true_random=False))
def test_order_and_refiling_change_nothing(filings: list[Filing], shuffle: random.Random) -> None:
    before = buys(*filings)
    mixed = [*filings, *filings[:2]]
    shuffle.shuffle(mixed)
    assert buys(*mixed) == before


@settings(max_examples=60, deadline=None)
@given(made_filings())
def test_tranches_change_neither_who_is_counted_nor_the_value(filings: list[Filing]) -> None:
    (before,) = buys(*filings)
    split = [
        replace(
            one,
            transactions=tuple(
                replace(row, row=2 * row.row + half, shares=row.shares / 2)
                for row in one.transactions
                for half in (0, 1)
            ),
        )
        for one in filings
    ]
    (after,) = buys(*split)
    assert [one.name for one in after.insiders] == [one.name for one in before.insiders]
    assert after.total_value == pytest.approx(before.total_value)


@settings(max_examples=60, deadline=None)
@given(made_filings())
def test_every_cluster_adds_up(filings: list[Filing]) -> None:
    for one in buys(*filings):
        assert one.insider_count == len({insider.name for insider in one.insiders})
        assert one.insider_count <= one.transaction_count
        assert one.insider_count <= len({filer.cik for each in filings for filer in each.filers})
        assert sum(insider.value for insider in one.insiders) == pytest.approx(one.total_value)


@pytest.mark.parametrize(
    ("file", "filers", "side", "name"),
    [
        ("0000950170-24-012830_GUTS_4.xml", 6, Side.BUY, "THIEL PETER"),
        ("0001209191-21-051298_ADGI_4.xml", 4, Side.BUY, "THIEL PETER"),
        ("0001209191-23-029527_TCRR_4.xml", 3, Side.BUY, "TANG KEVIN C"),
        ("0000921895-25-001190_FLWS_4.xml", 3, Side.BUY, None),
        ("0001181431-11-033001_LNKD_4.xml", 2, Side.SELL, "Hoffman Reid"),
        ("noacc-3c3870_NMZ_4.xml", 2, Side.SELL, None),
        ("noacc-bc8a98_NMZ_4.xml", 2, Side.BUY, "BANK OF AMERICA CORP /DE/"),
        ("noacc-95e026_PCQ_4.xml", 2, Side.BUY, "BANK OF AMERICA CORP /DE/"),
        ("noacc-0eab8b_MUNEX_4.xml", 2, Side.SELL, "BANK OF AMERICA CORP /DE/"),
        ("noacc-580c9c_DUOL_4.xml", 6, Side.SELL, None),
        ("0000921895-26-002677_COUR_4.xml", 5, Side.BUY, "Barta Jan"),
        ("0001079973-25-000129_PDEX_4.xml", 2, Side.SELL, "CABILLOT RAYMOND E"),
    ],
)
def test_real_joint_filings_are_one_owner(file: str, filers: int, side: Side, name: str | None) -> None:
    one = parse_form4(real("form4", file).read_bytes()).filing
    assert len(one.filers) == filers
    rule = ClusterRule(days=90, min_insiders=1, sides=(side,))
    (found,) = find_clusters([one], {}, rule, one.accepted_at + timedelta(days=1))
    assert found.insider_count == 1
    assert name is None or found.insiders[0].name == name


def read(*files: str) -> list[Filing]:
    return [parse_form4(real("form4", file).read_bytes()).filing for file in files]


def found_in(filings: list[Filing], side: Side | None = None, **rule) -> tuple[Cluster, ...]:
    sides = (Side.BUY, Side.SELL) if side is None else (side,)
    now = max(one.accepted_at for one in filings) + timedelta(days=1)
    return find_clusters(filings, {}, ClusterRule(days=120, min_insiders=1, sides=sides, **rule), now)


def test_a_real_report_over_two_filings_is_one_insider_with_all_rows() -> None:
    both = read("0000899243-21-044060_TSLA_4.xml", "0000899243-21-044077_TSLA_4.xml")
    sales = sum(row.code == "S" for one in both for row in one.transactions)
    (found,) = found_in(both)
    assert (found.insider_count, found.transaction_count, len(found.accessions)) == (1, sales, 2)
    assert found.plan_value == found.total_value
    assert found_in(both, plan=False) == ()


def test_real_sub_funds_with_equal_rows_keep_them() -> None:
    (found,) = found_in(read("0001828108-24-000047_AUR_4.xml"))
    assert (found.insider_count, found.transaction_count) == (1, 6)
    assert -found.net_shares == 533_024 + 29_612 + 29_613 + 2_430_000 + 2 * 135_000


def test_a_real_bank_that_buys_and_sells_on_one_day_is_one_insider_on_either_side() -> None:
    both = found_in(read("noacc-3c3870_NMZ_4.xml", "noacc-bc8a98_NMZ_4.xml"))
    assert [(one.insider_count, one.side) for one in both] == [(1, Side.SELL), (1, Side.BUY)]
    assert both[0].insiders[0].filers == ("BANK OF AMERICA CORP /DE/", "MERRILL LYNCH, PIERCE, FENNER & SMITH INC.")


def test_a_real_transfer_of_a_muni_fund_is_no_trade() -> None:
    assert found_in(read("noacc-18414e_MAV_4.xml")) == ()


def test_a_real_conversion_before_an_offering_is_no_purchase() -> None:
    (found,) = found_in(read("0001181431-11-033001_LNKD_4.xml"))
    assert (found.side, found.transaction_count, found.net_shares) == (Side.SELL, 1, -115_335)


def test_a_real_purchase_that_was_disposed_of_is_set_aside() -> None:
    (one,) = read("noacc-2daa5b_AREC_4.xml")
    found, aside = examine([one], {}, ClusterRule(days=90, min_insiders=1), one.accepted_at + timedelta(days=1))
    assert found == ()
    assert [row.reason for row in aside] == ["code P says BUY, and D contradicts it"]


def test_a_real_row_that_contradicts_itself_is_set_aside() -> None:
    one = parse_form4(real("form4", "0001209191-13-014365_LNKD_4.xml").read_bytes()).filing
    _, aside = examine([one], {}, ClusterRule(days=90, min_insiders=1), one.accepted_at + timedelta(days=1))
    assert any("contradicts" in row.reason for row in aside)


def test_a_real_purchase_without_a_price_counts_for_nothing() -> None:
    one = parse_form4(real("form4", "0001209191-21-021966_CMMB_4.xml").read_bytes()).filing
    found, aside = examine([one], {}, ClusterRule(days=90, min_insiders=1), one.accepted_at + timedelta(days=1))
    assert (found, aside) == ((), ())
