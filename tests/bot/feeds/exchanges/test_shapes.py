"""Answers taken apart: the right shape, or an AnswerError that says what was missing."""

from __future__ import annotations

from typing import Any

import pytest

from bot.feeds.exchanges.base import AnswerError
from bot.feeds.exchanges.shapes import LONGEST_MESSAGE, base_of, by_symbol, entry, first, refusal, rows, text


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([], "no result"), ({"result": None}, "no result.list"), ({"result": {"list": {}}}, "result.list is not a list"),
        ({"result": {"list": [1, "2"]}}, "result.list is a list without objects"), ("<html>", "no result"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(answer: Any, message: str) -> None:
    with pytest.raises(AnswerError, match=message):
        rows(answer, "result", "list")


def test_rows_that_are_no_objects_are_skipped() -> None:
    assert rows([{"symbol": "A"}, None, "B"]) == [{"symbol": "A"}]
    assert rows([]) == []


def test_an_entry_may_hold_anything() -> None:
    assert entry({"data": {"x": None}}, "data", "x") is None


@pytest.mark.parametrize("symbol", [None, 7, "", "A\nB", "\ud800", ["A"]])
def test_a_symbol_that_could_not_be_stored_or_shown_is_none(symbol: object) -> None:
    assert text({"symbol": symbol}, "symbol") == ""
    assert by_symbol([{"symbol": symbol}, {"symbol": "龙虾_USDT"}]) == {"龙虾_USDT": {"symbol": "龙虾_USDT"}}


def test_the_first_field_with_something_in_it_counts() -> None:
    assert first({"a": "", "b": None, "c": 0}, "a", "b", "c") == 0
    assert first({}, "a") is None


def test_a_base_is_what_stands_before_the_quote() -> None:
    assert base_of("USDCUSDT", ("USDT", "USDC")) == "USDC"
    assert base_of("USDT", ("USDT",)) == ""


def test_a_refusal_is_short_and_knows_its_code_as_number_or_text() -> None:
    error = refusal(510, "x" * 10_000, limited=("510",))
    assert len(str(error)) <= LONGEST_MESSAGE + len(" (code 510)")
    assert error.limited
    assert not error.permanent
    assert "no reason given" in str(refusal("E", None))
