"""One message for one chat after one refresh: what happened, worst first, and why it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.feeds.exchanges import title_of
from bot.feeds.exchanges.pages import page_of
from bot.views import numbers
from bot.views.cluster_told import told_insiders, told_share, told_summary, told_uniform
from bot.views.elements import Button, Element, Json, Link, Note, Text, Tone, View
from bot.views.scores import streak_text
from bot.views.titles import kind_title, signal_title
from bot.words import mark, tr
from bot.words.stored import retold
from scoring.explain import OWN
from scoring.model import ChangeKind, Signal
from storage.alerts import Alert

SHOWN = 12
LINKS = 3
INSIDERS = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """One alert as a message shows it, with every subscription that rings for it."""

    alert: Alert
    subscriptions: tuple[int, ...]
    brief: bool = False  # a line of a digest, without its numbers
    is_over: bool = False  # what it tells of has ended before it could be told


def alert_view(
    entries: Sequence[Entry],
    *,
    shown: int = SHOWN,
    occasion: str = "",
    notices: Sequence[str] = (),
    maybe_repeat: bool = False,
) -> View:
    """The message of a delivery, worst first.

    `occasion` says why several come at once; `notices` are sentences about alerts that did not come. At most `shown`
    alerts are in it; the button says how many more there are and shows them.
    """
    alone = len(entries) == 1 and not occasion
    body: list[Element] = []
    for entry in entries[:shown]:
        body += _entry(entry, alone=alone)
    buttons: list[Button] = []
    left = len(entries) - min(shown, len(entries))
    if entries:
        first = entries[0]
        buttons.append(Button(tr("Why?"), f"/why {first.alert.ref}"))
        if left:
            buttons.append(Button(tr("And {count} more", count=left), f"/missed ref={first.alert.ref}"))
        if first.subscriptions:
            buttons += _acts(first)
    body += [Note(notice) for notice in notices]
    if maybe_repeat:
        refs = f" · #{entries[0].alert.ref}" if entries else ""
        body.append(Note(tr("↻ Possible repeat: the connection broke while it was being sent.") + refs))
    count = numbers.count(len(entries), "alert")
    title = _change(entries[0]) if alone else " · ".join(part for part in (occasion, entries and count) if part)
    return View(
        title=title or tr("Alerts that did not come"),
        body=tuple(body),
        buttons=tuple(buttons),
        tone=Tone.ALERT,
        data={"alerts": [_data(entry.alert) for entry in entries], "notices": list(notices)},
    )


def _acts(entry: Entry) -> list[Button]:
    """What a person may want to do about an alert, for the coin or company that stands first."""
    alert = entry.alert
    ticker = (alert.facts.get("cluster") or {}).get("ticker") if alert.signal == Signal.CLUSTERS else alert.key
    of_it = []
    if ticker:
        card = f"/clusters {ticker}" if alert.signal == Signal.CLUSTERS else f"/coin {ticker}"
        of_it = [Button(tr("Chart"), card), Button(tr("Mute {span}", span=numbers.hours(8)), f"/mute {ticker} 8h")]
    return [*of_it, Button(tr("Stop"), f"/alert off {entry.subscriptions[0]}")]


def _entry(entry: Entry, *, alone: bool) -> list[Element]:
    alert = entry.alert
    why = subscriptions_text(entry.subscriptions) or tr("a sample")
    if entry.brief and not alone:
        return [Text(f"{_change(entry)} · #{alert.ref}")]
    return [
        *([] if alone else [Text(_change(entry))]),
        Note(" · ".join(part for part in (detail(alert), why, f"#{alert.ref}") if part)),
        *(filing_links(alert.facts)[:LINKS] or contract_links(alert.facts)),
    ]


def _change(entry: Entry) -> str:
    return line(entry.alert) + (f" ({tr('over by now')})" if entry.is_over else "")


def headline(alert: Alert) -> str:
    """What rang, in a few words: NEW WGMI pump & dump 3.1."""
    name = tr("insider cluster") if alert.signal == Signal.CLUSTERS else signal_title(Signal(alert.signal))
    return f"{kind_title(alert.kind)} {alert.facts['title']} · {name}"


def line(alert: Alert) -> str:
    """The change from what to what."""
    facts = alert.facts
    if alert.signal == Signal.CLUSTERS:
        return _cluster_line(alert, facts)
    name = facts["title"] if facts["name"] == facts["title"] else f"{facts['title']} ({retold(facts['name'])})"
    title = signal_title(Signal(alert.signal))
    match ChangeKind(alert.kind):
        case ChangeKind.ESCALATED:
            change = f"{numbers.score(facts['before'])} → {numbers.score(facts['level'])}"
        case ChangeKind.RESOLVED:
            peak = numbers.score(facts["peak"])
            if facts["level"] is None:
                change = tr("over: its gate is shut, peak {peak}", peak=peak)
            else:
                change = tr("over: {score} now, peak {peak}", score=numbers.score(facts["level"]), peak=peak)
        case _:
            minimum = numbers.general(facts["minimum"])
            change = tr("{score} (your minimum is {minimum})", score=numbers.score(facts["level"]), minimum=minimum)
    return f"{kind_title(alert.kind)}  {name} · {title} {change}"


def detail(alert: Alert) -> str:
    """The numbers behind it."""
    facts = alert.facts
    parts: list[str] = []
    if facts.get("avg_funding_72h") is not None:
        # A hosted service tells which exchanges list a coin, and their rates of this moment only.
        now = facts.get("source", OWN) != OWN
        told = mark("{negative} of {exchanges} negative now") if now else mark("{negative} of {exchanges} negative")
        exchanges = numbers.count(facts["exchanges"], "exchange")
        negative = tr(told, negative=facts["negative_exchanges"], exchanges=exchanges)
        parts.append(
            tr("funding {rate}/8 h, {negative}", rate=numbers.rate(facts["avg_funding_72h"]), negative=negative)
        )
        if facts.get("price_change_7d") is not None:
            parts.append(tr("{change} in 7 d", change=numbers.percent(facts["price_change_7d"])))
        parts.append(tr("streak {days}", days=streak_text(facts["streak"], facts.get("streak_open", False))))
    if alert.kind != ChangeKind.NEW and facts.get("since"):
        opened = datetime.fromisoformat(facts["since"])
        stood = numbers.duration(alert.created_at - opened)
        over = alert.kind == ChangeKind.RESOLVED
        parts.append(tr("stood for {span}", span=stood) if over else tr("since {time}", time=numbers.clock(opened)))
    if facts.get("insiders"):
        parts.append(_some(told_insiders(facts)))
    if facts.get("plan_share"):
        parts.append(tr("{share} of the value under a 10b5-1 plan", share=told_share(facts)))
    if facts.get("uniform_price"):
        parts.append(told_uniform(facts))
    if facts.get("coverage"):
        parts.append(retold(facts["coverage"]))
    return " · ".join(parts)


def filing_links(facts: Mapping[str, Any]) -> list[Link]:
    """The filings behind a cluster, of each insider the first before any second one."""
    of_insider: Counter[str] = Counter()
    ranked: dict[str, tuple[int, str]] = {}  # address → its place among the insider's own, and whose it is
    for one in facts.get("filings", []):
        ranked.setdefault(one["url"], (of_insider[one["of"]], one["of"]))
        of_insider[one["of"]] += 1
    ordered = sorted(ranked.items(), key=lambda item: item[1][0])
    links = [Link(tr("filing of {name}", name=name), url) for url, (_, name) in ordered]
    return links or [Link(tr("filing"), url) for url in facts.get("links", [])]  # as alerts stored them at first


def contract_links(facts: Mapping[str, Any]) -> list[Link]:
    """Where a coin is traded: the pages of some contracts behind its average."""
    pages = [(exchange, page_of(exchange, symbol)) for exchange, symbol in facts.get("contracts") or []]
    return [
        Link(tr("{coin} on {exchange}", coin=facts["title"], exchange=title_of(exchange)), url)
        for exchange, url in pages
        if url
    ]


def _some(insiders: Sequence[str]) -> str:
    more = [tr("and {count} more", count=len(insiders) - INSIDERS)] if len(insiders) > INSIDERS else []
    return "; ".join([*insiders[:INSIDERS], *more])


def _cluster_line(alert: Alert, facts: Any) -> str:
    grown = ""
    if alert.kind == ChangeKind.GROWN and facts["before"] is not None:
        was = tr("was {insiders}", insiders=numbers.count(int(facts["before"]), "insider"))
        grown = f" ({was if facts['level'] > facts['before'] else tr('its value has doubled')})"
    return f"{kind_title(alert.kind)}  {told_summary(facts)}{grown}"


def subscriptions_text(subscriptions: Sequence[int]) -> str:
    """Which subscriptions ring: subscription 3 and 5; nothing where none does."""
    if not subscriptions:
        return ""
    return tr("subscription {ids}", ids=tr(" and ").join(str(one) for one in subscriptions))


def _data(alert: Alert) -> dict[str, Json]:
    return {
        "ref": alert.ref,
        "signal": alert.signal,
        "key": alert.key,
        "kind": alert.kind,
        "subscription": alert.subscription_id,
        "facts": dict(alert.facts),
    }
