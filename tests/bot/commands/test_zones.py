"""What people call a time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.zones import CITIES, LETTERS, NO_NAMES, zone_of
from bot.errors import UserError

SUMMER, WINTER = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones() - NO_NAMES)


@given(st.sampled_from(ZONES), st.sampled_from([str, str.lower, str.upper]))
def test_every_zone_is_found_by_its_name_in_any_case(name: str, case: object) -> None:
    assert zone_of(case(name), SUMMER) == name  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Berlin", "Europe/Berlin"), ("new york", "America/New_York"), ("New_York", "America/New_York"),
        ("buenos aires", "America/Buenos_Aires"), ("Port au Prince", "America/Port-au-Prince"), ("utc", "UTC"),
        ("europe/berlin", "Europe/Berlin"), ("Europe / Berlin", "Europe/Berlin"), ("Etc/GMT+2", "Etc/GMT+2"),
        ("  Tokyo ", "Asia/Tokyo"), ("Japan", "Japan"),
    ],
)  # fmt: skip
def test_a_zone_is_found_by_its_city(text: str, zone: str) -> None:
    assert zone_of(text, SUMMER) == zone


@pytest.mark.parametrize(
    ("text", "now", "city"),
    [
        ("UTC+2", SUMMER, "Europe/Berlin"),
        ("UTC+2", WINTER, "Europe/Athens"),
        ("utc +02:00", SUMMER, "Europe/Berlin"),
        ("+5:30", SUMMER, "Asia/Kolkata"),
        ("GMT-5", WINTER, "America/New_York"),
        ("−4", SUMMER, "America/New_York"),
    ],
)
def test_an_offset_is_refused_and_a_city_of_that_time_offered(text: str, now: datetime, city: str) -> None:
    with pytest.raises(UserError, match="give your city") as refused:
        zone_of(text, now)
    assert refused.value.example == f"/settings zone={city}"


def test_what_is_offered_exists() -> None:
    assert {*CITIES, *LETTERS.values()} <= available_timezones()


@given(st.text(max_size=100))
def test_any_text_is_a_zone_or_refused_with_one_that_works(text: str) -> None:
    try:
        assert zone_of(text, SUMMER) in available_timezones()
    except UserError as error:
        offered = (error.example or "").removeprefix("/settings zone=")
        assert zone_of(offered, SUMMER) == offered
