"""The terminal as a chat: commands with history and completion, alerts above what is being typed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import ThreadedCompleter
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from bot.alerts.limiter import Limits
from bot.alerts.outgoing import Outgoing, Receipt
from bot.chat.console.completion import CommandCompleter
from bot.chat.console.render import render
from bot.commands.base import Command
from bot.views.elements import View
from bot.views.errors import our_fault_view

log = logging.getLogger("tocsin.console")

PROMPT = "tocsin> "
LEAVE = {"/quit", "/exit", "quit", "exit"}
PLAIN_WIDTH = 100  # cells, where there is no terminal to ask

Ask = Callable[[str], Awaitable[View | None]]


class ConsoleChat:
    """One terminal. `run` takes commands until the person leaves; `send` shows alerts meanwhile."""

    def __init__(
        self,
        ask: Ask,
        *,
        commands: Sequence[Command] = (),
        coins: Callable[[], Sequence[str]] = tuple,
        toolbar: Callable[[], str] | None = None,
        history: Path | None = None,
    ) -> None:
        self._ask = ask
        self._commands = commands
        self._coins = coins
        self._toolbar = toolbar
        self._history = history
        self._sent = 0
        self.interactive = sys.stdin.isatty() and sys.stdout.isatty()

    async def run(self) -> None:
        """Take commands. Without a terminal: read what stdin holds, then stay for the alerts."""
        if self.interactive:
            await self._converse()
        else:
            await self._read_lines(sys.stdin)
            await asyncio.Event().wait()

    limits: Limits = Limits()
    nonce_window: timedelta | None = None

    async def send(self, address: str, message: Outgoing) -> Receipt:
        """Show a message that nobody asked for."""
        self._sent += 1
        self.show(message.view())
        return Receipt(f"{address}-{self._sent}")

    async def find(self, address: str, message: Outgoing) -> str | None:
        """A terminal does not know what it has shown."""
        return None

    async def alive(self) -> None:
        """It is."""

    async def close(self) -> None:
        """Nothing is held."""

    def show(self, view: View) -> None:
        """Print a View in one piece, so that nothing comes between its lines."""
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        width = shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns if sys.stdout.isatty() else PLAIN_WIDTH
        sys.stdout.write(render(view, width=width, colour=colour) + "\n")
        sys.stdout.flush()

    async def _converse(self) -> None:
        history: History = InMemoryHistory()
        if self._history is not None:
            self._history.parent.mkdir(parents=True, exist_ok=True)
            history = FileHistory(str(self._history))
        session: PromptSession[str] = PromptSession(
            PROMPT,
            history=history,
            auto_suggest=AutoSuggestFromHistory(),
            completer=ThreadedCompleter(CommandCompleter(self._commands, self._coins)),
            complete_while_typing=False,
            bottom_toolbar=self._toolbar,
            refresh_interval=1.0 if self._toolbar else 0,
        )
        # raw: the alert's own colours pass; the prompt is redrawn below what is printed.
        with patch_stdout(raw=True):
            while True:
                try:
                    line = await session.prompt_async(handle_sigint=True)
                except KeyboardInterrupt:
                    sys.stdout.write("Ctrl-D or /quit ends tocsin\n")
                    continue
                except EOFError:
                    return
                if line.strip().lower() in LEAVE:
                    return
                await self._answer(line)

    async def _read_lines(self, stream: TextIO) -> None:
        while line := await asyncio.to_thread(_line_of, stream):
            if line.strip().lower() in LEAVE:
                raise asyncio.CancelledError
            await self._answer(line)

    async def _answer(self, line: str) -> None:
        if not line.strip():
            return
        view: View | None
        try:
            view = await self._ask(line)
        except Exception:
            log.exception("answering %r failed", line)
            view = our_fault_view()
        if view is not None:
            self.show(view)


def _line_of(stream: TextIO) -> str:
    with contextlib.suppress(ValueError, OSError):  # stdin closed: the same as its end
        return stream.readline()
    return ""
