"""Which filers are one beneficial owner.

Counting reporting owners forges clusters: one purchase by a fund, its manager and its partner is filed by
all three. Joining whoever ever filed together (union-find) loses real ones: two partners of a fund who also
buy alone are two people. So the count is the largest number of pairwise disjoint owner sets: each set is
who stood behind one trade, and disjoint sets are certainly different people.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scoring.model import Filer, Filing

EXACT_SETS = 16  # beyond so many overlapping sets a greedy choice is made, which can only under-count

# Words that no person is called by, anywhere in a name ...
ENTITY = re.compile(
    r"\b(L\.? ?L\.? ?C|L\.? ?P|L\.?L\.?P|INC|INCORPORATED|\w*CORP|CORPORATION|COMPANY|LTD|LIMITED|PLC|GMBH|SARL|"
    r"TRUST|TRUSTEES?|FUNDS?|PARTNERS|PARTNERSHIP|CAPITAL|HOLDINGS?|HOLDCO|MANAGEMENT|GROUP|VENTURES?|FOUNDATION|"
    r"ASSOCIATES|ASSOCIATION|ADVISORS|ADVISERS|INVESTMENTS?|INVESTORS?|EQUITY|BANK|INSURANCE|ENTERPRISES|"
    r"INTERNATIONAL|MASTER|OFFSHORE|OPPORTUNIT(Y|IES)|SECURITIES|ASSET|FAMILY|ESTATE|ENDOWMENT|UNIVERSITY|PENSION|"
    r"RETIREMENT|AUTHORITY|GOVERNMENT|REPUBLIC|PLAN|ESOP|SPV|ACQUISITION|SPONSOR)\b\.?",
    re.IGNORECASE,
)
# ... and short legal forms, which are names of people too ("Lee Se Jin"): only at the end, before EDGAR's /DE/.
LEGAL_FORM = re.compile(
    r"(?<![-\w.])(CO|GP|SE|AG|AB|OY|KG|KGAA|ASA|SCA|PTE|PTY|SAB|S\.?A|N\.?V|B\.?V|N\.A|S\.?P\.?A|A/S)\.?"
    r"( DE C\.?V\.?)?[ ,]*(/.*)?$",
    re.IGNORECASE,
)
PUNCTUATION = re.compile(r"[^\w\s]")
TITLES = {"MR", "MRS", "MS", "DR", "PHD", "MD", "CPA", "ESQ"}


@dataclass(frozen=True, slots=True)
class Join:
    """A filer that stands for another, and why."""

    cik: str
    into: str
    why: str


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who is who among the filers of one issuer."""

    canonical: Mapping[str, str]  # CIK → the CIK that stands for its owner
    filers: Mapping[str, Filer]  # CIK → as last filed
    joins: tuple[Join, ...]

    def owner_set(self, ciks: frozenset[str]) -> frozenset[str]:
        """The owners behind a filing."""
        return frozenset([self.canonical.get(cik, cik) for cik in ciks]) if self.canonical else ciks


def is_person(filer: Filer) -> bool:
    """Whether a filer is a natural person: officers always are, else the name tells.

    >>> is_person(Filer("1", "Hoffman Reid")), is_person(Filer("2", "CANTOR FITZGERALD, L. P."))
    (True, False)
    """
    if filer.is_officer:
        return True
    return ENTITY.search(filer.name) is None and LEGAL_FORM.search(filer.name) is None


def who_is_who(filings: Sequence[Filing]) -> Ownership:
    """Resolve the filers of one issuer from all of its filings, oldest first.

    - One person under two CIKs: the same name, with the same suffix (Jr. and Sr. stay apart).
    - An entity whose joint filings with people always name one same person stands for that person.
    - Entities that file together, and never with a person, are one owner: the person that another entity of
      theirs stands for, where all of those stand for one.
    """
    filers = {filer.cik: filer for filing in filings for filer in filing.filers}
    joins = _same_names(filers)
    joint = [[filer.cik for filer in filing.filers] for filing in filings if len(filing.filers) > 1]
    if joint:
        joins += _vehicles(joint, filers, {join.cik: join.into for join in joins})
    return Ownership({join.cik: join.into for join in joins}, filers, tuple(joins))


def disjoint_sets(sets: Iterable[frozenset[str]]) -> tuple[frozenset[str], ...]:
    """The largest choice of pairwise disjoint sets; among equals always the same one.

    A set of one is always part of a largest choice: whatever other set holds its owner can be exchanged for
    it. Only the overlapping rest needs a search.
    """
    chosen: list[frozenset[str]] = []
    joint: list[frozenset[str]] = []
    for owners in set(sets):
        (chosen if len(owners) == 1 else joint).append(owners)
    chosen.sort(key=min)
    if joint:
        taken = frozenset[str]().union(*chosen)
        rest = sorted([o for o in joint if o and not o & taken], key=lambda owners: (len(owners), sorted(owners)))
        chosen += _largest(rest) if len(rest) <= EXACT_SETS else _greedy(rest)
    return tuple(chosen)


