"""What is said of a cluster, in words and numbers, wherever one is shown."""

from __future__ import annotations

import re
from datetime import date

from bot.views import numbers
from bot.words import mark, tr
from bot.words.stored import retold
from scoring.model import Cluster, Insider, Side
from scoring.rounding import round_half_up

EDGAR = "https://www.sec.gov/Archives/edgar/data"
ACCESSION = re.compile(r"\d{10}-\d{2}-\d{6}")
# Titles that filers write out, as everybody says them; what says nothing becomes "officer".
TITLES = (
    (re.compile(r"\bchief executive officer\b", re.IGNORECASE), "CEO"),
    (re.compile(r"\bchief financial officer\b", re.IGNORECASE), "CFO"),
    (re.compile(r"\bchief operating officer\b", re.IGNORECASE), "COO"),
    (re.compile(r"^\W*see (remarks?|footnotes?|notes?)\b.*$", re.IGNORECASE), "officer"),
)


def summary(cluster: Cluster) -> str:
    """One line: 3 insiders bought $1.24M of Amber Analytics Inc (ABAA) from 2026-04-09 to 2026-04-15 (7 days)."""
    issuer = cluster.issuer
    return summary_of(
        insiders=cluster.insider_count,
        side=cluster.side,
        value=cluster.total_value,
        company=(issuer.name, issuer.ticker),
        days=(cluster.first_date, cluster.last_date),
    )


def summary_of(
    *, insiders: int, side: Side, value: float, company: tuple[str, str | None], days: tuple[date, date]
) -> str:
    """The same of its numbers; `company` is its name and ticker."""
    name, ticker = company
    first, last = days
    told = {
        "insiders": numbers.count(insiders, "insider"),
        "value": numbers.money(value),
        "company": f"{name} ({ticker})" if ticker else name,
        "first": numbers.day(first),
        "last": numbers.day(last),
        "span": _span(first, last),
    }
    if first == last:
        on = by_side(
            side, mark("{insiders} bought {value} of {company} on {first}"),
            mark("{insiders} sold {value} of {company} on {first}"),
        )  # fmt: skip
        return tr(on, **told)
    between = by_side(
        side, mark("{insiders} bought {value} of {company} from {first} to {last} ({span})"),
        mark("{insiders} sold {value} of {company} from {first} to {last} ({span})"),
    )  # fmt: skip
    return tr(between, **told)


def by_side(side: Side, bought: str, sold: str) -> str:
    """The message for what the insiders of a side did."""
    return bought if side is Side.BUY else sold


def side_title(side: Side) -> str:
    """A side in a word: BUY."""
    return tr(by_side(side, mark("BUY"), mark("SELL")))


def span(cluster: Cluster) -> str:
    """How tight the trades lie: same day, 4 days."""
    return _span(cluster.first_date, cluster.last_date)


def _span(first: date, last: date) -> str:
    days = (last - first).days + 1
    return tr("same day") if days == 1 else numbers.count(days, "day")


def dates(first: date | None, last: date | None) -> str:
    """When somebody traded: a day, or from the first to the last."""
    if first is None or last is None:
        return numbers.UNKNOWN
    if first == last:
        return numbers.short_day(first)
    return tr("{first} to {last}", first=numbers.short_day(first), last=numbers.short_day(last))


def role(insider: Insider) -> str | None:
    """An insider's role in short: CEO, director, 10 % owner.

    >>> from datetime import date
    >>> def who(title): return Insider("A", title, ("A",), (), 1, 1, None, None, (), 0, False)
    >>> [role(who(title)) for title in ("President and Chief Executive Officer", "See Remarks", "director", None)]
    ['President and CEO', 'officer', 'director', None]
    """
    title = insider.role
    for written, said in TITLES if title else ():
        title = written.sub(said, title or "")
    return title


def with_role(insider: Insider) -> str:
    """Name and role: Abel Ann, CEO."""
    return named_with_role(insider.name, role(insider))


def named_with_role(name: str, title: str | None) -> str:
    """The same of a name, and of a role as `role` gives it."""
    return f"{name}, {retold(title)}" if title else name


def plan_share(plan_value: float | None, value: float | None) -> str:
    """How much of a value was traded under a 10b5-1 plan: 30 %; nothing where none was, or where it is not known."""
    if not plan_value or not value:
        return ""
    part = 100 * plan_value / value
    return (
        numbers.share(f"{round_half_up(part, 0):.0f}") if part >= 1 else tr("under {share}", share=numbers.share("1"))
    )


def uniform(cluster: Cluster) -> str:
    """Says so where insiders bought at one price on one day, which is how shares are allotted; else nothing."""
    return uniform_of(cluster.uniform_price, cluster.insider_count)


def uniform_of(alike: int, insiders: int) -> str:
    """The same of its numbers."""
    if not alike:
        return ""
    return tr(
        "{number} of {insiders} only bought at one price on one day: rather an allotment than decisions of their own",
        number=alike,
        insiders=numbers.count(insiders, "insider"),
    )


def average(cluster: Cluster) -> float | None:
    """USD per share over all trades."""
    return cluster.total_value / abs(cluster.net_shares) if cluster.net_shares else None


def filing_url(cik: str, accession: str) -> str | None:
    """Where EDGAR has an issuer's filing; None when the accession number is not a real one."""
    if ACCESSION.fullmatch(accession) is None or not cik:
        return None
    return f"{EDGAR}/{int(cik)}/{accession.replace('-', '')}/{accession}-index.htm"


def days_of(cluster: Cluster) -> int:
    """Calendar days from the first trade to the last, both counted."""
    return (cluster.last_date - cluster.first_date).days + 1
