"""What several tests need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from storage import Storage, open_storage

# The same examples every time: a commit is not refused for what another one brought. Without it they are new ones.
settings.register_profile("steady", derandomize=True)


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    """An empty database of its own."""
    opened = open_storage(f"sqlite:///{tmp_path}/test.db")
    yield opened
    opened.close()
