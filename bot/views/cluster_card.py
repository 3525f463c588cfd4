"""One company's insiders in full: who clusters, who was joined to whom, what does not count, and why there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.views import numbers
from bot.views.cluster_words import average, dates, filing_url, plan_share, role, span, summary, uniform, verb
from bot.views.clusters import Known, alert_button, card_line, cluster_data, notes
from bot.views.elements import Button, Column, Element, Field, Fields, Link, Note, Table, Text, View
from scoring.clusters import ClusterRule
from scoring.model import Cluster, Filing, Insider, Issuer, Side
from scoring.trades import CODES, SetAside

LINKS = 8
ASIDE_SHOWN = 5
REASONS_SHOWN = 6  # why filers are one owner
LIST = "https://www.sec.gov/cgi-bin/browse-edgar?action=getcompany&CIK={cik}&type=4&owner=include"
# What insiders file besides trades on the market, by the SEC's transaction codes.
CODES_IN_WORDS = {
    "A": "grant",
    "C": "conversion",
    "D": "return to the company",
    "F": "withheld for tax",
    "G": "gift",
    "I": "plan transaction",
    "J": "other",
    "M": "exercise",
    "W": "inheritance",
    "X": "exercise",
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
        body.append(Text(summary(cluster) + "."))
        body += _details(cluster, company.filings)
    short = [one for one in company.close if one.side in rule.sides]
    for cluster in short:
        body.append(Text(_short_of(cluster, rule)))
        body += _details(cluster, company.filings)
    if known.service is not None and not company.clusters:
        body.append(Text(f"{known.service.title} gives no cluster of it for {numbers.count(rule.days, 'day')}."))
    elif known.service is None and (company.clusters or short):
        seen = {one.side for one in (*company.clusters, *short)}
        body += [Text(f"Nobody {verb(side)}.") for side in rule.sides if side not in seen]
    elif known.service is None:
        body += [Text(line) for line in _why_none(company, rule)]
    body += _set_aside(company)
    body += notes(known)
    sides = [one.side for one in company.clusters] or rule.sides
    return View(
        title=f"{issuer.ticker or issuer.name}: insider clusters, {numbers.count(rule.days, 'day')}",
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
        Column("insider"),
        Column("role"),
        Column("shares", "right"),
        Column("average", "right"),
        Column("value", "right"),
        Column("traded"),
        Column("remarks"),
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
        links.append(Note(f"And {numbers.count(more, 'filing')} more."))
        links.append(Link("all filings", LIST.format(cik=cik)))
    return links


def _place(issuer: Issuer) -> str:
    sector = ", ".join(part for part in (issuer.sector, issuer.industry) if part) or "sector not known"
    return f"{issuer.name} · {sector}"


def _details(cluster: Cluster, filings: Mapping[str, Filing]) -> list[Element]:
    share = plan_share(cluster.plan_value, cluster.total_value)
    shares = f"{abs(cluster.net_shares):,.0f}, {numbers.price(average(cluster))} on average"
    facts = [
        Field("value", numbers.money(cluster.total_value)),
        Field("shares", shares),
        Field("trades", f"{cluster.transaction_count:,}"),
        Field("traded", f"{dates(cluster.first_date, cluster.last_date)} ({span(cluster)})"),
    ]
    if cluster.plan_value is not None:
        facts.append(Field("under a 10b5-1 plan", share or "none"))
    body: list[Element] = [Fields(tuple(facts)), insiders_table(cluster.insiders)]
    body += [Note(f"{said}.")] if (said := uniform(cluster)) else []
    body += [Note(f"Counted as one, {one.name}: {_why(one)}.") for one in cluster.insiders if one.joined_because]
    return body + links_of(cluster, filings)


def _insider(one: Insider) -> tuple[str, ...]:
    others = len(one.filers) - 1
    share = plan_share(one.plan_value, one.value)
    remarks = [f"{share} under a plan"] if share else []
    remarks += ["filed late"] if one.late else []
    return (
        one.name + (f" (and {others} more)" if others > 0 else ""),
        role(one) or numbers.UNKNOWN,
        numbers.UNKNOWN if one.shares is None else f"{one.shares:,.0f}",
        numbers.price(one.average_price),
        numbers.money(one.value),
        dates(one.first_date, one.last_date),
        ", ".join(remarks) or numbers.UNKNOWN,
    )


def _why(insider: Insider) -> str:
    more = len(insider.joined_because) - REASONS_SHOWN
    return "; ".join(insider.joined_because[:REASONS_SHOWN]) + (f"; and {more} more reasons" if more > 0 else "")


def _label(insider: Insider, filing: Filing | None) -> str:
    if filing is None:
        return f"filing of {insider.name}"
    form = "" if filing.form == "4" else f", {filing.form}"
    return f"{insider.name}, filed {filing.accepted_at.date()}{form}"


def _short_of(cluster: Cluster, rule: ClusterRule) -> str:
    """2 insiders bought, 3 are needed."""
    lacks = [f"{rule.min_insiders} are needed"] if cluster.insider_count < rule.min_insiders else []
    if cluster.total_value < rule.min_value:
        lacks.append(f"{numbers.money(rule.min_value)} is asked for")
    filers = len({name for one in cluster.insiders for name in one.filers})
    joined = f" ({filers} filers)" if filers > cluster.insider_count else ""
    who = f"{numbers.count(cluster.insider_count, 'insider')}{joined} {verb(cluster.side)}"
    return f"No {cluster.side} cluster: {', '.join([f'{who} {numbers.money(cluster.total_value)}', *lacks])}."


def _why_none(company: Company, rule: ClusterRule) -> Iterable[str]:
    """Why nobody counts as having traded."""
    name = company.issuer.ticker or company.issuer.name
    within = f"in the last {numbers.count(rule.days, 'day')}"
    sides = " and ".join("purchase" if side is Side.BUY else "sale" for side in rule.sides)
    yield f"No {sides.replace(' and ', ' or ')} of {name} by its insiders counts {within}."
    other = [one for one in company.close if one.side not in rule.sides]
    for one in other:
        who = numbers.count(one.insider_count, "insider")
        yield f"On the other side {who} {verb(one.side)} {numbers.money(one.total_value)}; side=both shows it."
    rows = [(filing, row) for filing in company.filings.values() for row in filing.transactions]
    if not rows:
        yield f"None of its filings that are stored has a trade {within}."
        return
    codes = {CODES[side][0] for side in rule.sides}
    free = sum(row.code in codes and not row.price for _, row in rows)
    if free:
        yield f"{numbers.count(free, 'trade')} without a price counts for nothing."
    if not rule.plan and any(filing.plan_10b5_1 and row.code in codes for filing, row in rows):
        yield "Trades under a 10b5-1 plan are left out; plan=yes counts them."
    besides = Counter(row.code for _, row in rows if row.code not in {code for code, _ in CODES.values()})
    if besides:
        said = ", ".join(f"{number} × {_code(code)}" for code, number in besides.most_common())
        yield f"Its filings hold what is no trade on the market: {said}."


def _code(code: str) -> str:
    return f"{CODES_IN_WORDS[code]} ({code})" if code in CODES_IN_WORDS else f"code {code}"


def _set_aside(company: Company) -> list[Element]:
    if not company.aside:
        return []
    count = numbers.count(len(company.aside), "trade")
    body: list[Element] = [Note(f"{count} set aside, for nobody can have meant so:")]
    for one in company.aside[:ASIDE_SHOWN]:
        filing = company.filings.get(one.accession)
        who = filing.filers[0].name if filing is not None and filing.filers else one.accession
        text = f"{who}, row {one.row + 1}: {one.reason}"
        url = filing_url(company.issuer.cik, one.accession)
        body.append(Note(text) if url is None else Link(text, url))
    if more := len(company.aside) - ASIDE_SHOWN:
        body += [Note(f"And {more} more.")] if more > 0 else []
    return body


def _wider(company: Company, rule: ClusterRule) -> list[Button]:
    """What shows more where there is no cluster."""
    ticker = company.issuer.ticker
    if company.clusters or ticker is None or rule.days >= 365:
        return []
    year = ClusterRule(days=365, min_insiders=rule.min_insiders, plan=rule.plan)
    return [Button("The whole year", card_line(ticker, year))]
