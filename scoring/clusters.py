"""BUY and SELL clusters: several distinct insiders on one side of one issuer (DESIGN, the method, 8)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain

from scoring.amendments import effective_by_issuer
from scoring.model import Cluster, Filing, Insider, InsiderTransaction, Issuer, Side
from scoring.owners import Ownership, disjoint_sets, display_name, role_of, who_is_who
from scoring.trades import SetAside, Trades, counted, counted_once, set_aside

LATE = timedelta(days=30)
UNIFORM = 5  # owners who buy at one price on one day


@dataclass(frozen=True, slots=True)
class ClusterRule:
    """What counts as a cluster; the parameters of seeds/insider-clusters."""

    days: int = 30  # look-back, by transaction date, today and the day so many days ago included
    min_insiders: int = 3
    min_value: float = 0.0  # USD
    sides: tuple[Side, ...] = (Side.BUY, Side.SELL)
    sector: str | None = None
    industry: str | None = None
    ticker: str | None = None
    plan: bool = True  # count trades under a 10b5-1 plan

    def first_day(self, today: date) -> date:
        """The first day of the look-back."""
        return today - timedelta(days=self.days)


def find_clusters(
    filings: Sequence[Filing], issuers: Mapping[str, Issuer], rule: ClusterRule, now: datetime
) -> tuple[Cluster, ...]:
    """The clusters that the rule finds in what was known at `now`, largest value first."""
    found = [
        cluster
        for own, issuer in _wanted(filings, issuers, rule, now)
        for cluster in _of_issuer(own, issuer, rule, now.date())
    ]
    return by_value(found)


def examine(
    filings: Sequence[Filing], issuers: Mapping[str, Issuer], rule: ClusterRule, now: datetime
) -> tuple[tuple[Cluster, ...], tuple[SetAside, ...]]:
    """Clusters, and the rows of the window that were set aside."""
    today = now.date()
    aside = [
        row
        for own, _ in _wanted(filings, issuers, rule, now)
        for row in set_aside(_counting(own, rule), rule.first_day(today), today)
    ]
    return find_clusters(filings, issuers, rule, now), tuple(aside)


def by_value(clusters: Sequence[Cluster]) -> tuple[Cluster, ...]:
    """Largest value first."""
    return tuple(sorted(clusters, key=lambda one: (-one.total_value, one.issuer.cik, one.side)))


def is_wanted(issuer: Issuer, rule: ClusterRule) -> bool:
    """Whether a rule asks for clusters of this issuer."""
    return (
        (rule.sector is None or issuer.sector == rule.sector)
        and (rule.industry is None or issuer.industry == rule.industry)
        and (rule.ticker is None or issuer.ticker == rule.ticker)
    )


def _wanted(
    filings: Sequence[Filing], issuers: Mapping[str, Issuer], rule: ClusterRule, now: datetime
) -> Iterator[tuple[list[Filing], Issuer]]:
    """What stands of each issuer's filings, oldest first, and the issuer."""
    for cik, own in effective_by_issuer([one for one in filings if one.accepted_at <= now]).items():
        newest = own[-1]
        issuer = issuers.get(cik) or Issuer(cik, newest.issuer_name, newest.ticker, None, None)
        if is_wanted(issuer, rule):
            yield own, issuer


def _counting(filings: list[Filing], rule: ClusterRule) -> list[Filing]:
    """The filings whose trades count; all of them tell who is who."""
    return filings if rule.plan else [one for one in filings if not one.plan_10b5_1]


def _of_issuer(filings: list[Filing], issuer: Issuer, rule: ClusterRule, today: date) -> Iterator[Cluster]:
    counting = _counting(filings, rule)
    # Disjoint owners come from different filings: most issuers have too few for a closer look.
    if len(counting) < rule.min_insiders:
        return
    ownership: Ownership | None = None
    sides = counted(counting, rule.first_day(today), today)
    for side in rule.sides:
        trades = sides[side]
        # And joining can only lower their number.
        if len(frozenset().union(*(one.ciks for one in trades))) < rule.min_insiders:
            continue
        ownership = ownership or who_is_who(filings)
        cluster = _cluster(counted_once(trades), ownership, issuer, side)
        if cluster.insider_count >= rule.min_insiders and cluster.total_value >= rule.min_value:
            yield cluster


