"""Whether an exchange's answer as a whole can be believed, seen through the judge."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.feeds.assets import classify
from bot.feeds.base import Quote
from bot.feeds.contracts import Key, Known
from bot.feeds.identity import identify
from bot.feeds.plausible import Cycle, Judged, judge
from scoring.model import Held
from tests.builders_quotes import NOW, quote

HALF_HOUR = timedelta(minutes=30)
OTHERS = ("bybit", "okx", "bitget")


def page(exchange: str, count: int = 40, rate: float = 0.0001, moved: float = 0.0) -> list[Quote]:
    """An exchange's contracts: slightly different rates, prices far enough apart to be different coins."""
    return [
        quote(
            exchange,
            f"COIN{chr(65 + i // 26)}{chr(65 + i % 26)}",
            rate=rate * (1 + i / 100),
            mark_price=2.0 + i + moved,
        )
        for i in range(count)
    ]


def stored(quotes: list[Quote], minutes: float = 30) -> dict[Key, Known]:
    """What is known after these quotes were believed so long ago."""
    return {
        (one.exchange, one.symbol): Known(
            one.base,
            rate=one.rate,
            interval_hours=8.0,
            updated_at=NOW - timedelta(minutes=minutes),
            mark_price=one.mark_price,
        )
        for one in quotes
    }


def judged(
    quotes: list[Quote],
    known: dict[Key, Known] | None = None,
    held: tuple[Held, ...] = (),
    answered: tuple[str, ...] = (),
) -> Judged:
    known = known or {}
    assets = classify(quotes, known)
    found = identify(quotes, assets, known, held, NOW)
    return judge(Cycle(quotes, found.base_coins, assets, found.changing, answered), known, held, NOW)


def test_an_exchange_that_speaks_percent_is_held_as_a_whole_however_often() -> None:
    quotes = [one for name in OTHERS for one in page(name)] + page("gate", rate=0.01)
    found = judged(quotes)
    found = judged(quotes, held=found.held)
    assert {one.reason for one in found.held} == {"its rates look like percent"}
    assert {one.exchange for one in found.held} == {"gate"}
    assert len(found.held) == 40
    assert found.partial == {"gate": "its rates look like percent"}
    assert {one.exchange for one in found.rates} == set(OTHERS)


def test_percent_beyond_all_measure_is_recognised_too() -> None:
    quotes = [one for name in OTHERS for one in page(name)] + page("gate", rate=0.06)
    assert judged(quotes).partial == {"gate": "its rates look like percent"}


@pytest.mark.parametrize(
    "quotes",
    [
        [one for name in OTHERS[:2] for one in page(name)] + page("gate", rate=0.01),
        [one for name in OTHERS for one in page(name)] + page("gate", 19, rate=0.01),
        [one for name in OTHERS for one in page(name)] + page("gate", rate=0.0015),
        [one for name in OTHERS for one in page(name, rate=0.0)] + page("gate"),
    ],
    ids=["two others", "few contracts", "fifteen times", "others at zero"],
)
def test_less_does_not_say_percent(quotes: list[Quote]) -> None:
    assert judged(quotes).partial == {}


def test_an_exchange_whose_values_do_not_move_is_held_as_a_whole() -> None:
    quotes = page("gate") + page("okx")
    known = stored(page("gate"))
    found = judged(quotes, known)
    assert found.partial == {"gate": "its values have not moved since 2026-03-10 11:35 UTC"}
    assert {one.exchange for one in found.held} == {"gate"}
    again = judged(quotes, known, found.held)
    assert {one.cycles for one in again.held} == {2}
    assert {one.exchange for one in again.pairs} == {"gate", "okx"}


@pytest.mark.parametrize(
    ("quotes", "known"),
    [
        (page("gate", moved=0.001), stored(page("gate"))),
        (page("gate", rate=0.000101), stored(page("gate"))),
        (page("gate", 19), stored(page("gate", 19))),
        (page("gate"), stored(page("gate"), minutes=19)),
        (page("gate", 37) + page("gate", moved=0.001)[37:], stored(page("gate"))),
    ],
    ids=["marks moved", "rates moved", "few contracts", "just read", "every thirteenth moved"],
)
def test_less_does_not_say_that_it_stands_still(quotes: list[Quote], known: dict[Key, Known]) -> None:
    assert judged(quotes, known).partial == {}


def test_half_a_page_is_believed_but_does_not_stand_for_the_exchange() -> None:
    known = stored(page("gate", 100))
    found = judged(page("gate", 30, moved=0.001), known)
    assert found.partial == {"gate": "only 30 of 100 contracts came"}
    assert len(found.rates) == 30
    assert judged(page("gate", 50, moved=0.001), known).partial == {}


@pytest.mark.parametrize(("count", "accepted"), [(30, True), (32, True), (27, True), (20, False), (45, False)])
def test_a_second_page_of_about_that_length_is_the_new_size(count: int, accepted: bool) -> None:
    known = stored(page("gate", 100), 60) | stored(page("gate", 30))
    found = judged(page("gate", count, moved=0.001), known)
    assert (found.partial == {}) is accepted


def test_what_was_held_in_the_short_page_counts_as_come() -> None:
    known = stored(page("gate", 100), 60) | stored(page("gate", 25))
    held = tuple(
        Held("gate", one.symbol, one.base, "beyond its cap", 0.1, NOW - HALF_HOUR, 1) for one in page("gate", 30)[25:]
    )
    assert judged(page("gate", 30, moved=0.001), known, held).partial == {}


def test_an_answer_with_nothing_in_it_is_no_answer() -> None:
    known = stored(page("gate", 40))
    assert judged(page("okx"), known, answered=("gate", "okx")).partial == {"gate": "only 0 of 40 contracts came"}
    assert judged(page("okx"), known).partial == {}


def test_what_was_read_long_ago_is_no_measure() -> None:
    assert judged(page("gate", 30, moved=0.001), stored(page("gate", 100), minutes=361)).partial == {}


def test_two_faults_are_both_told() -> None:
    known = stored(page("gate", 100))
    assert judged(page("gate", 30), known).partial == {
        "gate": "its values have not moved since 2026-03-10 11:35 UTC; only 30 of 100 contracts came"
    }
