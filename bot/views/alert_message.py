"""One message for one chat after one refresh: what happened, worst first, and why it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.views import numbers
from bot.views.elements import Button, Json, Link, Note, Text, Tone, View
from bot.views.scores import streak_text
from bot.views.titles import TITLES
from scoring.explain import OWN
from scoring.model import ChangeKind, Signal
from storage.outbox import Alert

SHOWN = 12
LINKS = 3
INSIDERS = 6


def alert_view(entries: Sequence[tuple[Alert, tuple[int, ...]]], *, maybe_repeat: bool) -> View:
    """The message of a delivery: each alert with the subscriptions that ring for it, worst first."""
    body: list[Text | Note | Link] = []
    alone = len(entries) == 1
    for alert, subscriptions in entries[:SHOWN]:
        if not alone:
            body.append(Text(line(alert)))
        body.append(Note(f"{detail(alert)} · subscription {_ids(subscriptions)} · #{alert.ref}"))
        body += filing_links(alert.facts)[:LINKS]
    if len(entries) > SHOWN:
        body.append(Note(f"And {len(entries) - SHOWN} more: /pump, /selling and /clusters show all."))
    if maybe_repeat:
        body.append(Note("↻ This may be a repeat: the connection broke while it was being sent."))
    first, subscriptions = entries[0]
    title = line(first) if alone else f"{len(entries)} alerts"
    return View(
        title=title,
        body=tuple(body),
        buttons=(
            Button("Why?", f"/why {first.ref}"),
            Button("Stop", f"/alert off {subscriptions[0]}"),
        ),
        tone=Tone.ALERT,
        data={"alerts": [_data(alert) for alert, _ in entries]},
    )


def headline(alert: Alert) -> str:
    """What rang, in a few words: NEW WGMI pump & dump 3.1."""
    name = "insider cluster" if alert.signal == Signal.CLUSTERS else TITLES[Signal(alert.signal)]
    return f"{alert.kind} {alert.facts['title']} · {name}"


def line(alert: Alert) -> str:
    """The change from what to what."""
    facts = alert.facts
    if alert.signal == Signal.CLUSTERS:
        return _cluster_line(alert, facts)
    name = facts["title"] if facts["name"] == facts["title"] else f"{facts['title']} ({facts['name']})"
    title = TITLES[Signal(alert.signal)]
    match ChangeKind(alert.kind):
        case ChangeKind.ESCALATED:
            change = f"{numbers.score(facts['before'])} → {numbers.score(facts['level'])}"
        case ChangeKind.RESOLVED:
            now = "its gate is shut" if facts["level"] is None else f"{numbers.score(facts['level'])} now"
            change = f"over: {now}, peak {numbers.score(facts['peak'])}"
        case _:
            change = f"{numbers.score(facts['level'])} (your minimum is {facts['minimum']:g})"
    return f"{alert.kind}  {name} · {title} {change}"


def detail(alert: Alert) -> str:
    """The numbers behind it."""
    facts = alert.facts
    parts: list[str] = []
    if facts.get("avg_funding_72h") is not None:
        # A hosted service tells which exchanges list a coin, and their rates of this moment only.
        now = "" if facts.get("source", OWN) == OWN else " now"
        negative = f"{facts['negative_exchanges']} of {numbers.count(facts['exchanges'], 'exchange')} negative{now}"
        parts.append(f"funding {numbers.rate(facts['avg_funding_72h'])}/8 h, {negative}")
        if facts.get("price_change_7d") is not None:
            parts.append(f"{numbers.percent(facts['price_change_7d'])} in 7 d")
        parts.append(f"streak {streak_text(facts['streak'], facts.get('streak_open', False))}")
    if alert.kind == ChangeKind.RESOLVED and facts.get("since"):
        opened = datetime.fromisoformat(facts["since"])
        parts.append(f"stood for {numbers.duration(alert.created_at - opened)}")
    if facts.get("insiders"):
        parts.append(_some(facts["insiders"]))
    if facts.get("plan_share"):
        parts.append(f"{facts['plan_share']} of the value under a 10b5-1 plan")
    if facts.get("uniform_price"):
        parts.append(facts["uniform_price"])
    if facts.get("coverage"):
        parts.append(facts["coverage"])
    return " · ".join(parts)


def filing_links(facts: Mapping[str, Any]) -> list[Link]:
    """The filings behind a cluster, of each insider the first before any second one."""
    of_insider: Counter[str] = Counter()
    ranked: dict[str, tuple[int, str]] = {}  # address → its place among the insider's own, and whose it is
    for one in facts.get("filings", []):
        ranked.setdefault(one["url"], (of_insider[one["of"]], one["of"]))
        of_insider[one["of"]] += 1
    ordered = sorted(ranked.items(), key=lambda item: item[1][0])
    links = [Link(f"filing of {name}", url) for url, (_, name) in ordered]
    return links or [Link("filing", url) for url in facts.get("links", [])]  # as alerts stored them at first


def _some(insiders: Sequence[str]) -> str:
    more = f"; and {len(insiders) - INSIDERS} more" if len(insiders) > INSIDERS else ""
    return "; ".join(insiders[:INSIDERS]) + more


def _cluster_line(alert: Alert, facts: Any) -> str:
    grown = ""
    if alert.kind == ChangeKind.GROWN and facts["before"] is not None:
        more = facts["level"] > facts["before"]
        grown = " (its value has doubled)" if not more else f" (was {numbers.count(int(facts['before']), 'insider')})"
    return f"{alert.kind}  {facts['summary']}{grown}"


def _ids(subscriptions: Sequence[int]) -> str:
    return " and ".join(str(one) for one in subscriptions)


def _data(alert: Alert) -> dict[str, Json]:
    return {
        "ref": alert.ref,
        "signal": alert.signal,
        "key": alert.key,
        "kind": alert.kind,
        "subscription": alert.subscription_id,
        "facts": dict(alert.facts),
    }
