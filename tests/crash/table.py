"""Kill, start again, and count: what was lost, what came twice, and whether that was said."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import re
import shutil
import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from bot.chat.telegram.send import TelegramSender
from scoring.model import ChangeKind
from storage import open_storage
from storage.outbox import DEAD
from tests.crash import worker
from tests.crash.world import CYCLES, PLATFORMS, make_world, time_of
from tests.servers.chat_police import Accepted, ChatServer
from tests.servers.discord import Discord
from tests.servers.telegram import Telegram

REF = re.compile(r"#([2-9a-z]{5})\b")
NOTICE = "did not come"
ORDER = {ChangeKind.NEW: 0, ChangeKind.ESCALATED: 1, ChangeKind.RESOLVED: 2}
DEADLINE = 120.0  # seconds; a life that takes longer hangs
MOST_LIVES = 5

Plague = Callable[[ChatServer, ChatServer], None]  # lets the servers misbehave


@dataclass
class Outcome:
    """What people had at the end of a story in which the process was killed."""

    kills: int = 0
    alerts: frozenset[str] = frozenset()  # what rang, by dedup key
    lost: list[str] = field(default_factory=list)  # #refs that reached nobody, and nobody was told so
    given_up: int = 0  # alerts that were in doubt twice; the chat was told that they did not come
    repeated: Counter[str] = field(default_factory=Counter)  # platform → messages that came again
    unmarked: int = 0  # of those on Telegram, that do not say so
    misordered: list[str] = field(default_factory=list)
    missing: int = 0  # of the tally
    broken: str = ""  # what SQLite says of its file


@dataclass
class Row:
    """All kills at one point."""

    point: str
    kills: int = 0
    alerts: int = 0
    lost: int = 0
    given_up: int = 0
    discord: int = 0
    telegram: int = 0
    unmarked: int = 0
    faults: list[str] = field(default_factory=list)  # anything else that must not be

    def add(self, outcome: Outcome, expected: frozenset[str]) -> None:
        """Count one more story."""
        self.kills += outcome.kills
        self.alerts += len(outcome.alerts)
        self.lost += len(outcome.lost) + len(expected - outcome.alerts)
        self.given_up += outcome.given_up
        self.discord += outcome.repeated["discord"]
        self.telegram += outcome.repeated["telegram"]
        self.unmarked += outcome.unmarked
        if outcome.repeated["telegram"] > outcome.kills * TelegramSender.limits.in_flight:
            self.faults.append(f"{outcome.repeated['telegram']} messages came twice after {outcome.kills} kills")
        if extra := outcome.alerts - expected:
            self.faults.append(f"{len(extra)} alerts too many")
        if outcome.misordered:
            self.faults.append(f"out of order: {outcome.misordered[:3]}")
        if outcome.missing or outcome.broken != "ok":
            self.faults.append(f"missing {outcome.missing}, integrity {outcome.broken}")


class Killer:
    """Runs stories in processes of their own, which start in milliseconds from one that has loaded everything."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "world.db"
        self._number = 0
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.crash.worker"])
        make_world(self._template)
        life = self.story()
        self.expected = life.alerts
        self.points = dict(sorted(json.loads(self._last.with_suffix(".points").read_text()).items()))

    def story(self, point: str = "", time: int = 1, plague: Plague | None = None) -> Outcome:
        """Tell the story once, killed at this pass of the point, and count."""
        return asyncio.run(self.tell(point, time, plague))

    async def tell(self, point: str = "", time: int = 1, plague: Plague | None = None) -> Outcome:
        """The same, beside others."""
        self._number += 1
        database = self._last = self._folder / f"{self._number}.db"
        shutil.copy(self._template, database)
        async with Telegram(polices=False) as telegram, Discord(polices=False) as discord:
            if plague is not None:
                plague(telegram, discord)
            job = worker.Job(database, (telegram.url, telegram.token), (discord.url, discord.token), point, time)
            kills = 0
            while (status := await asyncio.to_thread(self._live, job)) != 0:
                if status != -signal.SIGKILL or kills >= MOST_LIVES:
                    raise RuntimeError(f"{point}, pass {time}: ended with {status} after {kills} kills")
                kills += 1
                job = replace(job, point="")
            return _judged(database, kills, {"telegram": telegram.accepted, "discord": discord.accepted})

    def _live(self, job: worker.Job) -> int | None:
        process = self._context.Process(target=worker.run, args=(job,))
        process.start()
        process.join(DEADLINE)
        if process.exitcode is None:
            process.terminate()
            process.join()
        return process.exitcode


def _judged(database: Path, kills: int, accepted: dict[str, list[Accepted]]) -> Outcome:
    storage = open_storage(f"sqlite:///{database}")
    outcome = Outcome(kills)
    with storage.read() as tx:
        rows = tx.connection.exec_driver_sql(
            "SELECT a.ref, a.dedup_key, a.kind, a.subscription_id, a.key, a.episode, a.delivery_id, d.state, d.untold, "
            "c.platform, c.address "
            "FROM alert a JOIN delivery d ON d.id = a.delivery_id JOIN chat c ON c.id = d.chat_id ORDER BY a.id"
        ).all()
        outcome.missing = tx.outbox.health(time_of(CYCLES)).missing
        outcome.broken = tx.connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
    storage.close()
    outcome.alerts = frozenset(row.dedup_key for row in rows)
    arrivals = {platform: _arrivals(messages) for platform, messages in accepted.items()}
    # Two subscriptions of one chat that ring for one coin share a line of the message, under one #ref.
    lines: dict[tuple[int, str, bool], list[str]] = defaultdict(list)
    for row in rows:
        lines[_line_of(row)].append(row.ref)
    again: dict[str, dict[int, Accepted]] = {platform: {} for platform in PLATFORMS}
    stories: dict[tuple[object, ...], list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        found = arrivals[row.platform]
        came = sorted(
            {place: message for ref in lines[_line_of(row)] for place, message in found[row.address, ref]}.items()
        )
        if not came:
            said = any(one.chat == row.address and NOTICE in one.text for one in accepted[row.platform])
            if row.state == DEAD and not row.untold and said:
                outcome.given_up += 1
            else:
                outcome.lost.append(row.ref)
            continue
        again[row.platform] |= dict(came[1:])
        stories[row.platform, row.address, row.subscription_id, row.key, row.episode].append(
            (ORDER[ChangeKind(row.kind)], came[0][0])
        )
    outcome.repeated = Counter({platform: len(messages) for platform, messages in again.items()})
    outcome.unmarked = sum("Possible repeat" not in one.text for one in again["telegram"].values())
    for key, steps in stories.items():
        places = [place for _, place in sorted(steps)]
        if places != sorted(places):
            outcome.misordered.append(str(key))
    return outcome


def _line_of(row: Any) -> tuple[int, str, bool]:
    return row.delivery_id, row.key, row.kind == ChangeKind.RESOLVED


def _arrivals(messages: Sequence[Accepted]) -> dict[tuple[str, str], list[tuple[int, Accepted]]]:
    """(chat, #ref) → the messages that told of it, with their places in the order of arrival."""
    found: dict[tuple[str, str], list[tuple[int, Accepted]]] = defaultdict(list)
    for place, message in enumerate(messages):
        for ref in sorted(set(REF.findall(message.text))):
            found[message.chat, ref].append((place, message))
    return found
