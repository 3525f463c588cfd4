"""Views on a terminal: readable, and harmless whatever names are in them."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from bot.chat.console.render import render
from bot.views.elements import Button, Code, Column, Field, Fields, Link, Meter, Note, Table, Text, Tone, View

HOSTILE = "[red]ev\x1b[31mil[/] \x07\r\u202egnp.exe\x00\u2066"
FULL = View(
    title="Pump & dump ≥ 3: 2 coins",
    body=(
        Text("A paragraph."),
        Fields((Field("price", "$0.0412"), Field("7 d", "+38.0 %"))),
        Table(
            (Column("#", "right"), Column("coin"), Column("score"), Column("7 d", "right")),
            (("1", "WGMI", Meter(7.6, 10, "7.6"), "+38.0 %"), ("2", "龙虾", Meter(0, 10, "0.0"), "−3.2 %")),
        ),
        Note("9 exchanges"),
        Code("/pump min=6"),
        Link("filing", "https://www.sec.gov/x"),
    ),
    buttons=(Button("🔔 Alert me at ≥ 3", "/alert pump min=3"),),
)


def plain(view: View, width: int = 100) -> str:
    return render(view, width=width, colour=False)


def test_everything_in_a_view_is_shown() -> None:
    text = plain(FULL)
    for part in ("Pump & dump ≥ 3: 2 coins", "A paragraph.", "price", "$0.0412", "WGMI", "龙虾", "7.6 ███████▋░░", "−3.2 %",
                 "9 exchanges", "/pump min=6", "https://www.sec.gov/x", "→ /alert pump min=3", "🔔 Alert me at ≥ 3"):  # fmt: skip
        assert part in text


def test_columns_stay_aligned_with_wide_characters() -> None:
    rows = [line for line in plain(FULL).splitlines() if "███" in line or "░░░░" in line]
    ends = {cell_len(line.rstrip()) for line in rows}
    assert len(rows) == 2
    assert len(ends) == 1


def test_names_cannot_steer_the_terminal() -> None:
    view = View(
        HOSTILE,
        (
            Text(HOSTILE),
            Fields((Field(HOSTILE, HOSTILE),)),
            Table((Column(HOSTILE),), ((HOSTILE,),)),
            Link(HOSTILE, HOSTILE),
        ),
    )
    text = plain(view)
    assert "[red]" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)


def test_colour_is_only_ours() -> None:
    coloured = render(View("x", (Text("\x1b[31mred"),)), width=80, colour=True)
    assert "\x1b[31m" not in coloured
    assert "\x1b[" in coloured


def test_alerts_and_errors_look_like_it() -> None:
    assert plain(View("NEW", tone=Tone.ALERT)).startswith("🔔 NEW")
    assert plain(View("no", tone=Tone.ERROR)).startswith("✗ no")


@pytest.mark.parametrize("width", [40, 60, 100])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(width: int) -> None:
    text = plain(FULL, width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    squeezed = re.sub(r"\s", "", text)
    assert "https://www.sec.gov/x" in squeezed
    assert "/alertpumpmin=3" in squeezed


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.integers(20, 120))
def test_any_text_is_shown_within_the_width_and_without_control_characters(text: str, width: int) -> None:
    shown = plain(View(text, (Text(text), Note(text), Table((Column(text),), ((text,),)))), width)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown)
    assert all(cell_len(line) <= width for line in shown.splitlines())


@given(st.floats(), st.floats())
@settings(max_examples=60, deadline=None)
def test_a_bar_is_always_ten_cells(value: float, maximum: float) -> None:
    view = View("x", (Table((Column("a"),), ((Meter(value, maximum, "7.6"),),)),))
    assert any(re.fullmatch("  7.6 █*[▏▎▍▌▋▊▉]?░*", line) and cell_len(line) == 16 for line in plain(view).splitlines())


def test_the_numbers_beside_the_bars_end_at_the_same_place() -> None:
    view = View("x", (Table((Column("a"),), ((Meter(10, 10, "10.0"),), (Meter(5, 10, "5.0"),))),))
    assert plain(view).splitlines()[-2:] == ["  10.0 ██████████", "   5.0 █████░░░░░"]


RANKED = View(
    "x",
    (
        Table(
            (Column("#", "right"), Column("coin"), Column("score"), Column("7 d", "right"), Column("funding", "right")),
            (("1", "WGMI", Meter(5, 10, "5.0"), "+38.0 %", "−0.0562 %"),),
        ),
    ),
)


@pytest.mark.parametrize(
    ("width", "row"),
    [
        (60, ["  1  WGMI  5.0 █████░░░░░  +38.0 %  −0.0562 %"]),
        (43, ["  1  WGMI  5.0 ██▌░░  +38.0 %  −0.0562 %"]),
        (38, ["  1  WGMI  5.0    +38.0 %  −0.0562 %"]),
        (34, ["  1  WGMI", "    score: 5.0 █████░░░░░", "    7 d: +38.0 %", "    funding: −0.0562 %"]),
    ],
)
def test_a_table_that_does_not_fit_gives_up_its_bars_before_its_columns(width: int, row: list[str]) -> None:
    assert plain(RANKED, width).splitlines()[-len(row) :] == row


names = st.text("ab 龙虾🔔", max_size=30)
cells = names | st.builds(Meter, st.floats(0, 10), st.just(10.0), st.sampled_from(["7.6", "10.0"]))
columns = st.builds(Column, names, st.sampled_from(["left", "right"]))


@settings(max_examples=100, deadline=None)
@given(st.lists(columns, min_size=4, max_size=4), st.lists(st.tuples(cells, cells, cells, cells)), st.integers(20, 90))
def test_every_cell_is_shown_whole_within_any_width(
    titles: list[Column], rows: list[tuple[str | Meter, ...]], width: int
) -> None:
    shown = plain(View("", (Table(tuple(titles), tuple(rows)),)), width)
    assert all(cell_len(line) <= width for line in shown.splitlines())
    texts = [cell.text if isinstance(cell, Meter) else cell for row in rows for cell in row]
    assert not Counter("".join("".join(texts).split())) - Counter(shown)
