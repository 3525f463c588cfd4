"""A loopback port for an aiohttp application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


@asynccontextmanager
async def served(app: web.Application, **how: Any) -> AsyncIterator[str]:
    """Serve on a free port until the block ends; gives the origin. `how`: what else the runner is told."""
    runner = web.AppRunner(app, access_log=None, **how)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
