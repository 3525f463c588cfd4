"""A hosted service's clusters answer the same rules as our own, and say so when they cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.feeds.base import HostedClusters
from bot.hosted_clusters import Given, hosted_clusters, hosted_issuers
from bot.views.sources import Service
from scoring.clusters import ClusterRule
from scoring.model import Cluster, Side
from storage import Storage
from tests.builders_finradar import hosted_cluster
from tests.builders_storage import NOW

LUMO = hosted_cluster()
FERN = replace(
    hosted_cluster("0000777002", "FERN", Side.SELL, value=9e6, insiders=2),
    issuer=replace(LUMO.issuer, cik="0000777002", ticker="FERN", sector=None, industry="Software—Application"),
)
HALF_HOUR = timedelta(minutes=30)


def read(storage: Storage, clusters: Sequence[Cluster], days: int = 30, after: timedelta = timedelta(0)) -> None:
    with storage.write() as tx:
        tx.hosted.put_clusters(HostedClusters(days, tuple(clusters), is_whole=True), NOW + after)


def given(storage: Storage, after: timedelta = timedelta(0), **rule: object) -> Given:
    with storage.read() as tx:
        found = hosted_clusters(tx, ClusterRule(**rule), NOW + after)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_where_no_service_is_read_we_find_clusters_ourselves(storage: Storage) -> None:
    with storage.read() as tx:
        assert hosted_clusters(tx, ClusterRule(), NOW) is None
        assert hosted_issuers(tx) == ()


def test_an_empty_list_of_a_service_is_an_answer(storage: Storage) -> None:
    read(storage, [])
    assert given(storage) == Given(service=Service("finradar", NOW), is_first=True)


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({}, ["LUMO"]),
        ({"min_insiders": 2}, ["FERN", "LUMO"]),
        ({"min_insiders": 1}, ["FERN", "LUMO"]),
        ({"min_insiders": 4}, []),
        ({"min_insiders": 2, "sides": (Side.BUY,)}, ["LUMO"]),
        ({"min_insiders": 2, "sides": (Side.SELL,)}, ["FERN"]),
        ({"min_insiders": 2, "min_value": 1_860_000.0}, ["FERN", "LUMO"]),
        ({"min_insiders": 2, "min_value": 1_860_000.01}, ["FERN"]),
        ({"min_insiders": 2, "sector": "Technology"}, ["LUMO"]),
        ({"min_insiders": 2, "industry": "Software - Application"}, ["FERN"]),
        ({"min_insiders": 2, "industry": "Biotechnology"}, []),
        ({"min_insiders": 2, "ticker": "FERN"}, ["FERN"]),
    ],
)
def test_every_part_of_a_rule_counts(storage: Storage, rule: dict[str, object], found: list[str]) -> None:
    read(storage, [LUMO, FERN])
    assert [one.issuer.ticker for one in given(storage, **rule).clusters] == found


def test_only_the_first_list_of_a_look_back_may_hold_what_has_stood_for_long(storage: Storage) -> None:
    read(storage, [LUMO])
    assert given(storage).is_first
    read(storage, [LUMO], after=HALF_HOUR)
    assert not given(storage, HALF_HOUR).is_first


def test_a_look_back_that_was_not_asked_for_is_unknown_and_not_empty(storage: Storage) -> None:
    read(storage, [LUMO])
    read(storage, [LUMO], days=90)
    assert given(storage, days=45) == Given(
        unknown="Finradar was asked for 30 and 90 days, not for 45; an alert with days=45 changes that",
        example="/clusters days=30",
    )
    assert given(storage, days=90).clusters == (LUMO,)


def test_a_list_stands_for_two_hours_and_then_nothing_is_known(storage: Storage) -> None:
    read(storage, [LUMO])
    assert given(storage, timedelta(minutes=119)).clusters == (LUMO,)
    assert given(storage, timedelta(hours=2)) == Given(
        unknown="Finradar has given no clusters of 30 days since 2026-04-26 12:00 UTC; /status says why",
        example="/status",
    )


def test_what_was_is_not_known(storage: Storage) -> None:
    read(storage, [LUMO])
    assert given(storage, -HALF_HOUR).unknown == (
        "Finradar says what is, not what was: its clusters are of 2026-04-26 12:00 UTC"
    )


def test_which_trades_were_planned_is_not_known(storage: Storage) -> None:
    read(storage, [LUMO])
    found = given(storage, plan=False)
    assert found.unknown == "Finradar does not say which trades were made under a 10b5-1 plan; leave out plan=no"
    assert found.clusters == ()


def test_the_issuers_of_all_look_backs_can_be_named(storage: Storage) -> None:
    unlisted = replace(LUMO, issuer=replace(LUMO.issuer, name="Amber Analytics", cik="", ticker="AMBR"))
    read(storage, [LUMO])
    read(storage, [LUMO, FERN, unlisted], days=90)
    with storage.read() as tx:
        assert [one.ticker for one in hosted_issuers(tx)] == ["AMBR", "LUMO", "FERN"]