def display_name(owners: frozenset[str], ownership: Ownership) -> Filer:
    """The filer whose name stands for an owner set: a person before a vehicle, an officer before others."""

    def rank(filer: Filer) -> tuple[bool, bool, bool, bool, str, str]:
        return (
            not is_person(filer),
            not filer.is_officer,
            not filer.is_director,
            not filer.is_ten_percent_owner,
            filer.name,
            filer.cik,
        )

    if len(owners) == 1:
        (cik,) = owners
        return ownership.filers[cik]
    return min([ownership.filers[cik] for cik in owners], key=rank)


def role_of(filer: Filer) -> str | None:
    """What the filer is to the issuer, in a few words."""
    if filer.is_officer:
        return filer.officer_title or "officer"
    if filer.is_director:
        return "director"
    if filer.is_ten_percent_owner:
        return "10 % owner"
    return "other" if filer.is_other else None


def _same_names(filers: Mapping[str, Filer]) -> list[Join]:
    by_name: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for cik, filer in filers.items():
        by_name[_name_key(filer.name)].append(cik)
    joins = []
    for ciks in by_name.values():
        if len(ciks) > 1:
            people = sorted(cik for cik in ciks if is_person(filers[cik]))
            joins += [Join(cik, people[0], f"{filers[cik].name} files under two CIKs") for cik in people[1:]]
    return joins


def _name_key(name: str) -> tuple[str, ...]:
    words = PUNCTUATION.sub("", name.upper()).split()
    # Suffixes (JR, SR, II) stay: they tell father from son. Titles and degrees go.
    return tuple(sorted([word for word in words if word not in TITLES]))


def _vehicles(joint: Sequence[Sequence[str]], filers: Mapping[str, Filer], person_of: Mapping[str, str]) -> list[Join]:
    """What the CIKs that file together say of the entities among them."""
    people: dict[str, set[str]] = defaultdict(set)  # entity → the people it files with
    entities: dict[str, set[str]] = defaultdict(set)  # entity → the entities it files with, itself among them
    for ciks in joint:
        humans = {cik for cik in ciks if is_person(filers[cik])}
        for entity in set(ciks) - humans:
            people[entity] |= {person_of.get(cik, cik) for cik in humans}
            entities[entity] |= set(ciks) - humans
    tied = {entity: min(own) for entity, own in people.items() if len(own) == 1}
    joins = [
        Join(entity, person, f"{filers[entity].name} only ever files together with {filers[person].name}")
        for entity, person in sorted(tied.items())
    ]
    for group in _groups({entity: entities[entity] for entity in entities if not people[entity]}):
        into, *others = sorted(group)
        others_of_theirs = sorted(other for entity in group for other in entities[entity] if other in tied)
        behind = {tied[other]: other for other in others_of_theirs}
        if len(behind) == 1:
            ((into, vehicle),) = behind.items()
            why = f"{filers[vehicle].name}, which only ever files together with {filers[into].name}"
            joins += [Join(cik, into, f"{filers[cik].name} files together with {why}") for cik in sorted(group)]
        else:
            joins += [Join(cik, into, f"{filers[cik].name} files together with {filers[into].name}") for cik in others]
    return joins


def _groups(together: Mapping[str, set[str]]) -> list[set[str]]:
    """What hangs together, directly or through others."""
    groups: list[set[str]] = []
    seen: set[str] = set()
    for first in sorted(together):
        if first in seen:
            continue
        group, waiting = {first}, [first]
        while waiting:
            for other in together[waiting.pop()] & together.keys() - group:
                group.add(other)
                waiting.append(other)
        seen |= group
        groups.append(group)
    return groups


def _largest(sets: list[frozenset[str]]) -> list[frozenset[str]]:
    if not sets:
        return []
    first, *others = sets
    with_first = [first, *_largest([owners for owners in others if not owners & first])]
    if len(with_first) == len(sets):
        return with_first
    without = _largest(others)
    return with_first if len(with_first) >= len(without) else without


def _greedy(sets: list[frozenset[str]]) -> list[frozenset[str]]:
    chosen: list[frozenset[str]] = []
    taken: frozenset[str] = frozenset()
    for owners in sets:
        if not owners & taken:
            chosen.append(owners)
            taken |= owners
    return chosen
