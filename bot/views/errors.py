"""What people see when something is wrong."""

from __future__ import annotations

import math

from bot.errors import UserError
from bot.views.elements import Code, Tone, View
from bot.words import tr, trn

TOO_MANY = "too many"  # what an error is about: somebody asks too often


def error_view(error: UserError) -> View:
    """One line that names the input and the way out, and something that works."""
    body = (Code(error.example),) if error.example else ()
    return View(
        title=error.message,
        body=body,
        tone=Tone.ERROR,
        data={"error": error.message, "example": error.example} | ({"about": error.about} if error.about else {}),
    )


def too_many_view(seconds: float) -> View:
    """Said once when somebody asks too often; then nothing is answered for a while."""
    wait = max(1, math.ceil(seconds))
    return View(
        title=trn(
            "That is too much at once; ask again in {count} second",
            "That is too much at once; ask again in {count} seconds",
            wait,
        ),
        tone=Tone.ERROR,
        data={"error": TOO_MANY, "retry_after": wait},
    )


def our_fault_view() -> View:
    """When tocsin itself failed."""
    return View(
        title=tr("Something went wrong on our side; it is in the log. Nothing was changed."),
        tone=Tone.ERROR,
        data={"error": "internal"},
    )