def _cluster(trades: list[Trades], ownership: Ownership, issuer: Issuer, side: Side) -> Cluster:
    by_owner = _by_owner(trades, ownership)
    insiders = [_insider(owners, own, ownership) for owners, own in by_owner.items()]
    insiders.sort(key=lambda one: (-(one.value or 0.0), one.name))
    rows = [row for one in trades for row in one.rows]
    dates = [row.date for row in rows]
    shares = math.fsum([row.shares for row in rows])
    return Cluster(
        issuer=issuer,
        side=side,
        insiders=tuple(insiders),
        total_value=_value(rows),
        net_shares=shares if side is Side.BUY else -shares,
        transaction_count=len(rows),
        first_date=min(dates),
        last_date=max(dates),
        plan_value=_plan_value(trades),
        accessions=_accessions(trades),
        uniform_price=_uniform_price(by_owner.values()) if side is Side.BUY else 0,
    )


def _uniform_price(owners: Collection[list[Trades]]) -> int:
    """How many owners bought nothing but what five or more bought at one price on one day.

    Form 4 codes an allocation of an offering, a directed share programme or a company's plan as P, like a
    purchase in the market; that many people do not meet at one price to the cent by chance. Such a cluster is
    one by definition, so it is found and marked; what it lacks is that each chose the moment, so that alerts
    leave these owners out of the count. Below five, people who buy on the day of one announcement do meet.
    """
    if len(owners) < UNIFORM:
        return 0
    deals = [{(row.date, row.price) for one in own for row in one.rows} for own in owners]
    together = Counter(chain.from_iterable(deals))
    return sum(all(together[deal] >= UNIFORM for deal in own) for own in deals)


def _by_owner(trades: list[Trades], ownership: Ownership) -> dict[frozenset[str], list[Trades]]:
    """The largest number of owners that are certainly different → their trades."""
    behind: dict[frozenset[str], list[Trades]] = defaultdict(list)
    for one in trades:
        behind[ownership.owner_set(one.ciks)].append(one)
    owners = disjoint_sets(behind)
    if len(owners) == len(behind):
        return {chosen: behind[chosen] for chosen in owners}
    found: dict[frozenset[str], list[Trades]] = {chosen: [] for chosen in owners}
    for group, own in behind.items():
        # A set that was not chosen overlaps one that was, or the choice would not be the largest.
        closest = group if group in found else max(owners, key=lambda one: (len(one & group), -len(one), sorted(one)))
        found[closest] += own
    return found


def _insider(owners: frozenset[str], trades: list[Trades], ownership: Ownership) -> Insider:
    shown = display_name(owners, ownership)
    ciks = trades[0].ciks.union(*[one.ciks for one in trades])
    rows = [row for one in trades for row in one.rows]
    dates = [row.date for row in rows]
    return Insider(
        name=shown.name,
        role=role_of(shown),
        filers=tuple(sorted({ownership.filers[cik].name for cik in ciks})),
        joined_because=_reasons(ciks, trades, ownership) if len(ciks) > 1 else (),
        shares=math.fsum([row.shares for row in rows]),
        value=_value(rows),
        first_date=min(dates),
        last_date=max(dates),
        accessions=_accessions(trades),
        plan_value=_plan_value(trades),
        late=any(_is_late(one) for one in trades),
    )


def _value(rows: Iterable[InsiderTransaction]) -> float:
    """USD."""
    return math.fsum([row.shares * (row.price or 0.0) for row in rows])


def _plan_value(trades: Iterable[Trades]) -> float:
    """USD of what was traded under a 10b5-1 plan."""
    return _value([row for one in trades if one.filing.plan_10b5_1 for row in one.rows])


def _is_late(trades: Trades) -> bool:
    on_time = trades.filing.accepted_at.date() - LATE
    return min([row.date for row in trades.rows]) < on_time


def _accessions(trades: list[Trades]) -> tuple[str, ...]:
    return tuple(sorted({one.filing.accession for one in trades}))


def _reasons(ciks: frozenset[str], trades: list[Trades], ownership: Ownership) -> tuple[str, ...]:
    """Why several filers are one owner."""
    reasons = {join.why for join in ownership.joins if join.cik in ciks}
    for one in trades:
        filers = len({filer.cik for filer in one.filing.filers})
        if filers > 1:
            reasons.add(f"{filers} filers report together in {one.filing.accession}")
        if one.also:
            reasons.add(f"the trade in {one.filing.accession} is reported by other filings too")
    return tuple(sorted(reasons))
