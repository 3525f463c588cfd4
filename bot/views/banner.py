"""The first thing that `tocsin run` says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.views.elements import Code, Note, Text, View

if TYPE_CHECKING:
    from bot.commands.base import Command
    from bot.config import Config


def banner_view(config: Config, commands: Sequence[Command]) -> View:
    """Where the data comes from, and what to do next."""
    names = "  ".join(f"/{command.name}" for command in commands)
    if not config.simulated:
        return View(
            title="tocsin is running",
            body=(
                Text(f"Funding: {config.feeds.funding}. It refreshes every {config.schedule.refresh_minutes} minutes."),
                Note(f"Commands: {names}"),
            ),
        )
    found = (
        "No config.toml was found: the market is SIMULATED." if config.source is None else "The market is SIMULATED."
    )
    seconds = config.simulation.cycle_seconds
    return View(
        title=f"tocsin · {found}",
        body=(
            Text("Coins, companies and insiders below are made up. Nothing here is about real money."),
            Text(
                f"Time runs fast: {config.schedule.refresh_minutes} minutes pass every {seconds:g} seconds. "
                "The console is subscribed to all three signals; the first alerts come within half a minute."
            ),
            Text("To go live: copy the example, fill it in, check it, and start again:"),
            Code("cp config.example.toml config.toml && .venv/bin/tocsin check"),
            Note(f"Commands: {names}"),
        ),
    )
