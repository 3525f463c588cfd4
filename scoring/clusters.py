"""BUY and SELL clusters: several distinct insiders on one side of one issuer (DESIGN, the method, 8)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain

from scoring.amendments import effective_by_issuer
from scoring.model import Cluster, Filing, Insider, InsiderTransaction, Issuer, Side
from scoring.owners import Ownership, disjoint_sets, display_name, role_of, who_is_who
from scoring.trades import LATE, SetAside, Trade, Trades, counted, counted_once, set_aside

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
        if len(frozenset[str]().union(*trades)) < max(1, rule.min_insiders):
            continue
        ownership = ownership or who_is_who(filings)
        cluster = _cluster(_by_owner(counted_once(trades), ownership), ownership, issuer, side)
        if cluster.insider_count >= rule.min_insiders and cluster.total_value >= rule.min_value:
            yield cluster


@dataclass(slots=True)
class Stake:
    """What one owner traded, and all filers that reported it."""

    ciks: frozenset[str]
    trades: list[Trade]


Stakes = dict[frozenset[str], Stake]  # by owner


def _by_owner(trades: Trades, ownership: Ownership) -> Stakes:
    """The largest number of owners that are certainly different, and what each traded."""
    behind: Stakes = {}
    for ciks, own in trades.items():
        _put(behind, ownership.owner_set(ciks), ciks, own)
    owners = disjoint_sets(behind)
    found: Stakes = {chosen: behind.pop(chosen) for chosen in owners}
    for group, stake in behind.items():
        # A set that was not chosen overlaps one that was, or the choice would not be the largest.
        _put(found, max(owners, key=lambda one: (len(one & group), -len(one), sorted(one))), stake.ciks, stake.trades)
    return found


def _put(stakes: Stakes, owners: frozenset[str], ciks: frozenset[str], trades: list[Trade]) -> None:
    stake = stakes.get(owners)
    stakes[owners] = Stake(ciks, trades) if stake is None else Stake(stake.ciks | ciks, stake.trades + trades)


def _cluster(stakes: Stakes, ownership: Ownership, issuer: Issuer, side: Side) -> Cluster:
    insiders = [_insider(owners, stake, ownership) for owners, stake in stakes.items()]
    insiders.sort(key=lambda one: (-(one.value or 0.0), one.name))
    trades = [trade for stake in stakes.values() for trade in stake.trades]
    rows = [row for row, _, _ in trades]
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
        uniform_price=_uniform_price(stakes) if side is Side.BUY else 0,
    )


def _uniform_price(stakes: Stakes) -> int:
    """How many owners bought nothing but what five or more bought at one price on one day.

    Form 4 codes an allocation of an offering, a directed share programme or a company's plan as P, like a
    purchase in the market; that many people do not meet at one price to the cent by chance. Such a cluster is
    one by definition, so it is found and marked; what it lacks is that each chose the moment, so that alerts
    leave these owners out of the count. Below five, people who buy on the day of one announcement do meet.
    """
    if len(stakes) < UNIFORM:
        return 0
    deals = [{(row.date, row.price) for row, _, _ in stake.trades} for stake in stakes.values()]
    together = Counter(chain.from_iterable(deals))
    return sum(all(together[deal] >= UNIFORM for deal in own) for own in deals)


def _insider(owners: frozenset[str], stake: Stake, ownership: Ownership) -> Insider:
    shown = display_name(owners, ownership)
    rows = [row for row, _, _ in stake.trades]
    dates = [row.date for row in rows]
    return Insider(
        name=shown.name,
        role=role_of(shown),
        filers=tuple(sorted({ownership.filers[cik].name for cik in stake.ciks})),
        joined_because=_reasons(stake, ownership) if len(stake.ciks) > 1 else (),
        shares=math.fsum([row.shares for row in rows]),
        value=_value(rows),
        first_date=min(dates),
        last_date=max(dates),
        accessions=_accessions(stake.trades),
        plan_value=_plan_value(stake.trades),
        late=any(filing.accepted_at.date() - row.date > LATE for row, filing, _ in stake.trades),
    )


def _value(rows: Iterable[InsiderTransaction]) -> float:
    """USD."""
    return math.fsum([row.shares * (row.price or 0.0) for row in rows])


def _plan_value(trades: Iterable[Trade]) -> float:
    """USD of what was traded under a 10b5-1 plan."""
    return _value([row for row, filing, _ in trades if filing.plan_10b5_1])


def _accessions(trades: Iterable[Trade]) -> tuple[str, ...]:
    return tuple(sorted({filing.accession for _, filing, _ in trades}))


def _reasons(stake: Stake, ownership: Ownership) -> tuple[str, ...]:
    """Why several filers are one owner."""
    reasons = {join.why for join in ownership.joins if join.cik in stake.ciks}
    for _, filing, also in stake.trades:
        filers = len({filer.cik for filer in filing.filers})
        if filers > 1:
            reasons.add(f"{filers} filers report together in {filing.accession}")
        if also:
            reasons.add(f"the trade in {filing.accession} is reported by other filings too")
    return tuple(sorted(reasons))
