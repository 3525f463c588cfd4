"""The command line: run, refresh, ask, import, check. Each is a few lines; the work is elsewhere."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.errors import StartError, TocsinError
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
