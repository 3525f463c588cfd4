"""Clusters kept from one time to the next: only issuers of which something changed are looked at again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from scoring.clusters import ClusterRule, by_value, find_clusters, is_wanted
from scoring.model import Cluster, Filing, Issuer
from scoring.trades import SIDE_OF_CODE

NEVER = datetime.max.replace(tzinfo=UTC)

# CIKs, and the first day of the look-back → their filings, in as many parts as suit, each issuer in one of them:
# all that hold a trade on or after that day, and all 4/A accepted since, also those that will be accepted later.
Load = Callable[[Collection[str], date], Iterable[Sequence[Filing]]]


@dataclass(frozen=True, slots=True)
class Page:
    """The clusters of one issuer."""

    clusters: tuple[Cluster, ...]  # one a side
    until: datetime  # the first instant at which the same filings say something else


class ClusterBook:
    """The clusters of one look-back, an issuer a page.

    It holds clusters and instants, never filings: those of an issuer are asked for again when there are new ones,
    and when the day moves a trade out of the look-back or into it. What it gives is what `find_clusters` gives.
    """

    def __init__(self, days: int, min_insiders: int, *, plan: bool = True) -> None:
        self.rule = ClusterRule(days=days, min_insiders=min_insiders, plan=plan)
        self.at: datetime | None = None  # what it says is as of then
        self._pages: dict[str, Page] = {}

    def answers(self, rule: ClusterRule) -> bool:
        """Whether clusters of this rule are among those of the book."""
        own = self.rule
        return (own.days, own.plan) == (rule.days, rule.plan) and own.min_insiders <= rule.min_insiders

    def update(self, now: datetime, changed: Collection[str], load: Load) -> None:
        """Bring it to `now`. `changed` has the CIKs of new filings; the first time, of all that may have clusters.

        Time does not run backwards here: raises ValueError. When `load` fails the book stays as it was.
        """
        if self.at is not None and now < self.at:
            raise ValueError(f"the book is at {self.at}, after {now}")
        stale = {*changed, *(cik for cik, page in self._pages.items() if page.until <= now)}
        fresh: dict[str, Page] = {}
        if stale:
            for filings in load(stale, self.rule.first_day(now.date())):
                fresh |= self._written(filings, now)
        self._pages = {cik: page for cik, page in self._pages.items() if cik not in stale} | fresh
        self.at = now

    def find(self, rule: ClusterRule, issuers: Mapping[str, Issuer]) -> tuple[Cluster, ...]:
        """The clusters of a rule, largest value first. Raises ValueError for a rule that the book does not answer."""
        if not self.answers(rule):
            raise ValueError(f"{rule} is not in the book of {self.rule}")
        return by_value(list(self._matching(rule, issuers)))

    def issuers(self) -> frozenset[str]:
        """The CIKs of the clusters."""
        return frozenset(cik for cik, page in self._pages.items() if page.clusters)

    def _matching(self, rule: ClusterRule, issuers: Mapping[str, Issuer]) -> Iterator[Cluster]:
        for cik, page in self._pages.items():
            for cluster in page.clusters:
                issuer = issuers.get(cik) or cluster.issuer
                enough = cluster.insider_count >= rule.min_insiders and cluster.total_value >= rule.min_value
                if enough and cluster.side in rule.sides and is_wanted(issuer, rule):
                    yield cluster if issuer == cluster.issuer else replace(cluster, issuer=issuer)

    def _written(self, filings: Sequence[Filing], now: datetime) -> dict[str, Page]:
        """The pages of the issuers of these filings; none for who can have no cluster without new filings."""
        by_issuer: dict[str, list[Filing]] = defaultdict(list)
        for filing in filings:
            by_issuer[filing.issuer_cik].append(filing)
        clusters: dict[str, list[Cluster]] = defaultdict(list)
        for cluster in find_clusters(filings, {}, self.rule, now):
            clusters[cluster.issuer.cik].append(cluster)
        return {
            cik: Page(tuple(clusters[cik]), self._until(own, now))
            for cik, own in by_issuer.items()
            if len({filer.cik for filing in own for filer in filing.filers}) >= self.rule.min_insiders
        }

    def _until(self, filings: Sequence[Filing], now: datetime) -> datetime:
        """The next acceptance, or the next midnight at which a trade or a filing enters the look-back or leaves it."""
        today = now.date()
        accepted = [filing.accepted_at for filing in filings if filing.accepted_at > now]
        days = {day for filing in filings for day in _days(filing)}
        entering = [_midnight(day) for day in days if day > today]
        leaving = [day for day in days if self.rule.first_day(today) <= day <= today]
        left = [_midnight(min(leaving) + timedelta(days=self.rule.days + 1))] if leaving else []
        return min([*accepted, *entering, *left], default=NEVER)


def _days(filing: Filing) -> Iterator[date]:
    """The days of its trades, and the one by which the filing itself is inside: its others tell who is who."""
    yield from (row.date for row in filing.transactions if row.code in SIDE_OF_CODE)
    last = [row.date for row in filing.transactions]
    if filing.form == "4/A":
        last.append(filing.accepted_at.astimezone(UTC).date())
    if last:
        yield max(last)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
