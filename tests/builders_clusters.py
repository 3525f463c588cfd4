"""Generated filings, and the rules of clusters as plain loops: slow, obvious, and without a shortcut."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import combinations

from hypothesis import strategies as st

from scoring.clusters import ClusterRule
from scoring.model import Cluster, Filer, Filing, Insider, InsiderTransaction, Issuer, Side
from scoring.owners import is_person, role_of
from scoring.trades import fault
from tests.builders_filings import ACME, NOW, TODAY, entity, person

BLANK = Issuer("0000000002", "Blank Corp", None, None, None)
ISSUERS = {ACME.cik: ACME}
PEOPLE = [person(number, is_officer=number == 2, is_director=number == 3) for number in range(1, 6)]
TWIN = Filer("0000000077", PEOPLE[0].name.upper() + ".")  # the first person under a second CIK
FILERS = [*PEOPLE, TWIN, *(entity(number) for number in range(1, 5))]
CODES = {"P": (Side.BUY, "A"), "S": (Side.SELL, "D")}
RULES = st.builds(
    ClusterRule,
    days=st.sampled_from([30, 3, 10, 365]),
    min_insiders=st.sampled_from([1, 1, 1, 2, 3, 4]),
    min_value=st.sampled_from([0.0, 0.0, 0.0, 5_000.0]),
    sides=st.sampled_from([(Side.BUY, Side.SELL), (Side.BUY,), (Side.SELL,)]),
    sector=st.sampled_from([None, None, None, None, "Technology"]),
    plan=st.sampled_from([True, True, False]),
)


@st.composite
def rows(draw: st.DrawFn, number: int) -> InsiderTransaction:
    """One row: few dates, lots and prices, so that rows of several filings often agree."""
    code = draw(st.sampled_from("PPPPPPPSSM"))
    return InsiderTransaction(
        row=number,
        security_title="Common Stock",
        date=TODAY - timedelta(days=draw(st.sampled_from([3, 3, 3, 4, -1, 0, 2, 9, 20, 40]))),
        code=code,
        acquired_disposed=draw(st.sampled_from("AAAAAAAAD" if code == "P" else "DDDDDDDDA")),
        shares=draw(st.sampled_from([12_345.0, 100.0, 1000.0])),
        price=draw(st.sampled_from([10.0, 10.0, 10.0, 10.5, 11.25, 0.0, None])),
        shares_after=draw(st.sampled_from([None, None, 500.0, 99_999.0])),
        direct=draw(st.booleans()),
    )


@st.composite
def filings(draw: st.DrawFn, number: int = 0) -> Filing:
    """One filing: joint or not, an amendment or not, under a plan or not."""
    count = draw(st.integers(0, 3))
    accepted = NOW - timedelta(hours=12) - timedelta(days=draw(st.sampled_from([1, 1, 2, 2, -1, 0, 6, 25])))
    issuer = draw(st.sampled_from([ACME] * 7 + [BLANK]))
    amends = draw(st.integers(0, 3)) == 0
    filers = draw(st.lists(st.sampled_from(FILERS), min_size=1, max_size=3, unique=True))
    own = tuple(draw(rows(place)) for place in range(count))
    return Filing(
        accession=f"0000000003-26-{number:06d}",
        form="4/A" if amends else "4",
        issuer_cik=issuer.cik,
        issuer_name=issuer.name,
        ticker=issuer.ticker,
        accepted_at=accepted,
        period=draw(st.sampled_from([None, *(row.date for row in own)])),
        original_filed=accepted.date() - timedelta(days=draw(st.integers(0, 8))) if amends else None,
        plan_10b5_1=draw(st.sampled_from([False, False, True])),
        filers=tuple(filers),
        transactions=own,
    )


@st.composite
def many_filings(draw: st.DrawFn, most: int = 8) -> list[Filing]:
    """Filings of two issuers, in no order."""
    count = draw(st.integers(1, most))
    return draw(st.permutations([draw(filings(number)) for number in range(count)]))


def told(clusters: Iterable[Cluster]) -> list[Cluster]:
    """Clusters without the words that say why filers are one owner."""
    return [
        replace(one, insiders=tuple(replace(insider, joined_because=()) for insider in one.insiders))
        for one in clusters
    ]


def slow_clusters(
    given: Sequence[Filing], issuers: Mapping[str, Issuer], rule: ClusterRule, now: datetime
) -> list[Cluster]:
    """What `find_clusters` finds, the slow way."""
    by_accession = {one.accession: one for one in given if one.accepted_at <= now}
    known = sorted(by_accession.values(), key=lambda one: (one.accepted_at, one.accession))
    found = []
    for cik in sorted({one.issuer_cik for one in known}):
        own = slow_effective([one for one in known if one.issuer_cik == cik])
        issuer = issuers.get(cik) or Issuer(cik, own[-1].issuer_name, own[-1].ticker, None, None)
        if rule.sector in {None, issuer.sector}:
            found += [one for side in rule.sides for one in _of_side(own, issuer, side, rule, now.date())]
    return sorted(found, key=lambda one: (-one.total_value, one.issuer.cik, one.side))


Row = tuple[Filing, InsiderTransaction, frozenset[str]]  # with the CIKs of all filers that report it


def _of_side(own: list[Filing], issuer: Issuer, side: Side, rule: ClusterRule, today: date) -> list[Cluster]:
    counted: list[Row] = []
    for one in own:
        for row in one.transactions:
            recent = today - timedelta(days=rule.days) <= row.date <= today
            if CODES.get(row.code, (None,))[0] is not side or not recent or not row.price:
                continue
            if fault(row, one.accepted_at.date()) is None and (rule.plan or not one.plan_10b5_1):
                counted.append((one, row, frozenset(filer.cik for filer in one.filers)))
    counted = _without_retold(counted)
    canonical, filers = slow_owners(own)
    sets = {frozenset(canonical.get(cik, cik) for cik in ciks) for _, _, ciks in counted}
    owners = largest_disjoint(sets)
    behind: dict[frozenset[str], list[Row]] = {one: [] for one in owners}
    for entry in counted:
        group = frozenset(canonical.get(cik, cik) for cik in entry[2])
        nearest = max(owners, key=lambda one: (one == group, len(one & group), -len(one), sorted(one)))
        behind[nearest].append(entry)
    value = math.fsum(row.shares * (row.price or 0) for _, row, _ in counted)
    if not counted or len(owners) < rule.min_insiders or value < rule.min_value:
        return []
    insiders = [_insider(one, behind[one], filers) for one in owners]
    shares = math.fsum(row.shares for _, row, _ in counted)
    priced: dict[tuple[date, float], int] = {}
    for entries in behind.values():
        for deal in {(row.date, row.price or 0.0) for _, row, _ in entries}:
            priced[deal] = priced.get(deal, 0) + 1
    uniform = {deal for deal, count in priced.items() if count >= 5 and side is Side.BUY}
    return [
        Cluster(
            issuer=issuer,
            side=side,
            insiders=tuple(sorted(insiders, key=lambda one: (-(one.value or 0), one.name))),
            total_value=value,
            net_shares=shares if side is Side.BUY else -shares,
            transaction_count=len(counted),
            first_date=min(row.date for _, row, _ in counted),
            last_date=max(row.date for _, row, _ in counted),
            plan_value=math.fsum(row.shares * (row.price or 0) for one, row, _ in counted if one.plan_10b5_1),
            accessions=tuple(sorted({one.accession for one, _, _ in counted})),
            uniform_price=sum(
                all((row.date, row.price) in uniform for _, row, _ in entries) for entries in behind.values()
            ),
        )
    ]


def _insider(owners: frozenset[str], entries: list[Row], filers: Mapping[str, Filer]) -> Insider:
    def rank(filer: Filer) -> tuple[bool, bool, bool, bool, str, str]:
        roles = (not filer.is_officer, not filer.is_director, not filer.is_ten_percent_owner)
        return (not is_person(filer), *roles, filer.name, filer.cik)

    shown = min((filers[cik] for cik in owners), key=rank)
    return Insider(
        name=shown.name,
        role=role_of(shown),
        filers=tuple(sorted({filers[cik].name for _, _, ciks in entries for cik in ciks})),
        joined_because=(),
        shares=math.fsum(row.shares for _, row, _ in entries),
        value=math.fsum(row.shares * (row.price or 0) for _, row, _ in entries),
        first_date=min(row.date for _, row, _ in entries),
        last_date=max(row.date for _, row, _ in entries),
        accessions=tuple(sorted({one.accession for one, _, _ in entries})),
        plan_value=math.fsum(row.shares * (row.price or 0) for one, row, _ in entries if one.plan_10b5_1),
        late=any((one.accepted_at.date() - row.date).days > 30 for one, row, _ in entries),
    )


def _without_retold(entries: list[Row]) -> list[Row]:
    """Each row, unless another filing of other owners has told it before; then its owners join those."""
    kept: list[tuple[Row, set[str]]] = []  # with the accessions that tell it again
    for one, row, ciks in entries:
        mine = [other for filing, other, _ in entries if filing is one]
        lot = sum(other.shares for other in mine if (other.date, other.price) == (row.date, row.price))
        for place, ((before, told_row, people), again) in enumerate(kept):
            theirs = [other for filing, other, _ in entries if filing is before]
            same_after = told_row.shares_after is not None and told_row.shares_after == row.shares_after
            if (
                _deal(told_row) == _deal(row)
                and before is not one
                and one.accession not in again
                and {filer.cik for filer in before.filers} != {filer.cik for filer in one.filers}
                and not (told_row.direct and row.direct)
                and (same_after or set(map(_deal, mine)) == set(map(_deal, theirs)) or lot % 100 != 0)
            ):
                kept[place] = ((before, told_row, people | ciks), again | {one.accession})
                break
        else:
            kept.append(((one, row, ciks), set()))
    return [entry for entry, _ in kept]


def _deal(row: InsiderTransaction) -> tuple[date, float, float | None]:
    return (row.date, row.shares, row.price)


def slow_owners(own: Sequence[Filing]) -> tuple[dict[str, str], dict[str, Filer]]:
    """CIK → the CIK that stands for it, and CIK → filer as last filed."""
    filers = {filer.cik: filer for one in own for filer in one.filers}
    people = [cik for cik in sorted(filers) if is_person(filers[cik])]
    canonical: dict[str, str] = {}
    for first, second in combinations(people, 2):
        if first not in canonical and _words(filers[first]) == _words(filers[second]):
            canonical[second] = first
    entities = [cik for cik in sorted(filers) if cik not in people]
    with_people: dict[str, set[str]] = {}
    for cik in entities:
        joint = [[filer.cik for filer in one.filers] for one in own if cik in {filer.cik for filer in one.filers}]
        with_people[cik] = {canonical.get(other, other) for ciks in joint for other in ciks if other in people}
    alone = [cik for cik in entities if not with_people[cik]]
    tied = {cik: min(found) for cik, found in with_people.items() if len(found) == 1}
    groups = [{cik} for cik in alone]
    for one in own:
        named = {filer.cik for filer in one.filers} & set(alone)
        touched = [group for group in groups if group & named]
        groups = [group for group in groups if not group & named] + ([set().union(*touched)] if touched else [])
    for group in groups:
        beside = {filer.cik for one in own for filer in one.filers if group & {f.cik for f in one.filers}}
        stands_for = {tied[cik] for cik in beside if cik in tied}
        into = min(stands_for) if len(stands_for) == 1 else min(group)
        canonical |= {cik: into for cik in group if cik != into}
    return canonical | tied, filers


def _words(filer: Filer) -> list[str]:
    kept = "".join(letter for letter in filer.name.upper() if letter.isalnum() or letter in " _")
    return sorted(word for word in kept.split() if word not in {"MR", "MRS", "MS", "DR", "PHD", "MD", "CPA", "ESQ"})


def largest_disjoint(sets: Iterable[frozenset[str]]) -> tuple[frozenset[str], ...]:
    """Every choice is looked at, the largest first, small sets before large ones."""
    ordered = sorted(sets, key=lambda one: (len(one), sorted(one)))
    for size in range(len(ordered), 0, -1):
        for some in combinations(ordered, size):
            if all(not one & other for one, other in combinations(some, 2)):
                return some
    return ()


def slow_effective(own: Sequence[Filing]) -> list[Filing]:
    """One issuer's filings, oldest first, without the rows that amendments restate."""
    alive = {one.accession: list(one.transactions) for one in own}
    chains: list[list[str]] = [[one.accession] for one in own]
    for place, amendment in enumerate(own):
        if amendment.form != "4/A" or not amendment.transactions:
            continue
        original = _original(amendment, own[:place])
        if original is None:
            continue
        chain = next(chain for chain in chains if original.accession in chain)
        for accession in chain:
            matched = _matched(alive[accession], amendment.transactions)
            whole = bool(matched) and len(alive[accession]) == len(amendment.transactions)
            alive[accession] = [row for i, row in enumerate(alive[accession]) if i not in matched and not whole]
        chains.remove([amendment.accession])
        chain.append(amendment.accession)
    return [replace(one, transactions=tuple(alive[one.accession])) for one in own]


