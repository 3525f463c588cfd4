"""Tables on a telephone."""

from __future__ import annotations

from rich.cells import cell_len

from bot.chat.texts import PHONE_CELLS, aligned
from bot.views.elements import Column, Meter, Table

COLUMNS = (
    Column("#", "right"),
    Column("coin"),
    Column("name", phone=0),
    Column("score"),
    Column("per 8 h", "right", phone=2),
    Column("7 d", "right", phone=2),
)


def test_a_row_takes_two_lines_where_its_columns_say_so() -> None:
    rows = (
        ("1", "PEPE", "a name that is much too long for any telephone", Meter(7.5, 10, "7.5"), "−0.02 %", "+3.1 %"),
        ("12", "X", "", Meter(0.2, 10, "0.2"), "−0.0001 %", "+120.0 %"),
    )
    assert aligned(Table(COLUMNS, rows)) == [
        " #  coin  score",
        "   per 8 h       7 d",
        " 1  PEPE  7.5 ████████░░",
        "   −0.02 %    +3.1 %",
        "12  X     0.2 ░░░░░░░░░░",
        " −0.0001 %  +120.0 %",
    ]


def test_a_bar_makes_room_for_a_long_ticker() -> None:
    def shown(ticker: str) -> list[str]:
        cells = ("12", ticker, "", Meter(10, 10, "10.0"), "−0.0123 %", "+120.0 %", "≥ 40 d")
        return aligned(Table((*COLUMNS, Column("streak", "right")), (cells,))) or ["", "", ""]

    assert [shown(ticker)[2] for ticker in ("BONK", "1000CHEEMS", "NEIROETH@kucoin", "W" * 17)] == [
        "12  BONK  10.0 ██████████  ≥ 40 d",
        "12  1000CHEEMS  10.0 ████  ≥ 40 d",
        "12  NEIROETH@kucoin  10.0   ≥ 40 d",
        "",
    ]


def test_a_second_line_that_is_too_long_becomes_several_and_a_first_one_does_not() -> None:
    columns = (Column("coin"), Column("name", phone=2))
    assert aligned(Table(columns, (("X", "long " * 10),))) == [
        "coin",
        " name",
        "X",
        " long long long long long long",
        " long long long long",
    ]
    wide = aligned(Table(columns, (("X", "资金费率" * 9),)))
    assert wide is not None
    assert max(cell_len(line) for line in wide) <= PHONE_CELLS
    assert "".join(wide[3:]).replace(" ", "") == "资金费率" * 9
    assert aligned(Table((Column("coin"),), (("long " * 20,),))) is None
