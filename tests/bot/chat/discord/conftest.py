"""A market that the tests of Discord share within a file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import Storage, open_storage
from tests.builders_market import fill


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("discord") / "filled.db"
    opened = open_storage(f"sqlite:///{path}")
    fill(opened)
    opened.close()
    return path


@pytest.fixture
def market(tmp_path: Path, filled: Path) -> Iterator[Storage]:
    """A small market, in a database of its own."""
    shutil.copy(filled, tmp_path / "market.db")
    opened = open_storage(f"sqlite:///{tmp_path}/market.db")
    yield opened
    opened.close()
