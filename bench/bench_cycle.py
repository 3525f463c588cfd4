"""One refresh of 11 exchanges and 5,500 pairs, beside the slowest exchange asked alone.

The made exchanges answer from a process of their own over loopback sockets, each as late as a real one may. What
remains between the two times is what asking all at once costs: connections, JSON, parsing.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from httpx import AsyncHTTPTransport

from bench.timing import best, compare
from bot.clock import SystemClock
from bot.feeds.base import Batch
from bot.feeds.exchanges.live import ExchangesFeed
from bot.feeds.http import open_client

MONDAY = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
# Seconds before each answer.
LATENCY = {
    "binance": 0.35, "bybit": 0.45, "okx": 0.40, "gate": 1.50, "bitget": 0.60, "hyperliquid": 0.50, "deribit": 0.70,
    "htx": 1.20, "bingx": 0.90, "kucoin": 0.80, "mexc": 1.00,
}  # fmt: skip


def serve(pipe: Connection, now: datetime) -> None:
    """Be all exchanges, as of `now`, until the other end of the pipe is closed."""
    from tests.servers.exchange import Loopback  # noqa: PLC0415 - the server's memory is not ours
    from tests.servers.universe import universe  # noqa: PLC0415

    async def main() -> None:
        made = universe(now=now)
        async with Loopback() as server:
            made.serve(server, LATENCY)
            pipe.send(made.hosts(server.url))
            await asyncio.to_thread(pipe.poll, None)

    asyncio.run(main())


@contextmanager
def exchanges(now: datetime = MONDAY) -> Iterator[dict[str, str]]:
    """The hosts of the made exchanges; their quotes are of `now`."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, now))
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()
        process.join(10)


def cycle(hosts: dict[str, str], *only: str) -> Batch:
    """One refresh as after a start: nothing is connected, nothing is known."""
    found: list[Batch] = []  # asyncio.run writes out what its coroutine returns, only to throw it away

    async def main() -> None:
        clock = SystemClock()
        feed = ExchangesFeed(open_client(AsyncHTTPTransport()), clock, hosts=hosts, only=only)
        found.append(await feed.fetch(None, clock.now()))
        await feed.close()

    asyncio.run(main())
    (batch,) = found
    assert all(report.ok for report in batch.reports), batch.reports
    return batch


def peak_mb() -> float:
    """The most memory that this process has held, MB."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage counts what the parent held before this program was loaded
        found = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(found.split()[1]) / 2**10
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    before = peak_mb()
    with exchanges() as hosts:
        all_time, batch = best(lambda: cycle(hosts))
        peak = peak_mb()
        alone = {name: best(lambda name=name: cycle(hosts, name))[0] for name in hosts}  # type: ignore[misc]
    slowest = max(alone, key=lambda name: alone[name])
    assert len(batch.quotes or ()) == 5_500
    compare(f"refresh of {len(hosts)} exchanges", all_time, f"{slowest} alone", alone[slowest])
    print(f"  one after the other: {sum(alone.values()):.3f} s; ratio {all_time / sum(alone.values()):.2f}")
    print(f"  peak memory {peak:.0f} MB; before the first refresh {before:.0f} MB; ratio {peak / before:.2f}")


if __name__ == "__main__":
    main()
