"""What several tests need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import Storage, open_storage


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    """An empty database of its own."""
    opened = open_storage(f"sqlite:///{tmp_path}/test.db")
    yield opened
    opened.close()
