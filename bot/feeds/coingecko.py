"""Prices, their changes and the names of coins, from CoinGecko's list of coins by market capitalisation.

Documentation: docs.coingecko.com (Coins List with Market Data; Errors & Rate Limits). Every request counts
against the limits, those that fail too: the first 429 ends the refresh, and the Source heeds its Retry-After.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
from pydantic import Field, SecretStr

from bot.clock import Clock
from bot.feeds.base import Batch, Outcome, QuotedPrice, SourceReport
from bot.feeds.exchanges.base import AnswerError, Endpoint, Slot, number, positive
from bot.feeds.faults import PassingError
from bot.feeds.http import AskError, HttpOptions, LimitedError, RefusedError, Source
from bot.settings import Key, Settings
from scoring.model import Coin

NAME = "prices"
DEADLINE_SECONDS = 30.0  # of all pages of a refresh
PER_PAGE = 250
MARKETS = Endpoint(
    "/coins/markets",
    params={
        "vs_currency": "usd",
        "order": "market_cap_desc",
        "per_page": PER_PAGE,
        "page": Slot.PAGE,
        "price_change_percentage": "24h,7d",
        "sparkline": "false",
    },
)
WORST_RANK = 1_000_000  # a rank beyond is no rank
CURRENT = timedelta(hours=2)  # an older price is not the price now (DESIGN, the method, 9)


class PriceSettings(Settings):
    """Prices and names of coins."""

    source: Literal["coingecko", "off"] = Field(
        "coingecko", description="off: price changes come from the exchanges' own marks only, and coins have no names"
    )
    plan: Literal["keyless", "demo", "pro"] = Field(
        "keyless",
        description="keyless: 1,000 coins, a limit shared by all who use your address; demo: 1,500 coins with a free "
        "key; pro: 2,000 coins with a paid one",
    )
    key: Key = Field(SecretStr(""), description="the API key of plan demo or pro")
    url: str = Field("", pattern=r"^(https?://\S+)?$", description="where the API is asked instead of its own address")
    slugs: dict[str, str] = Field(
        {}, description='which coin a ticker means where the match is wrong, e.g. { ABC = "abc-protocol" }'
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan allows."""

    host: str
    header: str | None  # that carries the key
    pages: int  # a refresh
    per_second: float
    limits: str  # what is used up when it is limited, in words


PUBLIC = "https://api.coingecko.com/api/v3"
PLANS: Mapping[str, Plan] = {
    # 5 to 15 calls a minute, as the service is busy, for all keyless callers of one address together.
    "keyless": Plan(PUBLIC, None, 4, 0.5, "the few calls a minute that all keyless users of this address share"),
    # 30 a minute and 10,000 a month: 48 refreshes × 31 days × 6 pages = 8,928.
    "demo": Plan(PUBLIC, "x-cg-demo-api-key", 6, 0.5, "the demo key's 30 calls a minute or 10,000 a month"),
    "pro": Plan("https://pro-api.coingecko.com/api/v3", "x-cg-pro-api-key", 8, 2.0, "the calls of your plan"),
}

ADDRESS_REFUSED = (
    'it is this address that it turns away, not the key: ask through another, or set prices.source = "off"'
)
REMEDIES: Mapping[str, str] = {
    "400": 'a demo key needs prices.plan = "demo", a paid one "pro"',
    "401": "check prices.key, and that prices.plan is the plan of the key",
    "402": 'pay for the plan, or set prices.plan = "keyless" and leave prices.key empty',
    "403": ADDRESS_REFUSED,
    "451": ADDRESS_REFUSED,
}
SERVICE_DOWN = "nothing to do here: it is asked again at the next refresh; see status.coingecko.com"
KEYLESS_REFUSED = 'it wants a key: a demo key is free; set prices.key, and prices.plan = "demo"'


