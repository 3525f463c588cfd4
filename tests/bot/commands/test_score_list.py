"""The lists of /pump and /selling: order, pages and buttons."""

from __future__ import annotations

import pytest

from bot.views.elements import Table, View
from storage import Storage
from tests.builders_market import EXCHANGES, ask
from tests.builders_storage import rise, settlements, steady

COINS = {"AAA": (-0.0001, 90.0), "BBB": (-0.0004, 20.0), "CCC": (-0.0003, 50.0), "DDD": (-0.0002, 5.0)}


@pytest.fixture
def market(storage: Storage) -> Storage:
    with storage.write() as tx:
        for coin, (rate, percent) in COINS.items():
            for exchange in EXCHANGES:
                tx.funding.add(settlements(steady(exchange, coin, rate)))
            tx.prices.add(rise(coin, percent))
    return storage


def coins(view: View) -> list[str]:
    (table,) = [element for element in view.body if isinstance(element, Table)]
    return [f"{row[0]} {row[1]}" for row in table.rows]


def commands(view: View) -> dict[str, str]:
    return {button.label: button.command for button in view.buttons}


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("score", "BBB CCC AAA DDD"),
        ("funding", "BBB CCC DDD AAA"),
        ("change", "AAA CCC BBB DDD"),
        ("streak", "BBB CCC AAA DDD"),
    ],
)
def test_the_order_is_what_was_asked_for(market: Storage, sort: str, expected: str) -> None:
    assert [one.split()[1] for one in coins(ask(market, f"/pump sort={sort}"))] == expected.split()


def test_pages_go_on_where_the_last_ended(market: Storage) -> None:
    first = ask(market, "/pump limit=3")
    assert coins(first) == ["1 BBB", "2 CCC", "3 AAA"]
    assert commands(first)["More ▶"] == "/pump limit=3 page=2"
    second = ask(market, commands(first)["More ▶"])
    assert coins(second) == ["4 DDD"]
    assert commands(second)["◀ Back"] == "/pump limit=3"
    assert "More ▶" not in commands(second)
    assert coins(ask(market, "/pump limit=3 page=99")) == ["4 DDD"]


def test_every_button_works_and_fits_into_telegram(market: Storage) -> None:
    view = ask(market, "/pump min=0.5 limit=2 sort=funding page=2")
    assert commands(view)["↻ Refresh"] == "/pump min=0.5 limit=2 sort=funding page=2"
    assert {"By score", "By change", "By streak"} <= commands(view).keys()
    for command in commands(view).values():
        assert len(command.encode()) <= 64
        assert ask(market, command).tone == "answer"


def test_nothing_to_show_has_nothing_to_turn(storage: Storage) -> None:
    assert list(commands(ask(storage, "/pump"))) == ["🔔 Alert me at ≥ 3"]
