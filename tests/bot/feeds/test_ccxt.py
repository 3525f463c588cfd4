"""Other exchanges through ccxt: ccxt itself, speaking with a server on this machine that answers like one of them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from bot.clock import FixedClock
from bot.errors import FeedError, StartError
from bot.feeds.base import Batch, Outcome, Quote, SettledRate
from bot.feeds.ccxt import CcxtFeed, base_of, hours, margin_of, quote
from scoring.model import Margin
from tests.servers.exchange import Asked, Loopback, failing, hang, in_turn, refused, text

T = TypeVar("T")
NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
AT_8 = datetime(2026, 11, 20, 8, tzinfo=UTC)
INSTRUMENTS, RATES, HISTORY = (f"/v3/public/{one}" for one in ("instruments", "fundingRate", "fundingRateHistory"))
# aiohttp says of newer Pythons that an option which ccxt sets has become needless.
pytestmark = pytest.mark.filterwarnings("ignore:enable_cleanup_closed:DeprecationWarning")


def ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def rows(*found: dict[str, Any]) -> dict[str, Any]:
    return {"success": True, "data": {"rows": list(found)}, "timestamp": ms(NOW)}


def instrument(symbol: str, status: str = "TRADING") -> dict[str, Any]:
    return {"symbol": symbol, "status": status, "baseTick": "0.1", "quoteTick": "0.1"}


def rate(symbol: str, value: str | None, interval: int | None = 8, after: datetime = AT_8) -> dict[str, Any]:
    return {
        "symbol": symbol, "estFundingRate": value, "estFundingRateTimestamp": ms(NOW),
        "nextFundingTime": ms(after), "estFundingIntervalHours": interval,
    }  # fmt: skip


def settled(hours_ago: float, value: str) -> dict[str, Any]:
    time = AT_8 - timedelta(hours=hours_ago)
    return {"symbol": "PERP_SUI_USDT", "fundingRate": value, "fundingRateTimestamp": ms(time)}


MARKET = rows(
    instrument("PERP_SUI_USDT"), instrument("PERP_1000BONK_USDT"), instrument("PERP_OLD_USDT", "SUSPENDED"),
    instrument("SPOT_SUI_USDT"),
)  # fmt: skip


def asking(
    server: Loopback, clock: FixedClock, work: Callable[[CcxtFeed], Awaitable[T]], deadline: float = 20.0
) -> Any:
    """Run `work` with a feed whose ccxt speaks to the server, and close it."""

    async def run() -> T:
        async with server:
            urls = {"api": {"public": server.url, "pub": server.url}}
            settings = {"urls": urls, "enableRateLimit": False}
            feed = CcxtFeed("woo", clock=clock, settings=settings, deadline_seconds=deadline)
            try:
                return await work(feed)
            finally:
                await feed.close()

    return asyncio.run(run())


def fetched(server: Loopback, deadline: float = 20.0) -> Batch:
    """One refresh."""
    found: Batch = asking(server, FixedClock(NOW), lambda feed: feed.fetch(None, NOW), deadline)
    return found


def serving(rates: Any, instruments: Any = MARKET) -> Loopback:
    server = Loopback()
    server.route(INSTRUMENTS, instruments)
    server.route(RATES, rates)
    return server


def test_active_perpetuals_become_quotes() -> None:
    batch = fetched(serving(rows(rate("PERP_SUI_USDT", "-0.0007", 4), rate("PERP_1000BONK_USDT", "0.0001", None))))
    assert [(report.source, report.ok) for report in batch.reports] == [("woo", True)]
    assert batch.quotes == (
        Quote("woo", "PERP_SUI_USDT", "SUI", Margin.USDT, -0.0007, 4.0, AT_8, source_time=NOW),
        Quote("woo", "PERP_1000BONK_USDT", "1000BONK", Margin.USDT, 0.0001, None, AT_8, source_time=NOW),
    )


def test_suspended_contracts_are_left_out_and_an_answer_without_any_other_is_a_failure() -> None:
    batch = fetched(serving(rows(rate("PERP_OLD_USDT", "0.0001"))))
    assert batch.quotes == ()
    assert (batch.reports[0].ok, batch.reports[0].detail) == (False, "woo: no rate of any perpetual")


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (refused(451), Outcome.REFUSED, "451"),
        (refused(403), Outcome.REFUSED, "403"),
        (failing(503), Outcome.FAILED, "503"),
        (text("<html>busy</html>"), Outcome.FAILED, "no JSON"),
        (text('{"success": true, "da'), Outcome.FAILED, "no JSON"),
        ({"success": False, "code": -1000, "message": "An unknown error"}, Outcome.FAILED, "unknown error"),
        (rows({"symbol": "PERP_NEVER_HEARD_OF"}), Outcome.FAILED, "PERP_NEVER_HEARD_OF"),
        ([1, 2], Outcome.FAILED, "woo: "),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_reported_in_one_line(answer: Any, outcome: Outcome, words: str) -> None:
    report = fetched(serving(answer)).reports[0]
    assert (report.ok, report.outcome) == (False, outcome)
    assert report.detail.startswith("woo: ")
    assert words in report.detail
    assert "\n" not in report.detail
    assert len(report.detail) < 250


def test_a_silent_exchange_is_given_up() -> None:
    report = fetched(serving(hang()), deadline=0.3).reports[0]
    assert (report.outcome, report.detail) == (Outcome.FAILED, "woo: silent for 0.3 s")


def test_what_is_listed_is_asked_for_once_a_day() -> None:
    server, clock = serving(rows(rate("PERP_SUI_USDT", "0.0001"))), FixedClock(NOW)

    async def three(feed: CcxtFeed) -> None:
        for hours_later in (0, 23, 1):
            clock.advance(timedelta(hours=hours_later))
            await feed.fetch(None, clock.now())

    asking(server, clock, three)
    assert [asked.path for asked in server.requests].count(INSTRUMENTS) == 2
    assert [asked.path for asked in server.requests].count(RATES) == 3


def history_of(server: Loopback, since: datetime, until: datetime, symbol: str = "PERP_SUI_USDT") -> list[SettledRate]:
    server.route(INSTRUMENTS, MARKET)
    found: list[SettledRate] = asking(server, FixedClock(NOW), lambda feed: feed.history(symbol, since, until))
    return found


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_history_is_read_whole_whichever_end_the_exchange_cuts(newest_first: bool) -> None:
    everything = [settled(8 * n, f"0.000{n}") for n in range(10)]

    def page(asked: Asked) -> Any:
        first, last = int(asked.params["startTime"]), int(asked.params["endTime"])
        inside = [one for one in everything if first <= one["fundingRateTimestamp"] <= last]
        inside.sort(key=lambda one: one["fundingRateTimestamp"], reverse=newest_first)
        return rows(*inside[:3])

    server = Loopback()
    server.route(HISTORY, page)
    since, until = AT_8 - timedelta(hours=64), AT_8 - timedelta(hours=8)
    found = history_of(server, since, until)
    assert [row.at for row in found] == [since + timedelta(hours=8 * n) for n in range(8)]
    assert [row.rate for row in found] == [float(f"0.000{n}") for n in range(8, 0, -1)]


def test_an_exchange_that_ignores_the_window_ends_the_reading_too() -> None:
    server = Loopback()
    server.route(HISTORY, rows(settled(0, "0.0001"), settled(8, "-0.0002")))
    found = history_of(server, AT_8 - timedelta(days=30), AT_8)
    assert [(row.at, row.rate) for row in found] == [(AT_8 - timedelta(hours=8), -0.0002), (AT_8, 0.0001)]


@pytest.mark.parametrize(
    ("answer", "permanent"), [(refused(451), True), (failing(500), False), (text("<html>"), False)]
)
def test_a_history_that_cannot_be_read_raises(answer: Any, permanent: bool) -> None:
    server = Loopback()
    server.route(HISTORY, in_turn(rows(settled(0, "0.0001")), answer))
    with pytest.raises(FeedError, match=r"^woo: ") as told:
        history_of(server, AT_8 - timedelta(days=3), AT_8)
    assert told.value.permanent is permanent


@pytest.mark.parametrize("symbol", ["SPOT_SUI_USDT", "PERP_NOPE_USDT"])
def test_a_history_of_what_is_no_perpetual_is_refused_for_good(symbol: str) -> None:
    with pytest.raises(FeedError, match=f"no perpetual {symbol}") as told:
        history_of(Loopback(), AT_8 - timedelta(days=3), AT_8, symbol)
    assert told.value.permanent


@pytest.mark.parametrize(
    ("exchange", "words"),
    [
        ("wooo", "no exchange 'wooo': did you mean 'woo'?"),
        ("gateio", "no exchange 'gateio': did you mean 'gate'?"),
        ("kraken", "cannot read funding rates of 'kraken': did you mean 'krakenfutures'?"),
        ("zaif", "cannot read funding rates of 'zaif': it can of aster, "),
    ],
)
def test_an_exchange_that_cannot_be_read_is_told_at_the_start_with_a_way_out(exchange: str, words: str) -> None:
    with pytest.raises(StartError) as told:
        CcxtFeed(exchange, clock=FixedClock(NOW))
    assert words in str(told.value)


def test_ccxt_is_loaded_for_those_only_who_name_an_exchange() -> None:
    code = "import sys, bot.feeds.ccxt; print('ccxt' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_missing_ccxt_is_told_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ccxt.async_support", None)
    with pytest.raises(StartError, match=r"pip install -e '\.\[ccxt\]'"):
        CcxtFeed("woo", clock=FixedClock(NOW))


@pytest.mark.parametrize(
    ("interval", "expected"),
    [("8h", 8.0), ("60m", 1.0), ("1d", 24.0), ("7200000", 2.0), (None, None), ("", None), ("8", None), ("0h", None)],
)  # fmt: skip
def test_an_interval_is_read_in_words_and_in_milliseconds(interval: str | None, expected: float | None) -> None:
    assert hours(interval) == expected


@pytest.mark.parametrize(
    ("this", "after", "expected"),
    [(AT_8, None, AT_8), (None, AT_8, AT_8), (NOW - timedelta(days=400), AT_8, AT_8), (AT_8, NOW - timedelta(days=400), AT_8),
     (AT_8, AT_8 + timedelta(hours=8), AT_8), (NOW, None, None)],
)  # fmt: skip
def test_the_next_settlement_is_the_first_that_lies_ahead(
    this: datetime | None, after: datetime | None, expected: datetime | None
) -> None:
    times = {"fundingTimestamp": this and ms(this), "nextFundingTimestamp": after and ms(after)}
    market = {"id": "X", "base": "X", "settle": "USDT"}
    assert quote("woo", times, market, NOW).next_funding_time == expected


@pytest.mark.parametrize(
    ("market", "base"),
    [
        ({"id": "XBTUSDTM", "baseId": "XBT", "base": "BTC"}, "XBT"),
        ({"id": "3", "baseId": "3", "baseName": "kPEPE", "base": "KPEPE"}, "kPEPE"),
        ({"id": "BTC-SWAP-USDT", "baseId": "BTC-SWAP-USDT", "base": "BTC"}, "BTC"),
        ({"id": "BTC", "baseId": None, "base": "BTC"}, "BTC"),
    ],
)
def test_the_base_is_the_exchanges_own(market: dict[str, Any], base: str) -> None:
    assert base_of(market) == base


def test_the_margin_is_what_the_contract_settles_in() -> None:
    assert margin_of({"inverse": True, "settle": "BTC"}) is Margin.INVERSE
    assert margin_of({"inverse": False, "settle": "USDT"}) is Margin.USDT
    assert margin_of({"inverse": False, "settle": "USDC"}) is Margin.USD
