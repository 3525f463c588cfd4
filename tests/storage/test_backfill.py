"""How far histories have been read."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scoring.model import Margin, Pair
from storage import Storage
from storage.backfill import Progress
from tests.builders_storage import NOW

BEGUN = Progress(NOW, NOW)
FAR = Progress(NOW - timedelta(days=90), NOW, page=4, exhausted=True, error="no answer", asked_at=NOW)


@pytest.fixture
def two_pairs(storage: Storage) -> Storage:
    with storage.write() as tx:
        tx.pairs.put([Pair("okx", "A", "A", Margin.USDT), Pair("bybit", "A", "A", Margin.USDT)])
    return storage


def test_nothing_was_asked_at_first(two_pairs: Storage) -> None:
    with two_pairs.read() as tx:
        assert tx.backfill.all() == {}


def test_progress_comes_back_as_it_was_put(two_pairs: Storage) -> None:
    with two_pairs.write() as tx:
        tx.backfill.put("okx", "A", FAR)
        tx.backfill.put_many({("bybit", "A"): BEGUN})
    with two_pairs.read() as tx:
        assert tx.backfill.all() == {("okx", "A"): FAR, ("bybit", "A"): BEGUN}


def test_newer_progress_replaces_older(two_pairs: Storage) -> None:
    further = replace(FAR, error="", page=5)
    with two_pairs.write() as tx:
        tx.backfill.put_many({("okx", "A"): FAR, ("bybit", "A"): BEGUN})
        tx.backfill.put("okx", "A", further)
        tx.backfill.put_many({})
        assert tx.backfill.all() == {("okx", "A"): further, ("bybit", "A"): BEGUN}


def test_a_pair_that_nobody_put_is_named(two_pairs: Storage) -> None:
    with pytest.raises(LookupError, match="gate A"), two_pairs.write() as tx:
        tx.backfill.put("gate", "A", BEGUN)
