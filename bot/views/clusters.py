"""Insider clusters in a list, and as the document's fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.views import numbers
from bot.views.cluster_words import average, by_side, days_of, filing_url, plan_share, role, side_title, span
from bot.views.covered import Covered, covered_note
from bot.views.elements import Button, Column, Json, Note, Table, Text, View
from bot.views.sources import Service, given_stamp
from bot.views.titles import capitalised
from bot.words import mark, tr, trn
from bot.words.stored import retold
from scoring.clusters import ClusterRule
from scoring.model import Cluster, Insider, Side
from scoring.rounding import round_half_up

ROLES_SHOWN = 4
CARDS_OFFERED = 3
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class Known:
    """What the answer rests on."""

    stored: int  # filings
    newest: datetime | None  # acceptance of the newest filing
    covered: Covered | None  # None: the whole window has been read, or nobody reads the past
    now: datetime
    off: str = ""  # why no filings are read, with the way out
    service: Service | None = None  # the hosted service whose clusters these are; None: our own


def cluster_list(clusters: Sequence[Cluster], rule: ClusterRule, known: Known, *, total: int) -> View:
    """The clusters, largest value first."""
    sides = tr(" and ").join(side_title(side) for side in rule.sides)
    days = numbers.count(rule.days, "day")
    title = tr("Insider clusters ({sides}), {days}: {total}", sides=sides, days=days, total=total)
    body: list[Text | Note | Table] = []
    if clusters:
        body.append(_table(clusters))
        if total > len(clusters):
            more = f"limit={min(MOST_LISTED, total)}"
            body.append(
                Note(tr("The first {some} of {total}; more with {more}.", some=len(clusters), total=total, more=more))
            )
    else:
        wanted = numbers.count(rule.min_insiders, "insider")
        body.append(Text(tr("No issuer has {insiders} on one side{filters}.", insiders=wanted, filters=_filters(rule))))
    body += notes(known)
    cards = [Button(tr("{name} in full", name=one), card_line(one, rule)) for one in _tickers(clusters)[:CARDS_OFFERED]]
    return View(
        title=title,
        body=tuple(body),
        buttons=(*(alert_button(rule, side) for side in rule.sides), *cards),
        menu=tuple(Button(one, card_line(one, rule)) for one in _tickers(clusters)),
        data={"clusters": [cluster_data(cluster) for cluster in clusters], "count": len(clusters)},
    )


def notes(known: Known) -> list[Note]:
    """What the clusters rest on: who counted, how many filings, and since when they are read."""
    if known.service is not None:
        stamp = given_stamp(known.service, known.now)
        said_by = tr("{stamp}, insiders by name only", stamp=capitalised(stamp))
        return [Note(f"{said_by} · {numbers.clock(known.now)}")]
    rests = tr("no filings stored yet")
    if known.stored:
        newest = tr("newest {ago}", ago=numbers.ago(known.newest, known.now))
        rests = f"{numbers.count(known.stored, 'filing')} · {newest}"
    counted = tr("Insiders are beneficial owners; joint filers count once.")
    said = [Note(f"{counted} {rests} · {numbers.clock(known.now)}")]
    if known.off and not known.stored:
        said.append(Note(tr("EDGAR is {off}.", off=retold(known.off))))
    if known.covered is not None:
        said.append(Note(covered_note(known.covered)))
    return said


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
        "average_price": _rounded(average(cluster), 4),
        "span_days": days_of(cluster),
        "plan_value": _rounded(cluster.plan_value, 2),
        "uniform_price": cluster.uniform_price,
        "accessions": list(cluster.accessions),
        "participants": [_participant(cluster, insider) for insider in cluster.insiders],
        "source": cluster.source,
    }


def card_line(ticker: str, rule: ClusterRule) -> str:
    """The command that shows one company in full, by the same rule."""
    usual = ClusterRule()
    parts = ["/clusters", ticker]
    parts += [f"days={rule.days}"] if rule.days != usual.days else []
    parts += [f"min_insiders={rule.min_insiders}"] if rule.min_insiders != usual.min_insiders else []
    parts += [] if rule.plan else ["plan=no"]
    return " ".join(parts)


def alert_button(rule: ClusterRule, side: Side) -> Button:
    """One side's alert: it rings for what the list shows."""
    parts = [f"min={rule.min_insiders}", f"side={side.value.lower()}"]
    if rule.days != ClusterRule().days:
        parts.append(f"days={rule.days}")
    if rule.min_value:
        parts.append(f"min_value={numbers.plain(rule.min_value)}")
    parts += [f'{key}="{value}"' for key, value in (("sector", rule.sector), ("industry", rule.industry)) if value]
    parts += [f"tickers={rule.ticker}"] if rule.ticker else []
    parts += [] if rule.plan else ["plan=no"]
    if rule.min_insiders > 1:
        told = by_side(
            side, mark("🔔 Alert me when ≥ {count} insiders buy"), mark("🔔 Alert me when ≥ {count} insiders sell")
        )
    else:
        told = by_side(side, mark("🔔 Alert me when insiders buy"), mark("🔔 Alert me when insiders sell"))
    return Button(tr(told, count=rule.min_insiders), f"/alert clusters {' '.join(parts)}")


