"""The command line: run, record, replay, refresh, ask, import, check. Each is a few lines; the work is elsewhere."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot import __version__
from bot.app import open_app
from bot.chat.console.render import render
from bot.clock import SimulatedClock
from bot.config import DEFAULT_DATABASE, Config, load_config, without_file
from bot.errors import StartError, TocsinError
from bot.feeds.base import Progress as Report
from bot.feeds.http import open_transport
from bot.feeds.recording import RecordingTransport
from bot.feeds.replay import parse_speed
from bot.feeds.tape import open_tape
from bot.imports.load import KINDS, Loaded, load
from bot.views.elements import Tone, View
from bot.views.refreshed import refreshed_view
from storage import DatabaseUnusableError

OK, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
CONFIG = Path("config.toml")
PLAIN_WIDTH = 120  # cells, where stdout is no terminal
BAD_ROWS_SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 well, 1 an error answer or something left out, 2 cannot start."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except StartError as error:
        for problem in error.problems:
            _complain(problem)
        return UNUSABLE
    except DatabaseUnusableError as error:
        _complain(str(error))
        return UNUSABLE
    except TocsinError as error:
        _complain(str(error))
        return FAILED
    except BrokenPipeError:
        # The reader of a pipe left (… | head); nothing is wrong, and nothing more can be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    config = _config(options, may_simulate=True)
    if options.at is not None:
        raise StartError("run: --at is for refresh and ask; a running bot has the real time")
    with open_app(config) as app:
        asyncio.run(app.run())
    return OK


def _record(options: argparse.Namespace) -> int:
    config = _config(options, may_simulate=False)
    config = config if config.source else config.with_feeds("exchanges", "none")
    if config.feeds.funding in {"none", "simulated"}:
        asked = config.feeds.funding
        raise StartError(f'record: feeds.funding is "{asked}", which asks nobody; there is no answer to keep')
    with open_app(config) as app:
        recorder = RecordingTransport(open_transport(), options.folder, secrets=app.secrets())
        asyncio.run(app.run(recorder))
    return OK


def _replay(options: argparse.Namespace) -> int:
    tape, speed = open_tape(options.folder), parse_speed(options.speed)
    config = _config(options, may_simulate=False)
    config = config if config.source else config.with_feeds("exchanges", "none")
    with tempfile.TemporaryDirectory() as folder:
        # Of its own: a replay must neither see nor change what is known of the present.
        database = options.database or f"sqlite:///{folder}/replay.db"
        with open_app(config.with_database(database)) as app:
            asyncio.run(app.replay(tape, speed))
    return OK


def _refresh(options: argparse.Namespace) -> int:
    config = _config(options, may_simulate=True)
    with open_app(config, options.at) as app:
        with app.storage.read() as tx:
            begun = tx.refreshes.last() is not None
        if isinstance(app.clock, SimulatedClock) and begun:
            app.clock.advance(timedelta(minutes=config.schedule.refresh_minutes))
        _show(refreshed_view(asyncio.run(app.refresh())), as_json=options.json)
    return OK


def _ask(options: argparse.Namespace) -> int:
    config = _config(options, may_simulate=True)
    with open_app(config, options.at) as app:
        view = app.answer(options.line)
    _show(view, as_json=options.json)
    return FAILED if view.tone is Tone.ERROR else OK


def _import(options: argparse.Namespace) -> int:
    config = _config(options, may_simulate=False)
    now = options.at or datetime.now(UTC)
    limit = config.scoring.max_abs_rate
    with open_app(config) as app, _progress(f"importing {options.kind}") as report:
        loaded = load(app.storage, options.kind, options.paths, now=now, max_abs_rate=limit, progress=report)
    _say(f"{options.kind}: {loaded.new:,} new, {loaded.given - loaded.new:,} known already")
    _tell_left_out(loaded)
    return FAILED if loaded.bad or loaded.unusable else OK


def _check(options: argparse.Namespace) -> int:
    path = _config_path(options)
    config = load_config(path)
    where = str(path) if path else "no config.toml here: all at its default, with a simulated market"
    _say(f"{where}: good. Funding: {config.feeds.funding if path else 'simulated'}.")
    return OK


def _config(options: argparse.Namespace, *, may_simulate: bool) -> Config:
    """The config of the file; without one, that of the simulation, or of imported data where it lies."""
    path = _config_path(options)
    config = load_config(path)
    if path is None:
        # Imported data must never mix with made-up data: they have databases of their own.
        imported = Path(DEFAULT_DATABASE.removeprefix("sqlite:///")).exists()
        wants_real = not may_simulate or options.database or (imported and options.run is not _run)
        config = config.with_feeds("none", "none") if wants_real else without_file(config)
    return config if options.database is None else config.with_database(options.database)


def _config_path(options: argparse.Namespace) -> Path | None:
    given: Path | None = options.config
    return given or (CONFIG if CONFIG.exists() else None)


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, metavar="PATH", help="config file (default: ./config.toml if there)")
    shared.add_argument("--database", metavar="URL", help="another database, e.g. sqlite:///data/tocsin.db")
    shared.add_argument(
        "--at", type=_instant, metavar="ISO-TIME", help="the time to answer for, e.g. 2026-08-11T04:30Z (default: now)"
    )
    parser = argparse.ArgumentParser(prog="tocsin", description="Rings when money moves before the price does.")
    parser.add_argument("--version", action="version", version=f"tocsin {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, parents=[shared], help=text, description=text)
        command.set_defaults(run=run)
        return command

    add("run", _run, "start the bot")
    one = add("refresh", _refresh, "run one refresh and print what changed")
    one.add_argument("--json", action="store_true", help="print the View as data")
    record = add("record", _record, "start the bot, and keep what the feeds are answered, one folder per refresh")
    record.add_argument("folder", type=Path, metavar="DIR", help="where to, e.g. recordings")
    replay = add("replay", _replay, "run the bot on a recording, with a database of its own")
    replay.add_argument("folder", type=Path, metavar="DIR", help="what `tocsin record` wrote")
    replay.add_argument(
        "--speed", default="600", metavar="N", help="recorded seconds per real second, or max (default: 600)"
    )
    ask = add("ask", _ask, "answer one chat command, e.g. tocsin ask '/pump min=6'")
    ask.add_argument("line", metavar="COMMAND", help="the chat command, in quotes")
    ask.add_argument("--json", action="store_true", help="print the View as data")
    load_files = add("import", _import, "read files into the database")
    load_files.add_argument("kind", choices=KINDS, help="what the files hold")
    load_files.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="CSV, Parquet, XML, or folders")
    add("check", _check, "read the config, tell its faults, and do nothing else")
    return parser


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-08-11T04:30Z") from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


@contextmanager
def _progress(title: str) -> Iterator[Report]:
    """A bar on a terminal, a plain line every tenth elsewhere."""
    if sys.stderr.isatty():
        columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        return

    def report(done: int, total: int) -> None:
        step = max(1, total // 10)
        if done % step == 0 or done == total:
            sys.stderr.write(f"{title}: {done} of {total}\n")

    yield report


def _tell_left_out(loaded: Loaded) -> None:
    for line in loaded.unusable:
        _complain(line)
    for row in loaded.bad[:BAD_ROWS_SHOWN]:
        _complain(str(row))
    if len(loaded.bad) > BAD_ROWS_SHOWN:
        _complain(f"… and {len(loaded.bad) - BAD_ROWS_SHOWN:,} rows more")
    if loaded.bad or loaded.unusable:
        _complain(f"left out: {len(loaded.bad):,} rows, {len(loaded.unusable):,} files; all else was imported")
    for form, count in sorted(loaded.passed_over.items()):
        _say(f"passed over: {count} × {form} (only Form 4 and 4/A are read)")


def _show(view: View, *, as_json: bool) -> None:
    if as_json:
        buttons = [{"label": one.label, "command": one.command} for one in view.buttons]
        answer = {"title": view.title, "tone": view.tone.value, "data": view.data, "buttons": buttons}
        _say(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else PLAIN_WIDTH
    sys.stdout.write(render(view, width=width, colour=terminal and "NO_COLOR" not in os.environ))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _complain(line: str) -> None:
    sys.stderr.write(f"tocsin: {line}\n")
