"""From what a refresh found to what waits in the outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.alerts.holding import Digest
from bot.alerts.matching import Wish
from bot.alerts.quiet import ChatSettings
from bot.signals import find_clusters
from scoring.clusters import ClusterRule
from scoring.model import Cluster, Signal
from storage import Storage, Transaction
from tests.builders_alerts import coin_state, queued, run, snapshot, subscribe, told
from tests.builders_filings import ACME, filing, person, trade
from tests.builders_storage import NOW

PUMP = Wish(Signal.PUMP, 3)


def test_what_many_are_told_is_stored_once_and_read_with_each_alert(storage: Storage) -> None:
    subscribe(storage, PUMP, replace(PUMP, minimum=2.5))
    subscribe(storage, PUMP, address="other")
    assert run(storage, snapshot(coin_state("A", 4.0))) == 3
    with storage.read() as tx:
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM finding").scalar_one() == 1
    (message,) = queued(storage)
    shown = [(one.facts["level"], one.facts["minimum"], one.facts["coverage"]) for one in message.alerts]
    assert sorted(shown) == [(4.0, 2.5, "3 of 3 exchanges answered"), (4.0, 3, "3 of 3 exchanges answered")]


def test_all_that_rings_for_a_chat_in_a_refresh_is_one_message_the_worst_first(storage: Storage) -> None:
    subscribe(storage, PUMP, Wish(Signal.SELLING, 8))
    found = snapshot(coin_state("A", 4.0), coin_state("B", 9.0), coin_state("C", 8.5, signal=Signal.SELLING))
    assert run(storage, found) == 3
    (message,) = queued(storage)
    assert [one.key for one in message.alerts] == ["B", "C", "A"]
    assert (message.state, message.not_before, message.expires_at) == ("queued", NOW, NOW + timedelta(hours=1))
    assert message.priority == 100


def test_what_must_wait_is_apart_from_what_goes_out(storage: Storage) -> None:
    subscribe(
        storage,
        PUMP,
        Wish(Signal.PUMP, 3, digest=Digest.DAILY),
        settings=ChatSettings(digest_at=8 * 60),
    )
    with storage.write() as tx:
        tx.chats.mute_name(1, "B", NOW + timedelta(hours=5))
    assert run(storage, snapshot(coin_state("A", 4.0), coin_state("B", 9.0))) == 4
    now, muted, daily = sorted(queued(storage), key=lambda one: one.not_before)
    assert (now.state, [(one.subscription_id, one.key) for one in now.alerts]) == ("queued", [(1, "A")])
    assert (muted.state, muted.hold, sorted(one.subscription_id or 0 for one in muted.alerts)) == (
        "held",
        "muted",
        [1, 2],
    )
    assert muted.not_before == NOW + timedelta(hours=5)
    assert muted.expires_at == NOW + timedelta(hours=6)
    assert (daily.hold, [(one.subscription_id, one.key) for one in daily.alerts]) == ("daily", [(2, "A")])
    assert daily.alerts[0].facts["digest"] == "daily"


def test_what_is_urgent_goes_out_in_quiet_hours(storage: Storage) -> None:
    subscribe(storage, PUMP, settings=ChatSettings(quiet_from=11 * 60, quiet_to=13 * 60, urgent=9.0))
    assert run(storage, snapshot(coin_state("A", 4.0), coin_state("B", 9.0))) == 2
    going, waiting = sorted(queued(storage), key=lambda one: one.not_before)
    assert (going.hold, [one.key for one in going.alerts]) == (None, ["B"])
    assert (waiting.hold, waiting.not_before, [one.key for one in waiting.alerts]) == (
        "quiet", NOW + timedelta(hours=1), ["A"],
    )  # fmt: skip


def test_a_chat_that_is_off_is_told_nothing(storage: Storage) -> None:
    subscribe(storage, PUMP)
    with storage.write() as tx:
        tx.chats.switch_off(1, "blocked")
    assert run(storage, snapshot(coin_state("A", 4.0))) == 0


def test_the_end_tells_the_highest_score_since_it_began(storage: Storage) -> None:
    subscribe(storage, replace(PUMP, resolve=True, step=3.0))
    levels = [9.0, 2.0, 2.0, 3.5, 4.9, 2.0, 1.0]
    for cycle, level in enumerate(levels):
        run(storage, snapshot(coin_state("A", level), cycle=cycle))
    first, second = (one for row in queued(storage) for one in row.alerts if one.kind == "RESOLVED")
    assert (first.facts["before"], first.facts["peak"], first.facts["level"]) == (9.0, 9.0, 2.0)
    assert (second.facts["before"], second.facts["peak"], second.facts["level"]) == (3.5, 4.9, 1.0)


def test_the_end_of_a_coin_without_its_gate_has_no_level(storage: Storage) -> None:
    subscribe(storage, replace(PUMP, resolve=True))
    for cycle, level in enumerate([5.0, "no gate", "no gate"]):
        run(storage, snapshot(coin_state("A", level), cycle=cycle))
    *_, over = (one for row in queued(storage) for one in row.alerts)
    assert (over.kind, over.facts["level"], over.facts["peak"]) == ("RESOLVED", None, 5.0)


def test_a_refresh_that_is_run_again_neither_rings_nor_reopens_what_it_has_closed(storage: Storage) -> None:
    subscribe(storage, replace(PUMP, resolve=True))
    for cycle, level in enumerate([5.0, 2.0, 2.0]):
        run(storage, snapshot(coin_state("A", level), cycle=cycle))
    assert run(storage, snapshot(coin_state("A", 6.0), cycle=2)) == 0
    assert run(storage, snapshot(coin_state("A", 6.0), cycle=3)) == 1


def test_a_refresh_that_is_run_again_may_find_more_and_sends_it_in_a_message_of_its_own(storage: Storage) -> None:
    subscribe(storage, PUMP, Wish(Signal.PUMP, 3, digest=Digest.DAILY))
    assert run(storage, snapshot(coin_state("A", 5.0))) == 2
    with storage.write() as tx:
        # As delivery does when it sends both in one.
        going, held = tx.outbox.waiting(1)
        tx.outbox.move([one.ref for one in held.alerts], going.id)
        tx.outbox.supersede([held.id], NOW, "sent with another")
    assert run(storage, snapshot(coin_state("A", 5.0), coin_state("B", 5.0))) == 2
    assert run(storage, snapshot(coin_state("A", 5.0), coin_state("B", 5.0), coin_state("C", 5.0))) == 2
    assert sorted(told(storage)) == [(number, key, "NEW") for number in (1, 2) for key in ("A", "B", "C")]


@pytest.mark.parametrize(
    ("filters", "held", "passed"),
    [
        ({"exchanges": ("gate",)}, {}, {"exchanges": ("binance", "bybit", "gate")}),
        ({"min_change": 50.0}, {"percent": 49.0}, {"percent": 50.0}),
        ({"min_change": 50.0}, {"percent": None}, {"percent": 50.0}),
        ({"min_streak": 4}, {"streak": 3}, {"streak": 4}),
    ],
)
def test_filters_hold_back_what_opens_and_rises_until_they_let_it_through(
    storage: Storage, filters: dict[str, Any], held: dict[str, Any], passed: dict[str, Any]
) -> None:
    subscribe(storage, replace(PUMP, resolve=True, **filters))
    cycles = [(4.0, held), (4.0, passed), (6.0, held), (5.5, passed), (2.0, held), (2.0, held)]
    rang = [
        run(storage, snapshot(coin_state("A", level, **numbers), cycle=i)) for i, (level, numbers) in enumerate(cycles)
    ]
    assert rang == [0, 1, 0, 1, 0, 1]
    assert [kind for _, _, kind in told(storage)] == ["NEW", "ESCALATED", "RESOLVED"]


def test_a_coin_that_no_exchange_lists_any_more_says_nothing(storage: Storage) -> None:
    subscribe(storage, replace(PUMP, resolve=True))
    run(storage, snapshot(coin_state("A", 5.0)))
    for cycle in (1, 2, 3):
        assert run(storage, snapshot(coin_state("B", 1.0), cycle=cycle)) == 0
    with storage.read() as tx:
        assert tx.episodes.standing_keys() == {"A"}


def test_facts_are_numbers_that_json_knows(storage: Storage) -> None:
    subscribe(storage, PUMP)
    assert run(storage, snapshot(coin_state("A", 5.0, percent=float("inf")))) == 1
    (message,) = queued(storage)
    assert message.alerts[0].facts["price_change_7d"] is None
    assert message.alerts[0].facts["avg_funding_72h"] == -0.0003


def test_clusters_are_found_once_for_all_who_ask_by_one_rule(storage: Storage) -> None:
    wish = Wish(Signal.CLUSTERS, 3)
    subscribe(storage, wish, replace(wish, tickers=("ACME",)), replace(wish, tickers=("OTHER",)))
    subscribe(storage, wish, replace(wish, days=90), address="other")
    with storage.write() as tx:
        tx.filings.put_issuers([ACME])
        tx.filings.add([filing(person(i), trade(100, 10 + i)) for i in range(3)])
    asked: list[ClusterRule] = []

    def find(tx: Transaction, rule: ClusterRule, now: datetime) -> tuple[Cluster, ...]:
        asked.append(rule)
        return find_clusters(tx, rule, now)

    assert run(storage, snapshot(), find) == 4
    assert [rule.days for rule in sorted(asked, key=lambda one: one.days)] == [30, 90]
    assert [number for number, _, _ in told(storage)] == [1, 2]
    assert [number for number, _, _ in told(storage, "other")] == [4, 5]
