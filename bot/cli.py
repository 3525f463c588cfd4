"""The command line: run, refresh, ask, import, check. Each is a few lines; the work is elsewhere."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot import __version__
from bot.app import App, open_app
from bot.chat.console.render import render
from bot.config import Config, load_config
from bot.errors import StartError, TocsinError, UserError
from bot.imports.load import KINDS, load
from bot.views.elements import Tone, View
from bot.views.refreshed import refreshed_view
from storage import DatabaseUnusableError

OK, FAILED, LEFT_OUT, UNUSABLE = 0, 1, 1, 2
CONFIG = Path("config.toml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 well, 1 an error answer or rows left out, 2 cannot start."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except StartError as error:
        for problem in error.problems:
            print(f"tocsin: {problem}", file=sys.stderr)  # noqa: T201
        return UNUSABLE
    except DatabaseUnusableError as error:
        print(f"tocsin: {error}", file=sys.stderr)  # noqa: T201
        return UNUSABLE
    except TocsinError as error:
        print(f"tocsin: {error}", file=sys.stderr)  # noqa: T201
        return FAILED
    except KeyboardInterrupt:
        return 130  # what a shell gives for Ctrl-C
