"""What a 4/A takes back of the filings before it (facts of practice: a 4/A replaces only what it restates)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from scoring.model import Filing, InsiderTransaction

FILED_TOLERANCE = timedelta(days=4)  # dateOfOriginalSubmission is typed by the filer
LONGEST_REACH = timedelta(days=365)
FIELDS_THAT_AGREE = 3  # of trade date, code, shares and price


def effective_filings(filings: Iterable[Filing]) -> tuple[Filing, ...]:
    """The filings with every row removed that a later amendment restates, by time of acceptance.

    The order in which they are given is irrelevant, and so is an accession number that comes twice. An
    amendment without non-derivative rows corrects something else and replaces nothing.
    """
    by_accession = {filing.accession: filing for filing in filings}
    by_issuer: dict[str, list[Filing]] = defaultdict(list)
    for filing in sorted(by_accession.values(), key=lambda f: (f.accepted_at, f.accession)):
        by_issuer[filing.issuer_cik].append(filing)
    return tuple(
        filing
        for issuer in sorted(by_issuer)
        for filing in (
            _amended(by_issuer[issuer])
            if any(filing.form == "4/A" for filing in by_issuer[issuer])
            else by_issuer[issuer]
        )
    )


def _amended(filings: Sequence[Filing]) -> list[Filing]:
    """One issuer's filings, oldest first, with their amendments applied."""
    alive = {filing.accession: list(filing.transactions) for filing in filings}
    original_of: dict[str, str] = {}  # amendment → the original it amends
    for place, amendment in enumerate(filings):
        if amendment.form != "4/A" or not amendment.transactions:
            continue
        original = _original(amendment, filings[:place])
        if original is None:
            continue
        root = original_of.get(original.accession, original.accession)
        chain = [root, *(later for later, first in original_of.items() if first == root)]
        original_of[amendment.accession] = root
        for accession in chain:
            alive[accession] = _left(alive[accession], amendment.transactions)
    return [replace(filing, transactions=tuple(alive[filing.accession])) for filing in filings]


def _original(amendment: Filing, earlier: Sequence[Filing]) -> Filing | None:
    """The filing that an amendment amends: by filing date, else by period, else by its rows."""
    owners = {filer.cik for filer in amendment.filers}
    candidates = [filing for filing in earlier if owners & {filer.cik for filer in filing.filers}]
    filed = amendment.original_filed
    if filed is not None:
        same_day = [
            filing for filing in candidates if timedelta(0) <= filing.accepted_at.date() - filed <= FILED_TOLERANCE
        ]
        if same_day:
            return max(same_day, key=lambda filing: _overlap(amendment, filing))
    same_period = [filing for filing in candidates if filing.period and filing.period == amendment.period]
    if same_period:
        return max(same_period, key=lambda filing: _overlap(amendment, filing))
    near = [
        filing
        for filing in candidates
        if amendment.accepted_at - filing.accepted_at <= LONGEST_REACH and _overlap(amendment, filing)
    ]
    return max(near, key=lambda filing: _overlap(amendment, filing), default=None)


def _overlap(amendment: Filing, filing: Filing) -> int:
    return len(_matched(filing.transactions, amendment.transactions))


def _left(original: Sequence[InsiderTransaction], restated: Sequence[InsiderTransaction]) -> list[InsiderTransaction]:
    """The original rows that stay: none when the whole table is restated, all when nothing matches."""
    matched = _matched(original, restated)
    if matched and len(original) == len(restated):
        return []
    return [row for place, row in enumerate(original) if place not in matched]


def _matched(original: Sequence[InsiderTransaction], restated: Sequence[InsiderTransaction]) -> dict[int, int]:
    """Place of an original row → place of the row that restates it; each row is used once."""
    matched: dict[int, int] = {}
    for new_place, new in enumerate(restated):
        free = [place for place in range(len(original)) if place not in matched]
        agreeing = {place: _agreement(original[place], new) for place in free}
        best = max(free, key=lambda place: agreeing[place], default=None)
        if best is not None and agreeing[best] >= FIELDS_THAT_AGREE:
            matched[best] = new_place
            continue
        twin = _same_position(original, restated, new_place)
        if twin is not None and twin in free:
            matched[twin] = new_place
    return matched


def _agreement(one: InsiderTransaction, other: InsiderTransaction) -> int:
    return sum(
        (
            one.date == other.date,
            one.code == other.code,
            one.shares == other.shares,
            one.price is not None and one.price == other.price,
        )
    )


def _same_position(
    original: Sequence[InsiderTransaction], restated: Sequence[InsiderTransaction], place: int
) -> int | None:
    """The original row at the same position among the rows of that date and code."""
    new = restated[place]
    position = sum((row.date, row.code) == (new.date, new.code) for row in restated[:place])
    places = [i for i, row in enumerate(original) if (row.date, row.code) == (new.date, new.code)]
    return places[position] if position < len(places) else None
