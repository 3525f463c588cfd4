"""Which rows of a Form 4 count, and which rows of two filings are one trade (DESIGN, the method, 8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain

from scoring.model import Filing, InsiderTransaction, Side

# Side → transaction code and acquired/disposed code; a row must have both.
CODES = {Side.BUY: ("P", "A"), Side.SELL: ("S", "D")}
SIDE_OF_CODE = {code: side for side, (code, _) in CODES.items()}
HIGHEST_PRICE = 1_500_000.0  # USD a share; the dearest real share stands below 1 M
HIGHEST_VALUE = 5e9  # USD in one row
HOLDING_FACTOR = 1000  # a purchase of 1000 times the holding it left is a slip of units
OLDEST_TRADE = timedelta(days=730)  # before its filing
YOUNGEST_TRADE = timedelta(days=-1)  # after its filing, by the difference of time zones
LATE = timedelta(days=30)  # a filing after its trade
ROUND_LOT = 100  # shares

Deal = tuple[date, float, float | None]  # date, shares, price
Lot = tuple[str, date, float | None]  # accession, date, price

# A row that counts, its filing, and the accessions of other filings that tell it again. Plain tuples, for a year
# has 200,000.
Trade = tuple[InsiderTransaction, Filing, frozenset[str]]
# The CIKs of all filers that report them together → trades.
Trades = dict[frozenset[str], list[Trade]]
Report = tuple[frozenset[str], Trade]
NOBODY_ELSE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that counts for nothing, and why."""

    accession: str
    row: int
    reason: str


def counted(filings: Iterable[Filing], first: date, last: date) -> dict[Side, Trades]:
    """What filings report on either side as traded from `first` to `last`.

    A row without a price, or with price zero, counts neither for value nor for insiders.
    """
    found: dict[Side, Trades] = {side: defaultdict(list) for side in CODES}
    for filing in filings:
        filed = filing.accepted_at.date()
        ciks = frozenset([filer.cik for filer in filing.filers])
        for row in filing.transactions:
            side = SIDE_OF_CODE.get(row.code)
            if side and row.price and ciks and first <= row.date <= last and fault(row, filed) is None:
                found[side][ciks].append((row, filing, NOBODY_ELSE))
    return found


def set_aside(filings: Iterable[Filing], first: date, last: date) -> Iterator[SetAside]:
    """The rows on either side that count for nothing, traded from `first` to `last`, and why."""
    for filing in filings:
        for row in filing.transactions:
            if row.code in SIDE_OF_CODE and first <= row.date <= last:
                reason = fault(row, filing.accepted_at.date())
                if reason is not None:
                    yield SetAside(filing.accession, row.row, reason)


def fault(row: InsiderTransaction, filed: date) -> str | None:  # noqa: PLR0911 - one a fault
    """Why a row counts for nothing; None when it may count (a missing price is no fault, only no value)."""
    side, shares = SIDE_OF_CODE[row.code], row.shares
    if row.acquired_disposed != CODES[side][1]:
        return f"code {row.code} says {side}, and {row.acquired_disposed or 'nothing'} contradicts it"
    if shares <= 0:
        return f"{shares:g} shares"
    age = filed - row.date
    if age < YOUNGEST_TRADE:
        return f"traded on {row.date}, after it was filed on {filed}"
    if age > OLDEST_TRADE:
        return f"traded on {row.date}, more than two years before it was filed"
    price = row.price or 0.0
    if price < 0 or price > HIGHEST_PRICE:
        return f"a price of ${price:,.0f} a share"
    if price * shares > HIGHEST_VALUE:
        return f"a value of ${price * shares:,.0f} in one row"
    if row.shares_after and shares > HOLDING_FACTOR * row.shares_after and side is Side.BUY:
        return f"{shares:,.0f} shares bought, and only {row.shares_after:,.0f} held after it"
    return None


def counted_once(trades: Trades) -> Trades:
    """Trades with those that several filings of one chain report counted once.

    Two rows are one trade when different owners report the same date, code, shares and price, at least one of
    them as indirect, and more than chance speaks for it: the holding after it is equal, or all rows of both
    filings are, or the number of shares is no round lot. Never inside one filing, where equal rows are equal
    tranches, and never between filings of the same owners, which are continued tables.
    """
    if not _may_be_told_twice(trades):
        return trades
    reports = sorted(
        [(ciks, trade) for ciks, own in trades.items() for trade in own],
        key=lambda one: (one[1][1].accepted_at, one[1][1].accession, one[1][0].row),
    )
    deals: dict[str, set[Deal]] = defaultdict(set)
    lots: dict[Lot, float] = defaultdict(float)
    for _, (row, filing, _) in reports:
        deals[filing.accession].add(_deal(row))
        lots[filing.accession, row.date, row.price] += row.shares
    by_deal: dict[Deal, list[Report]] = defaultdict(list)
    for ciks, trade in reports:
        row, filing, _ = trade
        # The lot, not the row: a round lot that was filled in odd tranches is a round lot.
        is_round = lots[filing.accession, row.date, row.price] % ROUND_LOT == 0
        _add(by_deal[_deal(row)], (ciks, trade), deals, is_round=is_round)
    once: Trades = defaultdict(list)
    for ciks, trade in chain.from_iterable(by_deal.values()):
        once[ciks].append(trade)
    return once


def _may_be_told_twice(trades: Trades) -> bool:
    """Whether different owners report one deal at all, and somebody reports as indirect: rare, and cheap to see."""
    if len(trades) == 1 or all(row.direct for own in trades.values() for row, _, _ in own):
        return False
    first: dict[Deal, frozenset[str]] = {}
    return any(first.setdefault(_deal(row), ciks) != ciks for ciks, own in trades.items() for row, _, _ in own)


def _add(same: list[Report], report: Report, deals: Mapping[str, set[Deal]], *, is_round: bool) -> None:
    """Put a report beside those of the same deal, or into the one that is the same trade."""
    ciks, (_, filing, _) = report
    for place, earlier in enumerate(same):
        told_by, (row, first, also) = earlier
        if filing.accession not in also and _is_same(earlier, report, deals, is_round=is_round):
            same[place] = (told_by | ciks, (row, first, also | {filing.accession}))
            return
    same.append(report)


def _is_same(earlier: Report, report: Report, deals: Mapping[str, set[Deal]], *, is_round: bool) -> bool:
    _, (row, filing, _) = earlier
    ciks, (again, other, _) = report
    if filing.accession == other.accession or {filer.cik for filer in filing.filers} == ciks:
        return False
    if row.direct and again.direct:
        return False
    return (
        (row.shares_after is not None and row.shares_after == again.shares_after)
        or deals[filing.accession] == deals[other.accession]
        or not is_round
    )


def _deal(row: InsiderTransaction) -> Deal:
    return (row.date, row.shares, row.price)