def open_source(
    settings: PriceSettings,
    client: httpx.AsyncClient,
    clock: Clock,
    *,
    host: str | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Source:
    """CoinGecko with the plan's host and key. `host` None: the real one."""
    plan, key = PLANS[settings.plan], settings.key.get_secret_value()
    return Source(
        NAME,
        client,
        host=host or plan.host,
        clock=clock,
        options=HttpOptions(attempts=1),  # a retry of its own would follow a 429 too
        headers={plan.header: key} if plan.header and key else None,
        sleep=sleep,
    )


def key_problem(settings: PriceSettings) -> str:
    """What does not fit between plan and key, with the way out; nothing when all is well."""
    has_key, plan = bool(settings.key.get_secret_value()), settings.plan
    if plan == "keyless" and has_key:
        return 'prices.key is not used while prices.plan is "keyless": set it to "demo" or "pro"'
    if plan != "keyless" and not has_key:
        return f'prices.plan is "{plan}" but prices.key is empty: set it, or prices.plan = "keyless"'
    return ""


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Why the pages ended before the last."""

    detail: str
    outcome: Outcome


class CoinGecko:
    """A feed of prices and names."""

    name = NAME

    def __init__(self, settings: PriceSettings, source: Source, *, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._settings = settings
        self._plan = PLANS[settings.plan]
        self._source = source
        self._deadline = deadline_seconds

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        """The largest coins with price and changes as of now; `since` changes nothing.

        It ends within its deadline and raises nothing: what went wrong, and what to do, is in the report.
        """
        problem = key_problem(self._settings)
        if problem and self._plan.header is not None:
            return _nothing(_Stopped(problem, Outcome.REFUSED))
        rows, stopped = await self._rows()
        coins, quoted = parse_coins(rows, now)
        if not coins:
            return _nothing(stopped or _Stopped("no coin in the answer could be read", Outcome.FAILED))
        report = SourceReport(NAME, ok=True, detail=problem)
        if stopped is not None:
            detail = f"only the {len(coins):,} largest coins came: {stopped.detail}"
            report = SourceReport(NAME, ok=True, detail=detail, outcome=Outcome.PARTIAL)
        return Batch(coins=tuple(coins), quoted_prices=tuple(quoted), reports=(report,))

    async def _rows(self) -> tuple[list[Any], _Stopped | None]:
        """What came before the deadline, and before anything went wrong."""
        rows: list[Any] = []
        try:
            async with asyncio.timeout(self._deadline):
                for page in range(1, self._plan.pages + 1):
                    found = await self._page(page)
                    rows += found
                    if len(found) < PER_PAGE:
                        break
        except TimeoutError:
            return rows, _Stopped(f"no answer within {self._deadline:g} s; {SERVICE_DOWN}", Outcome.FAILED)
        except LimitedError as error:
            return rows, _Stopped(f"{error.reason}; {self._plan.limits} are used up", Outcome.FAILED)
        except AskError as error:
            outcome = Outcome.REFUSED if isinstance(error, RefusedError) else Outcome.FAILED
            return rows, _Stopped(f"{error.reason}; {self._remedy(error)}", outcome)
        return rows, None

    async def _page(self, page: int) -> list[Any]:
        """One page; a failure that may pass is given a second try."""
        try:
            return await self._once(page)
        except PassingError:
            return await self._once(page)

    async def _once(self, page: int) -> list[Any]:
        rows: list[Any] = await self._source.ask(
            MARKETS, {Slot.PAGE: page}, unwrap=unwrap, per_second=self._plan.per_second
        )
        return rows

    def _remedy(self, error: AskError) -> str:
        found = re.search(r"\b4\d\d\b", error.reason)
        status = found.group() if found else ""
        if self._plan.header is None and status in ("401", "402"):
            return KEYLESS_REFUSED
        return REMEDIES.get(status, SERVICE_DOWN)


def unwrap(answer: Any) -> list[Any]:
    """The list of coins. Raises AnswerError where it is none."""
    if not isinstance(answer, list):
        raise AnswerError("the answer is no list of coins")
    return answer


def parse_coins(rows: Iterable[Any], now: datetime) -> tuple[list[Coin], list[QuotedPrice]]:
    """The coins in rows of `/coins/markets`, and the prices of those that have one not older than 2 hours.

    A row of another shape costs only itself. A coin that two pages hold, because it moved between them, counts once.
    """
    coins: dict[str, Coin] = {}
    quoted: dict[str, QuotedPrice] = {}
    for row in rows:
        coin = _coin(row)
        if coin is None or coin.coin_id in coins:
            continue
        coins[coin.coin_id] = coin
        price, at = positive(row.get("current_price")), _time(row.get("last_updated"), now)
        if price is not None and abs(now - at) <= CURRENT:
            quoted[coin.coin_id] = QuotedPrice(
                coin_id=coin.coin_id,
                symbol=coin.symbol,
                price=price,
                pct_24h=_percent(row.get("price_change_percentage_24h_in_currency")),
                pct_7d=_percent(row.get("price_change_percentage_7d_in_currency")),
                at=at,
                rank=coin.market_cap_rank,
            )
    return list(coins.values()), list(quoted.values())


def _coin(row: Any) -> Coin | None:
    if not isinstance(row, Mapping):
        return None
    coin_id, symbol, name = (_text(row.get(key)) for key in ("id", "symbol", "name"))
    if not (coin_id and symbol and name):
        return None
    rank = row.get("market_cap_rank")
    ranked = isinstance(rank, int) and not isinstance(rank, bool) and 0 < rank <= WORST_RANK
    return Coin(coin_id, symbol.upper(), name, rank if ranked else None)


def _text(value: object) -> str:
    """Text without what neither a database nor a screen can take: controls, halves of characters."""
    return "".join(c for c in value if c.isprintable()).strip() if isinstance(value, str) else ""


def _percent(value: object) -> float | None:
    found = number(value)
    return found if found is not None and math.isfinite(found) and found >= -100 else None


def _time(value: object, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else now
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return now


def _nothing(stopped: _Stopped) -> Batch:
    return Batch(reports=(SourceReport.failed(NAME, stopped.detail, stopped.outcome),))
