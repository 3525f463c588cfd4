"""In which language a chat is answered, and told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.alerts.matching import Wish
from bot.alerts.quiet import ChatSettings
from bot.commands.base import ChatRef
from bot.commands.door import Door, Pace
from bot.views.elements import Fields, Tone, View
from scoring.model import Signal
from storage import Storage
from tests.builders_alerts import coin_state, run, snapshot, subscribe
from tests.builders_market import CHAT, ask
from tests.builders_outbox import HOUR, chat_of, queue
from tests.builders_storage import NOW
from tests.chats import FakePlatform, deliver

GERMAN = ChatRef("telegram", "42", "42", language="de-CH")
GROUP = ChatRef("telegram", "-100", "42", is_group=True, language="de")


def stored(storage: Storage, ref: ChatRef) -> ChatSettings | None:
    with storage.read() as tx:
        chat = tx.chats.find(ref.platform, ref.address)
    return None if chat is None else ChatSettings.from_json(chat.settings)


def language(view: View) -> str:
    return next(
        one.value for part in view.body if isinstance(part, Fields) for one in part.items if one.label == "language"
    )


def test_a_person_is_answered_in_the_language_of_their_app_before_anything_is_stored(storage: Storage) -> None:
    assert ask(storage, "/alerts", GERMAN).title == "Noch keine Abos in diesem Chat"
    assert stored(storage, GERMAN) is None
    assert ask(storage, "/alerts", replace(GERMAN, language="fr")).title == "No subscriptions in this chat yet"


def test_it_is_noted_when_the_chat_is_stored_and_when_the_app_speaks_another_one(storage: Storage) -> None:
    ask(storage, "/start", GERMAN)
    assert stored(storage, GERMAN) == ChatSettings(app_language="de")
    assert ask(storage, "/alerts", replace(GERMAN, language="zh-hans")).title == "本聊天尚无订阅"
    assert stored(storage, GERMAN) == ChatSettings(app_language="zh")
    ask(storage, "/pump", replace(GERMAN, language=""))  # what is not told changes nothing
    assert stored(storage, GERMAN) == ChatSettings(app_language="zh")
    ask(storage, "/pump", replace(GERMAN, language="en"))
    assert stored(storage, GERMAN) == ChatSettings(app_language="en")


def test_an_english_app_costs_no_writing(storage: Storage) -> None:
    ask(storage, "/start", replace(GERMAN, language="en-US"))
    assert stored(storage, GERMAN) == ChatSettings()


def test_what_is_chosen_goes_before_what_the_app_speaks(storage: Storage) -> None:
    chosen = ask(storage, "/settings language=Chinese", GERMAN)
    assert chosen.title == "已修改：language"
    assert language(chosen) == "中文"
    assert stored(storage, GERMAN) == ChatSettings(language="zh", app_language="de")
    back = ask(storage, "/settings language=auto", GERMAN)
    assert (back.title, language(back)) == ("Geändert: language", "Deutsch (auto)")


@pytest.mark.parametrize(
    "typed", ["language=de", "language=DE", "language=de-AT", "language Deutsch", "lang=german", "locale de"]
)
def test_a_language_is_named_in_several_ways(storage: Storage, typed: str) -> None:
    ask(storage, f"/settings {typed}")
    assert stored(storage, CHAT) == ChatSettings(language="de")


def test_one_that_is_not_spoken_is_refused_with_those_that_are(storage: Storage) -> None:
    view = ask(storage, "/settings language=Klingon")
    assert view.tone is Tone.ERROR
    assert view.title == (
        "language=Klingon is not spoken here; there are en (English), de (Deutsch), zh (中文) and auto"
    )
    assert stored(storage, CHAT) is None


def test_the_other_languages_are_a_button_away(storage: Storage) -> None:
    buttons = {one.label: one.command for one in ask(storage, "/settings", GERMAN).buttons}
    assert buttons["English"] == "/settings language=en"
    assert buttons["中文"] == "/settings language=zh"
    assert "Deutsch" not in buttons


def test_a_group_is_english_whatever_its_members_speak(storage: Storage) -> None:
    assert ask(storage, "/start", GROUP).title == "tocsin rings when money moves before the price does"
    assert stored(storage, GROUP) == ChatSettings()
    assert language(ask(storage, "/settings language=auto", GROUP)) == "English (auto)"
    ask(storage, "/settings language=de", GROUP)
    assert ask(storage, "/alerts", replace(GROUP, language="zh")).title == "Noch keine Abos in diesem Chat"


def test_a_language_that_a_later_version_spoke_is_answered_in_english(storage: Storage) -> None:
    chat_of(storage, CHAT.address, CHAT.platform, language="tlh")
    assert ask(storage, "/settings").title == "How this chat is told"


def test_mistakes_are_told_in_the_language_too(storage: Storage) -> None:
    assert ask(storage, "/pumpp", GERMAN).title == "Es gibt keinen Befehl /pumpp; gemeint: /pump?"
    assert ask(storage, "/pump min=12,5", GERMAN).title == (
        "min=12,5 liegt außerhalb des Bereichs; min: eine Zahl von 0 bis 10"
    )


def test_who_asks_too_much_is_warned_in_their_language() -> None:
    door = Door(lambda line, _: View(line), user=Pace(1, 60.0))
    assert door.ask("/pump", GERMAN, 0.0) == View("/pump")
    warned = door.ask("/pump", GERMAN, 0.0)
    assert warned is not None
    assert warned.title == "Das ist zu viel auf einmal; bitte in 60 Sekunden erneut versuchen"


def test_each_chat_is_told_of_one_refresh_in_its_own_language(storage: Storage) -> None:
    for address, settings in (
        ("a", ChatSettings(language="de")),
        ("b", ChatSettings(app_language="zh")),
        ("c", ChatSettings(language="en", app_language="de")),
        ("d", ChatSettings()),
    ):
        subscribe(storage, Wish(Signal.PUMP, 3), address=address, settings=settings)
    run(storage, snapshot(coin_state("A", 4.5)))
    platform = FakePlatform()
    deliver(storage, NOW, platform)
    assert {address: message.view().title for address, message in platform.sent} == {
        "a": "NEU  A · Pump & Dump 4,5 (Schwelle 3)",
        "b": "新增  A · 拉高出货 4.5（阈值 3）",
        "c": "NEW  A · pump & dump 4.5 (your minimum is 3)",
        "d": "NEW  A · pump & dump 4.5 (your minimum is 3)",
    }


def test_what_did_not_come_is_told_in_the_language_of_the_chat_and_once(storage: Storage) -> None:
    chat = chat_of(storage, "a", "console", language="de")
    queue(storage, chat, "x")
    (told,) = deliver(storage, NOW + 2 * HOUR)
    assert [getattr(one, "text", "") for one in told.body] == [
        "1 Alarm kam nicht an (nicht rechtzeitig gesendet): /missed zeigt, was sich gemeldet hat."
    ]
    assert deliver(storage, NOW + 3 * HOUR) == []
