"""What a 4/A takes back of the filings before it (facts of practice: a 4/A replaces only what it restates)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from operator import attrgetter

from scoring.model import UNNUMBERED, Filing, InsiderTransaction

FILED_TOLERANCE = timedelta(days=4)  # dateOfOriginalSubmission is typed by the filer
LONGEST_REACH = timedelta(days=365)
ACCEPTANCE = attrgetter("accepted_at", "accession")

# Trade date, code, shares and price of a row, one of them left open: three that agree are enough.
Fields = tuple[date | None, str | None, float | None, float | None]
# Form, period of report, filers' CIKs, and date, code and shares of each row.
Told = tuple[str, date | None, frozenset[str], tuple[tuple[date, str, float], ...]]


def effective_filings(filings: Iterable[Filing]) -> tuple[Filing, ...]:
    """The filings with every row removed that a later amendment restates, by issuer and time of acceptance."""
    by_issuer = effective_by_issuer(filings)
    return tuple(filing for issuer in sorted(by_issuer) for filing in by_issuer[issuer])


def effective_by_issuer(filings: Iterable[Filing]) -> dict[str, list[Filing]]:
    """The same, as issuer → its filings, oldest first.

    The order in which they are given is irrelevant, and so is an accession number that comes twice. An
    amendment without non-derivative rows corrects something else and replaces nothing. A filing that was read
    from a file without an accession number gives way to the same filing with one.
    """
    by_issuer: dict[str, list[Filing]] = defaultdict(list)
    for filing in {filing.accession: filing for filing in filings}.values():
        by_issuer[filing.issuer_cik].append(filing)
    for issuer, given in by_issuer.items():
        own = sorted(_numbered_once(given), key=ACCEPTANCE)
        by_issuer[issuer] = _amended(own) if any(filing.form == "4/A" for filing in own) else own
    return by_issuer


def _numbered_once(filings: Sequence[Filing]) -> list[Filing]:
    """One issuer's filings without those that have no accession number and are there with one too."""
    numbered = [one for one in filings if not one.accession.startswith(UNNUMBERED)]
    if len(numbered) == len(filings):
        return numbered
    told = {_told(one) for one in numbered}
    return numbered + [one for one in filings if one.accession.startswith(UNNUMBERED) and _told(one) not in told]


def _told(filing: Filing) -> Told:
    """What one filing tells in whatever way it was read: not its prices, which data sets round to cents."""
    rows = sorted((row.date, row.code, row.shares) for row in filing.transactions)
    return filing.form, filing.period, frozenset([filer.cik for filer in filing.filers]), tuple(rows)


def _amended(filings: Sequence[Filing]) -> list[Filing]:
    """One issuer's filings, oldest first, with their amendments applied."""
    alive: dict[str, Sequence[InsiderTransaction]] = {filing.accession: filing.transactions for filing in filings}
    chain_of: dict[str, list[str]] = {}  # accession → the original and what amended it so far
    earlier: dict[str, list[Filing]] = defaultdict(list)  # CIK → its filings so far
    for filing in filings:
        owners = {filer.cik for filer in filing.filers}
        if filing.form == "4/A" and filing.transactions:
            candidates = {one.accession: one for cik in sorted(owners) for one in earlier[cik]}
            original = _original(filing, owners, sorted(candidates.values(), key=ACCEPTANCE))
            if original is not None:
                chain = chain_of.setdefault(original.accession, [original.accession])
                for accession in chain:
                    alive[accession] = _left(alive[accession], filing.transactions)
                chain.append(filing.accession)
                chain_of[filing.accession] = chain
        for cik in owners:
            earlier[cik].append(filing)
    return [
        filing if len(rows) == len(filing.transactions) else replace(filing, transactions=tuple(rows))
        for filing, rows in zip(filings, alive.values(), strict=True)
    ]


def _original(amendment: Filing, owners: set[str], candidates: Sequence[Filing]) -> Filing | None:
    """The filing of these owners that an amendment amends: by filing date, else by period, else by its rows."""
    filed = amendment.original_filed
    if filed is not None:
        same_day = [one for one in candidates if timedelta(0) <= one.accepted_at.date() - filed <= FILED_TOLERANCE]
        if same_day:
            return _closest(amendment, owners, same_day)
    same_period = [one for one in candidates if one.period and one.period == amendment.period]
    if same_period:
        return _closest(amendment, owners, same_period)
    near = [
        one
        for one in candidates
        if amendment.accepted_at - one.accepted_at <= LONGEST_REACH
        and _matched(one.transactions, amendment.transactions)
    ]
    return _closest(amendment, owners, near) if near else None


def _closest(amendment: Filing, owners: set[str], candidates: Sequence[Filing]) -> Filing:
    """The candidate of which most rows are restated, then one of exactly the same owners, then the earliest."""
    if len(candidates) == 1:
        return candidates[0]
    return max(
        candidates,
        key=lambda one: (
            len(_matched(one.transactions, amendment.transactions)),
            {filer.cik for filer in one.filers} == owners,
        ),
    )


def _left(original: Sequence[InsiderTransaction], restated: Sequence[InsiderTransaction]) -> list[InsiderTransaction]:
    """The original rows that stay: none when the whole table is restated, all when nothing matches."""
    matched = _matched(original, restated)
    if matched and len(original) == len(restated):
        return []
    return [row for place, row in enumerate(original) if place not in matched]


def _matched(original: Sequence[InsiderTransaction], restated: Sequence[InsiderTransaction]) -> set[int]:
    """Places of the original rows that are restated; each restates one: the first of those that agree most.

    Else the row at the same position among those of that date and code; else, in a table of the same length, the
    row at the same place, of the same date and shares: a purchase that was a gift changes code and price.
    """
    like = _places_by_fields(original)
    of_day: dict[tuple[date, str], list[int]] = defaultdict(list)
    for place, row in enumerate(original):
        of_day[row.date, row.code].append(place)
    matched: set[int] = set()
    for place, row in enumerate(restated):
        found = _first_like(row, like, matched)
        twins = of_day[row.date, row.code]
        twin = twins.pop(0) if twins else None
        if found is None and twin not in matched:
            found = twin
        if found is None and len(original) == len(restated) and _is_recoded(original[place], row):
            found = place
        if found is not None:
            matched.add(found)
    return matched


def _is_recoded(original: InsiderTransaction, restated: InsiderTransaction) -> bool:
    return (original.date, original.shares) == (restated.date, restated.shares)


def _places_by_fields(rows: Sequence[InsiderTransaction]) -> dict[Fields, list[int]]:
    """Each choice of fields that is enough to recognise a row, and all of them → the places of the rows."""
    places: dict[Fields, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        for fields in _recognisable_by(row):
            places[fields].append(place)
    return places


def _first_like(row: InsiderTransaction, like: Mapping[Fields, Sequence[int]], taken: set[int]) -> int | None:
    """The first free row that agrees in all fields, else the first that agrees in all but one."""
    whole, *parts = _recognisable_by(row)
    for place in like.get(whole, ()):
        if place not in taken:
            return place
    free = [place for fields in parts for place in like.get(fields, ()) if place not in taken]
    return min(free, default=None)


def _recognisable_by(row: InsiderTransaction) -> list[Fields]:
    """All four fields, then each three of them; a missing price agrees with none."""
    day, code, shares = row.date, row.code, row.shares
    if row.price is None:
        return [(day, code, shares, None)] * 2
    price = row.price
    return [
        (day, code, shares, price),
        (day, code, shares, None),
        (day, code, None, price),
        (day, None, shares, price),
        (None, code, shares, price),
    ]
