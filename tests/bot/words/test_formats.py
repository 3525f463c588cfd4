"""Numbers, money, days and lengths of time as each language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.charts.model import day_label
from bot.commands.base import Kind, Param
from bot.commands.pump import COMMAND
from bot.commands.values import read_value
from bot.errors import UserError
from bot.views import local, numbers
from bot.words import languages, speaking

LANGUAGES = sorted(languages())
NOW = datetime(2026, 11, 25, 8, 5, tzinfo=UTC)
languages_drawn = st.sampled_from(LANGUAGES)


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ["−0.0210 %", "+1,234.5 %", "7.6", "$1.24M", "$950", "$12.5K", "$97,012.50", "1,200", "6.5"]),
        ("de", ["−0,0210 %", "+1.234,5 %", "7,6", "1,24 Mio. $", "950 $", "12.500 $", "97.012,50 $", "1.200", "6,5"]),
        ("zh", ["−0.0210%", "+1,234.5%", "7.6", "US$124万", "US$950", "US$1.25万", "US$97,012.50", "1,200", "6.5"]),
    ],
)
def test_numbers_are_written_as_the_language_writes_them(language: str, texts: list[str]) -> None:
    with speaking(language):
        assert [
            numbers.rate(-0.00021),
            numbers.percent(1234.5),
            numbers.score(7.6),
            numbers.money(1_240_000),
            numbers.money(950.2),
            numbers.money(12_500),
            numbers.price(97012.5),
            numbers.whole(1200),
            numbers.said(6.5),
        ] == texts


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ["25 Nov", "2026-11-25", "2026-11-25 08:05 UTC", "2026-11-25 08:05", "3 h 20 min", "2 d 1 h ago"]),
        ("de", ["25. Nov.", "25.11.2026", "25.11.2026 08:05 UTC", "25.11.26 08:05", "3 h 20 min", "vor 2 T 1 h"]),
        (
            "zh",
            [
                "11月25日",
                "2026年11月25日",
                "2026年11月25日 08:05 UTC",
                "2026/11/25 08:05",
                "3小时 20分钟",
                "2天 1小时前",
            ],
        ),
    ],
)
def test_days_and_times_are_written_as_the_language_writes_them(language: str, texts: list[str]) -> None:
    with speaking(language):
        assert [
            day_label(date(2026, 11, 25)),
            numbers.day(NOW),
            numbers.clock(NOW),
            local.at(NOW, UTC, NOW + timedelta(days=1)),
            numbers.duration(timedelta(hours=3, minutes=20)),
            numbers.ago(NOW - timedelta(days=2, hours=1), NOW),
        ] == texts


def test_arithmetic_is_not_read_wrong_where_a_comma_begins_the_decimals() -> None:
    with speaking("de"):
        assert numbers.formula("min(1, 0.0004 / 0.0005)") == "min(1; 0,0004 / 0,0005)"
    assert numbers.formula("min(1, 0.0004 / 0.0005)") == "min(1, 0.0004 / 0.0005)"


@given(languages_drawn, st.floats() | st.integers(-(10**18), 10**18))
def test_any_number_can_be_written_in_any_language(language: str, value: float) -> None:
    with speaking(language):
        for write in (numbers.money, numbers.whole, numbers.general, numbers.days, numbers.hours):
            assert write(value)
        if abs(value) < 1e15:
            texts = (numbers.percent(value), numbers.rate(value), numbers.score(value), numbers.price(abs(value)))
            assert all(texts)


@given(languages_drawn, st.datetimes(timezones=st.just(UTC)), st.timedeltas(min_value=timedelta(0)))
def test_any_time_can_be_written_in_any_language(language: str, at: datetime, span: timedelta) -> None:
    with speaking(language):
        assert all((numbers.clock(at), numbers.instant(at), numbers.day(at), day_label(at.date())))
        assert numbers.duration(span)


@given(languages_drawn, st.integers(1, 999), st.integers(0, 99))
def test_what_is_shown_can_be_typed_again(language: str, units: int, hundredths: int) -> None:
    """min=6,5 as min=6.5; whoever reads a number in their language types it so."""
    value = units + hundredths / 100
    param = Param("x", Kind.NUMBER, "", "6")
    with speaking(language):
        assert read_value(COMMAND, param, numbers.said(value), lambda _, text: text) == value
        assert read_value(COMMAND, param, numbers.plain(value), lambda _, text: text) == value


@pytest.mark.parametrize("text", ["1.000", "6,500", "12.345"])
def test_a_german_number_that_may_mean_two_things_is_not_guessed(text: str) -> None:
    with speaking("de"), pytest.raises(UserError, match=f"x={text} kann Tausender oder Nachkommastellen meinen"):
        read_value(COMMAND, Param("x", Kind.NUMBER, "", "6"), text, lambda _, text: text)
