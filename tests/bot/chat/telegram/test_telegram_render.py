"""Views on Telegram: readable on a telephone, and nothing in a name is markup, a link or a call."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.telegram.render import CALLBACK_BYTES, JOINER, fits, keyboard, render
from bot.chat.telegram.splitting import pages_of
from bot.chat.texts import clean
from bot.views.elements import Button, Code, Column, Document, Field, Fields, Link, Meter, Note, Table, Text, Tone, View
from tests.servers.telegram import refusal

ANY_TEXT = st.text(st.characters(exclude_categories=()))
NASTY = st.sampled_from(
    ["*b* _i_ <b>x</b> [a](http://e.vil)", "@everyone @durov", "https://evil.com", "\u202egnp.exe", "e" + "\u0301" * 99,
     "👨\u200d👩\u200d👧", "\ud800", "", "   ", "\u3164", "💥" * 3000, "x" * 10_000, "/stop #tag $BTC"]
)  # fmt: skip
TEXTS = ANY_TEXT | NASTY
CELLS = TEXTS | st.builds(Meter, st.floats(), st.floats(), TEXTS)
COLUMNS = st.builds(Column, TEXTS, st.sampled_from(["left", "right"]))


@st.composite
def tables(draw) -> Table:
    columns = tuple(draw(st.lists(COLUMNS, max_size=4)))
    rows = draw(st.lists(st.tuples(*[CELLS] * len(columns)), max_size=4))
    return Table(columns, tuple(rows))


ELEMENTS = st.one_of(
    st.builds(Text, TEXTS),
    st.builds(Note, TEXTS),
    st.builds(Code, TEXTS),
    st.builds(Document, TEXTS, TEXTS),
    st.builds(Link, TEXTS, TEXTS | st.just("https://www.sec.gov/Archives/1")),
    st.builds(Fields, st.lists(st.builds(Field, TEXTS, TEXTS), max_size=3).map(tuple)),
    tables(),
)
VIEWS = st.builds(
    View,
    TEXTS,
    st.lists(ELEMENTS, max_size=40).map(tuple),
    st.lists(st.builds(Button, TEXTS, TEXTS), max_size=8).map(tuple),
    st.sampled_from(Tone),
)


def marked(view: View) -> list[tuple[str, str]]:
    """Each entity as (kind, what it covers), as Telegram counts."""
    text, entities = render(view)
    coded = text.encode("utf-16-le")
    spans = [(one["type"], one["offset"] * 2, one["length"] * 2) for one in entities]
    return [(kind, coded[at : at + size].decode("utf-16-le")) for kind, at, size in spans]


def test_an_alert_has_a_bold_title_its_note_and_its_links_on_one_line() -> None:
    links = (Link("filing of Ada", "https://www.sec.gov/1"), Link("filing of Bo", "https://www.sec.gov/2"))
    view = View("NEW WGMI 💥", (Note("streak 9 d"), *links), tone=Tone.ALERT)
    text, entities = render(view)
    assert text == "🔔 NEW WGMI 💥\nstreak 9 d\nfiling of Ada · filing of Bo"
    assert marked(view) == [
        ("bold", "🔔 NEW WGMI 💥"),
        ("italic", "streak 9 d"),
        ("text_link", "filing of Ada"),
        ("text_link", "filing of Bo"),
    ]
    assert [one["url"] for one in entities if "url" in one] == ["https://www.sec.gov/1", "https://www.sec.gov/2"]


def test_alerts_of_one_message_stand_apart() -> None:
    view = View("2 alerts", (Text("NEW A"), Note("a"), Text("NEW B"), Note("b")))
    assert render(view)[0] == "2 alerts\n\nNEW A\na\n\nNEW B\nb"


def test_fields_and_something_to_type() -> None:
    view = View("WGMI", (Fields((Field("price", "$0.04"), Field("7 d", "+38 %"))), Code("/pump min=6")))
    assert render(view)[0] == "WGMI\nprice: $0.04\n7 d: +38 %\n\n/pump min=6"
    assert marked(view)[1] == ("code", "/pump min=6")


def test_a_narrow_table_is_aligned_also_with_wide_characters() -> None:
    table = Table((Column("#", "right"), Column("coin"), Column("7 d", "right")),
                  (("1", "WGMI", "+38.0 %"), ("10", "龙虾", Meter(1, 2, "−3.2 %"))))  # fmt: skip
    assert marked(View("T", (table,)))[1] == (
        "pre",
        " #  coin      7 d\n 1  WGMI  +38.0 %\n10  龙虾   −3.2 %",
    )


def test_a_wide_table_becomes_a_group_of_lines_for_each_row() -> None:
    table = Table((Column("#", "right"), Column("company"), Column("who"), Column("value", "right")),
                  (("1", "Acme Incorporated", "Ada; Bo; Cy and others", "$1.2 M"),))  # fmt: skip
    view = View("T", (table, Note("all")))
    assert render(view)[0] == "T\n1 Acme Incorporated\nwho Ada; Bo; Cy and others · value $1.2 M\nall"
    assert marked(view)[1] == ("bold", "1 Acme Incorporated")


@pytest.mark.parametrize("name", ["@durov", "evil.com", "http://1.2.3.4/x", "tg://resolve?domain=x", "me@evil.com"])
def test_a_name_places_no_link_and_calls_nobody(name: str) -> None:
    text, _ = render(View(name, (Text(f"see {name}"), Note(name), Fields((Field(name, name),)))))
    assert name not in text
    assert text.replace(JOINER, "").count(name) == 5


@pytest.mark.parametrize("name", ["Acme Inc.", "3.1 of 10", "10b5-1", "NEW  WGMI · a/b: c", "U.S. Steel"])
def test_other_names_stay_as_they_are(name: str) -> None:
    assert render(View(name))[0] == clean(name)


def test_nothing_reorders_or_hides_what_stands_beside_it() -> None:
    text, _ = render(View("a\u202eb\u200bc\x00d\ne\u2066f\u3164g" + "\u0301" * 50))
    assert text == "abcd efg" + "\u0301" * 4


@pytest.mark.parametrize(
    "url", ["http://sec.gov", "javascript:alert(1)", "tg://user?id=1", "https://sec.gov@evil.com", "https://[", "https://a b", ""]
)  # fmt: skip
def test_only_plain_https_addresses_become_links(url: str) -> None:
    assert marked(View("T", (Link("filing", url),))) == [("bold", "T")]
    assert "filing" in render(View("T", (Link("filing", url),)))[0]


def test_what_is_too_long_is_cut_with_a_mark_outside_of_every_entity() -> None:
    view = View("T", (Code("💥" * 3000), Link("filing", "https://www.sec.gov/1")))
    text, (bold, code) = render(view)
    assert not fits(view)
    assert len(text.encode("utf-16-le")) // 2 in (4095, 4096)
    assert text.endswith("💥…")
    assert code["offset"] + code["length"] == len(text.encode("utf-16-le")) // 2 - 1
    assert bold == {"type": "bold", "offset": 0, "length": 1}


def test_of_more_entities_than_a_message_may_have_the_first_stay() -> None:
    view = View("T", tuple(Note(str(at)) for at in range(150)))
    text, entities = render(view)
    assert len(entities) == 100
    assert text.endswith("149")
    assert not fits(view)


def test_a_button_that_telegram_cannot_carry_is_left_out() -> None:
    buttons = (Button("Why?", "/why k3f9xz"), Button("Long", "/x " + "é" * 31), Button(" ", "/y"), Button("None", " "))
    assert keyboard(View("T", buttons=buttons)) == [[{"text": "Why?", "callback_data": "/why k3f9xz"}]]


def test_a_title_that_says_no_more_than_its_values_is_left_out_of_such_lines() -> None:
    columns = (Column("command"), Column("what it does", is_plain=True), Column("example"))
    table = Table(columns, (("/pump", "Coins that are pumped while funding stays negative", "/pump min=6"),))
    (page,) = pages_of(View("", (table,)))
    assert page[0] == "/pump\nCoins that are pumped while funding stays negative · example /pump min=6"


def test_buttons_stand_three_in_a_row() -> None:
    rows = keyboard(View("T", buttons=tuple(Button(str(at), f"/{at}") for at in range(7))))
    assert [len(row) for row in rows] == [3, 3, 1]


@pytest.mark.parametrize(
    ("labels", "rows"),
    [
        (["Consumer Cyclical", "Energy", "Healthcare"], [2, 1]),
        (["Communication Services", "Energy", "Utilities", "Industrials"], [2, 2]),
        (["x" * 23, "x" * 23, "y"], [1, 1, 1]),
        (["🔔" * 7, "🔔" * 7, "🔔" * 7, "x" * 15], [3, 1]),
        (["🔔 ≥ 3 名内部人买入时提醒", "🔔 ≥ 3 名内部人卖出时提醒", "ACME 详情"], [1, 1, 1]),  # a wide letter is two
    ],
)
def test_a_row_has_as_many_buttons_as_a_telephone_shows_whole(labels: list[str], rows: list[int]) -> None:
    buttons = tuple(Button(label, f"/{at}") for at, label in enumerate(labels))
    found = keyboard(View("T", buttons=buttons))
    assert [len(row) for row in found] == rows
    assert [one["text"] for row in found for one in row] == labels


def test_a_document_keeps_its_lines_and_indents() -> None:
    view = View("T", (Document("data.json", '{\n  "a": \u202e1\n}\n'), Code("/x")))
    assert render(view)[0] == 'T\ndata.json\n{\n  "a": 1\n}\n\n/x'.replace("data.json", f"data.{JOINER}json")
    assert marked(view)[2] == ("pre", '{\n  "a": 1\n}')


@given(view=VIEWS)
@settings(max_examples=150, deadline=None)
def test_whatever_is_in_a_view_telegram_takes_it_with_no_entities_but_ours(view: View) -> None:
    text, entities = render(view)
    body = {"chat_id": "1", "text": text, "entities": entities, "reply_markup": {"inline_keyboard": keyboard(view)}}
    assert refusal(body) == ""
    assert {one["type"] for one in entities} <= {"bold", "italic", "code", "pre", "text_link"}
    assert not [c for c in text if unicodedata.category(c) in {"Cf", "Cs", "Cc"} and c not in (JOINER, "\n")]
    assert all(len(one["callback_data"].encode()) <= CALLBACK_BYTES for row in keyboard(view) for one in row)


@given(text=TEXTS)
@settings(max_examples=150, deadline=None)
def test_a_text_is_shown_as_it_is_but_for_what_is_invisible(text: str) -> None:
    shown, entities = render(View("T", (Text(text),)))
    expected = clean(text)
    if len(expected) < 2000:
        assert shown.replace(JOINER, "") == f"T\n\n{expected}".rstrip()
    assert len(entities) == 1
