"""Views on Discord: readable, and nothing in a name is markup, a link, an emoji or a call."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.discord.render import escape, fits, render, render_line, render_plain
from bot.chat.texts import clean
from bot.views.elements import Button, Code, Column, Document, Field, Fields, Link, Meter, Note, Table, Text, Tone, View
from tests.servers.discord import refusal

ANY_TEXT = st.text(st.characters(exclude_categories=()))
HOSTILE = [
    "**bold** __u__ ~~s~~ ||spoiler|| `code` ```block```", "@everyone @here <@1> <@&2> <#3> <t:1:R> </x:4> <a:b:5>",
    "https://evil.com [click](https://evil.com) <https://evil.com>", "# heading", "-# small", "- list", "1. one",
    ">>> quote", "> quote", "* star", ":smile: :a:", "discord.gg/abc", "\\\\*", "a\\", "\u202egnp.exe", "steam://run",
]  # fmt: skip
NASTY = st.sampled_from(
    [*HOSTILE, "e" + "\u0301" * 99, "👨\u200d👩\u200d👧", "\ud800", "", "💥" * 3000, "x" * 10_000, "\\" * 9_000]
)
MARKUP = st.text(st.sampled_from("\\*_~`|<>@#:/[]()-+.! 1ab\n"))
TEXTS = ANY_TEXT | NASTY | MARKUP
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
    st.lists(st.builds(Button, TEXTS, TEXTS), max_size=30).map(tuple),
    st.sampled_from(Tone),
)


def described(*body, title: str = "T") -> str:
    return render(View(title, body))["embeds"][0]["description"]


def unescaped(text: str) -> str:
    """What Discord shows of a text that is nothing but text."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", text)


def live(text: str) -> str:
    """What Discord would still look at for markup: for what is escaped stands a ·."""
    return re.sub(r"\\[^0-9A-Za-z\s]", "·", text)


ALIVE = re.compile(r"[*_~`|\[\]()<>@\\]|:\S|\w+://|^(?:#|-|\+|\d+\.)", re.MULTILINE)


def test_an_alert_is_its_title_as_content_and_the_rest_as_an_embed() -> None:
    links = (Link("filing of Ada", "https://www.sec.gov/1"), Link("filing of Bo", "https://www.sec.gov/2"))
    body = render(View("NEW WGMI", (Note("streak 9 d"), *links), tone=Tone.ALERT))
    assert body["content"] == "🔔 **NEW WGMI**"
    assert body["allowed_mentions"] == {"parse": []}
    (embed,) = body["embeds"]
    assert embed["description"] == (
        "-# streak 9 d\n[filing of Ada](https://www.sec.gov/1) · [filing of Bo](https://www.sec.gov/2)"
    )
    assert embed["color"] == 0xF0B232


def test_alerts_of_one_message_stand_apart() -> None:
    assert described(Text("NEW A"), Note("a"), Text("NEW B"), Note("b")) == "NEW A\n-# a\n\nNEW B\n-# b"


def test_a_title_alone_has_no_embed() -> None:
    assert set(render(View("T"))) == {"content", "allowed_mentions"}
    assert render(View(""))["content"] == "…"


def test_fields_and_something_to_type() -> None:
    fields = Fields((Field("price", "$0.04"), Field("7 d", "−3 %")))
    assert described(fields, Code("/pump `min`=6")) == "price: $0.04\n7 d: −3 %\n\n`/pump ˋminˋ=6`"


def test_a_narrow_table_is_an_aligned_block_that_no_cell_can_end() -> None:
    table = Table((Column("#", "right"), Column("coin")), (("1", "```x"), ("10", "龙虾")))
    assert described(table) == "```\n #  coin\n 1  ˋˋˋx\n10  龙虾\n```"


def test_a_wide_table_becomes_a_group_of_lines_for_each_row() -> None:
    table = Table((Column("#", "right"), Column("company"), Column("who"), Column("value", "right")),
                  (("1", "*Acme* Incorporated", "Ada; Bo; Cy and others", "$1.2 M"),))  # fmt: skip
    assert described(table) == "**1 \\*Acme\\* Incorporated**\nwho Ada; Bo; Cy and others · value $1.2 M"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_shown_as_they_are_written(text: str) -> None:
    shown = described(Text(text))
    assert unescaped(shown) == clean(text)
    assert not ALIVE.search(live(shown))


@pytest.mark.parametrize("url", ["http://sec.gov", "javascript:x", "https://sec.gov@evil.com", "https://a b", ""])
def test_only_plain_https_addresses_become_links(url: str) -> None:
    assert described(Link("filing", url)) == "filing"


def test_neither_label_nor_address_can_end_a_link() -> None:
    assert described(Link("a](https://evil.com)", "https://www.sec.gov/a)b(c")) == (
        r"[a\]\(https\://evil\.com\)](https://www.sec.gov/a%29b%28c)"
    )


def test_what_is_too_long_is_cut_between_pieces_with_a_mark() -> None:
    shown = described(Text("*" * 5000), Link("filing", "https://www.sec.gov/1"))
    assert shown == "\\*" * 2047 + "…"
    assert not fits(View("T", (Text("*" * 5000),)))
    assert fits(View("T", (Text("*" * 2048),)))


def test_buttons_carry_their_commands_and_what_stops_is_red() -> None:
    buttons = (Button("Why?", "/why k3f9xz"), Button("Stop", "/alert off 3"), Button("More", "/missed"), Button("Again", "/missed"),
               Button("Long", "/x " + "y" * 100))  # fmt: skip
    (row,) = render(View("T", buttons=buttons))["components"]
    assert [(one["custom_id"], one["style"]) for one in row["components"]] == [
        ("run:/why k3f9xz", 1), ("run:/alert off 3", 4), ("run:/missed", 2),
    ]  # fmt: skip


def test_plain_text_has_everything_but_markup() -> None:
    view = View(
        "*T*", (Text("one"), Note("two"), Link("l", "https://www.sec.gov")), (Button("Why?", "/why"),), Tone.ALERT
    )
    assert render_plain(view) == {"content": "🔔 \\*T\\*\none\ntwo\nl", "allowed_mentions": {"parse": []}}
    assert render_line("see #k3f9xz, /why k3f9xz")["content"] == "see #k3f9xz, /why k3f9xz"


def test_a_document_keeps_its_lines_and_indents_and_is_cut_where_it_is_too_long() -> None:
    assert described(Document("data.json", "{\n  1`\n}\n")) == "-# data\\.json\n```\n{\n  1ˋ\n}\n```"
    assert described(Document("data.json", "x\n" * 5000)).endswith("x…\n```")


@given(view=VIEWS)
@settings(max_examples=80, deadline=None)
def test_whatever_is_in_a_view_discord_takes_it_and_calls_nobody(view: View) -> None:
    for body in (render(view), render_plain(view)):
        assert refusal(body) == ""
        assert body["allowed_mentions"] == {"parse": []}
    plain = live(render_plain(view)["content"].removeprefix("🔔 "))
    assert not re.search(r"[*_~`|\[\]()<>@\\]|\w+://", plain)


@given(text=TEXTS)
@settings(max_examples=200, deadline=None)
def test_unescaping_gives_the_text_back_and_no_markup_survives(text: str) -> None:
    assert unescaped(escape(text)) == clean(text)
    assert not ALIVE.search(live(escape(text)))
