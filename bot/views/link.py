"""One person on two platforms."""

from __future__ import annotations

from collections.abc import Sequence

from bot.views import numbers
from bot.views.elements import Button, Code, Elsewhere, Json, Note, Text, View

HALF = 4  # characters of a code, before its hyphen
OTHER = {"telegram": "Discord", "discord": "Telegram"}


def code_view(code: str, platform: str, others: Sequence[str]) -> View:
    """A new code, and what to do with it."""
    line = f"/link {code[:HALF]}-{code[HALF:]}"
    where = f"on {OTHER[platform]}" if platform in OTHER else "on the other platform"
    already = (Text(f"You are linked with {' and '.join(others)} already."),) if others else ()
    return View(
        title=f"Send this to me {where}, in a chat of your own with me",
        body=(
            Code(line),
            *already,
            Text("Then you are one person on both: each shows and changes all of your subscriptions."),
            Note("It holds for ten minutes, and once. Give it to nobody: whoever sends it becomes you."),
        ),
        buttons=(Button("End the link", "/link off"),) if others else (),
        data={"code": code, "linked": list[Json](others)},
    )


def linked_view(others: Sequence[str], subscriptions: int, told: tuple[Elsewhere, ...] = ()) -> View:
    """The answer to a code that was right."""
    names = " and ".join(others)
    return View(
        title=f"You are one person here and on {names} now",
        body=(
            Text(
                f"{numbers.count(subscriptions, 'subscription')} in all; /alerts shows and changes them on both sides. "
                "Each rings where it was made, and /alert here moves one to where you send that."
            ),
            Note("If you did not ask for that code yourself, end it at once: /link off"),
        ),
        buttons=(Button("All subscriptions", "/alerts"), Button("End the link", "/link off")),
        data={"linked": list[Json](others), "subscriptions": subscriptions},
        elsewhere=told,
    )


def unlinked_view(others: Sequence[str], told: tuple[Elsewhere, ...] = ()) -> View:
    """The answer to /link off."""
    return View(
        title=f"You are no longer linked with {' and '.join(others)}",
        body=(Text("Each subscription stays where it rings."),),
        buttons=(Button("Subscriptions here", "/alerts"),),
        data={"unlinked": list[Json](others)},
        elsewhere=told,
    )


def joined_view(platform: str) -> View:
    """What the other side of a link is told at once."""
    return View(
        title=f"You are one person here and on {platform.capitalize()} now",
        body=(Note("Somebody typed your code there. If that was not you, end it at once: /link off"),),
        buttons=(Button("All subscriptions", "/alerts"), Button("End the link", "/link off")),
    )


def ended_view(platform: str) -> View:
    """What the other side is told when a link is ended."""
    return View(title=f"You ended the link on {platform.capitalize()}; each subscription stays where it rings")
