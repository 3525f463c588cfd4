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

ENTITY = re.compile(
    r"\b(LLC|L\.?L\.?C|LP|L\.? ?P|LLP|INC|INCORPORATED|CORP|CORPORATION|CO|COMPANY|LTD|LIMITED|PLC|GMBH|AG|SA|NV|BV|"
    r"SARL|SCA|SE|AB|ASA|TRUST|TRUSTEES?|FUNDS?|PARTNERS|PARTNERSHIP|CAPITAL|HOLDINGS?|MANAGEMENT|GROUP|VENTURES?|"
    r"FOUNDATION|ASSOCIATES|ADVISORS|ADVISERS|INVESTMENTS?|INVESTORS?|EQUITY|BANK|BANCORP|INSURANCE|ENTERPRISES|"
    r"INTERNATIONAL|GP|MASTER|OFFSHORE|OPPORTUNIT(Y|IES)|SECURITIES|ASSET|FAMILY|ESTATE|ENDOWMENT|UNIVERSITY|PENSION|"
    r"PLAN|ESOP|SPV|ACQUISITION|SPONSOR)\b\.?",
    re.IGNORECASE,
)
SUFFIX = {"JR", "SR", "II", "III", "IV", "V"}
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
    people: frozenset[str]  # CIKs of natural persons
    filers: Mapping[str, Filer]  # CIK → as last filed
    joins: tuple[Join, ...]

    def owner_set(self, ciks: Iterable[str]) -> frozenset[str]:
        """The owners behind a filing."""
        return frozenset(self.canonical.get(cik, cik) for cik in ciks)


def is_person(filer: Filer) -> bool:
    """Whether a filer is a natural person: officers always are, else the name tells.

    >>> is_person(Filer("1", "Hoffman Reid")), is_person(Filer("2", "CANTOR FITZGERALD, L. P."))
    (True, False)
    """
    return filer.is_officer or ENTITY.search(filer.name) is None


def who_is_who(filings: Sequence[Filing]) -> Ownership:
    """Resolve the filers of one issuer from all of its filings.

    - One person under two CIKs: the same name, with the same suffix (Jr. and Sr. stay apart).
    - An entity whose joint filings with people always name one same person stands for that person.
    - Entities that file together, and never with a person, are one owner.
    """
    filers = {filer.cik: filer for filing in filings for filer in filing.filers}
    people = {cik for cik, filer in filers.items() if is_person(filer)}
    joins = _same_names(people, filers)
    person_of = {join.cik: join.into for join in joins}
    companions: dict[str, set[str]] = defaultdict(set)  # entity → people it filed with
    together: dict[str, set[str]] = defaultdict(set)  # entity → entities it filed with
    for filing in filings:
        named = {filer.cik for filer in filing.filers}
        humans = {person_of.get(cik, cik) for cik in named & people}
        for entity in named - people:
            companions[entity] |= humans
            together[entity] |= named - people
    tied = {entity: min(humans) for entity, humans in companions.items() if len(humans) == 1}
    joins += [
        Join(entity, person, f"{filers[entity].name} only ever files together with {filers[person].name}")
        for entity, person in sorted(tied.items())
    ]
    joins += _united({e: together[e] for e in together if not companions[e]}, filers)
    return Ownership(
        canonical=person_of | {join.cik: join.into for join in joins},
        people=frozenset(people),
        filers=filers,
        joins=tuple(joins),
    )


def disjoint_sets(sets: Iterable[frozenset[str]]) -> tuple[frozenset[str], ...]:
    """The largest choice of pairwise disjoint sets; among equals always the same one.

    A set of one is always part of a largest choice: whatever other set holds its owner can be exchanged for
    it. Only the overlapping rest needs a search.
    """
    ordered = sorted(set(sets) - {frozenset()}, key=lambda s: (len(s), sorted(s)))
    chosen = [owners for owners in ordered if len(owners) == 1]
    taken = frozenset().union(*chosen)
    rest = [owners for owners in ordered if len(owners) > 1 and not owners & taken]
    return tuple(chosen + (_largest(rest) if len(rest) <= EXACT_SETS else _greedy(rest)))


def display_name(owners: frozenset[str], ownership: Ownership) -> Filer:
    """The filer whose name stands for an owner set: a person before a vehicle, an officer before others."""

    def rank(filer: Filer) -> tuple[bool, bool, bool, bool, str, str]:
        return (
            filer.cik not in ownership.people,
            not filer.is_officer,
            not filer.is_director,
            not filer.is_ten_percent_owner,
            filer.name,
            filer.cik,
        )

    return min((ownership.filers[cik] for cik in owners), key=rank)


def role_of(filer: Filer) -> str | None:
    """What the filer is to the issuer, in a few words."""
    if filer.is_officer:
        return filer.officer_title or "officer"
    if filer.is_director:
        return "director"
    if filer.is_ten_percent_owner:
        return "10 % owner"
    return "other" if filer.is_other else None


def _same_names(people: set[str], filers: Mapping[str, Filer]) -> list[Join]:
    by_name: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for cik in sorted(people):
        by_name[_name_key(filers[cik].name)].append(cik)
    return [
        Join(cik, ciks[0], f"{filers[cik].name} files under two CIKs") for ciks in by_name.values() for cik in ciks[1:]
    ]


def _name_key(name: str) -> tuple[str, ...]:
    words = re.sub(r"[^\w\s]", "", name.upper()).split()
    # Suffixes stay: they tell father from son. Titles and degrees go.
    return tuple(sorted(word for word in words if word in SUFFIX or word not in TITLES))


def _united(together: Mapping[str, set[str]], filers: Mapping[str, Filer]) -> list[Join]:
    """Groups of entities that file together, joined into the first of each group."""
    joins: list[Join] = []
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
        joins += [
            Join(cik, first, f"{filers[cik].name} files together with {filers[first].name}")
            for cik in sorted(group - {first})
        ]
    return joins


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
