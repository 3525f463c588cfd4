"""People on Discord whose apps speak German or Chinese."""

from __future__ import annotations

import asyncio

import pytest

from bot.chat.discord.definitions import definitions
from bot.chat.discord.words import SLASH, localisations
from bot.commands import COMMANDS
from bot.words import catalogue
from storage import Storage
from tests.servers.chat_police import Fault
from tests.servers.discord_people import buttons_of, text_of
from tests.servers.discord_rules import wrong_commands
from tests.servers.discord_world import listening


def test_slash_commands_are_described_in_every_language_that_there_is() -> None:
    defined = {one["name"]: one for one in definitions(COMMANDS)}
    assert list(wrong_commands(list(defined.values()))) == []
    for one in defined.values():
        assert set(one["description_localizations"]) == {"de", "zh-CN", "zh-TW"}
    assert defined["help"]["description_localizations"]["de"] == "Alle Befehle, oder einer ausführlich"
    assert localisations("nothing that anybody says") == {}


@pytest.mark.parametrize(("language", "locale"), [("de", "de"), ("zh", "zh-CN"), ("zh", "zh-TW")])
def test_every_name_of_the_menu_is_told_in_every_language(language: str, locale: str) -> None:
    wanted, told = {}, {}
    for command in definitions(COMMANDS):
        choices = (choice for option in command["options"] for choice in option.get("choices", ()))
        for one in (command, *command["options"], *choices):
            said = catalogue(language).text(one["name"], SLASH)
            place = command["name"], one["name"], "value" in one
            wanted[place] = said if "value" in one else said.lower()
            told[place] = one.get("name_localizations", {}).get(locale, one["name"])
    assert told == wanted
    assert sum(name != said for (_, name, _), said in told.items()) > 80


@pytest.mark.parametrize(
    ("locale", "subscribed", "menu"),
    [("de", "Abo", "Karte öffnen"), ("zh-TW", "订阅", "打开卡片"), ("fr", "ubscri", "Open a card")],
)
def test_a_person_alone_is_answered_in_the_language_of_their_app(
    market: Storage, locale: str, subscribed: str, menu: str
) -> None:
    async def run() -> None:
        async with listening(market) as world:
            world.server.locale = locale
            shown = await world.server.answer(world.server.slash("pump", {"min": 3.0}))
            (select,) = (one for row in shown["components"] for one in row["components"] if one["type"] == 3)
            assert select["placeholder"] == menu
            assert subscribed in text_of(
                await world.server.answer(world.server.press(shown, next(iter(buttons_of(shown)))))
            )

    asyncio.run(run())


def test_a_channel_is_answered_in_english_until_it_chooses(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            world.server.locale = "de"
            shown = await world.server.answer(world.server.slash("pump", {"min": 3.0}, channel="901"))
            assert any(label.endswith(" · here") for label in buttons_of(shown))
            world.server.slash("settings", {"language": "de"}, channel="901", manages=True)
            await world.server.when(lambda: len(world.asked) == 2)
            shown = await world.server.answer(world.server.slash("pump", {"min": 3.0}, channel="901"))
            assert any(label.endswith(" · hier") for label in buttons_of(shown))
            refused = await world.server.answer(world.server.press(shown, "hier", user="43"))
            assert "verwalten" in text_of(refused)

    asyncio.run(run())


def test_what_goes_to_a_person_alone_is_in_their_language(market: Storage) -> None:
    async def run() -> None:
        async with listening(market) as world:
            world.server.locale = "de"
            shown = await world.server.answer(world.server.slash("pump", {"min": 3.0}, channel="901"))
            told = await world.server.answer(world.server.press(shown, "in DM"))
            assert "Direktnachrichten" in text_of(told)
            assert "Abo" in world.server.accepted[0].text
            world.server.fault("dm:43", Fault.REFUSED, status=403, code=50278, text="no mutual guilds")
            world.clock._passed += 5.0
            refused = await world.server.answer(world.server.press(shown, "in DM", user="43"))
            assert "lässt den Bot kein Gespräch beginnen" in text_of(refused)
            gone = await world.server.answer(
                world.server.slash("alert", {"what": "selling"}, channel="901", manages=True)
            )
            assert "ubscri" in text_of(gone)
            world.server.deletes("901")
            await world.server.until(2)
            told = world.server.accepted[-1]
            assert (told.chat, "Abo bleibt erhalten" in told.text, "gelöscht" in told.text) == ("742", True, True)

    asyncio.run(run())
