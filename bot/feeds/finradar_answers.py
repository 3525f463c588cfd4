"""Finradar's clusters as values.

Shape: seeds/insider-clusters. What the document leaves open, and what holds here:

- Insiders are names only: their roles, shares, values, dates and filings are not given, nor what was traded under
  a 10b5-1 plan. All of that is None or empty, and nothing is made up.
- `insider_count`, the number of `insiders` and `transaction_count` can contradict each other, though the document
  says how they hang together. The smallest counts, so that no alert rings for insiders that nobody can name; a row
  that names nobody at all is counted as it says. Equal names are one insider.
- A row with neither ticker nor CIK cannot be told from others; one whose sign, dates or average price cannot be is
  set aside as our own would be. Of a cluster that is given twice the larger counts.
- `ticker` and `issuer_cik` may be null. Where only the ticker is given, it identifies the cluster.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from bot.feeds.rows import Count, DocumentedRow, Kept, Text
from bot.feeds.tickers import NONE_LIKE
from scoring.model import Cluster, Insider, Issuer, Side
from scoring.trades import HIGHEST_PRICE

NAME = "finradar"
NAMELESS = "without a ticker and a CIK"
CONTRADICTORY = "whose net shares contradict their side"
IMPOSSIBLE_DATES = "with dates that cannot be"
ABSURD_PRICE = f"at more than ${HIGHEST_PRICE:,.0f} a share"
TWICE = "given twice"
DAY = re.compile(r"\d{4}-\d\d-\d\d")
MOST_NAMES = 1000


def _day(value: object) -> date:
    if not isinstance(value, str) or DAY.fullmatch(value) is None:
        raise ValueError("is no date of the form YYYY-MM-DD")  # pydantic turns only a ValueError into a fault
    return date.fromisoformat(value)


def _nothing(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _ticker(value: str) -> str | None:
    upper = value.upper()
    return None if upper in NONE_LIKE else upper


Ticker = Annotated[
    Annotated[Text, StringConstraints(max_length=20), AfterValidator(_ticker)] | None, BeforeValidator(_nothing)
]
Cik = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}$"), AfterValidator(lambda cik: cik.zfill(10))] | None,
    BeforeValidator(_nothing),
]
Classification = Annotated[Text | None, BeforeValidator(_nothing)]
Day = Annotated[date, BeforeValidator(_day)]
Usd = Annotated[float, Field(ge=0, le=1e13)]
Shares = Annotated[float, Field(ge=-1e13, le=1e13)]
Insiders = Annotated[Count, Field(ge=1)]


class ClusterRow(DocumentedRow):
    """One cluster of /insiders/clusters."""

    ticker: Ticker = None
    company_name: Text
    sector: Classification = None
    industry: Classification = None
    issuer_cik: Cik = None
    insider_count: Insiders
    total_value: Usd
    net_shares: Shares
    transaction_count: Insiders
    first_date: Day
    last_date: Day
    insiders: Annotated[tuple[Text, ...], Field(max_length=MOST_NAMES, strict=False)]
    cluster_type: Side = Field(strict=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The insiders' names, each once."""
        names: dict[str, str] = {}
        for name in self.insiders:
            names.setdefault(" ".join(name.split()).casefold(), name)
        return tuple(names.values())

    @property
    def counted(self) -> int:
        """Insiders, the smallest of what the row says (see the module's first lines)."""
        named = len(self.names) or self.insider_count
        return min(self.insider_count, named, self.transaction_count)


@dataclass(frozen=True, slots=True)
class Read:
    """The clusters of an answer, and the rows that are none."""

    clusters: tuple[Cluster, ...]
    left_out: Counter[str]  # reason → rows
    miscounted: int  # clusters with fewer insiders than `insider_count` says, or than are named

    @property
    def is_whole(self) -> bool:
        """Whether a cluster that is not among them is none."""
        return not self.left_out.keys() - {TWICE}


def read_clusters(rows: Kept[ClusterRow], now: datetime) -> Read:
    """One cluster an issuer and side, largest value first."""
    found: dict[str, Cluster] = {}
    left_out = Counter(rows.left_out)
    miscounted = 0
    for row in sorted(rows.kept, key=lambda one: -one.total_value):
        if fault := _fault(row, now):
            left_out[fault] += 1
            continue
        cluster = cluster_of(row)
        if cluster.key in found:
            left_out[TWICE] += 1
        else:
            found[cluster.key] = cluster
            miscounted += row.counted != row.insider_count or len(row.names) != row.insider_count
    return Read(tuple(found.values()), left_out, miscounted)


def _fault(row: ClusterRow, now: datetime) -> str | None:
    """Why a row is set aside; None when it counts."""
    if row.ticker is None and row.issuer_cik is None:
        return NAMELESS
    if row.net_shares == 0 or (row.net_shares > 0) is not (row.cluster_type is Side.BUY):
        return CONTRADICTORY
    # A day for the difference of time zones.
    if not row.first_date <= row.last_date <= now.date() + timedelta(days=1):
        return IMPOSSIBLE_DATES
    return ABSURD_PRICE if row.total_value > HIGHEST_PRICE * abs(row.net_shares) else None


def cluster_of(row: ClusterRow) -> Cluster:
    """The service's cluster as one of ours, as given."""
    return Cluster(
        issuer=Issuer(row.issuer_cik or "", row.company_name, row.ticker, row.sector, row.industry),
        side=row.cluster_type,
        insiders=tuple(_named(name) for name in row.names),
        total_value=row.total_value,
        net_shares=row.net_shares,
        transaction_count=row.transaction_count,
        first_date=row.first_date,
        last_date=row.last_date,
        plan_value=None,
        accessions=(),
        source=NAME,
        counted=row.counted,
    )


def _named(name: str) -> Insider:
    return Insider(
        name=name,
        role=None,
        filers=(name,),
        joined_because=(),
        shares=None,
        value=None,
        first_date=None,
        last_date=None,
        accessions=(),
        plan_value=None,
        late=None,
    )


def days_asked(days: Iterable[int], most: int, always: int) -> tuple[list[int], list[int]]:
    """Look-backs to ask for, `always` first and then those that most ask for; and those that are too many."""
    counts = Counter(days)
    ordered = sorted(counts.keys() | {always}, key=lambda one: (one != always, -counts[one], one))
    return ordered[:most], sorted(ordered[most:])
