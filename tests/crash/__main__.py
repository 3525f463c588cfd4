"""`make crash-test`: kill the bot for a minute at named points, and print what that cost anybody."""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.table import Killer, Row
from tests.servers.chat_police import ChatServer, Fault

TOGETHER = 3  # stories at the same time
HEAD = (
    "killed",
    "kills",
    "alerts",
    "lost",
    "given up, and said",
    "messages twice on Discord",
    "on Telegram",
    "of those unmarked",
)


def main() -> int:
    """Kill at every point once, then at random ones with a net that fails too, until the time is over."""
    parser = argparse.ArgumentParser(prog="crash-test", description=main.__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)  # the servers tell of each client that vanished
    with tempfile.TemporaryDirectory() as folder:
        killer = Killer(Path(folder))
        rows, storm = asyncio.run(_kill(killer, options.seconds, random.Random(options.seed)))  # noqa: S311 - where
    total = Row("all")
    for row in (*rows.values(), storm):
        for name in ("kills", "alerts", "lost", "given_up", "discord", "telegram", "unmarked"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
        total.faults += row.faults
    _print([*rows.values(), storm, total])
    return 1 if total.lost or total.discord or total.unmarked or total.faults else 0


async def _kill(killer: Killer, seconds: float, random_of: random.Random) -> tuple[dict[str, Row], Row]:
    end = time.monotonic() + seconds
    rows = {point: Row(point) for point in killer.points}
    storm = Row("anywhere, while the net fails too")
    first = list(killer.points)

    async def kill_on() -> None:
        while first or time.monotonic() < end:
            is_first = bool(first)
            point = first.pop() if first else random_of.choice(list(killer.points))
            at = random_of.randint(1, killer.points[point])
            if is_first or random_of.random() < 0.5:
                rows[point].add(await killer.tell(point, at), killer.expected)
            else:
                storm.add(await killer.tell(point, at, lambda *both: _plague(random_of, *both)), killer.expected)

    await asyncio.gather(*(kill_on() for _ in range(TOGETHER)))
    return rows, storm


def _plague(random_of: random.Random, *servers: ChatServer) -> None:
    for server in servers:
        for _ in range(random_of.randint(1, 4)):
            fault = random_of.choice(
                [Fault.CLOSE_BEFORE_READ, Fault.ACCEPT_THEN_RESET, Fault.HALF_CLOSE, Fault.LIMITED, Fault.ERROR]
            )
            server.fault(None, fault, seconds=2.0 if fault is Fault.LIMITED else None)


def _print(rows: list[Row]) -> None:
    lines = [HEAD, *((r.point, r.kills, r.alerts, r.lost, r.given_up, r.discord, r.telegram, r.unmarked) for r in rows)]
    widths = [max(len(str(line[at])) for line in lines) for at in range(len(HEAD))]
    for line in lines:
        first, *others = (str(cell) for cell in line)
        numbers = "  ".join(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        sys.stdout.write(f"{first.ljust(widths[0])}  {numbers}\n")
    for fault in rows[-1].faults:
        sys.stdout.write(f"FAULT: {fault}\n")


if __name__ == "__main__":
    sys.exit(main())
