"""People on Telegram are answered in the language of their app, or of their chat, and told in it."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import SecretStr

from bot.alerts.delivery import Courier, CourierOptions
from bot.alerts.quiet import ChatSettings
from bot.chat.telegram.send import TelegramSender
from bot.commands.base import ChatRef
from bot.settings import TelegramSettings
from bot.views.elements import Button, View
from storage import Storage
from tests.builders_alerts import coin_state, run, snapshot
from tests.builders_market import fill
from tests.servers.telegram import Telegram
from tests.servers.telegram_world import World, listening

GERMAN, CHINESE, ENGLISH = "42", "43", "44"


def settings(storage: Storage, address: str) -> ChatSettings:
    with storage.read() as tx:
        chat = tx.chats.find("telegram", address)
    assert chat is not None
    return ChatSettings.from_json(chat.settings)


async def says(world: World, chat: str, *texts: str, user: str = "") -> str:
    """Somebody writes; what the bot answers to the last of it."""
    for text in texts:
        before = len(world.server.accepted)
        world.server.says(chat, user or chat, text)
        await world.server.until(before + 1)
    return world.texts[-1]


async def tell(storage: Storage, world: World, *levels: float) -> None:
    """Refreshes, and the delivery of what they ring for."""
    options = TelegramSettings(token=SecretStr(Telegram.token), base_url=world.server.url)
    sender = TelegramSender(options)
    try:
        for cycle, level in enumerate(levels, 1):
            found = snapshot(coin_state("PUMP", level), cycle=cycle)
            run(storage, found)
            await world.clock.sleep((found.now - world.clock.now()).total_seconds())
            await Courier(storage, {"telegram": sender}, world.clock, CourierOptions("me")).drain()
    finally:
        await sender.close()


def test_a_german_person_reads_german_from_the_first_word_to_the_alert(storage: Storage) -> None:
    fill(storage)

    async def play() -> None:
        async with listening(storage) as world:
            world.server.languages[GERMAN] = "de-AT"
            start = await says(world, GERMAN, "/start")
            assert start.startswith("tocsin schlägt Alarm, wenn sich das Geld vor dem Kurs bewegt")
            pump = await says(world, GERMAN, "/pump min=4,5")
            assert "Pump & Dump ≥ 4,5: 1 Coin" in pump
            assert "−0,0400 %" in pump
            assert world.server.buttons(world.server.accepted[-1])["🔔 Alarm ab 4,5"] == "/alert pump min=4.5"
            world.server.presses(world.server.accepted[-1], "Alarm ab")
            await world.server.until(3)
            assert world.texts[-1].startswith("Abonniert: Abo 1, Pump & Dump ≥ 4,5, erneut je +1")
            assert settings(storage, GERMAN) == ChatSettings(app_language="de")
            await tell(storage, world, 7.0)
            (alert,) = [text for text in world.texts if text.startswith("🔔")]
            assert alert.startswith("🔔 GESTIEGEN  PUMP (Pump Coin) · Pump & Dump 5,3 → 7,0")
            assert "Funding −0,0300 %/8 h, 3 von 3 Börsen negativ · +40,0 % in 7 T" in alert
            assert set(world.server.buttons(world.server.accepted[-1])) == {"Warum?", "Chart", "8 h stumm", "Stopp"}
            assert world.server.violations == 0

    asyncio.run(play())


def test_two_chats_are_told_of_one_refresh_each_in_its_language(storage: Storage) -> None:
    fill(storage)

    async def play() -> None:
        async with listening(storage) as world:
            world.server.languages |= {GERMAN: "de", CHINESE: "zh-hans", ENGLISH: "pt-br"}
            for person in (GERMAN, CHINESE, ENGLISH):
                await says(world, person, "/alert pump min=6")
            before = len(world.texts)
            await tell(storage, world, 7.0)
            told = {one.chat: one.text.split("\n")[0] for one in world.server.accepted[before:]}
        assert told == {
            GERMAN: "🔔 NEU  PUMP (Pump Coin) · Pump & Dump 7,0 (Schwelle 6)",
            CHINESE: "🔔 新增  PUMP (Pump Coin) · 拉高出货 7.0（阈值 6）",
            ENGLISH: "🔔 NEW  PUMP (Pump Coin) · pump & dump 7.0 (your minimum is 6)",
        }

    asyncio.run(play())


def test_what_the_bot_says_by_itself_is_german_too(storage: Storage) -> None:
    async def play() -> None:
        async with listening(storage) as world:
            world.server.languages[GERMAN] = "de"
            assert (await says(world, GERMAN, "hallo")).startswith("Dieser Bot reagiert auf Befehle")
            offered = await says(world, GERMAN, "/start pump_6-5")
            assert "Der erste Knopf unten ist das Angebot des Links." in offered
            assert "🔔 Alarm: pump ≥ 6,5" in world.server.buttons(world.server.accepted[-1])
            query = world.server.presses_data("/alert pump", GERMAN, message=None)
            await world.server.when(lambda: query in world.server.signs)
            assert world.server.signs[query]["text"] == "Dafür einen Chat mit dem Bot öffnen."

    asyncio.run(play())


def test_a_group_speaks_english_until_an_administrator_sets_its_language(storage: Storage) -> None:
    fill(storage)

    async def play() -> None:
        async with listening(storage) as world:
            world.server.group("-100", admins={"7"})
            world.server.languages |= {"7": "de", "8": "de"}
            assert (await says(world, "-100", "/pump min=6", user="8")).startswith("Pump & dump ≥ 6")
            refused = await says(world, "-100", "/settings language=de", user="8")
            assert "/settings is for administrators of this group" in refused
            assert (await says(world, "-100", "/settings language=de", user="7")).startswith("Geändert: language")
            assert (await says(world, "-100", "/pump min=6", user="8")).startswith("Pump & Dump ≥ 6: 0 Coins")
            assert settings(storage, "-100") == ChatSettings(language="de")
            query = world.server.presses_data("/alert pump", "8", message=world.server.messages["-100", 1])
            await world.server.when(lambda: query in world.server.signs)
            assert world.server.signs[query]["text"].startswith("Nur Administratoren dieser Gruppe")

    asyncio.run(play())


def test_an_inline_card_is_in_the_language_of_who_asks_for_it(storage: Storage) -> None:
    fill(storage)

    async def play() -> None:
        async with listening(storage) as world:
            world.server.languages |= {GERMAN: "de"}
            queries = []
            for user in (GERMAN, ENGLISH, GERMAN):
                queries.append(world.server.searches(user, "PUMP"))
                await world.server.when(lambda: queries[-1] in world.server.found)
        cards = [str(world.server.found[query]) for query in queries]
        assert ["Kurs: " in card for card in cards] == [True, False, True]
        assert ["price: " in card for card in cards] == [False, True, False]
        assert world.lines == ["/coin PUMP", "/coin PUMP"]  # the second German one was kept

    asyncio.run(play())


def test_who_chose_a_language_has_inline_cards_and_signs_in_it_too(storage: Storage) -> None:
    fill(storage)

    async def play() -> None:
        async with listening(storage) as world:
            world.server.languages[ENGLISH] = "en"
            await says(world, ENGLISH, "/settings language=de")
            query = world.server.searches(ENGLISH, "PUMP")
            await world.server.when(lambda: query in world.server.found)
            pressed = world.server.presses_data("/alert pump", ENGLISH, message=None)
            await world.server.when(lambda: pressed in world.server.signs)
        assert "Kurs: " in str(world.server.found[query])
        assert world.server.signs[pressed]["text"] == "Dafür einen Chat mit dem Bot öffnen."

    asyncio.run(play())


@pytest.mark.parametrize("forgotten", [False, True])
def test_our_fault_is_said_in_the_language_of_who_pressed(storage: Storage, forgotten: bool) -> None:
    async def broken(line: str, _: ChatRef) -> View:
        if line == "/help":
            raise ValueError("broken")
        return View("T", buttons=(Button("Help", "/help"),))

    async def play() -> None:
        async with listening(storage, broken) as world:
            world.server.languages[GERMAN] = "de"
            await says(world, GERMAN, "/pump")
            world.server.presses(world.server.accepted[0], "Help", forgotten=forgotten)
            await world.server.until(2)
        assert world.texts[1].startswith("✗ Auf unserer Seite ist etwas schiefgegangen")

    asyncio.run(play())


def test_back_from_a_menu_is_no_earlier_page(storage: Storage) -> None:
    async def play() -> None:
        async with listening(storage) as world:
            world.server.languages[CHINESE] = "zh-hans"
            await says(world, CHINESE, "/settings menu=quiet")
            assert "◀ 返回" in world.server.buttons(world.server.accepted[-1])

    asyncio.run(play())
