"""The sign of life: given while all is well, and only then."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.heartbeat import Heartbeat, health_line
from bot.settings import HeartbeatSettings
from storage.outbox import Health
from tests.builders_storage import NOW
from tests.servers.port import served

WELL = Health({"sent": 3, "queued": 1}, 4, NOW - timedelta(minutes=9))
SECRET = "canary-5ef2a1c3"  # noqa: S105 - of nobody


def beats(health: Health, *statuses: int, fault: str = "") -> tuple[bool, int]:
    """Whether it arrived, and how often the service was asked."""
    asked, answers = [], list(statuses)

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=answers.pop(0) if answers else 200)

    async def main() -> bool:
        app = web.Application()
        app.router.add_get(f"/{SECRET}", answer)
        async with served(app) as url:
            heartbeat = Heartbeat(HeartbeatSettings(url=SecretStr(f"{url}/{SECRET}")))
            try:
                return await heartbeat.beat(health, fault, NOW)
            finally:
                await heartbeat.close()

    return asyncio.run(main()), len(asked)


def test_all_is_well() -> None:
    assert beats(WELL) == (True, 1)


@pytest.mark.parametrize(
    ("health", "fault"),
    [
        (Health({"sent": 3}, 4, None), ""),
        (Health({"sent": 3}, 2, None), ""),
        (Health({"queued": 1}, 1, NOW - timedelta(minutes=11)), ""),
        (WELL, "the database takes nothing"),
    ],
)
def test_something_is_not_well(health: Health, fault: str, caplog: pytest.LogCaptureFixture) -> None:
    assert beats(health, fault=fault) == (False, 0)
    assert caplog.messages[0].startswith("no heartbeat: ")


def test_a_service_that_fails_is_asked_again_and_its_address_is_told_to_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "tocsin")
    assert beats(WELL, 500, 503) == (True, 3)
    assert beats(WELL, 500, 500, 500) == (False, 3)
    assert caplog.messages == ["the heartbeat did not arrive: status 500"]
    assert SECRET not in repr(HeartbeatSettings(url=SecretStr(f"https://hc.example/{SECRET}")))


def test_without_an_address_nobody_is_asked() -> None:
    assert not asyncio.run(Heartbeat(HeartbeatSettings()).beat(WELL, "", NOW))


def test_the_line_of_the_log_tells_the_sum() -> None:
    assert health_line(WELL, "", NOW) == "3 sent, 1 queued; oldest 9 min; 4 enqueued, balanced"
    assert "MISSING 1" in health_line(Health({}, 1, None), "", NOW)
