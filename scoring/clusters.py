"""BUY and SELL clusters: several distinct insiders on one side of one issuer (DESIGN, the method, 8)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from scoring.amendments import effective_filings
from scoring.model import Cluster, Filing, Insider, InsiderTransaction, Issuer, Side
from scoring.owners import Ownership, disjoint_sets, display_name, role_of, who_is_who

# Side → transaction code and acquired/disposed code; a row must have both.
CODES = {Side.BUY: ("P", "A"), Side.SELL: ("S", "D")}
SIDE_OF_CODE = {code: side for side, (code, _) in CODES.items()}
HIGHEST_PRICE = 1_500_000.0  # USD a share; the dearest real share stands below 1 M
HIGHEST_VALUE = 5e9  # USD in one row
HOLDING_FACTOR = 1000  # a purchase of 1000 times the holding it left is a slip of units
OLDEST_TRADE = timedelta(days=730)  # before its filing
LATE = timedelta(days=30)

Deal = tuple[date, float, float | None]  # date, shares, price


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


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that counts for nothing, and why."""

    accession: str
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Trade:
    """A row that counts, with who stood behind it."""

    filing: Filing
    row: InsiderTransaction
    value: float  # USD
    ciks: frozenset[str]  # of all filers that reported it
    also: frozenset[str] = frozenset()  # accessions of other filings that report it


def find_clusters(
    filings: Sequence[Filing], issuers: Mapping[str, Issuer], rule: ClusterRule, now: datetime
) -> tuple[Cluster, ...]:
    """The clusters that the rule finds in what was known at `now`, largest value first."""
    return examine(filings, issuers, rule, now)[0]


def examine(
    filings: Sequence[Filing], issuers: Mapping[str, Issuer], rule: ClusterRule, now: datetime
) -> tuple[tuple[Cluster, ...], tuple[SetAside, ...]]:
    """Clusters, and the rows of the window that were set aside."""
    known = effective_filings(filing for filing in filings if filing.accepted_at <= now)
    by_issuer: dict[str, list[Filing]] = defaultdict(list)
    for filing in known:
        by_issuer[filing.issuer_cik].append(filing)
    clusters: list[Cluster] = []
    aside: list[SetAside] = []
    for cik, own in by_issuer.items():
        issuer = issuers.get(cik) or _issuer_as_filed(own)
        if _is_wanted(issuer, rule):
            clusters += _of_issuer(own, issuer, rule, now.date(), aside)
    clusters.sort(key=lambda c: (-c.total_value, c.issuer.cik, c.side))
    return tuple(clusters), tuple(aside)


def _of_issuer(
    filings: list[Filing], issuer: Issuer, rule: ClusterRule, today: date, aside: list[SetAside]
) -> list[Cluster]:
    trades: dict[Side, list[Trade]] = defaultdict(list)
    first = today - timedelta(days=rule.days)
    for filing in filings:
        for row in filing.transactions:
            side = SIDE_OF_CODE.get(row.code)
            if side is None or not first <= row.date <= today:
                continue
            reason = _fault(filing, row, side)
            if reason is not None:
                aside.append(SetAside(filing.accession, row.row, reason))
            elif row.price:
                value = row.shares * row.price
                trades[side].append(Trade(filing, row, value, frozenset(f.cik for f in filing.filers)))
    found: list[Cluster] = []
    ownership: Ownership | None = None
    for side in rule.sides:
        # Joining can only lower the number of owners: most issuers need no closer look.
        if len({cik for trade in trades[side] for cik in trade.ciks}) < rule.min_insiders:
            continue
        ownership = ownership or who_is_who(filings)
        cluster = _cluster(_counted_once(trades[side]), ownership, issuer, side)
        if cluster.insider_count >= rule.min_insiders and cluster.total_value >= rule.min_value:
            found.append(cluster)
    return found


def _fault(  # noqa: PLR0911 - one return a fault
    filing: Filing, row: InsiderTransaction, side: Side
) -> str | None:
    """Why a row counts for nothing; None when it may count (a missing price is no fault, only no value)."""
    code, acquired_disposed = CODES[side]
    if row.acquired_disposed != acquired_disposed:
        return f"code {code} says {side}, and {row.acquired_disposed or 'nothing'} contradicts it"
    if row.shares <= 0:
        return f"{row.shares:g} shares"
    filed = filing.accepted_at.date()
    if row.date > filed + timedelta(days=1):  # a day for the difference of time zones
        return f"traded on {row.date}, after it was filed on {filed}"
    if row.date < filed - OLDEST_TRADE:
        return f"traded on {row.date}, more than two years before it was filed"
    price = row.price or 0.0
    if price < 0 or price > HIGHEST_PRICE:
        return f"a price of ${price:,.0f} a share"
    if price * row.shares > HIGHEST_VALUE:
        return f"a value of ${price * row.shares:,.0f} in one row"
    if side is Side.BUY and row.shares_after and row.shares > HOLDING_FACTOR * row.shares_after:
        return f"{row.shares:,.0f} shares bought, and only {row.shares_after:,.0f} held after it"
    return None


