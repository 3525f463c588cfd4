"""What several tests need."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from storage import Storage, open_storage

# The same examples every time: a commit is not refused for what another one brought. Without it they are new ones.
settings.register_profile("steady", derandomize=True)


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database: bringing one to the newest schema takes twenty times as long as copying it."""
    path = tmp_path_factory.mktemp("blank") / "blank.db"
    open_storage(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def storage(tmp_path: Path, blank: Path) -> Iterator[Storage]:
    """An empty database of its own."""
    shutil.copy(blank, tmp_path / "test.db")
    opened = open_storage(f"sqlite:///{tmp_path}/test.db")
    yield opened
    opened.close()
