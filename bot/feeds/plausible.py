"""What of the exchanges' quotes is believed, and what waits in quarantine, with the reason in words.

A held contract keeps its last believed rate in storage. The rules stand in the order in which they are asked; the
first that objects gives the reason. The numbers and their reasons are in limits.py.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.feeds.answers import frozen, in_percent, rate_8h, short
from bot.feeds.base import Quote
from bot.feeds.contracts import Key, Known, distinct, key_of, mark_of, turnover_of
from bot.feeds.exchanges import title_of
from bot.feeds.identity import changing_reason
from bot.feeds.limits import Limits
from scoring.model import AssetClass, FundingRate, Held, Pair

TWICE = "listed twice with different rates"
NO_NUMBER = "no rate, or none that is a number"
NO_INTERVAL = "interval not said"
OVERDUE = "stale: its next settlement is long past"
OLD = "stale: its values are old"
PLACEHOLDER = "prints 0 where it has no rate"
EXTREME = "extreme, and neither a refresh before nor another exchange says so"


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one refresh brought."""

    quotes: Sequence[Quote]
    base_coins: Mapping[Key, str]  # of identity.identify
    assets: Mapping[Key, AssetClass]  # of assets.classify
    changing: Mapping[Key, str] = field(default_factory=dict)  # of identity.identify
    answered: Collection[str] = ()  # exchanges that answered, with quotes or with none
    slot_begins: datetime | None = None  # what was said since then is no second cycle; None: the moment of judging
    placeholders: Collection[str] = ()  # exchanges that print exactly 0 where they have no rate


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a cycle: each contract's quote is believed, held or left out."""

    rates: tuple[FundingRate, ...] = ()  # believed
    pairs: tuple[Pair, ...] = ()  # of the believed, and of known contracts that are held: what else is said of them
    held: tuple[Held, ...] = ()  # all that is in quarantine now; it replaces what was there
    left_out: Mapping[Key, str] = field(default_factory=dict)  # contract → reason
    unread: Mapping[str, frozenset[str]] = field(default_factory=dict)  # coin → exchanges that say nothing of it
    partial: Mapping[str, str] = field(default_factory=dict)  # exchange → why its answer does not stand for all of it
    notes: tuple[str, ...] = ()  # for people: how many of which exchange are held or left out, and why


@dataclass(frozen=True, slots=True)
class _Scene:
    """All that a rule may look at."""

    cycle: Cycle
    known: Mapping[Key, Known]
    before: Mapping[Key, Held]
    now: datetime
    limits: Limits
    sound: Mapping[str, Sequence[Quote]] = field(default_factory=dict)  # base coin → quotes that no rule of ALONE holds

    @property
    def slot_begins(self) -> datetime:
        """What was said before then is of an earlier cycle."""
        return self.cycle.slot_begins or self.now


Rule = Callable[[Quote, _Scene], str | None]


def judge(
    cycle: Cycle, known: Mapping[Key, Known], held: Sequence[Held], now: datetime, limits: Limits | None = None
) -> Judged:
    """Judge a cycle; `held` is the quarantine as the last refresh left it. The order of quotes does not matter."""
    limits = limits or Limits()
    scene = _Scene(cycle, known, {(one.exchange, one.symbol): one for one in held}, now, limits)
    contracts = distinct(cycle.quotes)
    whole = in_percent(contracts, limits) | frozen(contracts, known, now, limits)
    reasons = dict.fromkeys(_listed_twice(cycle.quotes), TWICE)
    left_out: dict[Key, str] = {}
    for quote in contracts:
        key = key_of(quote)
        if key in reasons:
            continue
        reason = _first(ALONE, quote, scene) or whole.get(quote.exchange)
        if reason == NO_INTERVAL:
            left_out[key] = reason
        elif reason is not None:
            reasons[key] = reason
    sound = [quote for quote in contracts if key_of(quote) not in reasons and key_of(quote) not in left_out]
    together = _Scene(cycle, known, scene.before, now, limits, _by_coin(sound, cycle.base_coins))
    for quote in sound:
        reason = _first(TOGETHER, quote, together)
        if reason is not None:
            reasons[key_of(quote)] = reason
    believed = [quote for quote in sound if key_of(quote) not in reasons]
    came = dict.fromkeys(cycle.answered, 0) | Counter(quote.exchange for quote in contracts)
    partial = _joined(whole, short(came, known, held, now, limits, scene.slot_begins))
    return Judged(
        rates=tuple(_rate(quote, cycle, now) for quote in believed),
        pairs=tuple(_pair(one, cycle) for one in contracts if _tells(one, reasons, left_out, known)),
        held=tuple(_held(one, reasons[key_of(one)], together) for one in contracts if key_of(one) in reasons)
        + _carried(cycle, held, now, limits),
        left_out=left_out,
        unread=_unread(contracts, believed, cycle),
        partial=partial,
        notes=_notes(reasons, "held") + _notes(left_out, "left out"),
    )