def _counted_once(trades: list[Trade]) -> list[Trade]:
    """Trades with those that several filings of one chain report counted once.

    Two rows are one trade when different owners report the same date, code, shares and price, at least one of
    them as indirect, and more than chance speaks for it: the holding after it is equal, or all rows of both
    filings are, or the number of shares is no round lot. Never inside one filing, where equal rows are equal
    tranches, and never between filings of the same owners, which are continued tables.
    """
    by_deal: dict[Deal, list[Trade]] = defaultdict(list)
    ordered = sorted(trades, key=lambda t: (t.filing.accepted_at, t.filing.accession, t.row.row))
    deals: dict[str, set[Deal]] = defaultdict(set)
    lots: dict[tuple[str, date, float | None], float] = defaultdict(float)
    for trade in ordered:
        deals[trade.filing.accession].add(_deal(trade))
        lots[trade.filing.accession, trade.row.date, trade.row.price] += trade.row.shares
    for trade in ordered:
        same = by_deal[_deal(trade)]
        # The lot, not the row: a round lot that was filled in odd tranches is a round lot.
        is_round = lots[trade.filing.accession, trade.row.date, trade.row.price] % 100 == 0
        for place, earlier in enumerate(same):
            if trade.filing.accession not in earlier.also and _is_same(earlier, trade, deals, is_round=is_round):
                ciks, also = earlier.ciks | trade.ciks, earlier.also | {trade.filing.accession}
                same[place] = replace(earlier, ciks=ciks, also=also)
                break
        else:
            same.append(trade)
    return [trade for same in by_deal.values() for trade in same]


def _deal(trade: Trade) -> Deal:
    return (trade.row.date, trade.row.shares, trade.row.price)


def _is_same(earlier: Trade, trade: Trade, deals: Mapping[str, set[Deal]], *, is_round: bool) -> bool:
    one, other = earlier.filing, trade.filing
    if one.accession == other.accession or {f.cik for f in one.filers} == {f.cik for f in other.filers}:
        return False
    if earlier.row.direct and trade.row.direct:
        return False
    after = earlier.row.shares_after
    return (
        (after is not None and after == trade.row.shares_after)
        or deals[one.accession] == deals[other.accession]
        or not is_round
    )


def _cluster(trades: list[Trade], ownership: Ownership, issuer: Issuer, side: Side) -> Cluster:
    behind: dict[frozenset[str], list[Trade]] = defaultdict(list)
    for trade in trades:
        behind[ownership.owner_set(trade.ciks)].append(trade)
    owners = disjoint_sets(behind)
    shares: dict[frozenset[str], list[Trade]] = {chosen: [] for chosen in owners}
    for group, own in behind.items():
        # A set that was not chosen overlaps one that was, or the choice would not be the largest.
        closest = group if group in shares else max(owners, key=lambda one: (len(one & group), -len(one), sorted(one)))
        shares[closest] += own
    insiders = [_insider(chosen, own, ownership) for chosen, own in shares.items()]
    return Cluster(
        issuer=issuer,
        side=side,
        insiders=tuple(sorted(insiders, key=lambda one: (-(one.value or 0.0), one.name))),
        total_value=math.fsum(trade.value for trade in trades),
        net_shares=math.fsum(trade.row.shares for trade in trades) * (1 if side is Side.BUY else -1),
        transaction_count=len(trades),
        first_date=min((trade.row.date for trade in trades), default=date.min),
        last_date=max((trade.row.date for trade in trades), default=date.min),
        plan_value=math.fsum(trade.value for trade in trades if trade.filing.plan_10b5_1),
        accessions=tuple(sorted({trade.filing.accession for trade in trades})),
    )


def _insider(owners: frozenset[str], trades: list[Trade], ownership: Ownership) -> Insider:
    shown = display_name(owners, ownership)
    ciks = frozenset().union(*(trade.ciks for trade in trades))
    return Insider(
        name=shown.name,
        role=role_of(shown),
        filers=tuple(sorted({ownership.filers[cik].name for cik in ciks})),
        joined_because=_reasons(ciks, trades, ownership),
        shares=math.fsum(trade.row.shares for trade in trades),
        value=math.fsum(trade.value for trade in trades),
        first_date=min(trade.row.date for trade in trades),
        last_date=max(trade.row.date for trade in trades),
        accessions=tuple(sorted({trade.filing.accession for trade in trades})),
        plan_value=math.fsum(trade.value for trade in trades if trade.filing.plan_10b5_1),
        late=any(trade.filing.accepted_at.date() - trade.row.date > LATE for trade in trades),
    )


def _reasons(ciks: frozenset[str], trades: Iterable[Trade], ownership: Ownership) -> tuple[str, ...]:
    if len(ciks) == 1:
        return ()
    reasons = {join.why for join in ownership.joins if join.cik in ciks}
    for trade in trades:
        filers = {filer.cik for filer in trade.filing.filers}
        if len(filers) > 1:
            reasons.add(f"{len(filers)} filers report together in {trade.filing.accession}")
        if trade.also:
            reasons.add(f"the trade in {trade.filing.accession} is reported by other filings too")
    return tuple(sorted(reasons))


def _is_wanted(issuer: Issuer, rule: ClusterRule) -> bool:
    return (
        (rule.sector is None or issuer.sector == rule.sector)
        and (rule.industry is None or issuer.industry == rule.industry)
        and (rule.ticker is None or issuer.ticker == rule.ticker)
    )


def _issuer_as_filed(filings: list[Filing]) -> Issuer:
    newest = max(filings, key=lambda filing: (filing.accepted_at, filing.accession))
    return Issuer(newest.issuer_cik, newest.issuer_name, newest.ticker, None, None)
