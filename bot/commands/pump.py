"""/pump: coins whose price rises while funding stays negative."""

from __future__ import annotations

from bot.commands.base import Command, Kind, Param
from bot.commands.score_list import list_scores
from bot.views.scores import SHOWN, Sort
from scoring.model import Signal

MINIMUM = Param("min", Kind.NUMBER, "least score", "6", default=0.0, minimum=0, maximum=10, aliases=("min_score",))
SORT = Param("sort", Kind.CHOICE, "what comes first", "streak", default="score", choices=tuple(Sort))
PAGE = Param("page", Kind.INTEGER, "which page of the list", "2", default=1, minimum=1, maximum=100)
LIMIT = Param("limit", Kind.INTEGER, "how many at most", "20", default=SHOWN, minimum=1, maximum=500)

COMMAND = Command(
    name="pump",
    summary="Coins that are pumped while funding stays negative",
    run=lambda request: list_scores(request, Signal.PUMP),
    example="/pump min=6",
    params=(MINIMUM, LIMIT, SORT, PAGE),
)
