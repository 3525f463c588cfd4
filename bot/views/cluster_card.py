"""One company's insiders in full: who clusters, who was joined to whom, what does not count, and why there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.views import numbers
from bot.views.cluster_words import (
    average,
    by_side,
    dates,
    filing_url,
    plan_share,
    role,
    side_title,
    span,
    summary,
    uniform,
)
from bot.views.clusters import Known, alert_button, card_line, cluster_data, notes
from bot.views.elements import Button, Column, Element, Field, Fields, Link, Note, Table, Text, View
from bot.words import mark, tr, trn
from bot.words.stored import retold
from scoring.clusters import ClusterRule
from scoring.model import Cluster, Filing, Insider, Issuer, Side
from scoring.trades import CODES, SetAside

LINKS = 8
ASIDE_SHOWN = 5
REASONS_SHOWN = 6  # why filers are one owner
LIST = "https://www.sec.gov/cgi-bin/browse-edgar?action=getcompany&CIK={cik}&type=4&owner=include"
# What insiders file besides trades on the market, by the SEC's transaction codes.
CODES_IN_WORDS = {
    "A": mark("grant"),
    "C": mark("conversion"),
    "D": mark("return to the company"),
    "F": mark("withheld for tax"),
    "G": mark("gift"),
    "I": mark("plan transaction"),
    "J": mark("other"),
    "M": mark("exercise"),
    "W": mark("inheritance"),
    "X": mark("exercise"),
}


@dataclass(frozen=True, slots=True)
class Company:
    """One issuer and all that its filings of the window say."""

    issuer: Issuer
    clusters: Sequence[Cluster]  # that the rule finds
    traded: Sequence[Cluster]  # by side, whoever traded, from one insider on; plan trades as the rule says
    aside: Sequence[SetAside]
    filings: Mapping[str, Filing]  # by accession number, with what amendments left of them

    @property
    def close(self) -> list[Cluster]:
        """Sides on which somebody traded, and no cluster is."""
        found = {one.side for one in self.clusters}
        return [one for one in self.traded if one.side not in found]


def cluster_card(company: Company, rule: ClusterRule, known: Known) -> View:
    """All of one company: its clusters, else its trades, or why there are none."""
    issuer = company.issuer
    body: list[Element] = [Text(_place(issuer))]
    for cluster in company.clusters:
        body.append(Text(tr("{sentence}.", sentence=summary(cluster))))
        body += _details(cluster, company.filings)
    short = [one for one in company.close if one.side in rule.sides]
    for cluster in short:
        body.append(Text(_short_of(cluster, rule)))
        body += _details(cluster, company.filings)
    if known.service is not None and not company.clusters:
        days = numbers.count(rule.days, "day")
        body.append(Text(tr("{service} gives no cluster of it for {days}.", service=known.service.title, days=days)))
    elif known.service is None and (company.clusters or short):
        seen = {one.side for one in (*company.clusters, *short)}
        nobody = [
            by_side(side, mark("Nobody bought."), mark("Nobody sold.")) for side in rule.sides if side not in seen
        ]
        body += [Text(tr(one)) for one in nobody]
    elif known.service is None:
        body += [Text(line) for line in _why_none(company, rule)]
    body += _set_aside(company)
    body += notes(known)
    sides = [one.side for one in company.clusters] or rule.sides
    return View(
        title=tr(
            "{company}: insider clusters, {days}",
            company=issuer.ticker or issuer.name,
            days=numbers.count(rule.days, "day"),
        ),
        body=tuple(body),
        buttons=(*(alert_button(rule, side) for side in sides if issuer.ticker), *_wider(company, rule)),
        data={
            "clusters": [cluster_data(cluster) for cluster in company.clusters],
            "count": len(company.clusters),
            "trades": [cluster_data(cluster) for cluster in company.close],
            "set_aside": [{"accession": one.accession, "row": one.row, "reason": one.reason} for one in company.aside],
        },
    )


def insiders_table(insiders: Sequence[Insider]) -> Table:
    """Who traded, with what it came to."""
    columns = (
        Column(tr("insider")),
        Column(tr("role")),
        Column(tr("shares"), "right"),
        Column(tr("average"), "right"),
        Column(tr("value"), "right"),
        Column(tr("traded")),
        Column(tr("remarks")),
    )
    return Table(columns, tuple(_insider(one) for one in insiders))


def links_of(cluster: Cluster, filings: Mapping[str, Filing]) -> list[Link | Note]:
    """The filings behind a cluster, by insider; where there are too many each insider keeps the first."""
    cik = cluster.issuer.cik
    listed = [
        (place, number, accession, insider)
        for number, insider in enumerate(cluster.insiders)
        for place, accession in enumerate(insider.accessions)
        if filing_url(cik, accession) is not None
    ]
    # A joint filing stands with the first of those who count apart by it.
    first_of = {accession: (place, number) for place, number, accession, _ in reversed(listed)}
    listed = [one for one in listed if first_of[one[2]] == one[:2]]
    chosen = sorted(sorted(listed, key=lambda one: one[:2])[:LINKS], key=lambda one: (one[1], one[0]))
    links: list[Link | Note] = [
        Link(_label(insider, filings.get(accession)), filing_url(cik, accession) or "")
        for _, _, accession, insider in chosen
    ]
    if more := len(listed) - len(chosen):
        links.append(Note(trn("And {count} filing more.", "And {count} filings more.", more)))
        links.append(Link(tr("all filings"), LIST.format(cik=cik)))
    return links


def _place(issuer: Issuer) -> str:
    sector = ", ".join(part for part in (issuer.sector, issuer.industry) if part) or tr("sector not known")
    return f"{issuer.name} · {sector}"


def _details(cluster: Cluster, filings: Mapping[str, Filing]) -> list[Element]:
    share = plan_share(cluster.plan_value, cluster.total_value)
    shares = tr(
        "{shares}, {price} on average",
        shares=numbers.whole(abs(cluster.net_shares)),
        price=numbers.price(average(cluster)),
    )
    facts = [
        Field(tr("value"), numbers.money(cluster.total_value)),
        Field(tr("shares"), shares),
        Field(tr("trades"), numbers.whole(cluster.transaction_count)),
        Field(tr("traded"), f"{dates(cluster.first_date, cluster.last_date)} ({span(cluster)})"),
    ]
    if cluster.plan_value is not None:
        facts.append(Field(tr("under a 10b5-1 plan"), share or tr("none")))
    body: list[Element] = [Fields(tuple(facts)), insiders_table(cluster.insiders)]
    body += [Note(tr("{sentence}.", sentence=said))] if (said := uniform(cluster)) else []
    joined = [one for one in cluster.insiders if one.joined_because]
    body += [Note(tr("Counted as one, {name}: {why}.", name=one.name, why=_why(one).rstrip("."))) for one in joined]
    return body + links_of(cluster, filings)


def _insider(one: Insider) -> tuple[str, ...]:
    others = len(one.filers) - 1
    share = plan_share(one.plan_value, one.value)
    remarks = [tr("{share} under a plan", share=share)] if share else []
    remarks += [tr("filed late")] if one.late else []
    return (
        one.name + (f" ({tr('and {count} more', count=others)})" if others > 0 else ""),
        retold(role(one) or numbers.UNKNOWN),
        numbers.UNKNOWN if one.shares is None else numbers.whole(one.shares),
        numbers.price(one.average_price),
        numbers.money(one.value),
        dates(one.first_date, one.last_date),
        ", ".join(remarks) or numbers.UNKNOWN,
    )


def _why(insider: Insider) -> str:
    more = len(insider.joined_because) - REASONS_SHOWN
    rest = [trn("and {count} more reason", "and {count} more reasons", more)] if more > 0 else []
    return "; ".join([*(retold(one) for one in insider.joined_because[:REASONS_SHOWN]), *rest])


def _label(insider: Insider, filing: Filing | None) -> str:
    if filing is None:
        return tr("filing of {name}", name=insider.name)
    form = "" if filing.form == "4" else f", {filing.form}"
    return tr("{name}, filed {day}", name=insider.name, day=numbers.day(filing.accepted_at)) + form


def _short_of(cluster: Cluster, rule: ClusterRule) -> str:
    """2 insiders bought, 3 are needed."""
    lacks = []
    if cluster.insider_count < rule.min_insiders:
        lacks.append(trn("{count} is needed", "{count} are needed", rule.min_insiders))
    if cluster.total_value < rule.min_value:
        lacks.append(tr("{value} is asked for", value=numbers.money(rule.min_value)))
    who, filers = numbers.count(cluster.insider_count, "insider"), {n for one in cluster.insiders for n in one.filers}
    if len(filers) > cluster.insider_count:
        who = f"{who} ({numbers.count(len(filers), 'filer')})"
    traded = _traded(cluster.side, who, cluster.total_value)
    return tr("No {side} cluster: {why}.", side=side_title(cluster.side), why=", ".join([traded, *lacks]))


def _traded(side: Side, who: str, value: float) -> str:
    told = by_side(side, mark("{insiders} bought {value}"), mark("{insiders} sold {value}"))
    return tr(told, insiders=who, value=numbers.money(value))


def _why_none(company: Company, rule: ClusterRule) -> Iterable[str]:
    """Why nobody counts as having traded."""
    name = company.issuer.ticker or company.issuer.name
    within = trn("in the last {count} day", "in the last {count} days", rule.days)
    sides = tr(" or ").join(tr(by_side(side, mark("purchase"), mark("sale"))) for side in rule.sides)
    yield tr("No {sides} of {name} by its insiders counts {within}.", sides=sides, name=name, within=within)
    other = [one for one in company.close if one.side not in rule.sides]
    for one in other:
        who = numbers.count(one.insider_count, "insider")
        traded = _traded(one.side, who, one.total_value)
        yield tr("On the other side {traded}; {key} shows it.", traded=traded, key="side=both")
    rows = [(filing, row) for filing in company.filings.values() for row in filing.transactions]
    if not rows:
        yield tr("None of its filings that are stored has a trade {within}.", within=within)
        return
    codes = {CODES[side][0] for side in rule.sides}
    free = sum(row.code in codes and not row.price for _, row in rows)
    if free:
        yield trn(
            "{count} trade without a price counts for nothing.",
            "{count} trades without a price count for nothing.",
            free,
        )
    if not rule.plan and any(filing.plan_10b5_1 and row.code in codes for filing, row in rows):
        yield tr("Trades under a 10b5-1 plan are left out; {key} counts them.", key="plan=yes")
    besides = Counter(row.code for _, row in rows if row.code not in {code for code, _ in CODES.values()})
    if besides:
        said = ", ".join(f"{number} × {_code(code)}" for code, number in besides.most_common())
        yield tr("Its filings hold what is no trade on the market: {what}.", what=said)


def _code(code: str) -> str:
    return f"{tr(CODES_IN_WORDS[code])} ({code})" if code in CODES_IN_WORDS else tr("code {code}", code=code)


def _set_aside(company: Company) -> list[Element]:
    if not company.aside:
        return []
    said = trn(
        "{count} trade set aside, for nobody can have meant so:",
        "{count} trades set aside, for nobody can have meant so:",
        len(company.aside),
    )
    body: list[Element] = [Note(said)]
    for one in company.aside[:ASIDE_SHOWN]:
        filing = company.filings.get(one.accession)
        who = filing.filers[0].name if filing is not None and filing.filers else one.accession
        text = tr("{who}, row {row}: {reason}", who=who, row=one.row + 1, reason=retold(one.reason))
        url = filing_url(company.issuer.cik, one.accession)
        body.append(Note(text) if url is None else Link(text, url))
    if more := len(company.aside) - ASIDE_SHOWN:
        body += [Note(tr("And {count} more.", count=more))] if more > 0 else []
    return body


def _wider(company: Company, rule: ClusterRule) -> list[Button]:
    """What shows more where there is no cluster."""
    ticker = company.issuer.ticker
    if company.clusters or ticker is None or rule.days >= 365:
        return []
    year = ClusterRule(days=365, min_insiders=rule.min_insiders, plan=rule.plan)
    return [Button(tr("The whole year"), card_line(ticker, year))]
