"""Subscriptions: made, listed, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.feeds.exchanges import title_of
from bot.views import numbers
from bot.views.cluster_words import by_side, summary
from bot.views.elements import Button, Code, Column, Json, Note, Table, Text, View
from bot.views.titles import capitalised, signal_title
from bot.words import mark, tr, trn
from bot.words.stored import retold
from scoring.model import Side, Signal

if TYPE_CHECKING:
    from bot.alerts.matching import Wish
    from bot.alerts.rehearsal import Rehearsal
    from bot.alerts.standing import Matches

SHOWN = 10
ON_A_PAGE = 20  # subscriptions, each with a button
FEW = 5  # so many have a button to delete them, too
DIGESTS = {"refresh": mark("one line each"), "daily": mark("in a daily digest")}


def subscribed_view(  # noqa: PLR0913 - what there is to say
    number: int,
    wish: Wish,
    matches: Matches,
    *,
    is_new: bool,
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
        body.append(Text(tr("This one matches now, and will ring only when it changes:")))
    elif standing:
        body.append(Text(tr("These {count} match now, and will ring only when they change:", count=len(standing))))
    if standing:
        body += [Text(f"· {one}") for one in standing[:SHOWN]]
        if len(standing) > SHOWN:
            body.append(Note(tr("and {count} more", count=len(standing) - SHOWN)))
    elif matches.unknown:
        body.append(Text(tr("What matches now is not known: {why}.", why=matches.unknown)))
    else:
        body.append(Text(tr("Nothing matches now. It rings when something does.")))
    if wish.signal is not Signal.CLUSTERS:
        said = trn(
            "A coin rings only with {count} exchange or more behind its average; the lists show all.",
            "A coin rings only with {count} exchanges or more behind its average; the lists show all.",
            min_exchanges,
        )
        body.append(Note(said))
    if unknown:
        body.append(Note(tr("No filing of {names} is stored yet.", names=", ".join(unknown))))
    title = mark("Subscribed: subscription {id}, {wish}") if is_new else mark("Changed: subscription {id}, {wish}")
    return View(
        title=tr(title, id=number, wish=describe(wish)),
        body=tuple(body),
        buttons=buttons
        or (
            Button(tr("Change it…"), f"/alerts {number}"),
            Button(tr("All subscriptions"), "/alerts"),
            Button(tr("Delete it"), f"/alert off {number}"),
        ),
        data={"subscription": number, "wish": _data(wish), "matching_now": list[Json](standing)},
    )


def deleted_view(number: int, wish: Wish) -> View:
    """The answer to /alert off."""
    return View(
        title=tr("Deleted subscription {id}: {wish}", id=number, wish=describe(wish)),
        body=(Code(f"/alert {typed(wish)}"),),
        buttons=(Button(tr("Make it again"), f"/alert again {number}"), Button(tr("All subscriptions"), "/alerts")),
        data={"deleted": number},
    )


def moved_view(number: int, wish: Wish) -> View:
    """The answer to /alert here."""
    return View(
        title=tr("Subscription {id} rings here now: {wish}", id=number, wish=describe(wish)),
        buttons=(Button(tr("All subscriptions"), "/alerts"),),
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
    listed: Sequence[Listed],
    muted: Sequence[str] = (),
    *,
    page: int = 1,
    total: int = 0,
    is_linked: bool = False,
    off: str = "",
) -> View:
    """A page of the subscriptions of a chat, and of those that its person has elsewhere where they are linked.

    `muted` says in words what is not told now, `total` counts all of them; `off`: why the chat is told nothing.
    """
    if not listed:
        return View(
            title=tr("No subscriptions in this chat yet"),
            body=(Text(tr("Make one:")), Code("/alert pump min=6"), Code("/alert clusters")),
            buttons=tuple(
                Button(capitalised(signal_title(signal)), f"/alert {signal}")
                for signal in (Signal.PUMP, Signal.CLUSTERS)
            ),
            data={"subscriptions": []},
        )
    columns = (
        Column(tr("ID"), "right"),
        Column(tr("rings for")),
        Column(tr("standing now"), "right"),
        Column(tr("last 7 days")),
    )
    rows = tuple((str(one.id), _with_place(one), str(one.standing), rang(one.past)) for one in listed)
    first, before, total = listed[0].id, (page - 1) * ON_A_PAGE, max(total, len(listed))
    last, notes = before + len(listed), [*dict.fromkeys(covered(one.past, one.wish.signal) for one in listed)]
    part = (
        [tr("{first} to {last} of {total}.", first=before + 1, last=last, total=total)] if total > len(listed) else []
    )
    notes += [tr("Muted: {what}.", what=one) for one in muted]
    return View(
        title=trn("{count} subscription of yours", "{count} subscriptions of yours", total)
        if is_linked
        else trn("{count} subscription in this chat", "{count} subscriptions in this chat", total),
        body=(
            *(_off(off) if off else ()),
            Table(columns, rows),
            *(Note(note) for note in (*part, *notes) if note),
            Note(tr("Look at one, change or delete it by its ID:")),
            Code(f"/alerts {first}"),
            Code(f"/alert change {first} min=5"),
            Code(f"/alert off {first}"),
        ),
        buttons=(
            *([Button(tr("Turn it on"), "/start")] if off else []),
            *(Button(tr("Look at {id}", id=one.id), f"/alerts {one.id}") for one in listed),
            # Before those that a platform with room for few leaves out.
            *([Button(tr("◀ Back"), f"/alerts page={page - 1}")] if before else []),
            *([Button(tr("More ▶"), f"/alerts page={page + 1}")] if before + len(listed) < total else []),
            *(Button(tr("Delete {id}", id=one.id), f"/alert off {one.id}") for one in listed if len(listed) <= FEW),
            *(Button(tr("Ring here: {id}", id=one.id), f"/alert here {one.id}") for one in listed if one.where),
        ),
        data={
            "subscriptions": [
                {"id": one.id, **_data(one.wish), "standing": one.standing, "past": past_data(one.past)}
                | ({"where": one.where} if one.where else {})
                for one in listed
            ]
        },
    )


def _off(why: str) -> tuple[Text, Code]:
    said = tr("This chat is off, and nothing rings here: {why}. This turns it on again:", why=retold(why))
    return Text(said), Code("/start")


def _with_place(one: Listed) -> str:
    said = describe(one.wish)
    return tr("{wish}, on {platform}", wish=said, platform=one.where) if one.where else said


def rang(past: Rehearsal) -> str:
    """How often it would have rung, in a few words: 5 new, 2 risen, 4 over."""
    if not past.covered:
        return numbers.UNKNOWN
    parts = [tr("{count} new", count=past.new)]
    parts += [tr("{count} risen", count=past.risen)] if past.risen else []
    parts += [tr("{count} over", count=past.over)] if past.over and past.tells_over else []
    said = ", ".join(parts)
    return tr("{rings} or fewer", rings=said) if past.without else said


def covered(past: Rehearsal, signal: Signal) -> str:
    """What is known of the last days; empty when it is all."""
    if past.unknown:
        return tr("What would have rung is not known: {why}.", why=past.unknown)
    if not past.covered:
        return tr("What would have rung is not known: nothing of the last {days} days is stored.", days=past.days)
    if past.covered >= past.days:
        return ""
    if signal is Signal.CLUSTERS:
        return trn(
            "“Last {days} days” rests on {count} day of filings; no more is stored.",
            "“Last {days} days” rests on {count} days of filings; no more is stored.",
            past.covered,
            days=past.days,
        )
    return trn(
        "“Last {days} days” rests on {count} day of scores; no more is stored.",
        "“Last {days} days” rests on {count} days of scores; no more is stored.",
        past.covered,
        days=past.days,
    )


def past_data(past: Rehearsal) -> dict[str, Json]:
    """The same as numbers."""
    return {"days": past.covered, "new": past.new, "risen": past.risen, "over": past.over}


def describe(wish: Wish) -> str:
    """A wish in words: pump & dump ≥ 6, again every +1."""
    title = signal_title(wish.signal)
    if wish.signal is Signal.CLUSTERS:
        days = numbers.count(wish.days, "day")
        parts = [f"{title}: {tr(_side(wish.side), count=numbers.said(wish.minimum), days=days)}"]
        parts += [tr("at least {value}", value=numbers.money(wish.min_value))] if wish.min_value else []
        parts += [name for name in (wish.sector, wish.industry) if name]
        parts += [tr("only {names}", names=", ".join(wish.tickers))] if wish.tickers else []
        parts += [] if wish.plan else [tr("without trades under a 10b5-1 plan")]
        return ", ".join(parts + _digest(wish))
    parts = [f"{title} ≥ {numbers.said(wish.minimum)}", tr("again every +{step}", step=numbers.said(wish.step))]
    parts += [tr("and when it is over")] if wish.resolve else []
    parts += [tr("only {names}", names=", ".join(wish.coins))] if wish.coins else []
    parts += [tr("not {names}", names=", ".join(wish.exclude))] if wish.exclude else []
    if wish.exchanges:
        parts.append(tr("only with {exchanges}", exchanges=tr(" or ").join(title_of(one) for one in wish.exchanges)))
    if wish.min_change is not None:
        parts.append(tr("{change} or more in 7 d", change=numbers.percent(wish.min_change)))
    if wish.min_streak:
        parts.append(trn("a streak of {count} day or more", "a streak of {count} days or more", wish.min_streak))
    return ", ".join(parts + _digest(wish))


def _side(side: Side | None) -> str:
    if side is None:
        return mark("{count} or more buying or selling within {days}")
    return by_side(side, mark("{count} or more buying within {days}"), mark("{count} or more selling within {days}"))


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
    return [tr(DIGESTS[wish.digest])] if wish.digest in DIGESTS else []


def _typed_digest(wish: Wish) -> list[str]:
    return [f"digest={wish.digest}"] if wish.digest in DIGESTS else []


def _data(wish: Wish) -> dict[str, Json]:
    return dict(wish.to_json())
