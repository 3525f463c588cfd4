"""The hosted scores and funding rates of Sharpe's API, for those who have a key (seeds/funding-rates, ...)."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic

import httpx
from pydantic import Field, SecretStr

from bot.clock import Clock
from bot.errors import FeedError
from bot.feeds.base import Batch, Outcome, SourceReport
from bot.feeds.exchanges.base import Endpoint
from bot.feeds.http import AskError, HttpOptions, Source
from bot.feeds.masking import masked_text
from bot.feeds.remedies import remedy
from bot.feeds.rows import Row, read_rows
from bot.feeds.sharpe_answers import (
    NAME,
    SAME_TICKER,
    AccumulatedRow,
    CurrentRow,
    HistoryRow,
    PumpRow,
    Scored,
    SellingRow,
    accumulated_of,
    behind,
    best_of_each,
    coin_of,
    member,
    read_rates,
    score_of,
    settlement_of,
)
from bot.settings import Key, Settings
from scoring.model import Settlement, Signal

log = logging.getLogger("tocsin.feeds.sharpe")

MOST_COINS = 500  # one answer holds, as documented
PER_PAGE = 5000  # rows, as documented
MOST_PAGES = 20  # some 6,000 pairs exist; what does not end by then is wrong
LONGEST_HISTORY = 1095  # days, as documented
LONGEST_CURSOR = 2000  # characters
MOST_COUNTED = 1_000_000  # coins; a larger count is no count
PUMP = Endpoint("/v1/pump-dump/data", {"limit": MOST_COINS})
SELLING = Endpoint("/v1/insider-selling/data", {"limit": MOST_COINS})
RATES = "/v1/funding/rates"
NO_KEY = "sharpe asks for a key: set key under [sharpe]"
REMEDIES = {
    401: "sharpe refuses the key (401): check [sharpe] key or make a new one at the service's account page",
    402: "the plan has no balance left (402): top up at the service's account page",
}


class SharpeSettings(Settings):
    """The hosted service."""

    key: Key = Field(SecretStr(""), description="your key of the service")
    url: str = Field("https://www.sharpe.ai/api", pattern=r"^https?://\S+$", description="where its API is")


@dataclass(frozen=True, slots=True)
class _Part(Generic[Row]):
    """What one of the service's lists gave."""

    title: str  # "pump & dump"
    rows: tuple[Row, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)  # reason → rows
    fault: str = ""  # why it is not the whole list
    outcome: Outcome = Outcome.OK  # of the request that the fault ended

    @property
    def is_whole(self) -> bool:
        """Whether a coin that is not among the rows has no score at the service, or one below the 500 best."""
        return not self.fault and not self.left_out.keys() - {SAME_TICKER}


