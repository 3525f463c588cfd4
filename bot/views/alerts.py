"""Subscriptions: made, listed, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.feeds.exchanges import title_of
from bot.views import numbers
from bot.views.cluster_words import summary
from bot.views.elements import Button, Code, Column, Json, Note, Table, Text, View
from bot.views.titles import TITLES
from scoring.model import Signal

if TYPE_CHECKING:
    from bot.alerts.matching import Wish
    from bot.alerts.rehearsal import Rehearsal
    from bot.alerts.standing import Matches

SHOWN = 10
ON_A_PAGE = 20  # subscriptions, each with a button
FEW = 5  # so many have a button to delete them, too
DIGESTS = {"refresh": "one line each", "daily": "in a daily digest"}


def subscribed_view(  # noqa: PLR0913 - what there is to say
    number: int,
    wish: Wish,
    matches: Matches,
    verb: str,
    *,
    min_exchanges: int,
    unknown: Sequence[str] = (),
    buttons: tuple[Button, ...] = (),
) -> View:
    """The answer to a new or changed subscription: what it is, and what matches now.

    `unknown` are the tickers of the wish of which no filing is stored; `buttons` stand instead of the usual ones.
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
        buttons=buttons
        or (
            Button("Change it…", f"/alerts {number}"),
            Button("All subscriptions", "/alerts"),
            Button("Delete it", f"/alert off {number}"),
        ),
        data={"subscription": number, "wish": _data(wish), "matching_now": list[Json](standing)},
    )


def deleted_view(number: int, wish: Wish) -> View:
    """The answer to /alert off."""
    return View(
        title=f"Deleted subscription {number}: {describe(wish)}",
        body=(Code(f"/alert {typed(wish)}"),),
        buttons=(Button("Make it again", f"/alert again {number}"), Button("All subscriptions", "/alerts")),
        data={"deleted": number},
    )