def _changing(quote: Quote, scene: _Scene) -> str | None:
    """First of all, for what is pending about a contract's coin must not be lost behind another reason."""
    new = scene.cycle.changing.get(key_of(quote))
    return None if new is None else changing_reason(scene.cycle.base_coins[key_of(quote)], new)


def _no_number(quote: Quote, _: _Scene) -> str | None:
    return NO_NUMBER if quote.rate is None or not math.isfinite(quote.rate) else None


def _no_interval(quote: Quote, scene: _Scene) -> str | None:
    """An interval is never assumed: a wrong one makes a rate wrong eightfold."""
    hours = quote.interval_hours
    return None if hours is not None and 0 < hours <= scene.limits.longest_interval else NO_INTERVAL


def _stale(quote: Quote, scene: _Scene) -> str | None:
    """Delisted contracts look like this: they are still listed, and nobody moves their clock."""
    if quote.next_funding_time is not None and scene.now - quote.next_funding_time > scene.limits.overdue:
        return OVERDUE
    if quote.source_time is not None and scene.now - quote.source_time > scene.limits.oldest_source:
        return OLD
    return None


def _absurd(quote: Quote, scene: _Scene) -> str | None:
    limit = scene.limits.max_abs_rate
    return f"beyond ±{100 * limit:g} % per settlement" if abs(quote.rate or 0.0) > limit else None


def _beyond_cap(quote: Quote, scene: _Scene) -> str | None:
    """A floor that is not below its cap is a placeholder and says nothing."""
    rate, floor, cap, slack = quote.rate or 0.0, quote.floor, quote.cap, scene.limits.cap_slack
    if floor is not None and cap is not None and not floor < cap:
        return None
    if cap is not None and rate > cap + slack * abs(cap):
        return f"beyond its exchange's cap of {100 * cap:.4g} %"
    if floor is not None and rate < floor - slack * abs(floor):
        return f"beyond its exchange's floor of {100 * floor:.4g} %"
    return None


def _placeholder(quote: Quote, scene: _Scene) -> str | None:
    """Two placeholders do not make a rate: only an exchange whose number means something confirms a zero."""
    if quote.rate != 0 or quote.exchange not in scene.cycle.placeholders:
        return None
    for other in _elsewhere(quote, scene):
        means = other.rate != 0 or other.exchange not in scene.cycle.placeholders
        if means and abs(rate_8h(other) or 0.0) < scene.limits.zero_8h:
            return None
    return PLACEHOLDER


def _extreme(quote: Quote, scene: _Scene) -> str | None:
    rate = rate_8h(quote, scene.limits.longest_interval) or 0.0
    if abs(rate) < scene.limits.extreme_8h:
        return None
    least = scene.limits.confirming_share * abs(rate)
    witnesses = [_earlier(quote, scene), *(rate_8h(other) for other in _elsewhere(quote, scene))]
    if any(one is not None and one * rate > 0 and abs(one) >= least for one in witnesses):
        return None
    return EXTREME


ALONE: tuple[Rule, ...] = (_changing, _no_number, _no_interval, _stale, _absurd, _beyond_cap)
# Then an exchange that is wrong as a whole (answers.py), then what other exchanges can confirm:
TOGETHER: tuple[Rule, ...] = (_placeholder, _extreme)


def _first(rules: Sequence[Rule], quote: Quote, scene: _Scene) -> str | None:
    return next((reason for rule in rules if (reason := rule(quote, scene)) is not None), None)


def _elsewhere(quote: Quote, scene: _Scene) -> list[Quote]:
    coin = scene.cycle.base_coins[key_of(quote)]
    return [other for other in scene.sound[coin] if other.exchange != quote.exchange]


def _earlier(quote: Quote, scene: _Scene) -> float | None:
    """What an earlier slot said of the contract, believed or held as extreme; decimal per 8 hours."""
    entry, one = scene.before.get(key_of(quote)), scene.known.get(key_of(quote))
    if entry is not None and entry.reason == EXTREME and quote.interval_hours and entry.since < scene.slot_begins:
        return entry.value * 8 / quote.interval_hours
    if one is None or one.rate is None or not one.interval_hours or one.updated_at is None:
        return None
    recent = one.updated_at < scene.slot_begins and scene.now - one.updated_at <= scene.limits.recent
    return one.rate * 8 / one.interval_hours if recent else None