class SharpeFeed:
    """Scores, coins, current rates and accumulated sums, all asked at once."""

    name = NAME

    def __init__(
        self,
        settings: SharpeSettings,
        client: httpx.AsyncClient,
        clock: Clock,
        *,
        options: HttpOptions = HttpOptions(),  # noqa: B008 - frozen
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        key = settings.key.get_secret_value()
        self._secrets = (key,) if key else ()  # services repeat what they refuse
        # Each list has a breaker of its own: a plan may hold some of them and not the others.
        self._pump, self._selling, self._rates = (
            Source(
                NAME,
                client,
                host=settings.url,
                clock=clock,
                options=options,
                headers={"Authorization": f"Bearer {key}"},
                sleep=sleep,
                jitter=jitter,
            )
            for _ in range(3)
        )

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        """What the service says now, whatever `since` is. What fails is in the report, so this raises nothing."""
        if not self._secrets:
            return Batch(reports=(SourceReport.failed(NAME, NO_KEY, Outcome.REFUSED),))
        pump, selling, current, accumulated = await asyncio.gather(
            self._scored("pump & dump", self._pump, PUMP, PumpRow, now),
            self._scored("insider selling", self._selling, SELLING, SellingRow, now),
            self._pages("current rates", CurrentRow, {"type": "current"}),
            self._pages("accumulated", AccumulatedRow, {"type": "accumulated"}),
        )
        rates = read_rates(current.rows, now)
        current = replace(current, left_out=_sum(current.left_out, rates.left_out))
        exchanges = behind(rates.kept)
        scored = (*pump.rows, *selling.rows)
        return Batch(
            rates=rates.kept,
            coins=tuple({row.symbol: coin_of(row) for row in sorted(scored, key=lambda row: row.score)}.values()),
            scores=tuple(score_of(row, exchanges.get(row.symbol, ())) for row in scored),
            scored=frozenset(
                signal for signal, part in ((Signal.PUMP, pump), (Signal.SELLING, selling)) if part.is_whole
            ),
            accumulated=tuple({(row.exchange, row.symbol): accumulated_of(row) for row in accumulated.rows}.values()),
            reports=(_report((pump, selling, current, accumulated)),),
        )

    async def history(self, coin: str, days: int = 30) -> list[Settlement]:
        """A coin's settlements of the last 1 to 1095 days, by time, exchange and symbol.

        Where the service gives no symbol (the documents have none) the base coin stands in its place, and
        contracts of one exchange cannot be told apart. Rows that cannot be read are counted in the log.
        Raises FeedError when the service fails or the history is not whole, ValueError for other days.
        """
        if not 1 <= days <= LONGEST_HISTORY:
            raise ValueError(f"days is {days}; the service has 1 to {LONGEST_HISTORY}")
        if not self._secrets:
            raise FeedError(NO_KEY, permanent=True)
        base_coin = coin.strip().upper()
        part = await self._pages("history", HistoryRow, {"type": "history", "coin": base_coin, "days": days})
        if part.fault:
            raise FeedError(f"{NAME}: {part.fault}", permanent=part.outcome is Outcome.REFUSED)
        for reason, count in part.left_out.items():
            log.warning("%s: left out %d rows of the history of %s, %s", NAME, count, base_coin, reason)
        found = [settlement_of(row, base_coin) for row in part.rows]
        return sorted(found, key=lambda one: (one.settled_at, one.exchange, one.symbol))

    async def _scored(
        self, title: str, source: Source, endpoint: Endpoint, model: type[Scored], now: datetime
    ) -> _Part[Scored]:
        try:
            answer = await source.ask(endpoint)
            coins = member(answer, "data", "coins")
            read = read_rows(model, coins)
        except FeedError as error:
            fault, outcome = self._why(error)
            return _Part(title, fault=fault, outcome=outcome)
        best = best_of_each(read.kept, now)
        count = member(answer, "data", "count")
        cut = type(count) is int and len(coins) < count <= MOST_COUNTED
        return _Part(
            title,
            best.kept,
            _sum(read.left_out, best.left_out),
            fault=f"has {len(coins)} of {count} coins" if cut else "",
            outcome=Outcome.FAILED if cut else Outcome.OK,
        )

    async def _pages(self, title: str, model: type[Row], params: Mapping[str, object]) -> _Part[Row]:
        """All pages of a list of funding rates; those that came before a fault are kept."""
        rows: list[Row] = []
        left_out: Counter[str] = Counter()
        cursors: list[str] = []
        fault, outcome = f"no end after {MOST_PAGES} pages", Outcome.FAILED
        for _ in range(MOST_PAGES):
            cursor = {"cursor": cursors[-1]} if cursors else {}
            try:
                answer = await self._rates.ask(Endpoint(RATES, {**params, "limit": PER_PAGE, **cursor}))
                read = await asyncio.to_thread(read_rows, model, member(answer, "data"))
                rows += read.kept
                left_out.update(read.left_out)
                following = _cursor(answer, cursors)
            except FeedError as error:
                fault, outcome = self._why(error)
                break
            if following is None:
                fault, outcome = "", Outcome.OK
                break
            cursors.append(following)
        return _Part(title, tuple(rows), left_out, fault, outcome)

    def _why(self, error: FeedError) -> tuple[str, Outcome]:
        """What happened and what to do about it, in one line."""
        if not isinstance(error, AskError):
            return str(error), Outcome.FAILED
        known = remedy(error, NAME, REMEDIES)
        return known or (masked_text(error.reason, self._secrets), Outcome.FAILED)


def _cursor(answer: object, before: Sequence[str]) -> str | None:
    """Where the next page is; None after the last. Raises FeedError where that cannot be told."""
    cursor = member(answer, "pagination", "cursor")
    if cursor is None or cursor == "":
        # Without a pagination object a full page cannot be told from the last one.
        if len(member(answer, "data")) >= PER_PAGE and member(answer, "pagination") is None:
            raise FeedError("a full page without a cursor")
        return None
    if not isinstance(cursor, str) or not cursor.isprintable() or len(cursor) > LONGEST_CURSOR:
        raise FeedError("a cursor that is none")
    if cursor in before:
        raise FeedError(f"the cursor of page {len(before) + 1} is that of page {before.index(cursor) + 1}")
    return cursor


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    return Counter(one) + Counter(other)


def _report(parts: Sequence[_Part[Any]]) -> SourceReport:
    faults: dict[str, list[str]] = {}
    for part in parts:
        if part.fault:
            faults.setdefault(part.fault, []).append(part.title)
    lines = [
        fault if len(titles) == len(parts) else f"{', '.join(titles)}: {fault}" for fault, titles in faults.items()
    ]
    for part in parts:
        if part.left_out:
            lines.append(f"{part.title}: left out {', '.join(f'{n} {why}' for why, n in part.left_out.items())}")
    detail = "; ".join(lines)
    if not faults:
        return SourceReport(NAME, ok=True, detail=detail)
    if any(part.rows or not part.fault for part in parts):
        return SourceReport.failed(NAME, detail, Outcome.PARTIAL)
    refused = any(part.outcome is Outcome.REFUSED for part in parts)
    return SourceReport.failed(NAME, detail, Outcome.REFUSED if refused else Outcome.FAILED)
