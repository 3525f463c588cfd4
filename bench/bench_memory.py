"""Memory of the whole bot: 5,500 pairs with 90 days of settlements, two refreshes and a command; goal below 200 MB.

The made exchanges and the history are another process's; what is measured is a process that does what `tocsin run`
does, beside one that has only imported it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from bench.bench_cycle import exchanges, peak_mb
from bot.app import App, open_app
from bot.background import Background
from bot.config import Config, load_config
from bot.cycle import Cycle, Follow
from bot.feeds.base import SETTLEMENT_SCHEMA
from storage import open_storage

DAYS = 90
GOAL_MB = 200


def fill(database: str) -> int:
    """Give all pairs a history; returns the number of settlements."""
    storage = open_storage(database)
    now = int(datetime.now(UTC).timestamp())
    random = np.random.default_rng(7)
    with storage.write() as tx:
        known = list(tx.pairs.known().values())
    total = 0
    for start in range(0, len(known), 500):
        frames = []
        for one in known[start : start + 500]:
            hours = one.rate.interval_hours if one.rate else 8.0
            step = int(hours * 3600)
            times = np.arange(now - now % step, now - DAYS * 86_400, -step)
            frames.append(
                pl.DataFrame(
                    {
                        "exchange": one.pair.exchange,
                        "symbol": one.pair.symbol,
                        "base_coin": one.pair.base_coin,
                        "margin": int(one.pair.margin),
                        "rate": random.normal(-0.00002, 0.0001, len(times)) * hours / 8,
                        "interval_hours": hours,
                        "settled_at": times,
                    }
                )
            )
        with storage.write() as tx:
            total += tx.funding.add(pl.concat(frames).cast(SETTLEMENT_SCHEMA)).new  # type: ignore[arg-type]
    storage.close()
    return total


def config_of(folder: Path) -> Config:
    """The config of the measured process."""
    return load_config(folder / "config.toml")


async def cycles(app: App, count: int) -> None:
    """What the schedule does, so many times."""
    sources = app.open_sources()
    background = Background(app.storage, sources, app.clock, app.config)
    cycle = Cycle(app.storage, sources, app.clock, app.options, Follow(lambda: None, background))
    for _ in range(count):
        done = await cycle.run()
        assert done is not None
        assert sum(report.ok for report in done.reports) >= 11, done.reports
    await sources.close()


def measured(folder: Path) -> None:
    """The measured process: refreshes, then a command."""
    imported = peak_mb()
    with open_app(config_of(folder)) as app:
        asyncio.run(cycles(app, 2))
        shown = app.answer("/pump limit=500")
    sys.stdout.write(json.dumps({"imported": imported, "peak": peak_mb(), "title": shown.title}))


def main() -> None:
    if len(sys.argv) > 1:
        measured(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as name, exchanges(now=datetime.now(UTC) - timedelta(minutes=1)) as hosts:
        folder = Path(name)
        database = f"sqlite:///{folder}/tocsin.db"
        table = ", ".join(f'{exchange} = "{host}"' for exchange, host in hosts.items())
        (folder / "config.toml").write_text(
            f'[database]\nurl = "{database}"\n[feeds]\nhosts = {{ {table} }}\n[prices]\nsource = "off"\n'
        )
        with open_app(config_of(folder)) as app:
            asyncio.run(cycles(app, 1))
        settlements = fill(database)
        done = subprocess.run([sys.executable, __file__, str(folder)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    peak, imported = found["peak"], found["imported"]
    print(f"memory: {peak:.0f} MB at the peak of two refreshes over {settlements:,} settlements and /pump; ", end="")
    print(
        f"imported only: {imported:.0f} MB; ratio {peak / imported:.2f}; goal {GOAL_MB} MB: ratio {peak / GOAL_MB:.2f}"
    )


if __name__ == "__main__":
    main()
