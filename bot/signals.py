"""The three signals, computed from what is stored: the one door for refresh, commands and alerts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime

from bot.settings import ScoringSettings
from bot.views.sources import Service
from scoring import clusters, insider_selling, pump_dump
from scoring.cluster_book import ClusterBook
from scoring.clusters import ClusterRule
from scoring.funding import coin_funding, open_streaks
from scoring.model import Cluster, CoinFunding, CoinScore, PriceChanges, Signal
from scoring.trades import CODES
from storage import Transaction

COIN_SIGNALS = (Signal.PUMP, Signal.SELLING)
LONGEST_HISTORY = 1095  # days, as the documents allow
EVER = datetime(9999, 12, 31, tzinfo=UTC)
NO_PRICE = PriceChanges(pct_24h=None, pct_7d=None, price=None)


def coin_fundings(
    tx: Transaction, now: datetime, settings: ScoringSettings, base_coins: Iterable[str] | None = None
) -> dict[str, CoinFunding]:
    """72-hour average and streak per base coin; coins without a qualifying exchange are missing.

    A streak that fills the days read may be longer: for those coins the look goes further back.
    """
    history = tx.funding.history(now, settings.lookback_days, base_coins)
    found = coin_funding(history, now, max_abs_rate=settings.max_abs_rate)
    days = settings.lookback_days
    unfinished = open_streaks(found, history, now)
    while unfinished and days < LONGEST_HISTORY:
        days = min(days * 4, LONGEST_HISTORY)
        history = tx.funding.history(now, days, unfinished)
        found |= coin_funding(history, now, max_abs_rate=settings.max_abs_rate)
        unfinished = open_streaks({coin: found[coin] for coin in unfinished}, history, now)
    return found


def score_coins(
    tx: Transaction, now: datetime, settings: ScoringSettings, base_coins: Iterable[str] | None = None
) -> dict[Signal, dict[str, CoinScore]]:
    """Both coin signals: signal → base coin → score, for the coins that pass the signal's gate.

    What a hosted service gave stands in for our own while it is fresh.
    """
    wanted = None if base_coins is None else list(base_coins)
    hosted = hosted_scores(tx, now, wanted)
    if hosted is not None:
        return hosted
    fundings = coin_fundings(tx, now, settings, wanted)
    prices = tx.prices.changes(now, wanted)
    return score_fundings(fundings, prices, settings)


def hosted_scores(
    tx: Transaction, now: datetime, base_coins: Iterable[str] | None = None
) -> dict[Signal, dict[str, CoinScore]] | None:
    """The fresh scores of a hosted service, as `score_coins` gives them; None where we compute our own."""
    given = tx.hosted.scores(now)
    if not given:
        return None
    wanted = None if base_coins is None else set(base_coins)
    return {
        signal: {coin: one for coin, one in given.get(signal, {}).items() if wanted is None or coin in wanted}
        for signal in COIN_SIGNALS
    }


def service_behind(tx: Transaction, now: datetime, scores: Mapping[Signal, Mapping[str, CoinScore]]) -> Service | None:
    """The hosted service that gave these scores, None for our own."""
    read_at = tx.hosted.read_at(now)
    if read_at is None:
        return None
    names = (one.source for by_coin in scores.values() for one in by_coin.values())
    return Service(next(names, ""), read_at)


def score_fundings(
    fundings: dict[str, CoinFunding], prices: dict[str, PriceChanges], settings: ScoringSettings
) -> dict[Signal, dict[str, CoinScore]]:
    """Score what was averaged already."""
    pump, selling = pump_constants(settings), selling_constants(settings)
    scores: dict[Signal, dict[str, CoinScore]] = {Signal.PUMP: {}, Signal.SELLING: {}}
    for coin, funding in fundings.items():
        change = prices.get(coin, NO_PRICE)
        for score in (
            pump_dump.score(funding, change, pump),
            insider_selling.score(funding, change, selling),
        ):
            if score is not None:
                scores[score.signal][coin] = score
    return scores


def pump_constants(settings: ScoringSettings) -> pump_dump.PumpConstants:
    """The constants of the pump & dump formula."""
    return pump_dump.PumpConstants(
        saturation_8h=settings.pump_saturation_8h, persistence_days=settings.pump_persistence_days
    )


def selling_constants(settings: ScoringSettings) -> insider_selling.SellingConstants:
    """The constants of the insider selling formula."""
    return insider_selling.SellingConstants(
        saturation_8h=settings.selling_saturation_8h, persistence_days=settings.selling_persistence_days
    )


def find_clusters(tx: Transaction, rule: ClusterRule, now: datetime) -> tuple[Cluster, ...]:
    """Clusters as known at `now`, largest value first: the door for whoever asks once."""
    today = now.date()
    first = rule.first_day(today)
    issuers = tx.filings.issuers(_candidates(tx, rule, first, today, now))
    wanted = [cik for cik, issuer in issuers.items() if clusters.is_wanted(issuer, rule)]
    found = [
        cluster
        for filings in tx.filings.windows(first, now, wanted)
        for cluster in clusters.find_clusters(filings, issuers, rule, now)
    ]
    return clusters.by_value(found)


class KnownClusters:
    """Clusters kept by the process from one refresh to the next: only what changed is read and computed again.

    It gives what `find_clusters` gives, for a clock that does not go back; where it does, all is found anew.
    """

    def __init__(self) -> None:
        self._books: dict[tuple[int, bool], tuple[ClusterBook, int]] = {}  # with the filing it knows last

    def find(self, tx: Transaction, rule: ClusterRule, now: datetime) -> tuple[Cluster, ...]:
        """Clusters as known at `now`, largest value first."""
        last = tx.filings.last_id()
        book, seen = self._books.get((rule.days, rule.plan), (None, 0))
        if book is None or not book.answers(rule) or last < seen or (book.at is not None and now < book.at):
            book = ClusterBook(rule.days, rule.min_insiders, plan=rule.plan)
            changed = _candidates(tx, book.rule, book.rule.first_day(now.date()), date.max, EVER)
        else:
            changed = tx.filings.issuers_since(seen)
        book.update(now, changed, lambda ciks, first: tx.filings.windows(first, EVER, ciks))
        self._books[rule.days, rule.plan] = (book, last)
        return book.find(rule, tx.filings.issuers(book.issuers()))

    @contextmanager
    def kept_if_written(self) -> Iterator[None]:
        """Around a write transaction that is asked from: when it fails, its filings were never there."""
        written = False
        try:
            yield
            written = True
        finally:
            if not written:
                self._books.clear()


def _candidates(tx: Transaction, rule: ClusterRule, first: date, last: date, known_at: datetime) -> frozenset[str]:
    """The CIKs of the issuers that can have a cluster on a side of the rule; most have too few who trade at all."""
    return frozenset[str]().union(
        *(
            tx.filings.candidates(first, last, known_at, min_filers=rule.min_insiders, codes=[CODES[side][0]])
            for side in rule.sides
        )
    )
