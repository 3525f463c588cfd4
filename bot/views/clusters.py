"""Insider clusters, for people and as the document's fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from bot.views import numbers
from bot.views.elements import Button, Column, Json, Link, Note, Table, Text, View
from scoring.clusters import ClusterRule
from scoring.model import Cluster, Insider, Side
from scoring.rounding import round_half_up

EDGAR = "https://www.sec.gov/Archives/edgar/data"
LINKS = 8
ACCESSION = re.compile(r"\d{10}-\d{2}-\d{6}")


def cluster_list(
    clusters: Sequence[Cluster], rule: ClusterRule, *, total: int, stored: int, newest: datetime | None, now: datetime
) -> View:
    """The clusters, largest value first."""
    sides = " and ".join(side.value for side in rule.sides)
    title = f"Insider clusters ({sides}), {rule.days} days: {total}"
    body: list[Text | Note | Table] = []
    if clusters:
        body.append(_table(clusters))
        if total > len(clusters):
            body.append(Note(f"The first {len(clusters)} of {total}; more with limit={min(500, total)}."))
    else:
        wanted = numbers.count(rule.min_insiders, "insider")
        body.append(Text(f"No issuer has {wanted} on one side{_filters(rule)}."))
    known = (
        f"{numbers.count(stored, 'filing')} · newest {numbers.ago(newest, now)}" if stored else "no filings stored yet"
    )
    body.append(Note(f"Insiders are beneficial owners; joint filers count once. {known} · {numbers.clock(now)}"))
    return View(
        title=title,
        body=tuple(body),
        buttons=tuple(_button(rule, side) for side in rule.sides),
        data={"clusters": [cluster_data(cluster) for cluster in clusters], "count": len(clusters)},
    )


def cluster_card(clusters: Sequence[Cluster], rule: ClusterRule, now: datetime) -> View:
    """All clusters of one ticker, with who was counted and why."""
    issuer = clusters[0].issuer
    body: list[Text | Note | Table | Link] = []
    for cluster in clusters:
        body.append(Text(summary(cluster)))
        body.append(_insiders(cluster))
        body += [Note(f"{one.name}: {why}") for one in cluster.insiders for why in one.joined_because]
        if cluster.plan_value:
            share = numbers.percent(100 * cluster.plan_value / cluster.total_value, 0).lstrip("+")
            body.append(Note(f"{share} of the value was traded under a 10b5-1 plan."))
        body += [
            Link(accession, url) for accession in cluster.accessions[:LINKS] if (url := filing_url(cluster, accession))
        ]
    place = " · ".join(part for part in (issuer.sector, issuer.industry) if part)
    if place:
        body.append(Note(place))
    return View(
        title=f"{issuer.ticker or issuer.name}: insider clusters, {rule.days} days",
        body=tuple(body),
        buttons=tuple(_button(rule, cluster.side) for cluster in clusters),
        data={"clusters": [cluster_data(cluster) for cluster in clusters], "count": len(clusters)},
    )


def summary(cluster: Cluster) -> str:
    """One line: 3 insiders bought $1.24M of Amber Analytics Inc (ABAA) from 2026-04-09 to 2026-04-15."""
    verb = "bought" if cluster.side is Side.BUY else "sold"
    issuer = cluster.issuer
    name = f"{issuer.name} ({issuer.ticker})" if issuer.ticker else issuer.name
    span = f"on {cluster.first_date}"
    if cluster.last_date != cluster.first_date:
        span = f"from {cluster.first_date} to {cluster.last_date}"
    who = numbers.count(cluster.insider_count, "insider")
    return f"{who} {verb} {numbers.money(cluster.total_value)} of {name} {span}"


def cluster_data(cluster: Cluster) -> dict[str, Json]:
    """One cluster as the document has it, with our own fields after its."""
    return {
        "ticker": cluster.issuer.ticker,
        "company_name": cluster.issuer.name,
        "sector": cluster.issuer.sector,
        "industry": cluster.issuer.industry,
        "issuer_cik": cluster.issuer.cik or None,
        "insider_count": cluster.insider_count,
        "total_value": round_half_up(cluster.total_value, 2),
        "net_shares": round_half_up(cluster.net_shares, 4),
        "transaction_count": cluster.transaction_count,
        "first_date": cluster.first_date.isoformat(),
        "last_date": cluster.last_date.isoformat(),
        "insiders": [insider.name for insider in cluster.insiders],
        "cluster_type": cluster.side.value,
        "roles": [insider.role for insider in cluster.insiders],
        "plan_value": None if cluster.plan_value is None else round_half_up(cluster.plan_value, 2),
        "accessions": list(cluster.accessions),
    }


def filing_url(cluster: Cluster, accession: str) -> str | None:
    """Where EDGAR has the filing; None when the accession number is not a real one."""
    if ACCESSION.fullmatch(accession) is None:
        return None
    return f"{EDGAR}/{int(cluster.issuer.cik)}/{accession.replace('-', '')}/{accession}-index.htm"


def _table(clusters: Sequence[Cluster]) -> Table:
    columns = (
        Column("side"),
        Column("ticker"),
        Column("company"),
        Column("insiders", "right"),
        Column("value", "right"),
        Column("trades", "right"),
        Column("from"),
        Column("to"),
        Column("sector"),
    )
    return Table(
        columns,
        tuple(
            (
                cluster.side.value,
                cluster.issuer.ticker or numbers.UNKNOWN,
                cluster.issuer.name,
                str(cluster.insider_count),
                numbers.money(cluster.total_value),
                str(cluster.transaction_count),
                cluster.first_date.isoformat(),
                cluster.last_date.isoformat(),
                cluster.issuer.sector or numbers.UNKNOWN,
            )
            for cluster in clusters
        ),
    )


def _insiders(cluster: Cluster) -> Table:
    columns = (
        Column("insider"),
        Column("role"),
        Column("shares", "right"),
        Column("average", "right"),
        Column("value", "right"),
        Column("last trade"),
    )
    return Table(columns, tuple(_insider(one) for one in cluster.insiders))


def _insider(one: Insider) -> tuple[str, ...]:
    others = len(one.filers) - 1
    joined = f" (and {others} more)" if others else ""
    return (
        one.name + joined,
        one.role or numbers.UNKNOWN,
        numbers.UNKNOWN if one.shares is None else f"{one.shares:,.0f}",
        numbers.price(one.average_price),
        numbers.money(one.value),
        (one.last_date.isoformat() if one.last_date else numbers.UNKNOWN) + (" (filed late)" if one.late else ""),
    )


def _filters(rule: ClusterRule) -> str:
    parts = [f" with at least {numbers.money(rule.min_value)}"] if rule.min_value else []
    parts += [f" in {name}" for name in (rule.sector, rule.industry) if name]
    parts += [f" for {rule.ticker}"] if rule.ticker else []
    return "".join(parts) + f" in the last {numbers.count(rule.days, 'day')}"


def _button(rule: ClusterRule, side: Side) -> Button:
    """One side's alert: it rings for what the list shows."""
    parts = [f"min={rule.min_insiders}", f"side={side.value.lower()}"]
    if rule.days != ClusterRule().days:
        parts.append(f"days={rule.days}")
    if rule.min_value:
        parts.append(f"min_value={numbers.plain(rule.min_value)}")
    parts += [f'{key}="{value}"' for key, value in (("sector", rule.sector), ("industry", rule.industry)) if value]
    parts += [f"tickers={rule.ticker}"] if rule.ticker else []
    verb = "buy" if side is Side.BUY else "sell"
    who = f"≥ {rule.min_insiders} insiders" if rule.min_insiders > 1 else "insiders"
    return Button(f"🔔 Alert me when {who} {verb}", f"/alert clusters {' '.join(parts)}")
