"""Delivery at a platform's pace: how much of the limit is used, and how soon an urgent alert overtakes a backlog.

The platforms are servers of ours in a process of their own, on real sockets, that police the published limits in
sliding windows and answer 429 beyond them. Baselines: the limit itself, and the time in which a queue in the order of
arrival would have come to the urgent alert.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.alerts.delivery import Courier, CourierOptions
from bot.alerts.outgoing import Sender
from bot.chat.discord.send import DiscordSender
from bot.chat.telegram.send import TelegramSender
from bot.clock import SystemClock
from bot.settings import DiscordSettings, TelegramSettings
from storage import Storage, open_storage
from storage.alerts import NewAlert
from storage.outbox import NewDelivery
from tests.servers.chat_police import ChatServer
from tests.servers.discord import Discord
from tests.servers.telegram import Telegram

SECONDS = 20
LIMITS = {"telegram": 30, "discord": 50}  # messages a second
SERVERS: dict[str, type[ChatServer]] = {"telegram": Telegram, "discord": Discord}
BACKLOG = 54_000  # what one token can send between two refreshes


def main() -> None:
    for platform, limit in LIMITS.items():
        with served(platform) as (url, token, stop), tempfile.TemporaryDirectory() as folder:
            storage = stored(Path(folder), platform, limit * SECONDS)
            sent = asyncio.run(drain(storage, platform, sender_of(platform, url, token)))
            times, violations = stop()
            storage.close()
        rate = (len(times) - 1) / (times[-1] - times[0])
        sys.stdout.write(
            f"{platform}: {sent} messages, {rate:.2f}/s = {rate / limit:.1%} of the limit of {limit}/s, "
            f"{violations} refused for their speed\n"
        )
    overtake()


def overtake() -> None:
    with served("telegram") as (url, token, stop), tempfile.TemporaryDirectory() as folder:
        storage = stored(Path(folder), "telegram", BACKLOG)
        waited = asyncio.run(urgent(storage, sender_of("telegram", url, token)))
        _, violations = stop()
        storage.close()
    whole = BACKLOG / LIMITS["telegram"]
    sys.stdout.write(
        f"backlog of {BACKLOG:,}: an urgent alert was sent after {waited:.2f} s, "
        f"ratio {waited / whole:.5f} to its turn in order of arrival ({whole:.0f} s); {violations} refused\n"
    )


async def drain(storage: Storage, platform: str, sender: Sender) -> int:
    courier = Courier(storage, {platform: sender}, SystemClock(), CourierOptions("bench"))
    try:
        return await courier.drain()
    finally:
        await sender.close()


async def urgent(storage: Storage, sender: Sender) -> float:
    """Seconds from the commit of an urgent alert to the commit that it was sent, in the midst of the backlog."""
    courier = Courier(storage, {"telegram": sender}, SystemClock(), CourierOptions("bench"))
    work = asyncio.create_task(courier.run())
    await asyncio.sleep(5)
    await asyncio.to_thread(queue, storage, "telegram", ["urgent"], priority=0)
    began = time.perf_counter()
    while not await asyncio.to_thread(is_sent, storage):
        await asyncio.sleep(0.01)
    waited = time.perf_counter() - began
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await sender.close()
    return waited


def is_sent(storage: Storage) -> bool:
    with storage.read() as tx:
        found = tx.connection.exec_driver_sql("SELECT state FROM delivery WHERE dedup_key = 'urgent'").scalar()
    return found == "sent"


def stored(folder: Path, platform: str, count: int) -> Storage:
    storage = open_storage(f"sqlite:///{folder}/bench.db")
    queue(storage, platform, [str(number) for number in range(count)], priority=700)
    return storage


def queue(storage: Storage, platform: str, names: list[str], priority: int) -> None:
    now = SystemClock().now()
    facts = {"title": "PEPE", "name": "Pepe", "level": 6.5, "before": None, "minimum": 3, "reason": "it reached it"}
    deliveries = []
    with storage.write() as tx:
        for name in names:
            chat = tx.chats.put(
                platform, str(10_000 + sum(name.encode()) if not name.isdigit() else int(name) + 1), now
            )
            alert = NewAlert(name, None, "pump", "PEPE", 1, "NEW", facts | {"peak": 6.5})
            deliveries.append(NewDelivery(chat.id, platform, name, (alert,), priority, now, now + timedelta(hours=2)))
        tx.outbox.enqueue(deliveries, now)


def sender_of(platform: str, url: str, token: str) -> Sender:
    if platform == "telegram":
        return TelegramSender(TelegramSettings(base_url=url, token=SecretStr(token)))
    return DiscordSender(DiscordSettings(base_url=url, token=SecretStr(token)))


@contextmanager
def served(platform: str) -> Iterator[tuple[str, str, Callable[[], tuple[list[float], int]]]]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(platform, theirs))
    process.start()
    url, token = ours.recv()

    def stop() -> Any:
        ours.send("stop")
        return ours.recv()

    yield url, token, stop
    process.join()


def serve(platform: str, pipe: Connection) -> None:
    async def run() -> None:
        async with SERVERS[platform]() as server:
            pipe.send((server.url, server.token))
            await asyncio.to_thread(pipe.recv)
            pipe.send(([one.at for one in server.accepted], server.violations))

    asyncio.run(run())


if __name__ == "__main__":
    main()
