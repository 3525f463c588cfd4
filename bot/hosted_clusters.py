"""What a hosted service knows of the clusters that a rule asks for; it stands in for our own while it is fresh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.feeds.finradar_answers import NAME
from bot.feeds.sectors import match
from bot.views import numbers
from bot.views.sources import Service, service_title
from bot.words import tr
from scoring.clusters import ClusterRule
from scoring.model import Cluster, Issuer
from storage import Transaction
from storage.hosted import Window


@dataclass(frozen=True, slots=True)
class Given:
    """The answer of a hosted service to a rule, or why there is none."""

    clusters: tuple[Cluster, ...] = ()  # largest value first
    service: Service | None = None  # who said so, and when; None while nothing is known
    unknown: str = ""  # why nothing is known now, in a sentence for people: it is not that there are none
    example: str = "/clusters"  # a command that has an answer, beside `unknown`
    is_first: bool = False  # the first answer for this look-back: what is in it may have stood for long


def hosted_clusters(tx: Transaction, rule: ClusterRule, now: datetime) -> Given | None:
    """What the service says of a rule at `now`; None where no service is read, and we find clusters ourselves.

    Its clusters have two insiders or more: for a rule that asks for one, those are all there are.
    """
    windows = tx.hosted.cluster_windows()
    if not windows:
        return None
    if unknown := _unknown(rule, windows, now):
        return unknown
    window = windows[rule.days]
    return Given(
        clusters=tuple(one for one in tx.hosted.clusters(rule.days) if _is_wanted(one, rule)),
        service=Service(NAME, window.read_at),
        is_first=window.since == window.read_at,
    )


def hosted_issuers(tx: Transaction) -> tuple[Issuer, ...]:
    """The issuers of all clusters that a service gives, by name; none where no service is read."""
    found = {
        one.key.partition(":")[0]: one.issuer
        for days in tx.hosted.cluster_windows()
        for one in tx.hosted.clusters(days)
    }
    return tuple(sorted(found.values(), key=lambda one: (one.name, one.cik)))


def _unknown(rule: ClusterRule, windows: Mapping[int, Window], now: datetime) -> Given | None:
    """Why the service has no answer to the rule; None where it has."""
    title = service_title(NAME)
    if not rule.plan:
        said = tr(
            "{service} does not say which trades were made under a 10b5-1 plan; leave out {key}",
            service=title,
            key="plan=no",
        )
        return Given(unknown=said)
    window = windows.get(rule.days)
    if window is None:
        asked = tr(" and ").join(str(days) for days in windows)
        known = min(windows, key=lambda days: abs(days - rule.days))
        return Given(
            unknown=tr(
                "{service} was asked for {asked} days, not for {days}; an alert with {key} changes that",
                service=title,
                asked=asked,
                days=rule.days,
                key=f"days={rule.days}",
            ),
            example=f"/clusters days={known}",
        )
    if window.read_at > now:
        time = numbers.clock(window.read_at)
        said = tr("{service} says what is, not what was: its clusters are of {time}", service=title, time=time)
        return Given(unknown=said)
    if not window.is_fresh(now):
        return Given(
            unknown=tr(
                "{service} has given no clusters of {days} since {time}; /status says why",
                service=title,
                days=numbers.count(rule.days, "day"),
                time=numbers.clock(window.read_at),
            ),
            example="/status",
        )
    return None


def _is_wanted(cluster: Cluster, rule: ClusterRule) -> bool:
    return (
        cluster.side in rule.sides
        and cluster.insider_count >= rule.min_insiders
        and cluster.total_value >= rule.min_value
        and (rule.ticker is None or cluster.issuer.ticker == rule.ticker)
        and _is_called(cluster.issuer.sector, rule.sector)
        and _is_called(cluster.issuer.industry, rule.industry)
    )


def _is_called(name: str | None, wanted: str | None) -> bool:
    """Whether a sector or an industry is the one that is meant, whatever dashes the service writes."""
    return wanted is None or (name is not None and match(wanted, [name]) is not None)
