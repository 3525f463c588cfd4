"""What reads beside the refresh: settled history, and prices of the week before the first start."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import polars as pl

from bot.clock import Clock
from bot.config import Config
from bot.feeds.base import empty_prices, empty_settlements
from bot.feeds.edgar.backfill import EdgarBackfill
from bot.feeds.exchanges.backfill import Backfill, BackfillOptions
from bot.feeds.exchanges.price_gap import PriceGap
from bot.sources import Sources
from bot.views.history import Depth, history_line
from storage import Storage

log = logging.getLogger("tocsin.background")

RESTART_SECONDS = 60.0  # a job that failed is begun again, and not at once
SHOWN_FOR = 5.0  # seconds: adding up the progress of thousands of contracts for each redraw would be felt


class Background:
    """Runs until cancelled; `after_refresh` tells it what there is to read."""

    def __init__(self, storage: Storage, sources: Sources, clock: Clock, config: Config) -> None:
        self._kept: tuple[list[pl.DataFrame], list[pl.DataFrame]] = ([], [])
        self._keeping = threading.Lock()
        self._config = config
        self._refreshed = asyncio.Event()
        self._line = (float("-inf"), "")
        self.keeps = False  # whether what is stored is kept for a recording
        options = BackfillOptions(config.feeds.history_days, config.scoring.max_abs_rate)
        self._backfill = Backfill(storage, sources.readers, clock, options, stored=lambda rows: self._keep(0, rows))
        self._edgar = _edgar_backfill(storage, sources, clock, config)
        self._gap = PriceGap(storage, sources.exchanges, clock, stored=lambda rows: self._keep(1, rows))

    async def after_refresh(self) -> None:
        """Look at what is listed now, and read what is missing of it."""
        await self._backfill.plan()
        if self._edgar is not None:
            await self._edgar.plan()
        self._refreshed.set()

    async def run(self) -> None:
        """Read for ever."""
        jobs = {"the history": self._backfill.run, "the price gap": self._fill_gap}
        if self._edgar is not None:
            jobs["the filings of the past"] = self._edgar.run
        await asyncio.gather(*(_again_and_again(name, job) for name, job in jobs.items()))

    async def _fill_gap(self) -> None:
        await self._refreshed.wait()
        self._refreshed.clear()
        await self._gap.fill()

    def taken(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The settlements and prices that were stored since the last call, for a recording."""
        with self._keeping:
            settlements, prices = self._kept
            self._kept = ([], [])
        return pl.concat([empty_settlements(), *settlements]), pl.concat([empty_prices(), *prices])

    def progress_line(self) -> str:
        """The progress of the history in a few words; nothing when there is none to read, or all is read."""
        at, line = self._line
        if time.monotonic() - at >= SHOWN_FOR:
            depth = Depth(self._config.feeds.history_days, self._backfill.coverage())
            line = f"history {history_line(depth)}" if depth.seconds_left else ""
            self._line = (time.monotonic(), line)
        return line

    def _keep(self, place: int, rows: pl.DataFrame) -> None:
        if self.keeps:
            with self._keeping:
                self._kept[place].append(rows)


def _edgar_backfill(storage: Storage, sources: Sources, clock: Clock, config: Config) -> EdgarBackfill | None:
    """None where EDGAR is not read."""
    if sources.edgar is None or sources.edgar.problem:
        return None
    return EdgarBackfill(storage, sources.edgar, clock, config.edgar.history_days)


async def _again_and_again(name: str, job: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await job()
        except Exception:
            log.exception("%s failed; it begins again in %s", name, timedelta(seconds=RESTART_SECONDS))
            await asyncio.sleep(RESTART_SECONDS)
