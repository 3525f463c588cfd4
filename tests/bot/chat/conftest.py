"""A market with the worst names, which the tests of both platforms' Views share within a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage import Storage
from tests.builders_hostile import hostile_market


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    with hostile_market(tmp_path_factory.mktemp("hostile")) as storage:
        yield storage
