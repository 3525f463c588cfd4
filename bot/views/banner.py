"""The first thing that `tocsin run` says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.feeds.exchanges import title_of
from bot.views import numbers
from bot.views.elements import Button, Code, Note, Text, View

if TYPE_CHECKING:
    from bot.commands.base import Command
    from bot.config import Config
    from bot.refresh import Refreshed


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


INSIDERS = {"filings", "finradar"}
OTHERS = {"prices"} | INSIDERS  # sources of something else than funding rates


def started_view(done: Refreshed, progress: str) -> View:
    """How the first refresh of a live market went, and what comes next."""
    exchanges = [report for report in done.reports if report.source not in OTHERS]
    answered = [report for report in exchanges if report.ok]
    lines: list[Text | Note] = []
    if exchanges:
        sources = numbers.count(len(exchanges), "source")
        lines.append(Text(f"{len(answered)} of {sources} of funding rates answered."))
    if exchanges and not answered:
        lines.append(Text("Nobody could be reached. Is this machine online? It is tried again at the next refresh."))
    elif progress:
        lines.append(Text(f"Scores need settled rates: {progress}. The most negative coins come first."))
    filings = next((report for report in done.reports if report.source in INSIDERS and report.ok), None)
    if filings is not None:
        lines.append(Text("Insiders' filings are being read; those of the past come in the background, newest first."))
    silent = [one for one in done.reports if not one.ok and (answered or one.source in INSIDERS)]
    lines += [Note(f"{title_of(report.source)}: {report.detail}") for report in silent]
    return View(title="First refresh", body=tuple(lines), buttons=(Button("How fresh everything is", "/status"),))


def replay_view(path: Path, instants: Sequence[datetime], speed: float) -> View:
    """What a replay is about to do."""
    pace = f"{speed:g} recorded seconds a second" if speed else "as fast as it can"
    span = f"from {numbers.clock(instants[0])} to {numbers.clock(instants[-1])}"
    when = span if len(instants) > 1 else f"of {numbers.clock(instants[0])}"
    count = numbers.count(len(instants), "refresh", "refreshes")
    return View(
        title=f"tocsin replays {path}",
        body=(Text(f"{count} {when}, {pace}. Nobody is asked anything; the database is its own."),),
    )


def replayed_view(refreshes: int) -> View:
    """That a replay is over."""
    return View(title=f"The recording ends: {numbers.count(refreshes, 'refresh', 'refreshes')} replayed.", body=())
