"""Cursors: every row comes once, whatever comes and goes in between, and nothing but a cursor is taken for one."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.funding import COMMAND
from bot.commands.paging import LONGEST_COMMAND, Key, Paging, cut_between, page_of
from bot.commands.parse import parse_args
from bot.errors import UserError

KINDS = (float, str)
rows = st.sets(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5)), max_size=30)


def asked(cursor: str | None, limit: int = 3, of: str = "current") -> Paging:
    return Paging(of, "/funding", 20, limit, cursor)


def page(found: Iterable[Key], cursor: str | None, limit: int = 3):
    return page_of(found, lambda row: row, KINDS, asked(cursor, limit))


@given(rows, st.integers(1, 10))
def test_the_pages_one_after_the_other_are_the_whole_list(found: set[Key], limit: int) -> None:
    seen: list[Key] = []
    cursor: str | None = None
    while True:
        one = page(found, cursor, limit)
        assert (one.first, one.total) == (len(seen), len(found))
        seen += one.rows
        cursor = one.cursor
        if cursor is None:
            break
        assert len(one.rows) == limit
        assert one.more == f"/funding limit={limit} cursor={cursor}"
    assert seen == sorted(found)


@given(rows.filter(lambda found: len(found) > 3), rows, rows)
def test_rows_that_come_and_go_between_two_pages_shift_nothing(found: set[Key], come: set[Key], gone: set[Key]) -> None:
    first = page(found, None)
    now = (found | come) - gone
    rest = page(now, first.cursor, 1000).rows
    following = min(found - set(first.rows))
    assert rest == sorted(rest)
    assert not set(rest) & set(first.rows)
    assert {row for row in now if row >= following} <= set(rest)  # new ones between the two pages as it falls


@given(rows.filter(lambda found: len(found) > 1), st.data())
def test_a_cut_lies_between_two_rows(found: set[Key], data: st.DataObject) -> None:
    ordered = sorted(found)
    at = data.draw(st.integers(1, len(ordered) - 1))
    assert ordered[at - 1] < cut_between(ordered[at - 1], ordered[at]) <= ordered[at]


@given(st.sets(st.text("ab", min_size=60, max_size=63), min_size=2, max_size=30), st.integers(1, 5))
def test_names_that_are_long_and_alike_have_short_cursors_too(names: set[str], limit: int) -> None:
    ordered = [("x" * 40 + name,) for name in sorted(names)]
    one = page_of(ordered, lambda row: row, (str,), Paging("x", "/funding PEPE", limit))
    seen = list(one.rows)
    while one.cursor is not None:
        assert len(one.more.encode()) <= LONGEST_COMMAND
        one = page_of(ordered, lambda row: row, (str,), Paging("x", "/funding PEPE", limit, None, one.cursor))
        assert one.first == len(seen)
        seen += one.rows
    assert seen == ordered


@pytest.mark.parametrize(
    ("last", "following", "cut"),
    [
        (("okx", "BTC-USD-SWAP"), ("okx", "BTC-USDT-SWAP"), ("okx", "BTC-USDT")),
        (("a", "x"), ("ab", "x"), ("ab",)),
        ((0.0001, "binance"), (0.0001, "bybit"), (0.0001, "by")),
        ((-1 / 3, "x"), (-1 / 3 + 1e-12, "x"), (-0.333333333333,)),
        ((1777190400, "okx"), (1777204800, "okx"), (1777204800,)),
    ],
)
def test_a_cut_is_no_longer_than_it_must_be(last: Key, following: Key, cut: Key) -> None:
    assert cut_between(last, following) == cut


BROKEN = ["xyz", "!", "ä", "a" * 1000, "," * 600, "abc", "abc,1,b,c"]
UNREADABLE = ["", "@", "@x", "x", "1.0.0", "nan", "inf", "-inf", "1e999", "[1]", "b,1.0"]


@pytest.mark.parametrize("cursor", BROKEN)
def test_a_broken_cursor_is_refused_with_the_way_out(cursor: str) -> None:
    with pytest.raises(UserError, match="is no cursor") as caught:
        page({(1.0, "a")}, cursor)
    assert caught.value.example == "/funding limit=3"


@pytest.mark.parametrize("held", UNREADABLE)
def test_what_a_cursor_holds_is_read_as_what_the_list_is_ordered_by(held: str) -> None:
    cursor = page({(float(i), "a") for i in range(9)}, None).cursor
    assert cursor is not None
    with pytest.raises(UserError, match="is no cursor"):
        page({(1.0, "a")}, f"{cursor.partition(',')[0]},{held}")


def test_a_cursor_of_another_list_is_refused() -> None:
    cursor = page({(float(i), "a") for i in range(9)}, None).cursor
    with pytest.raises(UserError, match="of another list"):
        page_of([(1.0, "a")], lambda row: row, KINDS, asked(cursor, of="current BTC"))


@given(st.text(max_size=60))
def test_any_text_is_a_cursor_or_an_error(text: str) -> None:
    with pytest.raises(UserError):
        page({(1.0, "a")}, text)


@given(st.sets(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), min_size=2, max_size=2))
def test_a_name_of_any_letters_comes_through_a_command_line(names: set[str]) -> None:
    rows = [(name,) for name in names]
    first = page_of(rows, lambda row: row, (str,), Paging("x", "/funding", 1))
    args = parse_args(COMMAND, first.more.removeprefix("/funding "), lambda _, text: text)
    second = page_of(rows, lambda row: row, (str,), Paging("x", "/funding", 1, None, args["cursor"]))
    assert second.rows == [max(rows)]