def _original(amendment: Filing, before: Sequence[Filing]) -> Filing | None:
    owners = {filer.cik for filer in amendment.filers}
    theirs = [one for one in before if owners & {filer.cik for filer in one.filers}]
    filed = amendment.original_filed
    steps = (
        [one for one in theirs if filed and 0 <= (one.accepted_at.date() - filed).days <= 4],
        [one for one in theirs if one.period and one.period == amendment.period],
        [
            one
            for one in theirs
            if amendment.accepted_at - one.accepted_at <= timedelta(days=365) and _overlap(one, amendment)
        ],
    )
    for step in steps:
        if step:
            return max(step, key=lambda one: (_overlap(one, amendment), {f.cik for f in one.filers} == owners))
    return None


def _overlap(one: Filing, amendment: Filing) -> int:
    return len(_matched(one.transactions, amendment.transactions))


def _matched(original: Sequence[InsiderTransaction], restated: Sequence[InsiderTransaction]) -> set[int]:
    matched: set[int] = set()
    for number, new in enumerate(restated):
        free = [place for place in range(len(original)) if place not in matched]
        best = max(free, key=lambda place: _agreement(original[place], new), default=None)
        if best is not None and _agreement(original[best], new) >= 3:
            matched.add(best)
            continue
        position = sum((row.date, row.code) == (new.date, new.code) for row in restated[:number])
        twins = [place for place, row in enumerate(original) if (row.date, row.code) == (new.date, new.code)]
        if position < len(twins) and twins[position] in free:
            matched.add(twins[position])
            continue
        if len(original) == len(restated) and (original[number].date, original[number].shares) == (
            new.date,
            new.shares,
        ):
            matched.add(number)
    return matched


def _agreement(one: InsiderTransaction, other: InsiderTransaction) -> int:
    same_price = one.price is not None and one.price == other.price
    return (one.date == other.date) + (one.code == other.code) + (one.shares == other.shares) + same_price
