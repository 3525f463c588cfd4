"""The menus of commands that Telegram shows: written only where they are not what they should be."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from telegram import Bot, BotCommand, BotCommandScope, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats

from bot.chat.texts import clean, cut
from bot.commands.base import Command

log = logging.getLogger("tocsin.telegram")

DESCRIPTION_UNITS = 256


def menu_of(commands: Sequence[Command]) -> list[BotCommand]:
    """The commands as a menu."""
    return [BotCommand(one.name, cut(clean(one.summary), DESCRIPTION_UNITS)) for one in commands]


async def put_menus(bot: Bot, commands: Sequence[Command]) -> None:
    """Let the menus of private chats and of groups hold exactly these commands. Raises TelegramError."""
    menu = menu_of(commands)
    scopes: tuple[BotCommandScope, ...] = (BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats())
    for scope in scopes:
        if list(await bot.get_my_commands(scope=scope)) != menu:
            await bot.set_my_commands(menu, scope=scope)
            log.info("the menu of commands is new: %s", scope.type)
