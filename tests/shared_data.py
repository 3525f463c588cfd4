"""Real recorded data, where it lies beside the project; tests that need it say `skipped` where it does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def real(*parts: str) -> Path:
    """A real file or folder, or a skip."""
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no recorded data: {'/'.join(parts)}")
    return path
