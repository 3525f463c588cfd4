"""Best of several runs, and a line that says what was compared with what."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def best(run: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """Seconds of the fastest run, and what the last one returned."""
    fastest, result = float("inf"), None
    for _ in range(times):
        start = time.perf_counter()
        result = run()
        fastest = min(fastest, time.perf_counter() - start)
    return fastest, result


def compare(what: str, ours: float, baseline: str, theirs: float) -> None:
    """Print one comparison as a ratio."""
    print(f"{what}: {ours:.3f} s; {baseline}: {theirs:.3f} s; ratio {ours / theirs:.2f}")
