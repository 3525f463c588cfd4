"""One person on two platforms."""

from __future__ import annotations

from collections.abc import Sequence

from bot.views.elements import Button, Code, Elsewhere, Json, Note, Text, View
from bot.words import tr, trn

HALF = 4  # characters of a code, before its hyphen
OTHER = {"telegram": "Discord", "discord": "Telegram"}


def code_view(code: str, platform: str, others: Sequence[str]) -> View:
    """A new code, and what to do with it."""
    title = tr("Send this to me on the other platform, in a chat of your own with me")
    if platform in OTHER:
        title = tr("Send this to me on {platform}, in a chat of your own with me", platform=OTHER[platform])
    already = tr("You are linked with {platforms} already.", platforms=tr(" and ").join(others))
    return View(
        title=title,
        body=(
            Code(f"/link {code[:HALF]}-{code[HALF:]}"),
            *((Text(already),) if others else ()),
            Text(tr("Then you are one person on both: each shows and changes all of your subscriptions.")),
            Note(tr("It holds for ten minutes, and once. Give it to nobody: whoever sends it becomes you.")),
        ),
        buttons=(Button(tr("End the link"), "/link off"),) if others else (),
        data={"code": code, "linked": list[Json](others)},
    )


def linked_view(others: Sequence[str], subscriptions: int, told: tuple[Elsewhere, ...] = ()) -> View:
    """The answer to a code that was right."""
    in_all = trn(
        "{count} subscription in all; /alerts shows and changes it on both sides.",
        "{count} subscriptions in all; /alerts shows and changes them on both sides.",
        subscriptions,
    )
    return View(
        title=_joined(tr(" and ").join(others)),
        body=(
            Text(in_all),
            Text(tr("Each rings where it was made, and /alert here moves one to where you send that.")),
            Note(tr("If you did not ask for that code yourself, end it at once: /link off")),
        ),
        buttons=_both_ways(),
        data={"linked": list[Json](others), "subscriptions": subscriptions},
        elsewhere=told,
    )


def unlinked_view(others: Sequence[str], told: tuple[Elsewhere, ...] = ()) -> View:
    """The answer to /link off."""
    return View(
        title=tr("You are no longer linked with {platforms}", platforms=tr(" and ").join(others)),
        body=(Text(tr("Each subscription stays where it rings.")),),
        buttons=(Button(tr("Subscriptions here"), "/alerts"),),
        data={"unlinked": list[Json](others)},
        elsewhere=told,
    )


def joined_view(platform: str) -> View:
    """What the other side of a link is told at once."""
    return View(
        title=_joined(platform.capitalize()),
        body=(Note(tr("Somebody typed your code there. If that was not you, end it at once: /link off")),),
        buttons=_both_ways(),
    )


def ended_view(platform: str) -> View:
    """What the other side is told when a link is ended."""
    return View(
        title=tr(
            "You ended the link on {platform}; each subscription stays where it rings", platform=platform.capitalize()
        )
    )


def _joined(platforms: str) -> str:
    return tr("You are one person here and on {platforms} now", platforms=platforms)


def _both_ways() -> tuple[Button, ...]:
    return (Button(tr("All subscriptions"), "/alerts"), Button(tr("End the link"), "/link off"))
