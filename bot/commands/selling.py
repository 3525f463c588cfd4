"""/selling: coins on which shorts sit for days."""

from __future__ import annotations

from bot.commands.base import Command
from bot.commands.pump import LIMIT, MINIMUM, PAGE, SORT
from bot.commands.score_list import list_scores
from scoring.model import Signal

COMMAND = Command(
    name="selling",
    summary="Coins under short pressure (insider selling)",
    run=lambda request: list_scores(request, Signal.SELLING),
    example="/selling min=8",
    params=(MINIMUM, LIMIT, SORT, PAGE),
)