def _unread(contracts: Sequence[Quote], believed: Sequence[Quote], cycle: Cycle) -> dict[str, frozenset[str]]:
    read = {(cycle.base_coins[key_of(quote)], quote.exchange) for quote in believed}
    unread: dict[str, set[str]] = defaultdict(set)
    for quote in contracts:
        key = key_of(quote)
        # A contract that seems to change its coin speaks for neither of the two.
        for coin in {cycle.base_coins[key], cycle.changing.get(key, cycle.base_coins[key])}:
            if (coin, quote.exchange) not in read:
                unread[coin].add(quote.exchange)
    return {coin: frozenset(exchanges) for coin, exchanges in unread.items()}


def _listed_twice(quotes: Iterable[Quote]) -> set[Key]:
    said: dict[Key, set[str]] = defaultdict(set)
    for quote in quotes:
        said[key_of(quote)].add(f"{quote.rate} {quote.interval_hours}")  # as text, for NaN differs from itself
    return {key for key, values in said.items() if len(values) > 1}


def _by_coin(quotes: Iterable[Quote], base_coins: Mapping[Key, str]) -> dict[str, list[Quote]]:
    coins: dict[str, list[Quote]] = defaultdict(list)
    for quote in quotes:
        coins[base_coins[key_of(quote)]].append(quote)
    return coins


def _tells(quote: Quote, reasons: Mapping[Key, str], left_out: Mapping[Key, str], known: Mapping[Key, Known]) -> bool:
    """Whether to store the contract: a coin must not count an exchange on which it never had a rate."""
    key = key_of(quote)
    trusted = key not in left_out and reasons.get(key) not in {TWICE, OVERDUE, OLD}
    return trusted and (key in known or key not in reasons)


def _rate(quote: Quote, cycle: Cycle, now: datetime) -> FundingRate:
    return FundingRate(
        exchange=quote.exchange,
        symbol=quote.symbol,
        base_coin=cycle.base_coins[key_of(quote)],
        rate=quote.rate or 0.0,
        interval_hours=quote.interval_hours or math.nan,  # never NaN: _no_interval came first
        next_funding_time=quote.next_funding_time,
        updated_at=now,
        mark_price=mark_of(quote),
        turnover_usd=turnover_of(quote),
    )


def _pair(quote: Quote, cycle: Cycle) -> Pair:
    return Pair(
        exchange=quote.exchange,
        symbol=quote.symbol,
        base_coin=cycle.base_coins[key_of(quote)],
        margin=quote.margin,
        turnover_usd=turnover_of(quote),
        asset=cycle.assets[key_of(quote)],
    )


def _held(quote: Quote, reason: str, scene: _Scene) -> Held:
    key, earlier = key_of(quote), scene.before.get(key_of(quote))
    again = earlier is not None and earlier.reason == reason
    return Held(
        exchange=quote.exchange,
        symbol=quote.symbol,
        base_coin=scene.cycle.changing.get(key, scene.cycle.base_coins[key]),
        reason=reason,
        value=math.nan if quote.rate is None else quote.rate,
        since=earlier.since if earlier is not None and again else scene.now,
        cycles=earlier.cycles + 1 if earlier is not None and again else 1,
    )


def _carried(cycle: Cycle, held: Iterable[Held], now: datetime, limits: Limits) -> tuple[Held, ...]:
    """What waits on an exchange that gave no answer goes on waiting."""
    heard = {quote.exchange for quote in cycle.quotes}.union(cycle.answered)
    return tuple(one for one in held if one.exchange not in heard and now - one.since <= limits.carried)


def _joined(*findings: Mapping[str, str]) -> dict[str, str]:
    exchanges = sorted({exchange for found in findings for exchange in found})
    return {exchange: "; ".join(found[exchange] for found in findings if exchange in found) for exchange in exchanges}


def _notes(reasons: Mapping[Key, str], what: str) -> tuple[str, ...]:
    counts = Counter((exchange, reason) for (exchange, _), reason in reasons.items())
    return tuple(
        f"{title_of(exchange)}: {count} {'contract' if count == 1 else 'contracts'} {what}: {reason}"
        for (exchange, reason), count in sorted(counts.items())
    )
