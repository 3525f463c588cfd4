"""Any other exchange that ccxt can read the funding rates of, for those who name it; needs the extra `ccxt`.

ccxt is loaded only when such a feed is made, for it takes a second and 70 MB. What it gives is handed on as it is:
the plausibility rules hold for it as for everything else, and an interval that it does not tell is unknown.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from bot.clock import Clock
from bot.errors import FeedError, StartError
from bot.feeds.base import Batch, Outcome, Quote, SettledRate, SourceReport
from bot.feeds.exchanges.base import from_ms, number, positive
from scoring.model import Margin

RATES = "fetchFundingRates"
MARKETS_AGE = timedelta(days=1)
INTERVAL = re.compile(r"(\d{1,4})([mhd])|(\d{5,9})")  # a number with a unit, or milliseconds
MINUTES = {"m": 1, "h": 60, "d": 1440}
MS_PER_HOUR = 3_600_000
# ccxt raises the same error for these statuses as for an exchange in maintenance; only its text tells.
REFUSING_STATUS = re.compile(r" (403|451) ")
SHOWN = 150  # characters of ccxt's own words, which may hold a whole page
# What its parsers raise when an exchange answers in another shape.
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError)


class ReadError(FeedError):
    """ccxt did not get what was asked for; `outcome` says in which way."""

    def __init__(self, message: str, outcome: Outcome) -> None:
        super().__init__(message, permanent=outcome is Outcome.REFUSED)
        self.outcome = outcome


class CcxtFeed:
    """The perpetuals of one exchange, read by ccxt. Close it when done."""

    def __init__(
        self,
        exchange_id: str,
        *,
        clock: Clock,
        settings: Mapping[str, Any] | None = None,
        deadline_seconds: float = 60.0,
    ) -> None:
        """`settings` go to ccxt as they are: proxies, URLs. `deadline_seconds` bounds each question.

        Raises StartError where ccxt is missing, or cannot read this exchange.
        """
        self.name = exchange_id
        self._clock = clock
        self._deadline = deadline_seconds
        self._ccxt = load_ccxt()
        self._exchange = open_exchange(self._ccxt, exchange_id, settings or {})
        self._markets_at: datetime | None = None

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        """The live quotes of all active perpetuals; whatever goes wrong is in the report."""
        try:
            async with asyncio.timeout(self._deadline):
                with self._translated():
                    await self._load_markets()
                    rates = await self._exchange.fetch_funding_rates()
                    quotes = tuple(self._quotes(rates.values(), now))
        except (ReadError, TimeoutError) as error:
            told = str(error) or f"{self.name}: silent for {self._deadline:g} s"
            outcome = error.outcome if isinstance(error, ReadError) else Outcome.FAILED
            return Batch(quotes=(), reports=(SourceReport.failed(self.name, told, outcome),))
        if not quotes:
            return Batch(quotes=(), reports=(SourceReport.failed(self.name, f"{self.name}: no rate of any perpetual"),))
        return Batch(quotes=quotes, reports=(SourceReport(self.name, ok=True),))

    async def history(self, symbol: str, since: datetime, until: datetime) -> list[SettledRate]:
        """The settlements of a contract in [since, until], by time. Raises FeedError.

        An exchange cuts a long answer at either end. So what lies before and after the rows that came is asked
        for in turn, until nothing comes.
        """
        found: dict[int, float] = {}
        windows = [(int(since.timestamp() * 1000), int(until.timestamp() * 1000))]
        while windows:
            first, last = windows.pop()
            rows = await self._settlements(symbol, first, last)
            fresh = {at: rate for at, rate in rows.items() if first <= at <= last}
            if fresh:
                found |= fresh
                rest = ((first, min(fresh) - 1), (max(fresh) + 1, last))
                windows += [window for window in rest if window[0] <= window[1]]
        return [SettledRate(at, found[ms]) for ms in sorted(found) if (at := from_ms(ms)) is not None]

    async def close(self) -> None:
        """Close the connections that ccxt holds."""
        await self._exchange.close()

    async def _load_markets(self) -> None:
        now = self._clock.now()
        stale = self._markets_at is None or now - self._markets_at >= MARKETS_AGE
        await self._exchange.load_markets(stale)
        if stale:
            self._markets_at = now

    async def _settlements(self, symbol: str, first: int, last: int) -> dict[int, float]:
        try:
            async with asyncio.timeout(self._deadline):
                with self._translated():
                    await self._load_markets()
                    market = self._swap(symbol)
                    rows = await self._exchange.fetch_funding_rate_history(
                        market["symbol"], first, None, {"until": last}
                    )
                    return {int(row["timestamp"]): number_or_nan(row["fundingRate"]) for row in rows}
        except TimeoutError:
            raise ReadError(f"{self.name}: silent for {self._deadline:g} s", Outcome.FAILED) from None

    def _swap(self, symbol: str) -> Mapping[str, Any]:
        for market in self._exchange.markets_by_id.get(symbol, ()):
            if market["swap"]:
                found: Mapping[str, Any] = market
                return found
        raise FeedError(f"{self.name}: ccxt knows no perpetual {symbol}", permanent=True)

    def _quotes(self, rates: Any, now: datetime) -> Iterator[Quote]:
        for rate in rates:
            market = self._exchange.markets.get(rate["symbol"])
            if market is not None and market["swap"] and market["active"] is not False:
                yield quote(self.name, rate, market, now)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn what ccxt raises into a ReadError."""
        refused = (self._ccxt.AuthenticationError, self._ccxt.RestrictedLocation, self._ccxt.AccountSuspended)
        try:
            yield
        except refused as error:
            raise ReadError(in_short(self.name, error), Outcome.REFUSED) from None
        except self._ccxt.BaseError as error:
            turned_away = REFUSING_STATUS.search(str(error)) is not None
            raise ReadError(in_short(self.name, error), Outcome.REFUSED if turned_away else Outcome.FAILED) from None
        except UNREADABLE as error:
            raise ReadError(f"{self.name}: unreadable answer ({type(error).__name__})", Outcome.FAILED) from None


