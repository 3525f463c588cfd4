"""From data to a message: the whole refresh, its alerts, and what a crash leaves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from bot.errors import FeedError
from bot.feeds.base import Batch, SourceReport
from bot.refresh import Refreshed, RefreshOptions, SlotTakenError, refresh
from bot.settings import AlertSettings, ScoringSettings
from bot.views.elements import Fields, Link, Text, Tone
from storage import Storage
from tests.builders_filings import ACME, filing, person, trade
from tests.builders_market import EXCHANGES, ask
from tests.builders_storage import NOW, prices, settlements, steady
from tests.chats import deliver

OPTIONS = RefreshOptions("me", ScoringSettings(), AlertSettings(expire_minutes=600), 30)
HALF_HOUR = timedelta(minutes=30)
OK = tuple(SourceReport(name, ok=True) for name in EXCHANGES)


@dataclass
class Script:
    """A feed that gives what the test says."""

    batch: Batch
    name: str = "script"

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        return self.batch


class Broken:
    """A feed that always fails."""

    name = "broken"

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        raise FeedError("451 from this country")


def priced(percent: float, now: datetime) -> Batch:
    return Batch(prices=prices([("X", now - timedelta(days=7), 100.0), ("X", now, 100.0 + percent)]), reports=OK)


def history(storage: Storage) -> None:
    later = NOW + timedelta(days=3)
    with storage.write() as tx:
        for exchange in EXCHANGES:
            tx.funding.add(settlements(steady(exchange, "X", -0.0004, days=43, now=later)))


def run(storage: Storage, batch: Batch, cycle: int) -> Refreshed:
    return asyncio.run(refresh(storage, [Script(batch)], NOW + cycle * HALF_HOUR, OPTIONS))


def story(storage: Storage, percents: list[float], first: int = 0) -> list[int]:
    return [run(storage, priced(p, NOW + c * HALF_HOUR), c).alerts for c, p in enumerate(percents, first)]


def test_an_alert_goes_from_a_price_to_the_chat(storage: Storage) -> None:
    history(storage)
    story(storage, [1.0])
    ask(storage, "/alert pump min=3 resolve=yes")
    views = []
    for cycle, percent in enumerate([20.0, 25.0, 90.0, 2.0, -5.0, -5.0], 1):
        story(storage, [percent], first=cycle)
        views.append(deliver(storage, NOW + cycle * HALF_HOUR))
    assert [len(heard) for heard in views] == [1, 0, 1, 0, 1, 0]
    titles = [view.title for heard in views for view in heard]
    assert titles[0].startswith("NEW  X · pump & dump 3.5 (your minimum is 3)")
    assert titles[1].startswith("ESCALATED  X · pump & dump 3.5 → 5.2")
    assert titles[2] == "RESOLVED  X · pump & dump over: its gate is shut, peak 5.2"
    assert all(view.tone is Tone.ALERT for heard in views for view in heard)


@pytest.mark.parametrize("made_up", [False, True])
def test_an_alert_links_to_where_its_coin_is_traded_unless_the_market_is_made_up(
    storage: Storage, made_up: bool
) -> None:
    history(storage)
    ask(storage, "/alert pump min=3")
    asyncio.run(refresh(storage, [Script(priced(90.0, NOW))], NOW, replace(OPTIONS, made_up=made_up)))
    (view,) = deliver(storage, NOW)
    links = [one.label for one in view.body if isinstance(one, Link)]
    assert links == ([] if made_up else ["X on Binance", "X on Bybit"])


def test_what_rang_while_nothing_could_be_sent_comes_as_one_message_with_the_end_of_each_story(
    storage: Storage,
) -> None:
    history(storage)
    story(storage, [1.0])
    ask(storage, "/alert pump min=3 resolve=yes")
    assert story(storage, [20.0, 25.0, 90.0, 2.0, -5.0, -5.0], first=1) == [1, 0, 1, 0, 1, 0]
    (view,) = deliver(storage, NOW + 6 * HALF_HOUR)
    lines = [element.text for element in view.body if isinstance(element, Text)]
    assert [line.split("  ")[0] for line in lines] == ["ESCALATED", "RESOLVED"]
    assert lines[0].endswith("(over by now) · #" + lines[0][-5:])


def test_why_recomputes_what_the_alert_said(storage: Storage) -> None:
    history(storage)
    ask(storage, "/alert pump min=3")
    story(storage, [20.0])
    with storage.read() as tx:
        ref = next(iter(tx.connection.exec_driver_sql("SELECT ref FROM alert").scalars()))
    view = ask(storage, f"/why #{ref.upper()}")
    assert view.tone is Tone.ANSWER
    assert "min(1, 0.00040000 / 0.0005)" in str(view.body)
    assert "Formula version 1" in str(view.body)


def test_a_refresh_that_is_run_again_repeats_nothing(storage: Storage) -> None:
    history(storage)
    ask(storage, "/alert pump min=3 resolve=yes")
    assert story(storage, [20.0]) == [1]
    assert story(storage, [20.0]) == [0]
    assert story(storage, [-5.0], first=1) == [0]
    assert story(storage, [-5.0], first=1) == [0]
    assert story(storage, [-5.0], first=2) == [1]


def test_a_crash_inside_the_refresh_leaves_the_old_state(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    history(storage)
    ask(storage, "/alert pump min=3")

    def pulled(*_: object) -> None:
        raise RuntimeError("the plug")

    with monkeypatch.context() as patch:
        patch.setattr("storage.refreshes.Refreshes.finish", pulled)
        with pytest.raises(RuntimeError, match="plug"):
            story(storage, [20.0])
    with storage.read() as tx:
        assert tx.outbox.counts() == {}
        assert tx.prices.changes(NOW) == {}
        assert tx.episodes.standing_keys() == set()
    assert story(storage, [20.0]) == [1]


def test_an_outage_neither_rings_nor_resolves(storage: Storage) -> None:
    history(storage)
    ask(storage, "/alert pump min=3 resolve=yes")
    assert story(storage, [20.0]) == [1]
    for cycle in (1, 2, 3):
        silent = Batch(prices=priced(-5.0, NOW + cycle * HALF_HOUR).prices, reports=OK[:1])
        assert run(storage, silent, cycle).alerts == 0
    assert ask(storage, "/alerts").data["subscriptions"]


def test_a_feed_that_fails_neither_stops_the_refresh_nor_stays_unsaid(storage: Storage) -> None:
    history(storage)
    found = asyncio.run(refresh(storage, [Broken(), Script(priced(20.0, NOW))], NOW, OPTIONS))
    assert [(r.source, r.detail) for r in found.reports if not r.ok] == [("broken", "451 from this country")]
    assert [move.base_coin for move in found.movements if move.signal == "pump"] == ["X"]


def test_absurd_values_are_set_aside_and_said(storage: Storage) -> None:
    frame = settlements(
        [
            ("okx", "X-USDT", "X", 0, 9.0, 8.0, int(NOW.timestamp())),
            ("okx", "Y-USDT", "Y", 0, 1e-4, 8.0, int(NOW.timestamp())),
        ]
    )
    found = run(storage, Batch(settlements=frame, reports=OK), 0)
    assert found.set_aside == ("okx X-USDT: settled rate 9.0 per 8.0 h",)
    with storage.read() as tx:
        assert tx.pairs.base_coins() == ("Y",)


def test_another_process_does_not_run_the_same_slot(storage: Storage) -> None:
    with storage.write() as tx:
        tx.refreshes.claim(int(NOW.timestamp()) // 1800 * 30, "somebody else", NOW, timedelta(minutes=20))
    with pytest.raises(SlotTakenError, match="another process"):
        run(storage, Batch(), 0)


def test_new_and_grown_clusters_ring(storage: Storage) -> None:
    ask(storage, "/alert clusters")
    buyers = [filing(person(i), trade(100, 10 + i)) for i in range(4)]

    def with_filings(*filings) -> Batch:
        return Batch(filings=filings, issuers=(ACME,), reports=OK)

    assert run(storage, with_filings(*buyers[:2]), 0).alerts == 0
    assert run(storage, with_filings(buyers[2]), 1).alerts == 1
    (new,) = deliver(storage, NOW + HALF_HOUR)
    assert run(storage, with_filings(), 2).alerts == 0
    assert run(storage, with_filings(buyers[3]), 3).alerts == 1
    (grown,) = deliver(storage, NOW + 3 * HALF_HOUR)
    assert [view.title.split("  ")[0] for view in (new, grown)] == ["NEW", "GROWN"]
    assert "4 insiders bought $4.6K of Acme Inc (ACME)" in grown.title


def test_all_alerts_of_a_refresh_are_one_message_and_two_subscriptions_one_line(storage: Storage) -> None:
    history(storage)
    ask(storage, "/alert pump min=3")
    ask(storage, "/alert pump min=2.5")
    assert story(storage, [20.0]) == [2]
    (view,) = deliver(storage, NOW)
    assert "subscription 1 and 2" in str(view.body)


def test_imported_data_rings_only_while_it_is_fresh(storage: Storage) -> None:
    with storage.write() as tx:
        for exchange in EXCHANGES:
            tx.funding.add(settlements(steady(exchange, "X", -0.0004)))
        tx.prices.add(prices([("X", NOW - timedelta(days=7), 100.0), ("X", NOW, 120.0)]))
        tx.prices.add(prices([("X", NOW + timedelta(hours=12 - 168), 100.0), ("X", NOW + timedelta(hours=12), 120.0)]))
    ask(storage, "/alert pump min=3 coins=X")
    ask(storage, "/alert off 1")
    ask(storage, "/alert pump min=9")
    fresh = asyncio.run(refresh(storage, [], NOW, OPTIONS))
    assert [move.base_coin for move in fresh.movements if move.signal == "pump"] == ["X"]
    stale = asyncio.run(refresh(storage, [], NOW + timedelta(hours=12), OPTIONS))
    assert stale.movements == ()


def test_refreshes_that_did_not_run_are_logged_and_shown_for_a_week(
    storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    for cycle in (0, 1, 10, 11, 13):
        story(storage, [1.0], first=cycle)
    assert "8 refreshes did not run, or not to their end, since 2026-04-26 12:30 UTC" in caplog.text
    shown = ask(storage, "/status", after=13 * HALF_HOUR)
    assert shown.data["missed"] == [
        {"refreshes": 1, "since": "2026-04-26T17:30:00Z", "until": "2026-04-26T18:30:00Z"},
        {"refreshes": 8, "since": "2026-04-26T12:30:00Z", "until": "2026-04-26T17:00:00Z"},
    ]
    (facts,) = (one for one in shown.body if isinstance(one, Fields))
    told = {one.label: one.value for one in facts.items}
    assert told["did not run"] == (
        "9 refreshes in 7 d, the last of them between 2026-04-26 17:30 and 2026-04-26 18:30 UTC"
    )
    assert ask(storage, "/status", after=timedelta(days=8)).data["missed"] == []


def test_a_schedule_that_was_changed_has_missed_nothing(storage: Storage) -> None:
    asyncio.run(refresh(storage, [Script(priced(1.0, NOW))], NOW, replace(OPTIONS, minutes=120)))
    later = NOW + timedelta(hours=2)
    asyncio.run(refresh(storage, [Script(priced(1.0, later))], later, replace(OPTIONS, minutes=120)))
    story(storage, [1.0], first=5)
    assert ask(storage, "/status", after=3 * HALF_HOUR).data["missed"] == []
