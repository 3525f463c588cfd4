"""What people type, in all its forms."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import COMMANDS
from bot.commands.clusters import COMMAND as CLUSTERS
from bot.commands.parse import find_command, parse_args, parse_line
from bot.errors import UserError
from bot.views.numbers import plain

SECTORS = CLUSTERS.params[[one.name for one in CLUSTERS.params].index("sector")].choices

DEFAULTS = {"min": 0.0, "limit": 20, "sort": "score", "page": 1}


def args(line: str) -> dict[str, object]:
    name, rest = parse_line(line)
    return parse_args(find_command(name, COMMANDS), rest, lambda _, text: text)


@pytest.mark.parametrize(
    "text",
    [
        "min = 6 limit= 5",
        "min>=6, limit=5;",
        "min≥6 limit: 5",
        "min==6 limit 5",
        "min=“6” limit=‘5’",
        "min=6 limit=5",
        "min:6 limit:5",
        "min 6 limit 5",
        "limit=5 min 6",
        "MIN=6   Limit=5",
        "min=6,0 limit=5",
    ],
)
def test_all_forms_mean_the_same(text: str) -> None:
    assert args(f"/pump {text}") == DEFAULTS | {"min": 6.0, "limit": 5}


@pytest.mark.parametrize(
    "line",
    [
        "/pump min=6",
        "pump min=6",
        "/ pump min=6",
        "/pump@tocsin_bot   min=6",
        "/pump@tocsin_bot min=6",
        "  /PUMP min=6 ",
    ],
)
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
        ("$1,000,000", 1e6),
        ("1.000.000", 1e6),
        ("1,000,000.50", 1000000.5),
        ("1,5m", 1.5e6),
        ("1.250m", 1.25e6),
        ("1,000", 1000),
        ("1000usd", 1000),
    ],
)
def test_money_is_read_as_people_write_it(text: str, value: float) -> None:
    assert args(f"/clusters min_value={text}")["min_value"] == value


@pytest.mark.parametrize(
    "text",
    [
        "sector=“Real Estate”",
        "sector='Real Estate",
        "sector=real estate days=30",
        "days 30 sector: real estate",
        'sector="Real Estate"',
        "sector='Real Estate'",
        "sector=Real Estate",
        "sector Real Estate",
    ],
)
def test_names_of_two_words_need_no_quotes(text: str) -> None:
    assert args(f"/clusters {text}")["sector"].lower() == "real estate"  # type: ignore[attr-defined]


def test_positional_values_stand_in_order() -> None:
    assert args("/alert off 3")["id"] == 3
    assert args("/funding BTC type=history")["type"] == "history"


def test_defaults_are_filled_in() -> None:
    assert args("/pump") == DEFAULTS


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
    assert args(f"/pump min={minimum:f} limit={limit}") == DEFAULTS | {
        "min": float(f"{minimum:f}"), "limit": limit
    }  # fmt: skip


@pytest.mark.parametrize("text", ["1.000", "1,250m", "1,00,000", "12.34.56", "1_000", "m", "$", "--5", "1e6", "٣"])
def test_an_amount_that_can_be_read_in_two_ways_is_not_guessed(text: str) -> None:
    with pytest.raises(UserError, match="min_value"):
        args(f"/clusters min_value={text}")


def test_a_flag_may_stand_alone() -> None:
    assert args("/alert pump resolve")["resolve"] is True
    assert args("/alert pump resolve min=6")["resolve"] is True
    assert args("/alert pump resolve no")["resolve"] is False


@given(st.data())
def test_arguments_that_are_written_out_are_read_back(data: st.DataObject) -> None:
    wanted = {
        "side": data.draw(st.sampled_from(("buy", "sell", "both"))),
        "days": data.draw(st.integers(1, 365)),
        "min_insiders": data.draw(st.integers(1, 50)),
        # Dollars and cents: three digits after a point may be thousands, and are refused on purpose.
        "min_value": data.draw(st.integers(0, 10**14)) / 100,
        "sector": data.draw(st.sampled_from(SECTORS)),
    }
    parts = []
    for key in data.draw(st.permutations(sorted(wanted))):
        value = plain(wanted[key]) if isinstance(wanted[key], float) else str(wanted[key])  # type: ignore[arg-type]
        between = data.draw(st.sampled_from(("=", ":", " ", " = ")))
        quote = data.draw(st.sampled_from(("", '"', "'")))
        parts.append(f"{key}{between}{quote}{value}{quote}")
    read = args("/clusters " + " ".join(parts))
    assert {key: read[key] for key in wanted} == wanted
