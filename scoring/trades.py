"""Which rows of a Form 4 count, and which rows of two filings are one trade (DESIGN, the method, 8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from scoring.model import Filing, InsiderTransaction, Side

# Side → transaction code and acquired/disposed code; a row must have both.
CODES = {Side.BUY: ("P", "A"), Side.SELL: ("S", "D")}
SIDE_OF_CODE = {code: side for side, (code, _) in CODES.items()}
HIGHEST_PRICE = 1_500_000.0  # USD a share; the dearest real share stands below 1 M
HIGHEST_VALUE = 5e9  # USD in one row
HOLDING_FACTOR = 1000  # a purchase of 1000 times the holding it left is a slip of units
OLDEST_TRADE = timedelta(days=730)  # before its filing
ZONES = timedelta(days=1)  # a trade of the day after its filing, by the difference of time zones
ROUND_LOT = 100  # shares

Deal = tuple[date, float, float | None]  # date, shares, price
Lot = tuple[str, date, float | None]  # accession, date, price


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that counts for nothing, and why."""

    accession: str
    row: int
    reason: str


class Trades(NamedTuple):  # a year has a hundred thousand: frozen dataclasses are slow to make
    """Rows of one filing that count, on one side, and who stood behind them."""

    filing: Filing
    rows: Sequence[InsiderTransaction]  # at least one
    ciks: frozenset[str]  # of all filers that reported them
    also: frozenset[str] = frozenset()  # accessions of other filings that report them


def counted(filings: Iterable[Filing], first: date, last: date) -> dict[Side, list[Trades]]:
    """What filings report as traded from `first` to `last`: side → one entry a filing, in their order.

    A row without a price, or with price zero, counts neither for value nor for insiders.
    """
    found: dict[Side, list[Trades]] = {side: [] for side in CODES}
    for filing in filings:
        filed = filing.accepted_at.date()
        rows = [
            row
            for row in filing.transactions
            if row.code in SIDE_OF_CODE and row.price and first <= row.date <= last and fault(row, filed) is None
        ]
        if rows and filing.filers:
            ciks = frozenset([filer.cik for filer in filing.filers])
            for code in {row.code for row in rows}:
                found[SIDE_OF_CODE[code]].append(Trades(filing, [row for row in rows if row.code == code], ciks))
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
    side = SIDE_OF_CODE[row.code]
    if row.acquired_disposed != CODES[side][1]:
        return f"code {row.code} says {side}, and {row.acquired_disposed or 'nothing'} contradicts it"
    if row.shares <= 0:
        return f"{row.shares:g} shares"
    age = filed - row.date
    if age < -ZONES:
        return f"traded on {row.date}, after it was filed on {filed}"
    if age > OLDEST_TRADE:
        return f"traded on {row.date}, more than two years before it was filed"
    price = row.price or 0.0
    if price < 0 or price > HIGHEST_PRICE:
        return f"a price of ${price:,.0f} a share"
    if price * row.shares > HIGHEST_VALUE:
        return f"a value of ${price * row.shares:,.0f} in one row"
    if side is Side.BUY and row.shares_after and row.shares > HOLDING_FACTOR * row.shares_after:
        return f"{row.shares:,.0f} shares bought, and only {row.shares_after:,.0f} held after it"
    return None


def counted_once(trades: list[Trades]) -> list[Trades]:
    """Trades with those that several filings of one chain report counted once.

    Two rows are one trade when different owners report the same date, code, shares and price, at least one of
    them as indirect, and more than chance speaks for it: the holding after it is equal, or all rows of both
    filings are, or the number of shares is no round lot. Never inside one filing, where equal rows are equal
    tranches, and never between filings of the same owners, which are continued tables.
    """
    if not _may_be_told_twice(trades):
        return trades
    ordered = sorted(trades, key=lambda one: (one.filing.accepted_at, one.filing.accession))
    deals = {one.filing.accession: {_deal(row) for row in one.rows} for one in ordered}
    lots: dict[Lot, float] = defaultdict(float)
    for one in ordered:
        for row in one.rows:
            lots[one.filing.accession, row.date, row.price] += row.shares
    by_deal: dict[Deal, list[Trades]] = defaultdict(list)
    for one in ordered:
        for row in sorted(one.rows, key=lambda row: row.row):
            # The lot, not the row: a round lot that was filled in odd tranches is a round lot.
            is_round = lots[one.filing.accession, row.date, row.price] % ROUND_LOT == 0
            _add(by_deal[_deal(row)], one._replace(rows=(row,)), deals, is_round=is_round)
    return [one for same in by_deal.values() for one in same]


def _may_be_told_twice(trades: list[Trades]) -> bool:
    """Whether different owners report one deal at all, and somebody reports as indirect: rare, and cheap to see."""
    if all(row.direct for one in trades for row in one.rows):
        return False
    first: dict[Deal, frozenset[str]] = {}
    return any(first.setdefault(_deal(row), one.ciks) != one.ciks for one in trades for row in one.rows)


def _add(same: list[Trades], one: Trades, deals: Mapping[str, set[Deal]], *, is_round: bool) -> None:
    """Put a row beside those of the same deal, or into the one that is the same trade."""
    accession = one.filing.accession
    for place, earlier in enumerate(same):
        if accession not in earlier.also and _is_same(earlier, one, deals, is_round=is_round):
            same[place] = earlier._replace(ciks=earlier.ciks | one.ciks, also=earlier.also | {accession})
            return
    same.append(one)


def _is_same(earlier: Trades, one: Trades, deals: Mapping[str, set[Deal]], *, is_round: bool) -> bool:
    before, after = earlier.filing, one.filing
    if before.accession == after.accession or {f.cik for f in before.filers} == one.ciks:
        return False
    (row,), (again,) = earlier.rows, one.rows
    if row.direct and again.direct:
        return False
    return (
        (row.shares_after is not None and row.shares_after == again.shares_after)
        or deals[before.accession] == deals[after.accession]
        or not is_round
    )


def _deal(row: InsiderTransaction) -> Deal:
    return (row.date, row.shares, row.price)
