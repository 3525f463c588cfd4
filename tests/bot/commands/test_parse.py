"""What people type, in all its forms."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import COMMANDS
from bot.commands.parse import find_command, parse_args, parse_line
from bot.errors import UserError


def args(line: str) -> dict[str, object]:
    name, rest = parse_line(line)
    return parse_args(find_command(name, COMMANDS), rest, lambda _, text: text)


@pytest.mark.parametrize(
    "text", ["min=6 limit=5", "min:6 limit:5", "min 6 limit 5", "limit=5 min 6", "MIN=6   Limit=5", "min=6,0 limit=5"]
)
def test_all_forms_mean_the_same(text: str) -> None:
    assert args(f"/pump {text}") == {"min": 6.0, "limit": 5}


@pytest.mark.parametrize("line", ["/pump min=6", "pump min=6", "/pump@tocsin_bot min=6", "  /PUMP min=6 "])
def test_the_command_is_found(line: str) -> None:
    assert args(line)["min"] == 6.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1m", 1e6),
        ("1M", 1e6),
        ("250k", 250e3),
        ("1.5bn", 1.5e9),
        ("1,000,000", 1e6),
        ("$2mm", 2e6),
        ("1000", 1000),
        ("0", 0),
    ],
)
def test_money_is_read_as_people_write_it(text: str, value: float) -> None:
    assert args(f"/clusters min_value={text}")["min_value"] == value


@pytest.mark.parametrize(
    "text", ['sector="Real Estate"', "sector='Real Estate'", "sector=Real Estate", "sector Real Estate"]
)
def test_names_of_two_words_need_no_quotes(text: str) -> None:
    assert args(f"/clusters {text}")["sector"] == "Real Estate"


def test_positional_values_stand_in_order() -> None:
    assert args("/alert off 3")["id"] == 3
    assert args("/funding BTC type=history")["type"] == "history"


def test_defaults_are_filled_in() -> None:
    assert args("/pump") == {"min": 0.0, "limit": 20}


@given(st.text(max_size=60))
def test_any_line_gives_arguments_or_a_clear_error(line: str) -> None:
    with contextlib.suppress(UserError):
        assert isinstance(args(line), dict)


@given(st.sampled_from(COMMANDS), st.text(alphabet=" =:'\"abmin0123456789.,-kK", max_size=40))
def test_any_arguments_are_read_or_refused(command, text: str) -> None:
    with contextlib.suppress(UserError):
        assert set(parse_args(command, text, lambda _, value: value)) == {param.name for param in command.params}


@given(st.floats(0, 10, allow_nan=False).map(lambda x: round(x, 6)), st.integers(1, 500))
def test_what_is_written_is_read(minimum: float, limit: int) -> None:
    assert args(f"/pump min={minimum:f} limit={limit}") == {"min": float(f"{minimum:f}"), "limit": limit}
