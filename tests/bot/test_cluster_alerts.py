"""Alerts of insider clusters, from filings to the chat: what rings, what does not, and what it says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.feeds.base import Batch, HostedClusters
from bot.refresh import RefreshOptions, refresh
from bot.settings import AlertSettings, ScoringSettings
from bot.views.elements import Link, Table, View
from scoring.model import Cluster, Filing
from storage import Storage
from tests.builders_filings import ACME, filing, person, trade
from tests.builders_finradar import hosted_cluster
from tests.builders_market import ask
from tests.builders_storage import NOW
from tests.chats import deliver

OPTIONS = RefreshOptions("me", ScoringSettings(), AlertSettings(expire_minutes=600), 30)
HALF_HOUR = timedelta(minutes=30)
CHIEF = person(1, "Abel Ann", is_officer=True, officer_title="Chief Executive Officer")
OTHERS = (person(2, "Baker Bo", is_director=True), person(3, "Carter Cy", is_ten_percent_owner=True))
FOURTH = person(4, "Dunn Di", is_director=True)


class Given:
    """A feed that gives these filings."""

    name = "filings"

    def __init__(self, filings: tuple[Filing, ...]) -> None:
        self.filings = filings

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        return Batch(filings=self.filings, issuers=(ACME,))


def run(storage: Storage, cycle: int, *filings: Filing) -> int:
    """One refresh; returns the alerts that it queued."""
    return asyncio.run(refresh(storage, [Given(filings)], NOW + cycle * HALF_HOUR, OPTIONS)).alerts


def messages(storage: Storage, cycle: int = 0) -> list[View]:
    return deliver(storage, NOW + cycle * HALF_HOUR)


def trio(code: str = "P", shares: float = 100, **changes: Any) -> list[Filing]:
    return [filing(one, trade(shares, 10, code=code), **changes) for one in (CHIEF, *OTHERS)]


def text_of(view: View) -> str:
    return "\n".join([view.title, *(str(element) for element in view.body)])


@pytest.mark.parametrize(
    ("wish", "code", "rings"),
    [
        ("", "P", True), ("", "S", False), ("side=sell", "S", True), ("side=sell", "P", False), ("side=both", "S", True),
        ("min=4", "P", False), ("min_value=3000", "P", True), ("min_value=1m", "P", False), ("days=1", "P", False),
        ("sector=technology", "P", True), ("sector=Energy", "P", False), ("industry=semiconductors", "P", True),
        ("industry=Biotechnology", "P", False), ("tickers=ACME", "P", True), ("tickers=ACM.A", "P", True),
        ("tickers=ZZZZ", "P", False),
    ],
)  # fmt: skip
def test_a_cluster_rings_for_those_who_asked_for_it(storage: Storage, wish: str, code: str, rings: bool) -> None:
    with storage.write() as tx:
        tx.filings.put_tickers({ACME.cik: ("ACME", "ACM-A")})
    ask(storage, f"/alert clusters {wish}")
    assert run(storage, 0, *trio(code)) == int(rings)


def test_plan_trades_can_be_left_out(storage: Storage) -> None:
    ask(storage, "/alert clusters plan=no")
    ask(storage, "/alert clusters")
    planned, *others = trio()
    assert run(storage, 0, replace(planned, plan_10b5_1=True), *others) == 1
    assert run(storage, 1, filing(FOURTH)) == 2


def test_an_insider_more_rings_again_and_one_trade_more_does_not(storage: Storage) -> None:
    ask(storage, "/alert clusters")
    assert run(storage, 0, *trio()) == 1
    messages(storage)
    assert run(storage, 1, filing(CHIEF, trade(20, 10))) == 0
    assert run(storage, 2, filing(FOURTH, trade(20, 10))) == 1
    titles = [view.title for view in messages(storage, 2)]
    assert "GROWN  4 insiders bought $3.4K of Acme Inc (ACME) on 2026-04-23 (was 3 insiders)" in titles


def test_twice_the_value_rings_again_and_a_cent_less_does_not(storage: Storage) -> None:
    ask(storage, "/alert clusters")
    assert run(storage, 0, *trio()) == 1
    messages(storage)
    assert run(storage, 1, filing(CHIEF, trade(299.99, 10))) == 0
    assert run(storage, 2, filing(CHIEF, trade(0.02, 10))) == 1
    assert any(view.title.endswith("(its value has doubled)") for view in messages(storage, 2))


def test_a_data_sets_filing_that_is_read_again_as_filed_does_not_ring(storage: Storage) -> None:
    ask(storage, "/alert clusters")
    bulk = [replace(one, source="bulk") for one in trio()]
    assert run(storage, 0, *bulk) == 1
    exact = [
        replace(one, source="xml", transactions=tuple(replace(row, price=10.0049) for row in one.transactions))
        for one in bulk
    ]
    assert run(storage, 1, *exact) == 0
    (cluster,) = ask(storage, "/clusters").data["clusters"]  # type: ignore[misc]
    assert cluster["total_value"] == 3001.47


def test_an_amendment_that_changes_no_owner_does_not_ring(storage: Storage) -> None:
    ask(storage, "/alert clusters")
    first, *others = trio()
    assert run(storage, 0, first, *others) == 1
    amended = filing(
        CHIEF,
        trade(150, 10),
        form="4/A",
        original=first.accepted_at.date(),
        accepted=NOW + timedelta(minutes=10),
    )
    assert run(storage, 1, amended) == 0


def test_what_only_the_reading_of_the_past_has_brought_does_not_ring_and_is_known_then(storage: Storage) -> None:
    ask(storage, "/alert clusters")
    old = [filing(one, trade(100, 10, days_ago=20)) for one in (CHIEF, *OTHERS)]
    assert run(storage, 0, *old) == 0
    assert ask(storage, "/alerts").data["subscriptions"]
    assert run(storage, 1, filing(FOURTH, trade(10, 10, days_ago=15))) == 0
    # An old trade that is filed now is news.
    fifth = filing(person(5, "Ellis Ed"), trade(10, 10, days_ago=25), accepted=NOW + timedelta(minutes=50))
    assert run(storage, 2, fifth) == 1
    (view,) = messages(storage, 2)
    assert view.title.startswith("GROWN  5 insiders bought")
    assert "(was 4 insiders)" in view.title


def test_what_was_filed_while_the_bot_was_down_rings(storage: Storage) -> None:
    ask(storage, "/alert clusters")
    assert run(storage, -48 * 10) == 0
    assert run(storage, 0, *(filing(one, trade(100, 10, days_ago=9)) for one in (CHIEF, *OTHERS))) == 1


def test_an_alert_says_who_how_much_when_and_where_it_is_filed(storage: Storage) -> None:
    ask(storage, "/alert clusters")
    planned, second, third = trio()
    later = replace(third, transactions=(trade(200, 11, days_ago=2),))
    assert run(storage, 0, replace(planned, plan_10b5_1=True), second, later) == 1
    (view,) = messages(storage)
    text = text_of(view)
    assert view.title == ("NEW  3 insiders bought $4.2K of Acme Inc (ACME) from 2026-04-23 to 2026-04-24 (2 days)")
    assert "Carter Cy, 10 % owner: $2.2K; Abel Ann, CEO: $1K; Baker Bo, director: $1K" in text
    assert "24 % of the value under a 10b5-1 plan" in text
    links = [one for one in view.body if isinstance(one, Link)]
    assert [one.label for one in links] == ["filing of Carter Cy", "filing of Abel Ann", "filing of Baker Bo"]
    assert all(one.url.startswith("https://www.sec.gov/Archives/edgar/data/1/") for one in links)


def test_shares_that_were_allotted_do_not_ring_until_enough_others_buy(storage: Storage) -> None:
    ask(storage, "/alert clusters")
    assert run(storage, 0, *(filing(person(i), trade(100 + i, 17)) for i in range(5))) == 0
    assert ask(storage, "/clusters").data["count"] == 1
    assert run(storage, 1, *(filing(person(i), trade(100, 17 + i)) for i in (6, 7))) == 0
    assert run(storage, 2, filing(person(8), trade(100, 25))) == 1
    (view,) = messages(storage, 2)
    assert view.title.startswith("GROWN  8 insiders bought")
    assert "5 of 8 insiders only bought at one price on one day" in text_of(view)


def test_why_shows_the_trades_behind_it_as_they_were_known(storage: Storage) -> None:
    ask(storage, "/alert clusters")
    first, *others = trio()
    assert run(storage, 0, replace(first, plan_10b5_1=True), *others) == 1
    ref = messages(storage)[0].buttons[0].command
    run(storage, 1, filing(FOURTH))
    view = ask(storage, ref)
    (table,) = (one for one in view.body if isinstance(one, Table))
    assert table.rows == (
        ("2026-04-23", "Abel Ann", "100", "$10.00", "$1K", "2026-04-24", "10b5-1 plan"),
        ("2026-04-23", "Baker Bo", "100", "$10.00", "$1K", "2026-04-24", "–"),
        ("2026-04-23", "Carter Cy", "100", "$10.00", "$1K", "2026-04-24", "–"),
    )
    assert sum(isinstance(one, Link) for one in view.body) == 3
    assert len(view.data["trades"]) == 3  # type: ignore[arg-type]


class Hosted:
    """A feed that gives what a hosted service finds, or nothing."""

    name = "finradar"

    def __init__(self, clusters: tuple[Cluster, ...] | None, days: int) -> None:
        self.given = () if clusters is None else (HostedClusters(days, clusters, is_whole=True),)

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        return Batch(clusters=self.given)


def run_hosted(storage: Storage, cycle: int, clusters: tuple[Cluster, ...] | None, days: int = 30) -> int:
    options = replace(OPTIONS, hosted_clusters=True)
    return asyncio.run(refresh(storage, [Hosted(clusters, days)], NOW + cycle * HALF_HOUR, options)).alerts


def test_the_first_list_of_a_hosted_service_stands_and_what_comes_after_rings(storage: Storage) -> None:
    ask(storage, "/alert clusters")
    first, second = hosted_cluster(), hosted_cluster("0000777009", "AMBR")
    assert run_hosted(storage, 0, (first,)) == 0
    assert run_hosted(storage, 1, (first, second)) == 1
    (view,) = messages(storage, 1)
    assert view.title.startswith("NEW  3 insiders bought")
    assert "PALERMO GRETA; OSEI KWAME; LINDQVIST TOVE" in text_of(view)
    assert not [one for one in view.body if isinstance(one, Link)]
    assert "PALERMO GRETA" in text_of(ask(storage, view.buttons[0].command, after=HALF_HOUR))


def test_while_a_hosted_service_is_silent_nothing_ends_and_nothing_rings_again(storage: Storage) -> None:
    ask(storage, "/alert clusters")
    assert run_hosted(storage, 0, (hosted_cluster(),)) == 0
    for cycle in range(1, 7):
        assert run_hosted(storage, cycle, None) == 0
    with storage.read() as tx:
        assert [one.closed_at for one in tx.episodes.of([1])] == [None]
    assert run_hosted(storage, 7, (hosted_cluster(),)) == 0


def test_a_look_back_that_nobody_asked_the_service_for_is_made_and_said_to_be_unknown(storage: Storage) -> None:
    run_hosted(storage, 0, (hosted_cluster(),))
    view = ask(storage, "/alert clusters days=90")
    assert view.title.startswith("Subscribed")
    assert "What matches now is not known: Finradar was asked for 30 days, not for 90" in text_of(view)
