"""From batches to storage: what is believed is stored, what is not is held back or set aside, and said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from bot.feeds import slugs
from bot.feeds.assets import classify
from bot.feeds.base import SETTLEMENT_SCHEMA, Batch, Outcome, SourceReport
from bot.feeds.believable import LONGEST_INTERVAL, believable_settlements
from bot.feeds.contracts import Key, Known
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.exchanges.symbols import margin_of
from bot.feeds.identity import identify
from bot.feeds.limits import Limits
from bot.feeds.marks import marks
from bot.feeds.plausible import Cycle, Judged, judge
from bot.feeds.settling import final, provisional
from scoring.model import AssetClass, FundingRate, Margin, Pair, Settlement
from storage import Transaction
from storage.pairs import KnownPair
from storage.prices import PriceSource


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of the batches of a refresh."""

    reports: tuple[SourceReport, ...]  # as the sources gave them, or what judging made of them
    set_aside: tuple[str, ...]  # one line for each kind of value that was not believed
    answered: frozenset[str]  # exchanges whose answers stand for them
    marked: frozenset[str]  # base coins of which some contract's mark price was believed
    unread: Mapping[
        str, frozenset[str]
    ]  # base coin → exchanges that say nothing of it: none of their values was believed


def store(
    tx: Transaction,
    batches: Sequence[Batch],
    now: datetime,
    max_abs_rate: float,
    slug_of: Mapping[str, str] | None = None,
    slot_begins: datetime | None = None,
) -> Taken:
    """Store all batches. `slug_of`: ticker → the coin that the config says it means.

    `slot_begins`: what was read since then is no earlier witness of what is read now; None: `now`.
    """
    judged, ours = _take_quotes(tx, batches, now, max_abs_rate, slot_begins)
    set_aside = list(judged.notes)
    partial = judged.partial
    unread: dict[str, set[str]] = {coin: set(exchanges) for coin, exchanges in judged.unread.items()}
    reports = [_judged_report(report, partial) for batch in batches for report in batch.reports]
    answered = {report.source for report in reports if report.ok}
    for batch in batches:
        rates, told = _take_vouched(tx, batch, max_abs_rate)
        set_aside += told
        answered |= {rate.exchange for rate in rates}
        for coin, exchanges in _not_among(rates, batch.rates).items():
            unread.setdefault(coin, set()).update(exchanges)
        if batch.scored:
            tx.hosted.put(batch.scores, now, batch.scored)
        tx.hosted.put_accumulated(batch.accumulated, now)
        for found in batch.clusters:
            tx.hosted.put_clusters(found, now)
        tx.filings.put_issuers(batch.issuers)
        tx.filings.add(batch.filings)
        tx.filings.put_aside(batch.asides)
        if batch.company_tickers is not None:
            tx.filings.put_tickers(batch.company_tickers)
        tx.pairs.put_coins(batch.coins)
        if batch.quoted_prices:
            _take_prices(tx, batch, now, ours, slug_of or {})
    for report in reports:
        tx.refreshes.put_source(report.source, now, ok=report.ok, detail=report.detail, outcome=report.outcome)
    tx.prices.thin(now)
    tx.funding.advance_windows(now)
    return Taken(
        tuple(reports),
        tuple(set_aside),
        frozenset(answered),
        frozenset(ours),
        {coin: frozenset(exchanges) for coin, exchanges in unread.items()},
    )


def _take_quotes(
    tx: Transaction, batches: Iterable[Batch], now: datetime, max_abs_rate: float, slot_begins: datetime | None
) -> tuple[Judged, dict[str, float]]:
    """What was judged, nothing where nobody asks exchanges; and base coin → price by its marks, in USD.

    The quotes of all feeds are judged together, for one exchange confirms another.
    """
    asking = [batch for batch in batches if batch.quotes is not None]
    if not asking:
        return Judged(), {}
    quotes = [quote for batch in asking for quote in batch.quotes or ()]
    known = {key: _known(one) for key, one in tx.pairs.known().items()}
    held = tx.quarantine.entries()
    assets = classify(quotes, known)
    identities = identify(quotes, assets, known, held, now, slot_begins)
    cycle = Cycle(
        quotes=quotes,
        base_coins=identities.base_coins,
        assets=assets,
        changing=identities.changing,
        answered=[report.source for batch in asking for report in batch.reports if report.ok],
        placeholders=_placeholders(),
        slot_begins=slot_begins,
    )
    judged = judge(cycle, known, held, now, Limits(max_abs_rate=max_abs_rate))
    margins = {(quote.exchange, quote.symbol): quote.margin for quote in quotes}
    # From what was known before this refresh: the estimates of settlements that have happened since.
    tx.funding.add(_frame(provisional(_live(known), now), margins), provisional=True)
    tx.pairs.put(judged.pairs)
    tx.funding.put_rates(judged.rates)
    settled, _ = believable_settlements(_frame(final(quotes, known, now), margins), max_abs_rate)
    tx.funding.add(settled)
    tx.quarantine.put(judged.held, now)
    coins = {(one.exchange, one.symbol) for one in judged.pairs if one.asset is AssetClass.COIN}
    priced = marks((one for one in judged.rates if (one.exchange, one.symbol) in coins), now)
    tx.prices.add(priced, source=PriceSource.MARKS)
    return judged, dict(priced.select("base_coin", "price").rows())


