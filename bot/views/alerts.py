"""Subscriptions: made, listed, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.views import numbers
from bot.views.cluster_words import summary
from bot.views.elements import Button, Code, Column, Json, Note, Table, Text, View
from bot.views.titles import TITLES
from scoring.model import Signal

if TYPE_CHECKING:
    from bot.alerts.matching import Wish
    from bot.alerts.standing import Matches

SHOWN = 10


def subscribed_view(
    number: int, wish: Wish, matches: Matches, verb: str, *, min_exchanges: int, unknown: Sequence[str] = ()
) -> View:
    """The answer to a new or changed subscription: what it is, and what matches now.

    `unknown` are the tickers of the wish of which no filing is stored.
    """
    standing = [f"{one.base_coin} {numbers.score(one.score)}" for one in matches.scores]
    standing += [summary(one) for one in matches.clusters]
    body: list[Text | Note] = []
    if len(standing) == 1:
        body.append(Text("This one matches now, and will ring only when it changes:"))
    elif standing:
        body.append(Text(f"These {len(standing)} match now, and will ring only when they change:"))
    if standing:
        body += [Text(f"· {one}") for one in standing[:SHOWN]]
        if len(standing) > SHOWN:
            body.append(Note(f"and {len(standing) - SHOWN} more"))
    elif matches.unknown:
        body.append(Text(f"What matches now is not known: {matches.unknown}."))
    else:
        body.append(Text("Nothing matches now. It rings when something does."))
    if wish.signal is not Signal.CLUSTERS:
        least = numbers.count(min_exchanges, "exchange")
        body.append(Note(f"A coin rings only with {least} or more behind its average; the lists show all."))
    if unknown:
        body.append(Note(f"No filing of {', '.join(unknown)} is stored yet."))
    return View(
        title=f"{verb}: subscription {number}, {describe(wish)}",
        body=tuple(body),
        buttons=(Button("All subscriptions", "/alerts"), Button("Delete it", f"/alert off {number}")),
        data={"subscription": number, "wish": _data(wish), "matching_now": list[Json](standing)},
    )


def deleted_view(number: int, wish: Wish) -> View:
    """The answer to /alert off."""
    return View(
        title=f"Deleted subscription {number}: {describe(wish)}",
        buttons=(Button("Make it again", f"/alert {typed(wish)}"),),
        data={"deleted": number},
    )


def subscriptions_view(listed: Sequence[tuple[int, Wish, int]]) -> View:
    """All subscriptions of a chat: (ID, wish, how many things stand above it now)."""
    if not listed:
        return View(
            title="No subscriptions in this chat yet",
            body=(Text("Make one:"), Code("/alert pump min=6"), Code("/alert clusters")),
            data={"subscriptions": []},
        )
    columns = (Column("ID", "right"), Column("rings for"), Column("standing now", "right"))
    rows = tuple((str(number), describe(wish), str(standing)) for number, wish, standing in listed)
    first = listed[0][0]
    return View(
        title=f"{numbers.count(len(listed), 'subscription')} in this chat",
        body=(
            Table(columns, rows),
            Note("Change or delete one by its ID:"),
            Code(f"/alert change {first} min=5"),
            Code(f"/alert off {first}"),
        ),
        buttons=tuple(Button(f"Delete {number}", f"/alert off {number}") for number, _, _ in listed[:5]),
        data={"subscriptions": [{"id": number, **_data(wish)} for number, wish, _ in listed]},
    )


def describe(wish: Wish) -> str:
    """A wish in words: pump & dump ≥ 6, again every +1."""
    title = TITLES[wish.signal]
    if wish.signal is Signal.CLUSTERS:
        side = "buying or selling" if wish.side is None else "buying" if wish.side == "BUY" else "selling"
        parts = [f"{title}: {numbers.plain(wish.minimum)} or more {side} within {numbers.count(wish.days, 'day')}"]
        parts += [f"at least {numbers.money(wish.min_value)}"] if wish.min_value else []
        parts += [name for name in (wish.sector, wish.industry) if name]
        parts += [f"only {', '.join(wish.tickers)}"] if wish.tickers else []
        parts += [] if wish.plan else ["without trades under a 10b5-1 plan"]
        return ", ".join(parts)
    parts = [f"{title} ≥ {numbers.plain(wish.minimum)}", f"again every +{numbers.plain(wish.step)}"]
    parts += ["and when it is over"] if wish.resolve else []
    parts += [f"only {', '.join(wish.coins)}"] if wish.coins else []
    parts += [f"not {', '.join(wish.exclude)}"] if wish.exclude else []
    return ", ".join(parts)


def typed(wish: Wish) -> str:
    """The arguments of /alert that make this wish."""
    parts = [wish.signal.value, f"min={numbers.plain(wish.minimum)}"]
    if wish.signal is Signal.CLUSTERS:
        parts += [f"side={'both' if wish.side is None else wish.side.value.lower()}", f"days={wish.days}"]
        parts += [f"min_value={numbers.plain(wish.min_value)}"] if wish.min_value else []
        parts += [f'{key}="{value}"' for key, value in (("sector", wish.sector), ("industry", wish.industry)) if value]
        parts += [f"tickers={','.join(wish.tickers)}"] if wish.tickers else []
        parts += [] if wish.plan else ["plan=no"]
        return " ".join(parts)
    parts.append(f"step={numbers.plain(wish.step)}")
    parts += ["resolve=yes"] if wish.resolve else []
    parts += [f"coins={','.join(wish.coins)}"] if wish.coins else []
    parts += [f"exclude={','.join(wish.exclude)}"] if wish.exclude else []
    return " ".join(parts)


def _data(wish: Wish) -> dict[str, Json]:
    return dict(wish.to_json())