def _participant(cluster: Cluster, one: Insider) -> dict[str, Json]:
    return {
        "name": one.name,
        "role": role(one),
        "shares": _rounded(one.shares, 4),
        "average_price": _rounded(one.average_price, 4),
        "value": _rounded(one.value, 2),
        "first_date": None if one.first_date is None else one.first_date.isoformat(),
        "last_date": None if one.last_date is None else one.last_date.isoformat(),
        "plan_value": _rounded(one.plan_value, 2),
        "late": one.late,
        "filers": list(one.filers),
        "joined_because": list(one.joined_because),
        "filings": [
            {"accession": accession, "url": filing_url(cluster.issuer.cik, accession)} for accession in one.accessions
        ],
    }


def _table(clusters: Sequence[Cluster]) -> Table:
    columns = (
        Column(tr("side")),
        Column(tr("ticker")),
        Column(tr("company"), phone=2),
        Column(tr("insiders"), phone=0),
        Column(tr("value"), "right"),
        Column(tr("average"), "right", phone=0),
        Column(tr("last trade")),
        Column(tr("span"), phone=0),
        Column(tr("under plan"), "right", phone=0),
        Column(tr("sector"), phone=0),
    )
    return Table(columns, tuple(_row(cluster) for cluster in clusters))


def _row(cluster: Cluster) -> tuple[str, ...]:
    issuer = cluster.issuer
    return (
        side_title(cluster.side),
        issuer.ticker or numbers.UNKNOWN,
        issuer.name,
        f"{cluster.insider_count}: {_who(cluster)}",
        numbers.money(cluster.total_value),
        numbers.price(average(cluster)),
        numbers.short_day(cluster.last_date),
        span(cluster),
        plan_share(cluster.plan_value, cluster.total_value) or numbers.UNKNOWN,
        ", ".join(part for part in (issuer.sector, issuer.industry) if part) or numbers.UNKNOWN,
    )


def _who(cluster: Cluster) -> str:
    """The insiders by role, the largest first: CEO, CFO, 2 × director. The card of the company has the names."""
    roles = Counter(retold(role(one) or one.name) for one in cluster.insiders)
    said = [f"{count} × {name}" if count > 1 else name for name, count in roles.items()]
    shown = ", ".join(said[:ROLES_SHOWN])
    if more := len(said[ROLES_SHOWN:]):
        shown = tr("{names} and {count} more", names=shown, count=more)
    parts = [shown, *([tr("filed late")] if any(one.late for one in cluster.insiders) else [])]
    parts += [tr("{count} at one price on one day", count=cluster.uniform_price)] if cluster.uniform_price else []
    return "; ".join(parts)


def _filters(rule: ClusterRule) -> str:
    parts = [tr(" with at least {value}", value=numbers.money(rule.min_value))] if rule.min_value else []
    parts += [tr(" in {name}", name=name) for name in (rule.sector, rule.industry) if name]
    parts += [] if rule.plan else [tr(", trades under a 10b5-1 plan left out,")]
    return "".join(parts) + trn(" in the last {count} day", " in the last {count} days", rule.days)


def _tickers(clusters: Sequence[Cluster]) -> list[str]:
    return list(dict.fromkeys(one.issuer.ticker for one in clusters if one.issuer.ticker))


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round_half_up(value, digits)
