"""What stands when a subscription is made is shown, and does not ring."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.alerts.matching import Wish
from bot.alerts.standing import Matches, Moment, open_standing
from bot.settings import AlertSettings, ScoringSettings
from scoring.model import Signal
from storage import Storage
from tests.builders_alerts import subscribe
from tests.builders_market import fill
from tests.builders_storage import NOW

PUMP = Wish(Signal.PUMP, 3)


def opened(storage: Storage, wish: Wish, number: int = 1) -> Matches:
    with storage.write() as tx:
        return open_standing(Moment(tx, NOW, AlertSettings(), ScoringSettings()), number, wish)


@pytest.mark.parametrize(
    ("filters", "stands"),
    [
        ({}, True),
        ({"coins": ("PUMP",)}, True),
        ({"exclude": ("PUMP",)}, False),
        ({"exchanges": ("gate", "okx")}, True),
        ({"exchanges": ("gate",)}, False),
        ({"min_change": 93.0}, True),
        ({"min_change": 94.0}, False),
        ({"min_streak": 30}, True),
        ({"min_streak": 60}, False),
    ],
)
def test_the_list_honours_the_filters(storage: Storage, filters: dict[str, Any], stands: bool) -> None:
    fill(storage)
    wish = replace(PUMP, **filters)
    subscribe(storage, wish)
    found = opened(storage, wish)
    assert [one.base_coin for one in found.scores] == (["PUMP"] if stands else [])
    with storage.read() as tx:
        assert [one.key for one in tx.episodes.of([1])] == (["PUMP"] if stands else [])
        assert tx.outbox.counts() == {}


def test_a_wish_that_is_changed_twice_within_a_second_opens_two_episodes(storage: Storage) -> None:
    fill(storage)
    subscribe(storage, PUMP)
    opened(storage, PUMP)
    with storage.write() as tx:
        (first,) = tx.episodes.of([1])
        tx.episodes.end(1, NOW)
    opened(storage, PUMP)
    with storage.read() as tx:
        (second,) = tx.episodes.of([1])
    assert (first.number, second.number) == (int(NOW.timestamp()), int(NOW.timestamp()) + 1)
    assert second.closed_at is None


def test_clusters_that_stand_are_listed_for_their_companies_only(storage: Storage) -> None:
    fill(storage)
    clusters = Wish(Signal.CLUSTERS, 3)
    subscribe(storage, clusters, replace(clusters, tickers=("OTHER",)))
    assert [one.issuer.ticker for one in opened(storage, clusters).clusters] == ["ACME"]
    assert opened(storage, replace(clusters, tickers=("OTHER",)), 2).clusters == ()
