"""Every chat command once, in the order of /help."""

from __future__ import annotations

from bot.commands import alert, alerts, clusters, coin, funding, help, pump, selling, status, why  # noqa: A004
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
    why.COMMAND,
    status.COMMAND,
)
