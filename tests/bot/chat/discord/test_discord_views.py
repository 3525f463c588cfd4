"""Every View as Discord shows it, with the worst names that a source could give, and within every limit."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.dispatch import Dispatch
from bot.chat.discord.components import presses
from bot.chat.discord.render import PAGES, fits, render, render_pages, render_plain
from bot.chat.lines import by_name
from bot.commands import COMMANDS
from bot.commands.base import ChatRef
from bot.views.elements import Button, Note, Table, View
from storage import Storage
from tests.builders_hostile import COINS, HOSTILE, hostile_views
from tests.builders_market import ask
from tests.builders_outbox import chat_of, new_alert, queue
from tests.builders_storage import NOW
from tests.servers.discord_rules import refusal

HERE = ChatRef("discord", "901", "42", is_group=True)
COMMANDS_BY_NAME = by_name(COMMANDS)
# What would call somebody, or lead somewhere that no source of ours is.
CALLS = re.compile(
    r"(?<!\\)@(?:everyone|here)|(?<!\\)<@|(?<![\\\w])(?:https?)://(?!www\.sec\.gov)|(?<!\\)\]\((?!https://www\.sec\.gov)"
)


def bodies(view: View, name: str, *, is_group: bool) -> list[dict]:
    of = presses(name, COMMANDS_BY_NAME, is_group=is_group)
    return [*render_pages(view, of), render(view, of), render(view), render_plain(view)]


def test_every_view_is_within_the_limits_and_calls_nobody(hostile: Storage) -> None:
    menus = 0
    for line, view in hostile_views(hostile, HERE):
        name = line.split()[0].removeprefix("/")
        for is_group in (True, False):
            for body in bodies(view, name, is_group=is_group):
                assert refusal(body) == "", line
                assert body["allowed_mentions"] == {"parse": []}
                text = "\n".join([body["content"], *(one["description"] for one in body.get("embeds", []))])
                outside = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
                assert not CALLS.search(outside), line
                assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]", text), line
                menus += any(one["type"] == 3 for row in body.get("components", []) for one in row["components"])
    assert menus


def test_no_button_of_a_view_is_lost_for_its_length(hostile: Storage) -> None:
    for line, view in hostile_views(hostile, HERE):
        shown = {
            one["custom_id"].partition(":")[2]
            for row in render(view).get("components", [])
            for one in row["components"]
        }
        carded = {one.command for one in view.menu}
        buttons = [one.command for one in view.buttons if one.command not in carded][:20]
        assert set(buttons) <= shown, line


def test_a_long_list_is_shown_whole_over_several_messages(hostile: Storage) -> None:
    view = ask(hostile, "/pump limit=500", chat=HERE)
    pages = render_pages(view)
    text = "\n".join(page["embeds"][0]["description"] for page in pages)
    assert 1 <= len(pages) <= PAGES
    assert {f"C{at}" for at in range(COINS)} <= set(re.findall(r"\bC\d+\b", text))
    assert not fits(view)


def test_a_table_without_an_end_stops_at_the_last_message_with_a_mark(hostile: Storage) -> None:
    pages = render_pages(View("T", tuple(Note("x" * 200) for _ in range(500)), (Button("More", "/pump page=2"),)))
    assert len(pages) == PAGES
    assert pages[-1]["embeds"][0]["description"].endswith("…")
    assert [("components" in page) for page in pages] == [False] * (PAGES - 1) + [True]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_an_alert_about_any_name_is_within_the_limits(hostile: Storage, name: str) -> None:
    chat = chat_of(hostile, f"alerts {name[:9]!r}", "discord")
    with hostile.read() as tx:
        number = tx.subscriptions.of_chat(chat.id)[0].id
    plain = [new_alert(f"{name[:9]!r} {at}", key="C0", subscription=number) for at in range(30)]
    alerts = [replace(one, facts={**one.facts, "title": name, "name": name, "reason": name}) for one in plain]
    queue(hostile, chat, *alerts)
    dispatch = Dispatch(hostile, "discord", "me", timedelta(hours=1))
    claimed = dispatch.claim(NOW, ())
    assert claimed is not None
    for shown in (1, 5, 30):
        for body in (render(claimed.message.view(shown)), render_plain(claimed.message.view(shown))):
            assert refusal(body) == ""


def test_an_empty_view_is_still_a_message() -> None:
    for view in (
        View(""),
        View("\u200b"),
        View("", (Table((), ()),), menu=(Button("", ""), Button("x" * 200, "/y" * 80))),
    ):
        for body in (*render_pages(view), render_plain(view)):
            assert refusal(body) == ""
