"""/funding of all pairs, page by page, and in the fields of the documents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.chat.telegram.render import CALLBACK_BYTES
from bot.views.elements import Table, Tone, View
from scoring.model import AssetClass, FundingRate, Margin, Pair
from storage import Storage
from tests.builders_hosted import accumulated, given, put
from tests.builders_market import ask, fill
from tests.builders_storage import NOW, settlements, steady

CURRENT = ["exchange", "symbol", "base_coin", "rate", "interval_hours", "next_funding_time", "updated_at"]
SUMS = ["acc_1d", "acc_7d", "acc_30d", "acc_90d", "acc_1y"]
COUNTS = ["settlements_1d", "settlements_7d", "settlements_30d", "settlements_90d", "settlements_1y"]
HISTORY = ["exchange", "symbol", "rate", "interval_hours", "settled_at"]


def said(view: View) -> str:
    return "\n".join([view.title, *(str(element) for element in view.body)])


def rows(view: View) -> list[dict[str, Any]]:
    return view.data["data"]  # type: ignore[return-value]


def cursor(view: View) -> str | None:
    return view.data["pagination"]["cursor"]  # type: ignore[index, call-overload, return-value]


def table(view: View) -> Table:
    (only,) = (element for element in view.body if isinstance(element, Table))
    return only


def quote(storage: Storage, coin: str, rate: float, hours: float = 8, **changes: Any) -> None:
    exchange, age = changes.get("exchange", "okx"), changes.get("age", timedelta(0))
    symbol, asset = f"{coin}-USDT", changes.get("asset", AssetClass.COIN)
    upcoming = NOW + timedelta(hours=hours / 2)
    with storage.write() as tx:
        tx.pairs.put([Pair(exchange, symbol, coin, Margin.USDT, asset=asset)])
        tx.funding.put_rates([FundingRate(exchange, symbol, coin, rate, hours, upcoming, NOW - age)])


def pages(storage: Storage, line: str) -> list[View]:
    """A list from its first page to its last, each after the press of a button."""
    found = [ask(storage, line)]
    while buttons := [one for one in found[-1].buttons if one.label == "More"]:
        found.append(ask(storage, buttons[0].command))
    return found


def test_all_pairs_are_listed_by_what_they_pay_in_eight_hours(storage: Storage) -> None:
    quote(storage, "EVERY8", -0.0005, 8)
    quote(storage, "EVERY4", -0.0003, 4)
    quote(storage, "EVERY1", -0.0001, 1)
    quote(storage, "CALM", 0.0001, 8)
    view = ask(storage, "/funding")
    assert [row["base_coin"] for row in rows(view)] == ["EVERY1", "EVERY4", "EVERY8", "CALM"]
    assert [row["rate_8h"] for row in rows(view)] == [-0.0008, -0.0006, -0.0005, 0.0001]
    assert [column.title for column in table(view).columns] == [
        "coin", "exchange", "contract", "per 8 h", "APR", "next settlement"
    ]  # fmt: skip
    assert table(view).rows[1] == ("EVERY4", "OKX", "EVERY4-USDT", "−0.0600 %", "−65.70 %", "14:00 (in 2 h)")
    assert "3 of 4 contracts are negative." in said(view)
    assert "pagination" not in view.data


def test_current_has_the_documents_fields_first(storage: Storage) -> None:
    quote(storage, "BTC", 0.000123456789)
    for line in ("/funding", "/funding BTC"):
        (row,) = rows(ask(storage, line))
        assert list(row)[: len(CURRENT)] == CURRENT
        assert list(row.values())[: len(CURRENT)] == [
            "okx", "BTC-USDT", "BTC", 0.00012346, 8.0, "2026-04-26T16:00:00Z", "2026-04-26T12:00:00Z"
        ]  # fmt: skip


def test_what_is_no_coin_is_marked(storage: Storage) -> None:
    quote(storage, "TSLA", -0.001, asset=AssetClass.TRADFI)
    quote(storage, "BTC", 0.0001)
    view = ask(storage, "/funding")
    assert [row[0] for row in table(view).rows] == ["TSLA (tradfi)", "BTC"]
    assert [row["asset"] for row in rows(view)] == ["tradfi", "coin"]
    assert rows(ask(storage, "/funding TSLA"))[0]["asset"] == "tradfi"


def test_stale_rates_are_left_out_and_counted(storage: Storage) -> None:
    quote(storage, "FRESH", 0.0001, age=timedelta(hours=6))
    quote(storage, "OLD", -0.0009, age=timedelta(hours=6, seconds=1))
    quote(storage, "OLDER", -0.0009, age=timedelta(days=3))
    view = ask(storage, "/funding")
    assert [row["base_coin"] for row in rows(view)] == ["FRESH"]
    assert "2 contracts left out" in said(view)


def test_the_last_settlement_stands_in_where_no_live_rate_is_stored(storage: Storage) -> None:
    fill(storage)
    quote(storage, "LIVE", -0.0006)
    view = ask(storage, "/funding limit=4")
    assert [(row["base_coin"], row["basis"]) for row in rows(view)] == [
        ("SHRT", "settled"), ("SHRT", "settled"), ("SHRT", "settled"), ("LIVE", "live")
    ]  # fmt: skip
    assert "of the last settlement" in said(view)


def test_twenty_are_shown_unless_a_person_says_how_many(storage: Storage) -> None:
    for number in range(25):
        quote(storage, f"C{number:02}", number / 1e6)
    assert [len(rows(view)) for view in pages(storage, "/funding")] == [20, 5]
    assert len(rows(ask(storage, "/funding limit=5000"))) == 25
    assert cursor(ask(storage, "/funding limit=5000")) is None
    assert "20 of 25 contracts; more with limit=25." in said(ask(storage, "/funding"))
    assert "21 to 25 of 25 contracts." in said(pages(storage, "/funding")[1])


def test_an_empty_market_says_where_to_look(storage: Storage) -> None:
    for line in ("/funding", "/funding type=accumulated"):
        view = ask(storage, line)
        assert view.tone is Tone.ANSWER
        assert rows(view) == []
        assert "/status says why" in said(view)


@pytest.mark.parametrize(
    "line",
    [
        "/funding limit=2", "/funding PUMP limit=2", "/funding type=accumulated limit=2",
        "/funding PUMP type=accumulated limit=1", "/funding PUMP type=history days=3 limit=4",
    ],
)  # fmt: skip
def test_the_pages_of_every_type_are_the_whole_list(storage: Storage, line: str) -> None:
    fill(storage)
    with storage.write() as tx:
        tx.funding.advance_windows(NOW)
    whole = ask(storage, line.rpartition(" ")[0] + " limit=5000")
    found = pages(storage, line)
    assert len(found) > 1
    assert [row for view in found for row in rows(view)] == rows(whole)
    assert [bool(cursor(view)) for view in found] == [True] * (len(found) - 1) + [False]
    assert {view.tone for view in found} == {Tone.ANSWER}


@pytest.mark.parametrize("line", ["/funding limit=100", "/funding 1000000BABYDOGE limit=1"])
def test_telegram_carries_the_button_of_the_next_page_however_long_names_are(storage: Storage, line: str) -> None:
    for exchange in ("binance", "hyperliquid", "okx"):
        quote(storage, "1000000BABYDOGE", 0.0001, exchange=exchange)
        for number in range(100):
            quote(storage, f"1000000BABY{number}", 0.0001 if number % 2 else number / 7e5, exchange=exchange)
    more = [one.command for view in pages(storage, line) for one in view.buttons if one.label == "More"]
    assert len(more) >= 2
    assert max(len(command.removeprefix("/").encode()) for command in more) <= CALLBACK_BYTES


@pytest.mark.parametrize("kind", ["accumulated", "history days=365"])
def test_so_it_does_for_every_kind_of_list(storage: Storage, kind: str) -> None:
    with storage.write() as tx:
        for symbol in ("1000000BABYDOGEUSDT", "1000000BABYDOGEUSDC", "1000000BABYDOGEUSD"):
            long = steady("hyperliquid", "1000000BABYDOGE", -0.0001, symbol=symbol)
            tx.funding.add(settlements(long))
    found = pages(storage, f"/funding 1000000BABYDOGE {kind} limit=1")[:8]
    more = [one.command for view in found for one in view.buttons if one.label == "More"]
    assert len(more) >= 2
    assert max(len(command.removeprefix("/").encode()) for command in more) <= CALLBACK_BYTES


def test_a_rate_that_changes_between_two_pages_shifts_no_other(storage: Storage) -> None:
    for number in range(6):
        quote(storage, f"C{number}", number / 1e5)
    first = ask(storage, "/funding limit=3")
    quote(storage, "NEW", -0.001)
    quote(storage, "C2", 0.9 / 1e5)
    second = ask(storage, f"/funding limit=3 cursor={cursor(first)}")
    assert [row["base_coin"] for row in rows(second)] == ["C3", "C4", "C5"]


@pytest.mark.parametrize(
    ("line", "example"),
    [
        ("/funding limit=2 cursor=abc", "/funding limit=2"),
        ("/funding PUMP cursor=abc", "/funding PUMP"),
        ("/funding type=accumulated cursor=abc", "/funding accumulated"),
        ("/funding PUMP type=history days=7 cursor=abc", "/funding PUMP history days=7"),
        ("/funding history", "/funding BTC type=history"),
    ],
)
def test_what_cannot_be_listed_is_told_with_the_way_out(storage: Storage, line: str, example: str) -> None:
    fill(storage)
    view = ask(storage, line)
    assert view.tone is Tone.ERROR
    assert view.data["example"] == example


def test_a_cursor_does_not_fit_another_list(storage: Storage) -> None:
    fill(storage)
    place = cursor(ask(storage, "/funding PUMP limit=1"))
    for line in ("/funding CALM", "/funding PUMP type=accumulated"):
        assert "is of another list" in ask(storage, f"{line} cursor={place}").title
    assert "is of another list" in ask(storage, f"/funding cursor={place}").title


def test_a_page_behind_the_last_row_is_empty(storage: Storage) -> None:
    fill(storage)
    place = cursor(ask(storage, "/funding PUMP type=history days=1 limit=8"))
    view = ask(storage, f"/funding PUMP type=history days=1 cursor={place}", after=timedelta(days=2))
    assert (rows(view), cursor(view)) == ([], None)


def test_accumulated_of_all_pairs_is_what_the_last_refresh_left(storage: Storage) -> None:
    fill(storage)
    quote(storage, "TSLA", 0.0001, asset=AssetClass.TRADFI)
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "TSLA", -0.001, symbol="TSLA-USDT")))
        tx.funding.add(settlements(steady("okx", "YOUNG", -0.01, days=2)))
        tx.funding.advance_windows(NOW)
    view = ask(storage, "/funding type=accumulated", after=timedelta(minutes=25))
    assert [(row["base_coin"], row["exchange"]) for row in rows(view)] == [
        ("TSLA", "okx"), ("SHRT", "binance"), ("SHRT", "bybit"), ("SHRT", "okx"), ("PUMP", "binance"), ("PUMP", "bybit"),
        ("PUMP", "okx"), ("CALM", "binance"), ("CALM", "bybit"), ("CALM", "okx"), ("YOUNG", "okx"),
    ]  # fmt: skip
    assert list(rows(view)[1]) == ["base_coin", "exchange", "symbol", *SUMS, *COUNTS, "days_covered"]
    assert list(rows(view)[1].values())[3:13] == [
        -0.0024, -0.0168, -0.072, None, None, 3, 21, 90, None, None
    ]  # fmt: skip
    assert table(view).rows[0][0] == "TSLA (tradfi)"
    assert "as of the last refresh, 25 min ago" in said(view)
    assert view.data["as_of"] == "2026-04-26T12:00:00Z"


def test_accumulated_of_a_coin_is_of_this_moment(storage: Storage) -> None:
    fill(storage)
    with storage.write() as tx:
        tx.funding.advance_windows(NOW)
        tx.funding.add(settlements([("okx", "PUMPUSDT", "PUMP", 0, -0.01, 8, int(NOW.timestamp()) + 14400)]))
    later = rows(ask(storage, "/funding PUMP type=accumulated", after=timedelta(hours=4)))[2]
    assert (later["exchange"], later["acc_1d"]) == ("okx", -0.0108)


def test_history_pages_begin_with_the_oldest_and_the_newest_are_shown_without_a_limit(storage: Storage) -> None:
    fill(storage)
    whole = rows(ask(storage, "/funding PUMP type=history days=30 limit=5000"))
    assert len(whole) == 270
    order = [(row["settled_at"], row["exchange"], row["symbol"]) for row in whole]
    assert order == sorted(order)
    assert rows(ask(storage, "/funding PUMP type=history days=30 limit=5")) == whole[:5]
    newest = ask(storage, "/funding PUMP type=history days=30")
    assert rows(newest) == whole[-100:]
    assert "100 of 270 settlements, the newest; more with limit=270." in said(newest)
    assert list(whole[0]) == HISTORY


def test_an_estimate_in_the_history_is_marked_until_the_exchanges_own_comes(storage: Storage) -> None:
    estimate = settlements([("okx", "AUSDT", "A", 0, -0.0002, 8.0, int(NOW.timestamp()))])
    with storage.write() as tx:
        tx.funding.add(settlements(steady("okx", "A", 0.0001, days=1, now=NOW - timedelta(hours=1))))
        tx.funding.add(estimate, provisional=True)
    view = ask(storage, "/funding A type=history days=1")
    assert [row[3] for row in table(view).rows] == ["+0.0100 %"] * 3 + ["≈ −0.0200 %"]
    assert "≈: the last estimate before that settlement" in said(view)
    assert [list(row) for row in rows(view)] == [HISTORY] * 3 + [[*HISTORY, "provisional"]]
    assert rows(view)[-1]["provisional"] is True
    with storage.write() as tx:
        tx.funding.add(estimate)
    view = ask(storage, "/funding A type=history days=1")
    assert "≈" not in said(view)
    assert list(rows(view)[-1]) == HISTORY


def test_what_a_service_adds_up_is_shown_as_its_own(storage: Storage) -> None:
    put(storage, given(6.9))
    with storage.write() as tx:
        tx.hosted.put_accumulated(
            [accumulated("okx"), accumulated("binance", week=-0.02), accumulated("gate", "SINK", week=None)], NOW
        )
    listed = ask(storage, "/funding type=accumulated", after=timedelta(minutes=12))
    assert [(row["base_coin"], row["exchange"]) for row in rows(listed)] == [
        ("MOON", "binance"), ("MOON", "okx"), ("SINK", "gate")
    ]  # fmt: skip
    assert "as given by Sharpe, updated 12 min ago" in said(listed)
    assert "as of the last refresh" not in said(listed)
    coin = ask(storage, "/funding MOON type=accumulated", after=timedelta(minutes=12))
    assert [row["acc_7d"] for row in rows(coin)] == [-0.02, -0.0081]
    assert "as given by Sharpe, updated 12 min ago" in said(coin)
    assert "history" not in [column.title for column in table(coin).columns]


def test_the_history_of_a_service_is_not_read_and_that_is_said(storage: Storage) -> None:
    put(storage, given(6.9))
    view = ask(storage, "/funding MOON type=history")
    assert "history is not read from Sharpe" in said(view)
    fill(storage)
    with storage.write() as tx:
        tx.hosted.clear()
    assert "Sharpe" not in said(ask(storage, "/funding PUMP type=history"))
