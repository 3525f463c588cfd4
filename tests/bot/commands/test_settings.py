"""How a chat wishes to be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.quiet import ChatSettings
from bot.charts.model import Theme
from bot.chat.telegram.render import CALLBACK_BYTES
from bot.commands.base import ChatRef
from bot.views.elements import Fields, Picture, Tone, View
from bot.views.settings_menus import Menu
from storage import Storage
from storage.outbox import HELD, QUEUED
from tests.builders_market import CHAT, ask, fill
from tests.builders_outbox import chat_of, queue
from tests.builders_storage import NOW


def stored(storage: Storage) -> ChatSettings:
    with storage.read() as tx:
        chat = tx.chats.find(CHAT.platform, CHAT.address)
    assert chat is not None
    return ChatSettings.from_json(chat.settings)


def theme_of(view: View) -> Theme:
    (picture,) = (one for one in view.body if isinstance(one, Picture))
    return picture.theme


def fields(view: View) -> dict[str, str]:
    return {one.label: one.value for element in view.body if isinstance(element, Fields) for one in element.items}


@pytest.mark.parametrize(
    ("typed", "settings"),
    [
        ("zone=Europe/Berlin", ChatSettings(zone="Europe/Berlin")),
        ("zone=New York", ChatSettings(zone="America/New_York")),
        ("Berlin", ChatSettings(zone="Europe/Berlin")),
        ("tz berlin", ChatSettings(zone="Europe/Berlin")),
        ("quiet=22:00-07:00", ChatSettings(quiet_from=1320, quiet_to=420)),
        ("quiet 10pm to 7am", ChatSettings(quiet_from=1320, quiet_to=420)),
        ("quiet from 22:00 until 07:00", ChatSettings(quiet_from=1320, quiet_to=420)),
        ("urgent=9", ChatSettings(urgent=9.0)),
        ("urgent=0", ChatSettings(urgent=0.0)),
        ("cap=50", ChatSettings(cap=50)),
        ("digest_at=7:30", ChatSettings(digest_at=450)),
        ("digest=7am", ChatSettings(digest_at=420)),
        ("silent", ChatSettings(silent=True)),
        ("repeats=no", ChatSettings(repeat=False)),
        ("theme=dark", ChatSettings(theme=Theme.DARK)),
        ("pictures dark", ChatSettings(theme=Theme.DARK)),
        ("berlin quiet=22-7 cap 5 silent yes", ChatSettings("Europe/Berlin", 1320, 420, cap=5, silent=True)),
    ],
)
def test_a_setting_is_stored_as_it_is_meant(storage: Storage, typed: str, settings: ChatSettings) -> None:
    view = ask(storage, f"/settings {typed}")
    assert view.title.startswith("Changed: ")
    assert stored(storage) == settings
    assert fields(ask(storage, "/settings")) == fields(view)


def test_pictures_are_as_the_chat_wishes_to_see_them(storage: Storage) -> None:
    fill(storage)
    lines = ("/coin PUMP", "/funding PUMP", "/clusters ACME")
    assert [theme_of(ask(storage, line)) for line in lines] == [Theme.LIGHT] * 3
    ask(storage, "/settings theme=dark")
    assert [theme_of(ask(storage, line)) for line in lines] == [Theme.DARK] * 3
    assert theme_of(ask(storage, "/coin PUMP", replace(CHAT, address="another"))) is Theme.LIGHT


def test_a_theme_of_another_version_is_the_usual_one() -> None:
    assert ChatSettings.from_json({"theme": "sepia", "cap": 5}) == ChatSettings(cap=5)


@pytest.mark.parametrize("off", ["off", "none", "no", "OFF"])
def test_off_takes_a_setting_away(storage: Storage, off: str) -> None:
    ask(storage, "/settings quiet=22:00-07:00 urgent=9 cap=50")
    ask(storage, f"/settings quiet={off} urgent={off} cap={off}")
    assert stored(storage) == ChatSettings()


def test_the_clock_of_the_chat_is_shown_with_its_time_now(storage: Storage) -> None:
    view = ask(storage, "/settings zone=Kathmandu")
    assert fields(view)["zone"] == "Asia/Kathmandu, now 17:45"
    assert view.data["now"] == "2026-04-26T17:45+05:45"


def test_looking_stores_nothing(storage: Storage) -> None:
    assert fields(ask(storage, "/settings"))["quiet"] == "off"
    with storage.read() as tx:
        assert tx.chats.find(CHAT.platform, CHAT.address) is None


@pytest.mark.parametrize(
    ("typed", "released"),
    [("zone=Berlin", {"quiet", "daily", "cap"}), ("quiet=off", {"quiet"}), ("urgent=5", {"quiet"}), ("cap=off", {"cap"}),
     ("digest_at=9:00", {"daily"}), ("silent=yes", set())],
)  # fmt: skip
def test_what_waits_for_a_changed_reason_is_judged_anew(storage: Storage, typed: str, released: set[str]) -> None:
    chat = chat_of(storage, CHAT.address, CHAT.platform)
    for why in ("quiet", "daily", "cap", "muted"):
        queue(storage, chat, why)
        with storage.write() as tx:
            newest = tx.outbox.waiting(chat.id)[-1]
            tx.outbox.hold(newest.id, NOW + timedelta(hours=8), why, why, NOW + timedelta(hours=9))
    ask(storage, f"/settings {typed}")
    with storage.read() as tx:
        waiting = tx.outbox.waiting(chat.id)
    assert {one.hold for one in waiting if one.state == QUEUED} == released
    assert all(one.state in {QUEUED, HELD} for one in waiting)


def pressed(storage: Storage, *labels: str) -> View:
    """What stands there after the buttons were pressed, one after the other."""
    view = ask(storage, "/settings")
    for label in labels:
        (command,) = {one.command for one in view.buttons if one.label.startswith(label)}
        view = ask(storage, command)
        assert view.tone is Tone.ANSWER, view.title
    return view


@pytest.mark.parametrize(
    ("labels", "settings"),
    [
        (["Quiet hours…", "22:00–07:00"], ChatSettings(quiet_from=1320, quiet_to=420)),
        (["Quiet hours…", "22:00–07:00", "Quiet hours…", "No quiet hours"], ChatSettings()),
        (["Clock…", "New York 08:00"], ChatSettings(zone="America/New_York")),
        (["Clock…", "Tokyo", "Clock…", "UTC"], ChatSettings()),
        (["Urgent…", "≥ 8"], ChatSettings(urgent=8.0)),
        (["Urgent…", "≥ 8", "Urgent…", "Nothing is urgent"], ChatSettings()),
        (["Cap…", "20 a day"], ChatSettings(cap=20)),
        (["Cap…", "20 a day", "Cap…", "No cap"], ChatSettings()),
        (["Daily digest…", "18:00"], ChatSettings(digest_at=1080)),
        (["Without sound", "Dark pictures", "Without repeats"], ChatSettings(silent=True, theme=Theme.DARK, repeat=False)),
        (["Without sound", "With sound", "Dark pictures", "Light pictures", "Without repeats", "With repeats"],
         ChatSettings()),
        (["Cap…", "◀ Back", "Clock…", "◀ Back", "Without sound"], ChatSettings(silent=True)),
    ],
)  # fmt: skip
def test_every_setting_is_changed_without_typing(storage: Storage, labels: list[str], settings: ChatSettings) -> None:
    view = pressed(storage, *labels)
    assert stored(storage) == settings
    assert fields(view) == fields(ask(storage, "/settings"))


@pytest.mark.parametrize(
    "given", ["", "quiet=22:00-07:00 zone=Tokyo urgent=8 cap=20 digest_at=08:00 silent theme=dark"]
)
def test_no_button_of_the_settings_leads_nowhere_or_to_what_is(storage: Storage, given: str) -> None:
    ask(storage, f"/settings {given}")
    before = stored(storage) if given else ChatSettings()
    for view in (ask(storage, "/settings"), *(ask(storage, f"/settings menu={menu}") for menu in Menu)):
        assert len({one.command for one in view.buttons}) == len({one.label for one in view.buttons})
        for button in view.buttons:
            assert len(button.command.encode()) <= CALLBACK_BYTES
            assert ask(storage, button.command).tone is Tone.ANSWER, button
            if "=" in button.command and "menu=" not in button.command:
                assert stored(storage) != before, button
                chat = chat_of(storage, CHAT.address, CHAT.platform)
                with storage.write() as tx:
                    tx.chats.settle(chat.id, before.to_json())


def test_a_menu_can_be_asked_for_by_its_name(storage: Storage) -> None:
    assert ask(storage, "/settings quiet").title == "Quiet hours"
    assert ask(storage, "/settings digest").title == "Daily digest"


CHANNEL = ChatRef("discord", "901", "42", is_group=True)
ROLE = "123456789012345678"


def test_a_role_is_mentioned_in_a_channel_of_discord_until_it_is_off(storage: Storage) -> None:
    assert fields(ask(storage, f"/settings mention={ROLE}", chat=CHANNEL))["mention"] == f"the role {ROLE}"
    assert fields(ask(storage, "/settings", chat=CHANNEL))["mention"] == f"the role {ROLE}"
    assert "mention" not in fields(ask(storage, "/settings mention=off", chat=CHANNEL))
    assert ask(storage, "/settings mention=everyone", chat=CHANNEL).tone is Tone.ERROR


@pytest.mark.parametrize("chat", [CHAT, ChatRef("telegram", "-1", "5", is_group=True), ChatRef("discord", "742", "42")])
def test_elsewhere_there_are_no_roles(storage: Storage, chat: ChatRef) -> None:
    assert (
        "which only the channels of a Discord server have" in ask(storage, f"/settings mention={ROLE}", chat=chat).title
    )
    assert ask(storage, "/settings mention=off", chat=chat).tone is Tone.ANSWER
