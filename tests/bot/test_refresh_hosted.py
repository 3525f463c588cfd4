"""A refresh on the scores of a hosted service: they ring as our own do, and nobody pretends to have computed them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.feeds.base import Batch
from bot.refresh import RefreshOptions, refresh
from bot.settings import AlertSettings, ScoringSettings
from bot.views.elements import View
from scoring.model import CoinScore, Signal
from storage import Storage
from tests.builders_hosted import BOTH, accumulated, batch, given
from tests.builders_market import ask
from tests.builders_storage import NOW
from tests.chats import deliver

OPTIONS = RefreshOptions("me", ScoringSettings(), AlertSettings(expire_minutes=600), 30, hosted=True)
HALF_HOUR = timedelta(minutes=30)


@dataclass
class Script:
    """A service that gives what the test says."""

    batch: Batch
    name: str = "sharpe"

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        return self.batch


@dataclass
class Story:
    """A service's lists, one a refresh, and what the chat heard."""

    storage: Storage
    cycle: int = 0

    def next(self, *scores: CoinScore, scored: frozenset[Signal] = BOTH) -> list[View]:
        now = NOW + self.cycle * HALF_HOUR
        self.cycle += 1
        asyncio.run(refresh(self.storage, [Script(batch(*scores, scored=scored, now=now))], now, OPTIONS))
        return deliver(self.storage, now)


def titles(views: Sequence[View]) -> list[str]:
    return [view.title for view in views]


def test_given_scores_open_escalate_and_close_an_episode(storage: Storage) -> None:
    story = Story(storage)
    assert story.next() == []
    ask(storage, "/alert pump min=3 resolve=yes")
    assert titles(story.next(given(4.0))) == ["NEW  MOON (Moon Coin) · pump & dump 4.0 (your minimum is 3)"]
    assert story.next(given(4.4)) == []
    assert titles(story.next(given(6.9))) == ["ESCALATED  MOON (Moon Coin) · pump & dump 4.0 → 6.9"]
    assert story.next() == []
    assert titles(story.next()) == ["RESOLVED  MOON (Moon Coin) · pump & dump over: its gate is shut, peak 6.9"]


def test_a_list_that_is_not_whole_neither_opens_nor_closes_anything(storage: Storage) -> None:
    only_selling = frozenset({Signal.SELLING})
    story = Story(storage)
    ask(storage, "/alert pump min=3 resolve=yes")
    assert story.next(given(6.9), scored=only_selling) == []
    assert story.next(given(6.9), scored=frozenset()) == []
    assert len(story.next(given(6.9))) == 1
    for _ in range(4):
        assert story.next(scored=only_selling) == []
    assert story.next(given(5.0)) == []
    assert story.next() == []
    assert titles(story.next())[0].startswith("RESOLVED")


def test_a_signal_whose_list_is_whole_rings_while_the_other_is_not(storage: Storage) -> None:
    story = Story(storage)
    ask(storage, "/alert selling min=8")
    heard = story.next(given(8.7, signal=Signal.SELLING), given(9.9), scored=frozenset({Signal.SELLING}))
    assert titles(heard) == ["NEW  MOON (Moon Coin) · short pressure (insider selling) 8.7 (your minimum is 8)"]


def test_a_coin_with_too_few_exchanges_behind_it_is_listed_and_does_not_ring(storage: Storage) -> None:
    story = Story(storage)
    ask(storage, "/alert pump min=3")
    for behind in ((), ("okx",), ("okx", "binance")):
        assert story.next(given(6.9, exchanges=behind)) == []
    assert ask(storage, "/pump", after=HALF_HOUR * 2).data["count"] == 1
    assert len(story.next(given(6.9))) == 1


def test_the_alert_and_why_name_the_service_and_print_no_arithmetic(storage: Storage) -> None:
    story = Story(storage)
    ask(storage, "/alert pump min=3")
    (alert,) = story.next(given(6.9))
    said = str(alert.body)
    assert "funding −0.0370 %/8 h, 3 of 3 exchanges negative now · +66.5 % in 7 d · streak 3 d" in said
    assert "as given by Sharpe, updated 2026-04-26 12:00 UTC" in said
    assert "answered" not in said
    why = ask(storage, alert.buttons[0].command)
    assert "The score is as given by Sharpe; tocsin did not compute it." in str(why.body)
    assert "min(1" not in str(why.body)
    assert "Formula version" not in str(why.body)
    assert why.data["facts"]["source"] == "sharpe"  # type: ignore[call-overload, index]
    assert why.data["facts"]["arithmetic"] == []  # type: ignore[call-overload, index]


def test_what_the_service_adds_up_is_stored_and_forgotten_with_its_scores(storage: Storage) -> None:
    full = replace(batch(given(6.9)), accumulated=(accumulated(),))
    asyncio.run(refresh(storage, [Script(full)], NOW, OPTIONS))
    (row,) = ask(storage, "/funding MOON type=accumulated").data["data"]  # type: ignore[misc]
    assert (row["acc_7d"], row["settlements_7d"]) == (-0.0081, 21)  # type: ignore[index, call-overload]
    asyncio.run(refresh(storage, [], NOW + HALF_HOUR, replace(OPTIONS, hosted=False)))
    assert ask(storage, "/pump", after=HALF_HOUR).data["count"] == 0
    assert ask(storage, "/funding MOON type=accumulated", after=HALF_HOUR).data["data"] == []
