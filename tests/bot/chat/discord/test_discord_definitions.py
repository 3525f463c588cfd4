"""Slash commands made from our commands, and lines made from what people choose of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.discord.definitions import definitions, fingerprint
from bot.chat.discord.options import as_slash, line_of, with_slashes
from bot.chat.lines import by_name
from bot.commands import COMMANDS
from bot.commands.base import Command, Kind, Param
from bot.commands.parse import find_command, parse_args, parse_line
from bot.errors import UserError
from bot.views.elements import Code, Text, View
from tests.servers.discord_rules import wrong_commands

DEFINED = {one["name"]: one for one in definitions(COMMANDS)}


def options(name: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in DEFINED[name]["options"]}


def test_discord_takes_all_of_them() -> None:
    assert list(wrong_commands(definitions(COMMANDS))) == []
    assert list(DEFINED) == [one.name for one in COMMANDS]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.name)
def test_each_has_all_parameters_and_is_for_everywhere(command: Command) -> None:
    defined = DEFINED[command.name]
    assert {one["name"] for one in defined["options"]} == {one.name for one in command.params}
    assert (defined["contexts"], defined["integration_types"]) == ([0, 1, 2], [0, 1])
    assert defined["description"] == command.summary


def test_options_are_typed_with_their_ranges_and_choices() -> None:
    pump = options("pump")
    assert (pump["min"]["type"], pump["min"]["min_value"], pump["min"]["max_value"]) == (10, 0.0, 10.0)
    assert (pump["limit"]["type"], pump["limit"]["min_value"], pump["limit"]["max_value"]) == (4, 1, 500)
    assert [one["value"] for one in pump["sort"]["choices"]] == ["score", "funding", "change", "streak"]
    clusters, alert = options("clusters"), options("alert")
    assert clusters["plan"]["type"] == 5
    assert len(clusters["sector"]["choices"]) == 11
    assert clusters["ticker"]["autocomplete"]
    assert "min_value" not in clusters["min_value"]
    assert alert["what"]["required"]
    assert next(iter(alert)) == "what"
    assert options("settings")["urgent"]["type"] == 3  # a number, or off


def test_the_fingerprint_changes_with_anything_and_with_nothing_else() -> None:
    assert fingerprint(definitions(COMMANDS)) == fingerprint(definitions(COMMANDS))
    first, *rest = COMMANDS
    for other in (replace(first, summary="Other"), replace(first, params=(Param("x", Kind.FLAG, "x", "yes"),))):
        assert fingerprint(definitions([other, *rest])) != fingerprint(definitions(COMMANDS))
    assert fingerprint(definitions(rest)) != fingerprint(definitions(COMMANDS))


def test_names_and_descriptions_are_told_in_every_language_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    german = {
        "pump": "Pumpe", "min": "mindestens", "limit": "höchstens so viele", "streak": "Strähne der Tage",
        "least score": "geringste Wertung " + "ä" * 100, "Coins that are pumped while funding stays negative": "Gepumptes",
    }  # fmt: skip
    monkeypatch.setattr(
        "bot.chat.discord.definitions.localisations", lambda text, _="": {"de": german[text]} if text in german else {}
    )
    defined = definitions(COMMANDS)
    assert list(wrong_commands(defined)) == []
    pump = next(one for one in defined if one["name"] == "pump")
    given = {one["name"]: one for one in pump["options"]}
    assert (pump["name_localizations"], pump["description_localizations"]) == ({"de": "pumpe"}, {"de": "Gepumptes"})
    assert given["min"]["name_localizations"] == {"de": "mindestens"}
    assert given["min"]["description_localizations"]["de"].endswith("…")
    assert "name_localizations" not in given["limit"]  # what has a blank in it is no name
    assert {"name": "streak", "value": "streak", "name_localizations": {"de": "Strähne der Tage"}} in given["sort"][
        "choices"
    ]


def test_in_a_language_with_one_word_for_two_names_both_keep_their_english_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = {"pump": "x", "selling": "x", "clusters": "Coin", "min": "limit", "sort": "so", "score": "s", "streak": "s"}
    monkeypatch.setattr(
        "bot.chat.discord.definitions.localisations", lambda text, _="": {"de": said[text]} if text in said else {}
    )
    defined = {one["name"]: one for one in definitions(COMMANDS)}
    assert list(wrong_commands(list(defined.values()))) == []
    assert not [name for name, one in defined.items() if "name_localizations" in one]
    given = {one["name"]: one for one in defined["pump"]["options"]}
    assert {name: one.get("name_localizations") for name, one in given.items()} == {
        "min": None, "limit": None, "sort": {"de": "so"}, "page": None,
    }  # fmt: skip
    assert not [one for one in given["sort"]["choices"] if "name_localizations" in one]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("/alert pump min=6", "/alert what:pump min:6"),
        ("/alert change 3 min=5", "/alert what:change id:3 min:5"),
        ("/mute PEPE 2d", "/mute name:PEPE for:2d"),
        ('/clusters sector="Real Estate" min_value=1m', "/clusters min_value:1m sector:Real Estate"),
        ("/settings quiet=22:00-07:00", "/settings quiet:22:00-07:00"),
        ("/forget sure=yes", "/forget sure:True"),
        ("/alert pump plan=no", "/alert what:pump plan:False"),
        ("/start", "/start"),
        ("/link ABCD-EFGH", "/link ABCD-EFGH"),  # for another platform
        ("/nothing x=1", "/nothing x=1"),
        ("/pump other=1", "/pump other=1"),
        ("cp a b", "cp a b"),
    ],
)
def test_a_line_to_send_is_shown_as_discord_takes_it(line: str, shown: str) -> None:
    commands = by_name(COMMANDS)
    assert as_slash(line, commands) == shown
    assert with_slashes(View("T", (Text(line), Code(line))), commands).body == (Text(line), Code(shown))


TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
FREE = Command(
    "free",
    "x",
    run=lambda _: pytest.fail("nothing is run"),
    example="/free",
    params=(
        Param("first", Kind.TEXT, "x", "x", required=True, positional=True),
        Param("second", Kind.TEXT, "x", "x"),
        Param("number", Kind.NUMBER, "x", "1", minimum=-1e6, maximum=1e6),
        Param("whole", Kind.INTEGER, "x", "1"),
        Param("flag", Kind.FLAG, "x", "yes"),
    ),
)


@given(
    first=TEXTS, second=TEXTS, flag=st.booleans(), whole=st.integers(-(2**53), 2**53),
    number=st.floats(-1e6, 1e6, allow_nan=False).map(lambda one: round(one, 4)),
)  # fmt: skip
def test_what_is_chosen_is_what_is_read(first: str, second: str, flag: bool, whole: int, number: float) -> None:
    chosen = {"first": first, "second": second, "flag": flag, "whole": whole, "number": number}
    line = line_of(FREE, [{"name": name, "value": value} for name, value in chosen.items()])
    assert "\n" not in line
    name, rest = parse_line(line)
    try:
        read = parse_args(find_command(name, [FREE]), rest, lambda _, text: text)
    except UserError as error:
        # A text that has nothing in it but blanks is not given; one that looks like `key=value` is asked about.
        assert "has no value" in error.message or "needs first" in error.message or "=" in first + second  # noqa: PT017
        return
    assert (read["flag"], read["whole"], read["number"]) == (flag, whole, number)
    for name, text in (("first", first), ("second", second)):
        words = " ".join(text.split())
        plain = words.translate(str.maketrans('"“”„‘’‚', "'''''''")).strip("'\" ")
        assert (read[name] or "").translate(str.maketrans('"“”„‘’‚', "'''''''")).strip("'\" ") == plain
