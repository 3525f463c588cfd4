"""The rules of the house that a machine can hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.commands import COMMANDS
from bot.commands.base import Command
from bot.config import Config
from bot.documents import pages
from bot.feeds.exchanges import EXCHANGES

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [path for room in ("bot", "scoring", "storage") for path in (ROOT / room).rglob("*.py")]
LONGEST_FILE = 400


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_too_long_to_hold_in_mind(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_no_file_is_a_drawer_for_everything() -> None:
    assert not {path.stem for path in SOURCES} & {"utils", "helpers", "common", "misc", "manager"}


@pytest.mark.parametrize("path", sorted(pages()), ids=str)
def test_generated_pages_are_what_the_code_says(path: Path) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == pages()[path], "run `make docs`"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_and_parameter_is_explained(command: Command) -> None:
    assert command.summary
    assert command.example.startswith(f"/{command.name}")
    assert all(param.help and param.example for param in command.params)


def test_every_exchange_is_in_the_methodology() -> None:
    text = (ROOT / "docs" / "methodology.md").read_text(encoding="utf-8")
    assert all(exchange.title in text for exchange in EXCHANGES.values())


def test_the_readme_shows_the_two_commands_on_its_first_screen() -> None:
    first = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:30])
    assert "make run" in first
    assert "make test" in first


def test_every_setting_has_a_description() -> None:
    for field in Config.model_fields.values():
        assert field.description
        assert all(one.description for one in field.annotation.model_fields.values())  # type: ignore[union-attr]


def test_importing_opens_nothing_and_writes_nothing(tmp_path: Path) -> None:
    code = "import sys, bot.cli; print('telegram' in sys.modules, 'discord' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False False\n"
    assert list(tmp_path.iterdir()) == []
