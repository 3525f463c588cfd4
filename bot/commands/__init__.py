"""Every chat command once, in the order of /help."""

from __future__ import annotations

from bot.commands import (
    alert,
    alerts,
    clusters,
    coin,
    export,
    forget,
    funding,
    help,  # noqa: A004
    link,
    missed,
    mute,
    pump,
    sample,
    selling,
    settings,
    status,
    why,
)
from bot.commands.base import Command

COMMANDS: tuple[Command, ...] = (
    help.START,
    help.COMMAND,
    pump.COMMAND,
    selling.COMMAND,
    clusters.COMMAND,
    funding.COMMAND,
    coin.COMMAND,
    alert.COMMAND,
    alerts.COMMAND,
    missed.COMMAND,
    why.COMMAND,
    mute.MUTE,
    mute.UNMUTE,
    settings.COMMAND,
    sample.COMMAND,
    link.COMMAND,
    status.COMMAND,
    export.COMMAND,
    forget.COMMAND,
)
