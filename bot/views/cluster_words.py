"""What is said of a cluster, in words and numbers, wherever one is shown."""

from __future__ import annotations

import re
from datetime import date

from bot.views import numbers
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
    name = f"{issuer.name} ({issuer.ticker})" if issuer.ticker else issuer.name
    when = f"on {cluster.first_date}"
    if cluster.last_date != cluster.first_date:
        when = f"from {cluster.first_date} to {cluster.last_date} ({span(cluster)})"
    who = numbers.count(cluster.insider_count, "insider")
    return f"{who} {verb(cluster.side)} {numbers.money(cluster.total_value)} of {name} {when}"


def verb(side: Side) -> str:
    """What the insiders of a side did."""
    return "bought" if side is Side.BUY else "sold"


def span(cluster: Cluster) -> str:
    """How tight the trades lie: same day, 4 days."""
    days = days_of(cluster)
    return "same day" if days == 1 else numbers.count(days, "day")


def dates(first: date | None, last: date | None) -> str:
    """When somebody traded: a day, or from the first to the last."""
    if first is None or last is None:
        return numbers.UNKNOWN
    return first.isoformat() if first == last else f"{first} to {last}"


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
    title = role(insider)
    return f"{insider.name}, {title}" if title else insider.name


def plan_share(plan_value: float | None, value: float | None) -> str:
    """How much of a value was traded under a 10b5-1 plan: 30 %; nothing where none was, or where it is not known."""
    if not plan_value or not value:
        return ""
    part = 100 * plan_value / value
    return f"{round_half_up(part, 0):.0f} %" if part >= 1 else "under 1 %"


def uniform(cluster: Cluster) -> str:
    """Says so where insiders bought at one price on one day, which is how shares are allotted; else nothing."""
    if not cluster.uniform_price:
        return ""
    who = f"{cluster.uniform_price} of {numbers.count(cluster.insider_count, 'insider')}"
    return f"{who} only bought at one price on one day: rather an allotment than decisions of their own"


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