def load_ccxt() -> Any:
    """The asynchronous half of ccxt. Raises StartError with the way to get it."""
    try:
        return import_module("ccxt.async_support")
    except ModuleNotFoundError:
        raise StartError("ccxt is not installed: .venv/bin/pip install -e '.[ccxt]', or leave out feeds.ccxt") from None


def open_exchange(ccxt: Any, exchange_id: str, settings: Mapping[str, Any]) -> Any:
    """An exchange as ccxt knows it. Raises StartError where it does not, or not the funding rates of all pairs."""
    if exchange_id not in ccxt.exchanges:
        raise StartError(f"ccxt has no exchange {exchange_id!r}" + suggestion(exchange_id, ccxt.exchanges))
    exchange = getattr(ccxt, exchange_id)({"options": {"defaultType": "swap"}, **settings})
    if not exchange.has.get(RATES):
        able = [one for one in ccxt.exchanges if getattr(ccxt, one)().has.get(RATES)]
        raise StartError(f"ccxt cannot read funding rates of {exchange_id!r}" + suggestion(exchange_id, able))
    exchange.has["fetchCurrencies"] = False  # a request that only costs

    def checked(code: int, *rest: Any) -> str:
        """The body (fifth of `rest`), which ccxt would take for an empty answer where it is no JSON."""
        body = str(rest[4]).strip()
        if code < 300 and exchange.parse_json(body) is None:
            raise ccxt.BadResponse(f"{exchange_id} answered with what is no JSON")
        return body

    exchange.on_rest_response = checked
    return exchange


def suggestion(exchange_id: str, known: list[str]) -> str:
    """The way out: the name that was meant, or where all names are."""
    close = get_close_matches(exchange_id, known, n=1)
    return f": did you mean {close[0]!r}?" if close else f": it can of {', '.join(known)}"


def quote(exchange: str, rate: Mapping[str, Any], market: Mapping[str, Any], now: datetime) -> Quote:
    """One contract. The settlement to come is in either of two fields, and the other one may lie in the past."""
    times = [from_ms(rate.get(key)) for key in ("fundingTimestamp", "nextFundingTimestamp")]
    return Quote(
        exchange=exchange,
        symbol=market["id"],
        base=base_of(market),
        margin=margin_of(market),
        rate=number(rate.get("fundingRate")),
        interval_hours=hours(rate.get("interval")),
        next_funding_time=min((time for time in times if time is not None and time > now), default=None),
        mark_price=positive(rate.get("markPrice")),
        source_time=from_ms(rate.get("timestamp")),
    )


def base_of(market: Mapping[str, Any]) -> str:
    """The base as the exchange writes it; ccxt's own is renamed here and there, so it only stands in."""
    native = market.get("baseName") or market.get("baseId")
    # Some exchanges name the whole contract as its base.
    return str(market["base"] if not native or native == market["id"] else native)


def margin_of(market: Mapping[str, Any]) -> Margin:
    """How ccxt says that the contract is margined."""
    if market.get("inverse"):
        return Margin.INVERSE
    return Margin.USDT if market.get("settle") == "USDT" else Margin.USD


def hours(interval: object) -> float | None:
    """The interval as ccxt writes it: "8h", or milliseconds where it has no word for them.

    >>> hours("8h"), hours("30m"), hours("7200000"), hours("soon"), hours(None)
    (8.0, 0.5, 2.0, None, None)
    """
    found = INTERVAL.fullmatch(str(interval))
    if found is None:
        return None
    return positive(int(found[3]) / MS_PER_HOUR if found[3] else int(found[1]) * MINUTES[found[2]] / 60)


def number_or_nan(value: object) -> float:
    """A rate as a settlement holds it: NaN where there is none."""
    found = number(value)
    return math.nan if found is None else found


def in_short(name: str, error: Exception) -> str:
    """The words of ccxt in one short line."""
    words = " ".join(str(error).split())[:SHOWN]
    return f"{name}: {type(error).__name__} {words.removeprefix(name).strip()}"
