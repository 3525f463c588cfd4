"""Cursors: every row comes once, whatever comes and goes in between, and nothing but a cursor is taken for one."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.paging import Key, Paging, page_of
from bot.errors import UserError

KINDS = (float, str)
rows = st.sets(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5)), max_size=30)


def asked(cursor: str | None, limit: int = 3, of: str = "current") -> Paging:
    return Paging(of, "/funding", limit, cursor, asked=True)


def page(found: Iterable[Key], cursor: str | None, limit: int = 3):
    return page_of(found, lambda row: row, KINDS, asked(cursor, limit))


def written(*held: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(held).encode()).decode().rstrip("=")


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
    assert rest == sorted(row for row in now if row > first.rows[-1])


BROKEN = [
    "xyz", "!", "ä", "a" * 1000, "W10", "bnVsbA", "e30", written(), written("current"), written("current", 1.0),
    written("current", "a", "b"), written("current", 1, "b"), written("current", True, "b"), written("current", 1.0, 2.0),
    written("current", 1.0, "b", "c"), written("current", None, "b"), written("current", [1.0], "b"), written(1.0, 1.0, "b"),
    written("current", float("nan"), "b"), written("current", float("inf"), "b"),
    base64.urlsafe_b64encode(b'["current",1e999,"b"]').decode(), base64.urlsafe_b64encode(b"[" * 300).decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(), base64.urlsafe_b64encode(b"[1" + b"0" * 300 + b"]").decode(),
]  # fmt: skip


@pytest.mark.parametrize("cursor", BROKEN)
def test_a_broken_cursor_is_refused_with_the_way_out(cursor: str) -> None:
    with pytest.raises(UserError, match="is no cursor") as caught:
        page({(1.0, "a")}, cursor)
    assert caught.value.example == "/funding limit=3"


def test_a_cursor_of_another_list_is_refused() -> None:
    cursor = page({(float(i), "a") for i in range(9)}, None).cursor
    with pytest.raises(UserError, match="of another list"):
        page_of([(1.0, "a")], lambda row: row, KINDS, asked(cursor, of="current BTC"))


@given(st.text(max_size=60))
def test_any_text_is_a_cursor_or_an_error(text: str) -> None:
    with pytest.raises(UserError):
        page({(1.0, "a")}, text)