def moved_view(number: int, wish: Wish) -> View:
    """The answer to /alert here."""
    return View(
        title=f"Subscription {number} rings here now: {describe(wish)}",
        buttons=(Button("All subscriptions", "/alerts"),),
        data={"moved": number},
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """A subscription as the list shows it."""

    id: int
    wish: Wish
    standing: int  # coins or clusters that stand above it now
    past: Rehearsal  # what it would have rung for lately
    where: str = ""  # the platform on which it rings, where that is not here


def subscriptions_view(
    listed: Sequence[Listed], muted: Sequence[str] = (), *, page: int = 1, total: int = 0, is_linked: bool = False
) -> View:
    """A page of the subscriptions of a chat, and of those that its person has elsewhere where they are linked.

    `muted` says in words what is not told now, `total` counts all of them.
    """
    if not listed:
        return View(
            title="No subscriptions in this chat yet",
            body=(Text("Make one:"), Code("/alert pump min=6"), Code("/alert clusters")),
            buttons=(Button("Pump & dump", "/alert pump"), Button("Insider clusters", "/alert clusters")),
            data={"subscriptions": []},
        )
    columns = (Column("ID", "right"), Column("rings for"), Column("standing now", "right"), Column("last 7 days"))
    rows = tuple((str(one.id), _with_place(one), str(one.standing), rang(one.past)) for one in listed)
    first, before, total = listed[0].id, (page - 1) * ON_A_PAGE, max(total, len(listed))
    part = [f"{before + 1} to {before + len(listed)} of {total}."] if total > len(listed) else []
    notes = [*dict.fromkeys(covered(one.past, one.wish.signal) for one in listed), *(f"Muted: {one}." for one in muted)]
    return View(
        title=f"{numbers.count(total, 'subscription')} {'of yours' if is_linked else 'in this chat'}",
        body=(
            Table(columns, rows),
            *(Note(note) for note in (*part, *notes) if note),
            Note("Look at one, change or delete it by its ID:"),
            Code(f"/alerts {first}"),
            Code(f"/alert change {first} min=5"),
            Code(f"/alert off {first}"),
        ),
        buttons=(
            *(Button(f"Look at {one.id}", f"/alerts {one.id}") for one in listed),
            *(Button(f"Delete {one.id}", f"/alert off {one.id}") for one in listed if len(listed) <= FEW),
            *(Button(f"Ring here: {one.id}", f"/alert here {one.id}") for one in listed if one.where),
            *([Button("◀ Back", f"/alerts page={page - 1}")] if before else []),
            *([Button("More ▶", f"/alerts page={page + 1}")] if before + len(listed) < total else []),
        ),
        data={
            "subscriptions": [
                {"id": one.id, **_data(one.wish), "standing": one.standing, "past": past_data(one.past)}
                | ({"where": one.where} if one.where else {})
                for one in listed
            ]
        },
    )


def _with_place(one: Listed) -> str:
    return f"{describe(one.wish)}, on {one.where}" if one.where else describe(one.wish)


def rang(past: Rehearsal) -> str:
    """How often it would have rung, in a few words: 5 new, 2 risen."""
    if not past.covered:
        return numbers.UNKNOWN
    parts = [f"{past.new} new"] + ([f"{past.risen} risen"] if past.risen else [])
    return ", ".join(parts) + (" or fewer" if past.without else "")


def covered(past: Rehearsal, signal: Signal) -> str:
    """What is known of the last days; empty when it is all."""
    if past.unknown:
        return f"What would have rung is not known: {past.unknown}."
    if not past.covered:
        return f"What would have rung is not known: nothing of the last {past.days} days is stored."
    if past.covered >= past.days:
        return ""
    what = "filings" if signal is Signal.CLUSTERS else "scores"
    return f"“Last {past.days} days” rests on {numbers.count(past.covered, 'day')} of {what}; no more is stored."


def past_data(past: Rehearsal) -> dict[str, Json]:
    """The same as numbers."""
    return {"days": past.covered, "new": past.new, "risen": past.risen, "over": past.over}


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
        return ", ".join(parts + _digest(wish))
    parts = [f"{title} ≥ {numbers.plain(wish.minimum)}", f"again every +{numbers.plain(wish.step)}"]
    parts += ["and when it is over"] if wish.resolve else []
    parts += [f"only {', '.join(wish.coins)}"] if wish.coins else []
    parts += [f"not {', '.join(wish.exclude)}"] if wish.exclude else []
    parts += [f"only with {' or '.join(title_of(one) for one in wish.exchanges)}"] if wish.exchanges else []
    parts += [] if wish.min_change is None else [f"{numbers.percent(wish.min_change)} or more in 7 d"]
    parts += [f"a streak of {numbers.count(wish.min_streak, 'day')} or more"] if wish.min_streak else []
    return ", ".join(parts + _digest(wish))


def typed(wish: Wish) -> str:
    """The arguments of /alert that make this wish."""
    parts = [wish.signal.value, f"min={numbers.plain(wish.minimum)}"]
    if wish.signal is Signal.CLUSTERS:
        parts += [f"side={'both' if wish.side is None else wish.side.value.lower()}", f"days={wish.days}"]
        parts += [f"min_value={numbers.plain(wish.min_value)}"] if wish.min_value else []
        parts += [f'{key}="{value}"' for key, value in (("sector", wish.sector), ("industry", wish.industry)) if value]
        parts += [f"tickers={','.join(wish.tickers)}"] if wish.tickers else []
        parts += [] if wish.plan else ["plan=no"]
        return " ".join(parts + _typed_digest(wish))
    parts.append(f"step={numbers.plain(wish.step)}")
    parts += ["resolve=yes"] if wish.resolve else []
    parts += [f"coins={','.join(wish.coins)}"] if wish.coins else []
    parts += [f"exclude={','.join(wish.exclude)}"] if wish.exclude else []
    parts += [f"exchanges={','.join(wish.exchanges)}"] if wish.exchanges else []
    parts += [] if wish.min_change is None else [f"min_change={numbers.plain(wish.min_change)}"]
    parts += [f"min_streak={wish.min_streak}"] if wish.min_streak else []
    return " ".join(parts + _typed_digest(wish))


def _digest(wish: Wish) -> list[str]:
    return [DIGESTS[wish.digest]] if wish.digest in DIGESTS else []


def _typed_digest(wish: Wish) -> list[str]:
    return [f"digest={wish.digest}"] if wish.digest in DIGESTS else []


def _data(wish: Wish) -> dict[str, Json]:
    return dict(wish.to_json())
