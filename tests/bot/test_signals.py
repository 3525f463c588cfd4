"""Whose scores count: the fresh ones of a hosted service, else our own."""

from __future__ import annotations

from datetime import timedelta

from bot.settings import ScoringSettings
from bot.signals import score_coins, service_behind
from scoring.model import CoinScore, Signal
from storage import Storage
from tests.builders_hosted import given, put
from tests.builders_market import fill
from tests.builders_storage import NOW

SETTINGS = ScoringSettings()
Scores = dict[Signal, dict[str, CoinScore]]


def test_given_scores_stand_in_for_our_own_while_they_are_fresh(storage: Storage) -> None:
    fill(storage)
    with storage.read() as tx:
        own = score_coins(tx, NOW, SETTINGS)
        assert service_behind(tx, NOW, own) is None
    put(storage, given(6.9), now=NOW - timedelta(hours=1))
    with storage.read() as tx:
        found = score_coins(tx, NOW, SETTINGS)
        service = service_behind(tx, NOW, found)
        assert found == {Signal.PUMP: {"MOON": given(6.9)}, Signal.SELLING: {}}
        assert service is not None
        assert (service.name, service.title, service.read_at) == ("sharpe", "Sharpe", NOW - timedelta(hours=1))
        later = NOW + timedelta(hours=1)
        assert score_coins(tx, later, SETTINGS)[Signal.PUMP].keys() == own[Signal.PUMP].keys()
        assert service_behind(tx, later, own) is None


def test_only_the_coins_that_are_asked_for_are_given(storage: Storage) -> None:
    put(storage, given(6.9), given(5.0, "SINK"), given(8.0, "SINK", Signal.SELLING))
    with storage.read() as tx:
        assert score_coins(tx, NOW, SETTINGS, ["SINK", "NONE"]) == {
            Signal.PUMP: {"SINK": given(5.0, "SINK")},
            Signal.SELLING: {"SINK": given(8.0, "SINK", Signal.SELLING)},
        }


def test_a_service_that_lists_no_coin_leaves_none_listed(storage: Storage) -> None:
    fill(storage)
    put(storage)
    with storage.read() as tx:
        found = score_coins(tx, NOW, SETTINGS)
        service = service_behind(tx, NOW, found)
    assert found == {Signal.PUMP: {}, Signal.SELLING: {}}
    assert service is not None
    assert service.title == "a hosted service"
