"""What each subscription would have rung for, and what another minimum would have done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from bot.views.elements import Note, Table, View
from scoring.detection import CoinState, Standing
from scoring.model import Signal
from storage import Storage
from tests.builders_market import ask, fill
from tests.builders_storage import NOW

DAY = timedelta(days=1)


def refreshes(storage: Storage, levels: Iterable[float | None], begin: datetime, step: timedelta) -> None:
    """Finished refreshes with the pump score of one coin."""
    with storage.write() as tx:
        for number, level in enumerate(levels):
            at = begin + number * step
            slot = int(at.timestamp()) // 1800
            claim = tx.refreshes.claim(slot, "me", at, DAY)
            assert claim is not None
            states = [] if level is None else [CoinState("PUMP", Signal.PUMP, Standing.SCORED, level, 3)]
            tx.scores.put(slot, Signal.PUMP, states, {})
            assert tx.refreshes.finish(claim, at, {})


@pytest.fixture
def week(storage: Storage) -> Storage:
    """Every six hours of the last seven days: up to 4.2, down, and up to 6.1 in two steps."""
    fill(storage)
    day = [2.0, 4.2, 4.3, 1.0]
    levels = [*day, *([1.0] * 16), 3.1, 3.2, 5.0, 6.1, *([6.1] * 4)]
    refreshes(storage, levels, NOW - 7 * DAY + timedelta(hours=6), timedelta(hours=6))
    return storage


def tables(view: View) -> list[list[list[str]]]:
    return [[[str(cell) for cell in row] for row in one.rows] for one in view.body if isinstance(one, Table)]


def notes(view: View) -> list[str]:
    return [one.text for one in view.body if isinstance(one, Note)]


def test_the_list_says_what_each_would_have_rung_for(week: Storage) -> None:
    ask(week, "/alert pump min=3")
    ask(week, "/alert pump min=6")
    view = ask(week, "/alerts")
    ((first, second),) = tables(view)
    assert first[-1] == "2 new, 2 risen"
    assert second[-1] == "1 new"
    assert not any("stored" in note for note in notes(view))


def test_one_subscription_shows_the_latest_and_what_other_minimums_would_have_done(week: Storage) -> None:
    ask(week, "/alert pump min=3")
    view = ask(week, "/alerts 1")
    _, latest, minimums = tables(view)
    assert latest[0] == ["2026-04-25 12:00", "ESCALATED PUMP", "5.0", "6.1"]
    assert latest[-1][1] == "NEW PUMP"
    by_minimum = {row[0]: row[1:] for row in minimums}
    assert by_minimum["3 (now)"] == ["4", "2"]
    assert by_minimum["5"] == ["2", "1"]
    assert by_minimum["6"] == ["1", "1"]
    assert view.data["past"] == {"days": 7, "new": 2, "risen": 2, "over": 1}


def test_what_is_not_stored_is_said(storage: Storage) -> None:
    fill(storage)
    refreshes(storage, [1.0, 4.0, 4.0, 4.0], NOW - timedelta(hours=20), timedelta(hours=6))
    ask(storage, "/alert pump min=3 exchanges=okx")
    assert any("rests on 1 day of scores" in note for note in notes(ask(storage, "/alerts")))
    view = ask(storage, "/alerts 1")
    assert tables(view)[-1][1] == ["3 (now)", "about 7", "about 7"]
    assert any("exchanges would have left out" in note for note in notes(view))


def test_an_empty_past_is_not_taken_for_silence(storage: Storage) -> None:
    fill(storage)
    ask(storage, "/alert pump min=3")
    view = ask(storage, "/alerts")
    assert tables(view)[0][0][-1] == "–"
    assert any("nothing of the last 7 days is stored" in note for note in notes(view))


def wish_of(storage: Storage, number: int) -> dict[str, object]:
    return ask(storage, f"/alerts {number}").data["wish"]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("made", "presses", "became"),
    [
        ("/alert pump min=3", ["min 3.5", "min 4"], {"minimum": 4.0}),
        ("/alert pump min=3", ["step 2", "step 3"], {"step": 3.0}),
        ("/alert pump min=3", ["Also when over"], {"resolve": True}),
        ("/alert pump min=3", ["Also when over", "Not when over"], {"resolve": False}),
        ("/alert pump min=3", ["Once a day"], {"digest": "daily"}),
        ("/alert pump min=3", ["Once a day", "A line each"], {"digest": "refresh"}),
        ("/alert pump min=3 coins=PUMP exclude=CALM", ["No coins", "No exclude"], {"coins": [], "exclude": []}),
        ("/alert clusters min=3", ["min 4", "Only selling"], {"minimum": 4.0, "side": "SELL"}),
        ("/alert clusters min=3", ["Both sides", "Without 10b5-1"], {"side": None, "plan": False}),
    ],
)
def test_a_subscription_is_changed_without_typing(
    week: Storage, made: str, presses: list[str], became: dict[str, object]
) -> None:
    number = ask(week, made).data["subscription"]
    for label in presses:
        (command,) = [one.command for one in ask(week, f"/alerts {number}").buttons if one.label == label]
        assert len(command.encode()) <= 64
        assert ask(week, command).tone == "answer"
    wish = wish_of(week, int(str(number)))
    assert {key: wish[key] for key in became} == became


def test_no_button_of_a_subscription_leads_nowhere(week: Storage) -> None:
    for made in ("/alert pump min=0", "/alert selling min=10 exchanges=binance", "/alert clusters min=50"):
        number = ask(week, made).data["subscription"]
        view = ask(week, f"/alerts {number}")
        assert len({one.command for one in view.buttons}) == len(view.buttons)
        for button in view.buttons:
            if not button.command.startswith("/alert off"):
                assert ask(week, button.command).tone == "answer", button
