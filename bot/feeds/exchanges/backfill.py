"""The background job that reads settled history, and goes on where it stopped, whenever that was.

Each exchange is read by workers of its own, at its own pace. What they read is written together with the
progress that it makes, and only then the contract goes back into the queue, behind all that is more urgent:
so a crash at any point loses one answer of a contract at most. The queue is empty when all is covered.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import polars as pl

from bot.clock import Clock
from bot.errors import FeedError
from bot.feeds.base import SETTLEMENT_SCHEMA, SettledRate
from bot.feeds.believable import believable_settlements
from bot.feeds.exchanges.alive import Contract, Key, alive
from bot.feeds.exchanges.coverage import ExchangeCoverage, Wanted, coverage
from bot.feeds.exchanges.history import (
    OVERLAPPING_ROWS,
    Ask,
    absorb,
    begin,
    is_early_end_done,
    is_late_end_due,
    next_ask,
    rest_of,
)
from bot.feeds.exchanges.intervals import with_intervals
from bot.feeds.exchanges.readers import Reader
from bot.feeds.http import RefusedError
from bot.feeds.jobs import until_idle
from bot.feeds.settling import minute_of
from scoring.model import Pair
from storage import Storage
from storage.backfill import Progress

log = logging.getLogger("tocsin.backfill")

# A span that gives a 72-hour average and the beginning of a streak; every contract gets it before any gets more.
FIRST_SPAN = timedelta(days=4)
MOST_WORKERS = 4
WAIT_AFTER_FAILURE = 30.0  # seconds; a failing exchange is asked at a walk until its breaker opens
MOST_AT_ONCE = 100  # answers written in one transaction


@dataclass(frozen=True, slots=True)
class BackfillOptions:
    """How far back, and what is believed."""

    history_days: int
    max_abs_rate: float  # decimal per settlement


@dataclass(frozen=True, slots=True)
class Step:
    """What one window brought, ready to be written."""

    contract: Contract
    rows: pl.DataFrame
    runs: tuple[tuple[datetime, datetime], ...]  # [since, until]: all that the exchange has there is in `rows`
    progress: Progress
    carried: tuple[SettledRate, ...] = ()  # rows whose interval only the rows before them tell
    goes_on: bool = True  # whether the contract may be asked further before the next plan


@dataclass
class Queue:
    """What is to be asked of one exchange, the most urgent first."""

    heap: list[tuple[int, float, str]] = field(default_factory=list)
    filled: asyncio.Event = field(default_factory=asyncio.Event)


class Backfill:
    """Reads what is missing, for ever. `plan()` after each refresh; `run()` beside everything else."""

    def __init__(
        self,
        storage: Storage,
        readers: Mapping[str, Reader],
        clock: Clock,
        options: BackfillOptions,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        stored: Callable[[pl.DataFrame], None] = lambda _: None,
    ) -> None:
        """`stored` hears of all rows that were written, for a recording."""
        self._storage = storage
        self._readers = readers
        self._clock = clock
        self._depth = timedelta(days=options.history_days)
        self._max_abs_rate = options.max_abs_rate
        self._sleep = sleep
        self._stored = stored
        self._queues = {exchange: Queue() for exchange in readers}
        self._contracts: dict[Key, Contract] = {}
        self._progress: dict[Key, Progress] = {}
        self._carried: dict[Key, tuple[SettledRate, ...]] = {}
        self._under_way: set[Key] = set()  # asked, and not written yet
        self._steps: asyncio.Queue[Step] = asyncio.Queue(maxsize=2 * MOST_AT_ONCE)
        self._idle = asyncio.Event()

    async def plan(self) -> None:
        """Look at what is listed and stored now, and queue what is missing."""
        self._contracts, stored = await asyncio.to_thread(self._look)
        self._progress = stored | self._progress  # what was written since the look is known here
        now = self._clock.now()
        for exchange, queue in self._queues.items():
            queue.heap = [
                (*urgency, key[1])
                for key, contract in self._contracts.items()
                if key[0] == exchange
                and key not in self._under_way
                and (urgency := self._urgency(contract, now)) is not None
            ]
            heapq.heapify(queue.heap)
            if queue.heap:
                self._idle.clear()
                queue.filled.set()

    def coverage(self) -> tuple[ExchangeCoverage, ...]:
        """How far the history of each exchange got, as known in this process."""
        now = self._clock.now()
        contracts, progress = dict(self._contracts), dict(self._progress)
        intervals = {key: contract.interval_hours for key, contract in contracts.items()}
        histories = {key: self._readers[key[0]].history(key[1]) for key in contracts}
        return coverage(progress, Wanted(intervals, now - self._depth, now), lambda e, s: histories[e, s])

    async def run(self) -> None:
        """Work until cancelled."""
        self._under_way.clear()  # what an earlier run left unwritten is asked again after the next plan
        self._steps = asyncio.Queue(maxsize=2 * MOST_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._write())
            for exchange, reader in self._readers.items():
                for _ in range(_workers(reader)):
                    group.create_task(self._work(exchange, reader))

    async def finish(self) -> None:
        """Work until nothing is left that can be asked now. Needs a plan; not beside `run`."""
        await until_idle(self.run, self._idle)

    async def _work(self, exchange: str, reader: Reader) -> None:
        queue = self._queues[exchange]
        while True:
            while not queue.heap:
                queue.filled.clear()
                self._tell_idle()
                await queue.filled.wait()
            key = (exchange, heapq.heappop(queue.heap)[-1])
            contract = self._contracts[key]
            self._under_way.add(key)
            try:
                step = await self._step(contract, reader)
            except RefusedError as error:
                log.debug("history of %s: %s", exchange, error)
                self._under_way.discard(key)
                queue.heap.clear()  # until the next plan: it refuses them all
            except FeedError as error:
                log.debug("history of %s %s: %s", *key, error)
                await self._steps.put(self._failed(contract, error))
                await self._sleep(WAIT_AFTER_FAILURE)
            else:
                if step is None:
                    self._under_way.discard(key)
                else:
                    await self._steps.put(step)

    def _tell_idle(self) -> None:
        if not self._under_way and not any(queue.heap for queue in self._queues.values()):
            self._idle.set()

    async def _step(self, contract: Contract, reader: Reader) -> Step | None:
        """What the next window brings; None when there is none to ask for. Raises FeedError."""
        pair, hours, now = contract.pair, contract.interval_hours, self._clock.now()
        key = (pair.exchange, pair.symbol)
        history = reader.history(pair.symbol)
        progress = self._progress.get(key) or begin(now)
        if progress.error:
            # It may have said that it has nothing because it was out of order.
            progress = replace(progress, exhausted=False)
        ask = next_ask(progress, history, hours, now, now - self._depth)
        if ask is None:
            return None
        rows: list[SettledRate] = []
        part: Ask | None = ask
        while part is not None:
            answer = await reader.read(pair.symbol, part)
            rows += answer
            part = rest_of(part, answer, history, hours)
        after = absorb(progress, ask, rows, history, hours, now)
        carried = self._carried.get(key, ())
        past = [row for row in (*rows, *(() if ask.late else carried)) if row.at <= now]
        is_newest = ask.until >= max(progress.covered_until, now - timedelta(hours=hours))
        kept, _ = with_intervals(past, hours if is_newest else None)
        if not ask.late:
            carried = () if after.exhausted else _oldest(past)
            after = _reaching(after, carried, kept, progress.covered_since)
        return Step(contract, self._frame(pair, kept), _runs(past, kept), after, carried)

    def _frame(self, pair: Pair, rows: Iterable[SettledRate]) -> pl.DataFrame:
        frame = pl.DataFrame(
            [
                (
                    pair.exchange,
                    pair.symbol,
                    pair.base_coin,
                    int(pair.margin),
                    row.rate,
                    row.interval_hours,
                    int(minute_of(row.at).timestamp()),
                )
                for row in rows
            ],
            schema=SETTLEMENT_SCHEMA,
            orient="row",
        ).unique(["settled_at"], keep="first", maintain_order=True)
        believed, set_aside = believable_settlements(frame, self._max_abs_rate)
        for line in set_aside:
            log.warning("history: set aside %s", line)
        return believed

    async def _write(self) -> None:
        while True:
            steps = [await self._steps.get()]
            while not self._steps.empty() and len(steps) < MOST_AT_ONCE:
                steps.append(self._steps.get_nowait())
            await asyncio.to_thread(self._store, steps)
            for step in steps:
                self._go_on(step)
            self._tell_idle()

    def _store(self, steps: Sequence[Step]) -> None:
        runs = [(*_key(step.contract), *run) for step in steps for run in step.runs]
        with self._storage.write() as tx:
            tx.funding.confirm_all(pl.concat([step.rows for step in steps]), runs)
            tx.backfill.put_many({_key(step.contract): step.progress for step in steps})
        for step in steps:
            if len(step.rows):
                self._stored(step.rows)

    def _go_on(self, step: Step) -> None:
        """What was written is known, and what is missing of the contract is queued."""
        key = _key(step.contract)
        self._progress[key], self._carried[key] = step.progress, step.carried
        self._under_way.discard(key)
        contract = self._contracts.get(key)  # gone, where it is alive no more
        if contract is None or not step.goes_on:
            return
        urgency = self._urgency(contract, self._clock.now())
        if urgency is not None:
            queue = self._queues[key[0]]
            heapq.heappush(queue.heap, (*urgency, key[1]))
            queue.filled.set()

    def _failed(self, contract: Contract, error: FeedError) -> Step:
        now, key = self._clock.now(), _key(contract)
        before = self._progress.get(key) or begin(now)
        # A contract that its exchange does not know has no history to wait for.
        exhausted = before.exhausted or error.permanent
        after = replace(before, error=str(error), asked_at=now, exhausted=exhausted)
        return Step(contract, self._frame(contract.pair, ()), (), after, self._carried.get(key, ()), goes_on=False)

    def _look(self) -> tuple[dict[Key, Contract], dict[Key, Progress]]:
        with self._storage.read() as tx:
            return alive(tx, self._readers, self._clock.now()), tx.backfill.all()

    def _urgency(self, contract: Contract, now: datetime) -> tuple[int, float] | None:
        """Sort key of a contract, lowest first; None when nothing is missing."""
        pair, hours = contract.pair, contract.interval_hours
        progress = self._progress.get((pair.exchange, pair.symbol))
        history = self._readers[pair.exchange].history(pair.symbol)
        if progress is None:
            return 0, contract.rate_8h
        late = is_late_end_due(progress, hours, now)
        done = is_early_end_done(progress, history, hours, now, now - self._depth)
        if not done and progress.covered_until - progress.covered_since < FIRST_SPAN:
            return 0, contract.rate_8h
        if late:
            return 1, contract.rate_8h
        return None if done else (2, contract.rate_8h)


def _key(contract: Contract) -> Key:
    return contract.pair.exchange, contract.pair.symbol


def _oldest(past: Sequence[SettledRate]) -> tuple[SettledRate, ...]:
    """The rows that the next window needs, for the rows before them tell their intervals."""
    return tuple(row for _, row in sorted({row.at: row for row in past}.items())[:OVERLAPPING_ROWS])


def _reaching(
    after: Progress, carried: Sequence[SettledRate], kept: Sequence[SettledRate], covered_since: datetime
) -> Progress:
    """The progress, but for the carried rows that are not told yet: rows in hand are lost at a restart."""
    told = {row.at for row in kept}
    untold = [row.at for row in carried if minute_of(row.at) not in told]
    if untold and after.covered_since < max(untold) < covered_since:
        return replace(after, covered_since=max(untold))
    return after


def _workers(reader: Reader) -> int:
    """As many as keep the exchange's pace when an answer takes half a second."""
    return min(MOST_WORKERS, max(1, math.ceil(reader.history("").per_second / 2)))


def _runs(past: Iterable[SettledRate], kept: Sequence[SettledRate]) -> tuple[tuple[datetime, datetime], ...]:
    """Where the exchange's own rows speak for themselves: from row to row, around those without an interval.

    Beyond the newest row a provisional settlement may still be confirmed, and one without an interval is better
    told by the provisional settlement of its time, which knows it.
    """
    told = {row.at for row in kept}
    runs: list[tuple[datetime, datetime]] = []
    begun: datetime | None = None
    for at in sorted({minute_of(row.at) for row in past} | told):
        if at not in told:
            begun = None
        elif begun is None:
            begun = at
            runs.append((at, at))
        else:
            runs[-1] = (begun, at)
    return tuple(runs)
