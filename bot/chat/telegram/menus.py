"""The menus of commands that Telegram shows: written only where they are not what they should be."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from telegram import Bot, BotCommand, BotCommandScope, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats

from bot.chat.texts import clean, cut
from bot.commands.base import Command
from bot.words import ENGLISH, languages, speaking, tr

log = logging.getLogger("tocsin.telegram")

DESCRIPTION_UNITS = 256


def menu_of(commands: Sequence[Command]) -> list[BotCommand]:
    """The commands as a menu, in the language that is spoken."""
    return [BotCommand(one.name, cut(clean(tr(one.summary)), DESCRIPTION_UNITS)) for one in commands]


async def put_menus(bot: Bot, commands: Sequence[Command]) -> None:
    """Let the menus of private chats and of groups hold exactly these commands. Raises TelegramError.

    The menu without a language is for whoever's app speaks one that we do not: English.
    """
    scopes: tuple[BotCommandScope, ...] = (BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats())
    for language in languages():
        code = None if language == ENGLISH else language
        with speaking(language):
            menu = menu_of(commands)
        for scope in scopes:
            if list(await bot.get_my_commands(scope=scope, language_code=code)) != menu:
                await bot.set_my_commands(menu, scope=scope, language_code=code)
                log.info("the menu of commands is new: %s, %s", scope.type, language)
