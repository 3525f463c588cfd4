"""The console in a real pseudo-terminal, and without a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from bot.chat.console.completion import complete
from bot.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[4]
SCRIPT = """
import asyncio, sys
from bot.alerts.outgoing import Outgoing
from bot.chat.console.client import ConsoleChat
from bot.views.elements import View

async def ask(line):
    if line == "ring":
        asyncio.get_running_loop().create_task(later())
        return View("armed")
    if line == "fail":
        raise RuntimeError("secret inside")
    return View(f"you said {line}")

async def later():
    await console.send("local", Outgoing((), "nonce", "DING", ("an alert",)))

console = ConsoleChat(ask, coins=lambda: ("BTC", "PEPE"))

async def main():
    try:
        await asyncio.wait_for(console.run(), 20)
    except (asyncio.CancelledError, TimeoutError):
        pass

asyncio.run(main())
"""


@pytest.fixture
def terminal():
    env = dict(os.environ, PYTHONPATH=str(ROOT), TERM="xterm", NO_COLOR="1", PROMPT_TOOLKIT_NO_CPR="1")
    child = pexpect.spawn(sys.executable, ["-c", SCRIPT], env=env, encoding="utf-8", timeout=15, dimensions=(30, 100))
    child.expect("tocsin>")
    yield child
    child.close(force=True)


def test_a_line_is_answered_and_ctrl_d_ends_it(terminal) -> None:
    terminal.send("hello\r")
    terminal.expect("you said hello")
    terminal.expect("tocsin>")
    terminal.sendeof()
    terminal.expect(pexpect.EOF)


def test_an_alert_while_typing_does_not_garble_what_is_typed(terminal) -> None:
    terminal.send("ring\r")
    terminal.send("hello wor")
    terminal.expect("DING")
    terminal.send("ld\r")
    terminal.expect("you said hello world")


def test_a_fault_of_ours_is_said_plainly_and_the_conversation_goes_on(terminal) -> None:
    terminal.send("fail\r")
    terminal.expect("Something went wrong on our side")
    terminal.send("still here\r")
    terminal.expect("you said still here")


def test_quit_ends_it(terminal) -> None:
    terminal.send("/quit\r")
    terminal.expect(pexpect.EOF)


def test_without_a_terminal_lines_from_a_pipe_are_answered() -> None:
    env = dict(os.environ, PYTHONPATH=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input="hello\n/quit\n",
        env=env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "you said hello" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/pu", ["/pump"]),
        ("pu", ["/pump"]),
        ("/pump ", ["min=", "limit=", "sort=", "page="]),
        ("/pump min=6 ", ["limit=", "sort=", "page="]),
        ("/funding pe", ["PEPE"]),
        ("/funding PEPE type=h", ["type=history"]),
        ("/alert cl", ["clusters"]),
        ("/help pu", ["pump"]),
        ("/clusters sector=consumer", ["sector=Consumer Cyclical", "sector=Consumer Defensive"]),
        ("/clusters sector=REAL-e", ["sector=Real Estate"]),
        ("/alert clusters industry=banks—r", ["industry=Banks - Regional"]),
        ("/clusters pl", ["plan="]),
        ("/nonsense ", []),
    ],
)
def test_completion_knows_commands_keys_choices_and_coins(text: str, expected: list[str]) -> None:
    assert complete(text, COMMANDS, ("BTC", "PEPE")) == expected
