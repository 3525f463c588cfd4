"""Quiet hours as the wall clock of a chat shows them, through clock changes too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.quiet import ChatSettings, day_began, next_time, quiet_until

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo"]
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def quiet(zone: str, begin: str, end: str) -> ChatSettings:
    def minutes(text: str) -> int:
        return int(text[:2]) * 60 + int(text[3:])

    return ChatSettings(zone=zone, quiet_from=minutes(begin), quiet_to=minutes(end))


NIGHT = quiet("Europe/Berlin", "22:00", "07:00")


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-25T21:59+01:00", None),
        ("2026-11-25T22:00+01:00", "2026-11-26T07:00+01:00"),
        ("2026-11-26T06:59+01:00", "2026-11-26T07:00+01:00"),
        ("2026-11-26T07:00+01:00", None),
        # 29 March 2026: 02:00 is 03:00. 25 October 2026: 03:00 is 02:00.
        ("2026-03-28T23:00+01:00", "2026-03-29T07:00+02:00"),
        ("2026-10-24T23:00+02:00", "2026-10-25T07:00+01:00"),
    ],
)
def test_quiet_hours_over_midnight_and_over_clock_changes(now: str, until: str | None) -> None:
    assert quiet_until(NIGHT, at(now)) == (None if until is None else at(until))


def test_quiet_hours_that_end_in_the_hour_that_is_left_out_end_with_the_jump() -> None:
    settings = quiet("Europe/Berlin", "22:00", "02:30")
    assert quiet_until(settings, at("2026-03-29T00:30+01:00")) == at("2026-03-29T03:00+02:00")


def test_without_quiet_hours_no_time_is_quiet() -> None:
    assert quiet_until(ChatSettings(), at("2026-11-26T03:00+00:00")) is None
    assert quiet_until(quiet("UTC", "08:00", "08:00"), at("2026-11-26T08:00+00:00")) is None


zones = st.sampled_from(ZONES)
minutes = st.integers(0, 1439)
# Around the clock changes of 2026 as well as anywhere.
instants = st.one_of(
    st.integers(int(at("2026-01-01T00:00+00:00").timestamp()), int(at("2026-12-31T00:00+00:00").timestamp())),
    *(
        st.integers(int(at(day).timestamp()) - 86_400, int(at(day).timestamp()) + 86_400)
        for day in (
            "2026-03-08T07:00+00:00",
            "2026-03-29T01:00+00:00",
            "2026-10-25T01:00+00:00",
            "2026-10-03T15:30+00:00",
        )
    ),
).map(lambda seconds: datetime.fromtimestamp(seconds // 60 * 60, UTC))


@given(zones, minutes, minutes, instants)
def test_all_minutes_until_the_end_are_quiet_and_the_end_is_not(zone: str, begin: int, end: int, now: datetime) -> None:
    settings = ChatSettings(zone=zone, quiet_from=begin, quiet_to=end)
    until = quiet_until(settings, now)
    if until is None:
        return
    assert now < until <= now + timedelta(hours=25)
    for step in range(0, int((until - now) / MINUTE), 7):
        assert quiet_until(settings, now + step * MINUTE) is not None


@given(zones, minutes, instants)
def test_the_next_time_of_day_is_the_first_that_the_clock_shows(zone: str, minute: int, now: datetime) -> None:
    settings = ChatSettings(zone=zone)
    found = next_time(settings, minute, now)
    assert now < found <= now + timedelta(hours=26)
    shown = found.astimezone(settings.tz)
    before = (found - timedelta(seconds=1)).astimezone(settings.tz)
    # It shows that minute, or has just jumped over it.
    assert (shown.hour * 60 + shown.minute == minute) or (shown.utcoffset() != before.utcoffset())


@given(zones, instants)
def test_a_day_began_at_a_midnight_at_most_a_long_day_ago(zone: str, now: datetime) -> None:
    settings = ChatSettings(zone=zone)
    began = day_began(settings, now)
    assert began <= now < began + timedelta(hours=25, minutes=1)
    assert began.astimezone(settings.tz).date() == now.astimezone(settings.tz).date()


@given(
    st.builds(
        ChatSettings,
        zone=zones,
        quiet_from=minutes,
        quiet_to=minutes,
        urgent=st.none() | st.floats(0, 10),
        silent=st.booleans(),
    )
)
def test_settings_come_back_from_storage_as_they_were(settings: ChatSettings) -> None:
    assert ChatSettings.from_json(settings.to_json()) == settings
    assert ChatSettings.from_json(settings.to_json() | {"of a later version": 1}) == settings