def _take_vouched(tx: Transaction, batch: Batch, max_abs_rate: float) -> tuple[list[FundingRate], list[str]]:
    """Store what a feed vouches for, but for what cannot be; returns the rates, and what was set aside."""
    settlements, set_aside = believable_settlements(batch.settlements, max_abs_rate)
    told = list(set_aside)
    rates = [rate for rate in batch.rates if _believable(rate, max_abs_rate, told)]
    tx.funding.add(settlements)
    tx.pairs.put([Pair(r.exchange, r.symbol, r.base_coin, margin_of(r.exchange, r.symbol)) for r in rates])
    tx.funding.put_rates(rates)
    tx.prices.add(batch.prices.filter(pl.col("price").is_finite() & (pl.col("price") > 0)))
    return rates, told


def _not_among(rates: Iterable[FundingRate], given: Iterable[FundingRate]) -> dict[str, set[str]]:
    """Base coin → exchanges, of the given rates none of which was stored."""
    stored = {(rate.base_coin, rate.exchange) for rate in rates}
    missing: dict[str, set[str]] = defaultdict(set)
    for rate in given:
        if (rate.base_coin, rate.exchange) not in stored:
            missing[rate.base_coin].add(rate.exchange)
    return missing


def _take_prices(
    tx: Transaction, batch: Batch, now: datetime, ours: Mapping[str, float], slug_of: Mapping[str, str]
) -> None:
    tickers = {coin: ours.get(coin) for coin in tx.pairs.listed()}
    matching = slugs.match(tickers, batch.quoted_prices, slug_of)
    tx.pairs.put_slugs(dict.fromkeys(matching.disagreeing) | dict(matching.slugs))
    tx.prices.put_changes(slugs.changes(matching, batch.quoted_prices), slugs.SOURCE, now)


def _live(known: Mapping[Key, Known]) -> dict[Key, Known]:
    """Contracts of exchanges that are open: a closed one settles nothing, whatever was read last."""
    closed = {name for name, one in EXCHANGES.items() if one.closed is not None}
    return {key: one for key, one in known.items() if key[0] not in closed}


def _frame(settlements: Iterable[Settlement], margins: Mapping[Key, Margin]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (
                one.exchange,
                one.symbol,
                one.base_coin,
                int(margins.get((one.exchange, one.symbol), margin_of(one.exchange, one.symbol))),
                one.rate,
                one.interval_hours,
                int(one.settled_at.timestamp()),
            )
            for one in settlements
        ],
        schema=SETTLEMENT_SCHEMA,
        orient="row",
    )


def _known(one: KnownPair) -> Known:
    pair, rate = one.pair, one.rate
    if rate is None:
        # Imported: that it is a coin was only taken for granted.
        return Known(pair.base_coin, pair.asset if pair.asset is AssetClass.TRADFI else None)
    return Known(
        base_coin=pair.base_coin,
        asset=pair.asset,
        rate=rate.rate,
        interval_hours=rate.interval_hours,
        next_funding_time=rate.next_funding_time,
        updated_at=rate.updated_at,
        mark_price=rate.mark_price,
    )


def _placeholders() -> frozenset[str]:
    return frozenset(
        name for name, one in EXCHANGES.items() if one.adapter is not None and one.adapter.ZERO_IS_PLACEHOLDER
    )


def _judged_report(report: SourceReport, partial: Mapping[str, str]) -> SourceReport:
    """The report of an exchange, which may have answered with what cannot stand for all of it."""
    why = partial.get(report.source)
    if why is None or not report.ok:
        return report
    return replace(report, ok=False, detail=why, outcome=Outcome.PARTIAL)


def _believable(rate: FundingRate, max_abs_rate: float, set_aside: list[str]) -> bool:
    # NaN compares false with everything, so it fails both tests.
    good = abs(rate.rate) <= max_abs_rate and 0 < rate.interval_hours <= LONGEST_INTERVAL
    if not good:
        set_aside.append(f"{rate.exchange} {rate.symbol}: rate {rate.rate} per {rate.interval_hours} h")
    return good
