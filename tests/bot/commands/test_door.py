"""How often a person and a chat may ask."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.commands.base import ChatRef
from bot.commands.door import MOST_BUCKETS, OF_CHAT, OF_USER, Door, Pace
from bot.views.elements import Tone, View

ME = ChatRef("telegram", "1", "me")


def door() -> Door:
    return Door(lambda line, chat: View(f"{chat.user}: {line}"))


def answered(door: Door, chat: ChatRef, now: float) -> bool:
    view = door.ask("/pump", chat, now)
    return view is not None and view.tone is Tone.ANSWER


def test_a_burst_is_answered_then_comes_one_warning_then_silence() -> None:
    here = door()
    assert all(answered(here, ME, 0.0) for _ in range(20))
    warning = here.ask("/pump", ME, 0.0)
    assert warning is not None
    assert warning.tone is Tone.ERROR
    assert "ask again in 9 seconds" in warning.title
    assert [here.ask("/pump", ME, second) for second in (0.0, 1.0, 5.0, 8.9)] == [None] * 4


def test_it_opens_again_when_the_warning_said() -> None:
    here = door()
    for _ in range(30):
        here.ask("/pump", ME, 0.0)
    assert [answered(here, ME, 9.0) for _ in range(4)] == [True, True, True, False]


def test_one_person_does_not_close_the_door_for_another() -> None:
    here = door()
    for _ in range(30):
        here.ask("/pump", ME, 0.0)
    assert answered(here, ChatRef("telegram", "2", "you"), 0.0)
    assert answered(here, ChatRef("discord", "1", "me"), 0.0)


def test_a_group_of_many_has_a_pace_of_its_own() -> None:
    here = door()
    members = [ChatRef("telegram", "-100", str(number), is_group=True) for number in range(50)]
    assert sum(answered(here, one, 0.0) for one in members) == OF_CHAT.burst


def test_the_console_may_ask_as_often_as_it_likes() -> None:
    here = door()
    assert all(answered(here, ChatRef("console", "local", "owner"), 0.0) for _ in range(500))


def test_a_clock_that_goes_back_opens_nothing() -> None:
    here = door()
    for _ in range(21):
        here.ask("/pump", ME, 100.0)
    assert not answered(here, ME, 0.0)
    assert not answered(here, ME, 100.0)


def test_strangers_do_not_fill_the_memory() -> None:
    here = door()
    for number in range(MOST_BUCKETS):
        here.ask("/pump", ChatRef("telegram", str(number), str(number)), float(number * 10))
    assert len(here._buckets) <= MOST_BUCKETS + 2


@given(
    st.lists(st.tuples(st.floats(0, 20), st.sampled_from("abc"), st.sampled_from("xy")), max_size=200),
    st.integers(1, 5),
    st.floats(0.1, 5),
)
def test_nobody_gets_more_than_the_burst_and_what_the_time_allows(
    asked: list[tuple[float, str, str]], burst: int, seconds: float
) -> None:
    pace = Pace(burst, seconds)
    here = Door(lambda line, chat: View(line), pace, pace)
    passed: dict[str, list[float]] = {}
    now = 0.0
    for gap, user, address in asked:
        now += gap / 10
        if answered(here, ChatRef("telegram", address, user), now):
            passed.setdefault(user, []).append(now)
            passed.setdefault(address, []).append(now)
    for times in passed.values():
        for first, begin in enumerate(times):
            for last, end in enumerate(times[first:], 1):
                assert last <= burst + (end - begin) / seconds + 1e-6


@given(st.lists(st.floats(0, 100), max_size=100))
def test_whoever_stays_within_the_pace_is_always_answered(gaps: list[float]) -> None:
    here, now = door(), 0.0
    for gap in gaps:
        now += OF_USER.seconds + gap
        assert answered(here, ME, now)
