"""Small made filings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from scoring.clusters import ClusterRule, find_clusters
from scoring.model import Cluster, Filer, Filing, InsiderTransaction, Issuer, Side

NOW = datetime(2026, 4, 26, 12, tzinfo=UTC)
TODAY = NOW.date()
ACME = Issuer("0000000001", "Acme Inc", "ACME", "Technology", "Semiconductors")
_numbers = iter(range(1, 10_000_000))


def person(number: int, name: str | None = None, **roles: bool | str) -> Filer:
    names = ("Abel Ann", "Baker Bo", "Carter Cy", "Dunn Di", "Ellis Ed", "Frost Fay")
    return Filer(f"{number:010d}", name or names[number % 6] + f" {chr(65 + number % 26)}", **roles)  # type: ignore[arg-type]


def entity(number: int, name: str = "Fund") -> Filer:
    return Filer(f"{900 + number:010d}", f"{name} {number} LLC", is_ten_percent_owner=True)


def trade(
    shares: float = 100,
    price: float | None = 10.0,
    *,
    code: str = "P",
    ad: str | None = None,
    days_ago: int = 3,
    row: int = 0,
    direct: bool = True,
    after: float | None = None,
) -> InsiderTransaction:
    return InsiderTransaction(
        row=row,
        security_title="Common Stock",
        date=TODAY - timedelta(days=days_ago),
        code=code,
        acquired_disposed=ad or ("D" if code in {"S", "F"} else "A"),
        shares=shares,
        price=price,
        shares_after=after,
        direct=direct,
    )


def filing(
    filers: list[Filer] | Filer,
    *trades: InsiderTransaction,
    issuer: Issuer = ACME,
    accession: str | None = None,
    accepted: datetime | None = None,
    form: str = "4",
    original: date | None = None,
    plan: bool = False,
) -> Filing:
    rows = trades or (trade(),)
    newest = max((row.date for row in rows), default=TODAY)
    return Filing(
        accession=accession or f"0000000001-26-{next(_numbers):06d}",
        form=form,
        issuer_cik=issuer.cik,
        issuer_name=issuer.name,
        ticker=issuer.ticker,
        accepted_at=accepted or datetime(newest.year, newest.month, newest.day, 21, tzinfo=UTC) + timedelta(days=1),
        period=newest,
        original_filed=original,
        plan_10b5_1=plan,
        filers=tuple(filers) if isinstance(filers, list) else (filers,),
        transactions=tuple(rows),
    )


def buys(*filings: Filing, rule: ClusterRule | None = None, now: datetime = NOW) -> tuple[Cluster, ...]:
    """BUY clusters from one insider up."""
    return find_clusters(filings, {ACME.cik: ACME}, rule or ClusterRule(min_insiders=1, sides=(Side.BUY,)), now)


def count(*filings: Filing) -> int:
    """Distinct insiders who bought."""
    found = buys(*filings)
    return found[0].insider_count if found else 0
