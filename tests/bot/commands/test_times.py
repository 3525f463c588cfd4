"""Lengths of time, times of day and instants as people type them."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import COMMANDS
from bot.commands.parse import find_command, parse_args, parse_line
from bot.commands.times import read_duration, read_hours, read_since, read_time, typed_duration
from bot.errors import UserError
from bot.views.local import of_day

MINUTES = st.integers(1, 365 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
TIMES_OF_DAY = st.integers(0, 24 * 60 - 1)


def args(line: str) -> dict[str, object]:
    name, rest = parse_line(line)
    return parse_args(find_command(name, COMMANDS), rest, lambda _, text: text)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("30m", 0.5), ("8h", 8), ("2d", 48), ("1w", 168), ("8 hours", 8), ("1 hour", 1), ("90 min", 1.5), ("1.5h", 1.5),
        ("1,5 h", 1.5), ("1d12h", 36), ("1d 12h", 36), ("1 day, 12 hours", 36), ("8H", 8), ("2 Weeks", 336), ("1mo", 720),
        ("1 month", 720), ("1y", 8760), ("45 minutes", 0.75),
    ],
)  # fmt: skip
def test_a_length_of_time_is_read_as_people_write_it(text: str, hours: float) -> None:
    assert read_duration(text) == timedelta(hours=hours)
    assert args(f"/mute for={text}")["for"] == timedelta(hours=hours)
    assert args(f"/mute {text}") == {"name": None, "for": timedelta(hours=hours), "off": None}


@pytest.mark.parametrize("text", ["8", "h", "8x", "1INCH", "-8h", "8hh", "8 h ours", "٣h", "", "1e3h", "9999999h"])
def test_what_is_no_length_of_time_is_not_taken_for_one(text: str) -> None:
    assert read_duration(text) is None


@pytest.mark.parametrize(
    "line",
    [
        "/mute PEPE 2d",
        "/mute 2d PEPE",
        "/mute PEPE for 2 days",
        "/mute for=2d PEPE",
        "/mute coin=PEPE 48h",
        "/mute PEPE 1d 24h",
    ],
)
def test_name_and_time_stand_in_any_order(line: str) -> None:
    assert args(line) == {"name": "PEPE", "for": timedelta(days=2), "off": None}


def test_a_coin_whose_name_begins_with_a_digit_is_a_name() -> None:
    assert args("/mute 1INCH 2d")["name"] == "1INCH"
    assert args("/mute 4 2d")["name"] == "4"
    assert args("/mute Pump Coin 2d") == {"name": "Pump Coin", "for": timedelta(days=2), "off": None}


@given(MINUTES)
def test_a_length_that_is_written_out_is_read_back(span: timedelta) -> None:
    assert read_duration(typed_duration(span)) == span
    assert args(f"/mute {typed_duration(span)}")["for"] == span


@given(TIMES_OF_DAY, TIMES_OF_DAY, st.sampled_from(["-", " - ", "–", " to ", " until "]))
def test_hours_that_are_written_out_are_read_back(begin: int, end: int, between: str) -> None:
    assert read_time(of_day(begin)) == begin
    assert read_hours(f"{of_day(begin)}{between}{of_day(end)}") == (begin, end)
    assert args(f"/settings quiet={of_day(begin)}{between}{of_day(end)}")["quiet"]


@pytest.mark.parametrize(
    "text",
    [
        "22:00-07:00",
        "22-7",
        "10pm-7am",
        "10 PM to 7 AM",
        "22.00–7.00",
        "from 22:00 until 7:00",
        "2200-0700",
        "22h-7h00",
    ],
)
def test_quiet_hours_are_read_as_people_write_them(text: str) -> None:
    assert read_hours(text) == (22 * 60, 7 * 60)


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("8h", timedelta(hours=8)),
        ("2026-11-25T08:00", datetime(2026, 11, 25, 8)),  # noqa: DTZ001 - of the chat's clock
        ("2026-11-25 08:00", datetime(2026, 11, 25, 8)),  # noqa: DTZ001
        ("2026-11-25", datetime(2026, 11, 25)),  # noqa: DTZ001
        ("2026-11-25T08:00Z", datetime(2026, 11, 25, 8, tzinfo=UTC)),
        ("2026-11-25T08:00:30+02:00", datetime(2026, 11, 25, 8, 0, 30, tzinfo=timezone(timedelta(hours=2)))),
        ("08:00", time(8)),
    ],
)
def test_since_is_a_length_or_an_instant(text: str, since: object) -> None:
    assert read_since(text) == since
    for line in (f"/missed {text}", f"/missed since={text}", f"/missed since {text}"):
        assert args(line)["since"] == since


@given(st.sampled_from(["/mute", "/unmute", "/settings", "/missed", "/alerts", "/forget"]),
       st.text(max_size=40) | st.text(alphabet=" =:-+,.0123456789hdwmPEforzqutsinc/TZ", max_size=40))  # fmt: skip
def test_whatever_is_typed_is_read_or_refused_with_a_way_out(command: str, text: str) -> None:
    with contextlib.suppress(UserError):
        args(f"{command} {text}")
