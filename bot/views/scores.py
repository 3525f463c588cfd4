"""Lists of scored coins, for people and as the documents' fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.feeds.base import Outcome
from bot.feeds.exchanges import EXCHANGES, title_of
from bot.views import numbers
from bot.views.elements import Button, Column, Json, Meter, Note, Table, Text, View
from bot.views.sources import Service, as_given, price_note
from bot.views.titles import TITLES
from scoring.model import Coin, CoinScore, Signal
from scoring.rounding import round_half_up

MISSING_SHOWN = 3
SHARES_NOTE = "Shorts on perpetual futures, day after day; not share sales by company insiders (those are /clusters)."
METHODOLOGY = {
    Signal.PUMP: "Composite score (0-10): funding magnitude × pump magnitude × (0.6 + 0.4 × persistence) × 10.",
    Signal.SELLING: "Composite score (0-10): 0.4 × funding magnitude + 0.6 × funding persistence.",
}
DESCRIPTION = {
    Signal.PUMP: "Coins whose price rises while their funding stays negative on perpetual futures exchanges.",
    Signal.SELLING: "Coins whose funding stays negative for days on perpetual futures exchanges.",
}


def score_list(  # noqa: PLR0913 - what a list shows
    signal: Signal,
    shown: Sequence[tuple[CoinScore, Coin]],
    *,
    total: int,
    minimum: float,
    highest: CoinScore | None,
    now: datetime,
    coverage: str,
    alert_at: float,
    service: Service | None = None,
) -> View:
    """The coins that qualify, best first. `total` counts those with a score at or above the minimum.

    `service` is the hosted one whose scores they are, None for our own.
    """
    at_least = f" ≥ {numbers.plain(minimum)}" if minimum else ""
    title = f"{TITLES[signal].capitalize()}{at_least}: {numbers.count(total, 'coin')}"
    body: list[Text | Note | Table] = []
    if shown:
        body.append(_table(shown, service))
        if total > len(shown):
            body.append(Note(f"The first {len(shown)} of {total}; more with limit={min(500, total)}."))
    elif highest is None:
        body.append(Text("No coin passes the gate now."))
    else:
        body.append(Text(f"The highest now is {highest.base_coin} with {numbers.score_below(highest.score, minimum)}."))
    if any(score.funding.streak_open for score, _ in shown):
        body.append(Note("≥: nothing is known of the day before; the streak may have begun earlier, and score more."))
    if signal is Signal.SELLING:
        body.append(Note(SHARES_NOTE))
    if service is not None and shown:
        body.append(Note(f"Each score is {as_given(service.name)}. Negative now: by the rates of this moment."))
    if said := price_note({score.base_coin: score.prices for score, _ in shown}):
        body.append(Note(said))
    body.append(Note(f"{coverage} · {numbers.clock(now)}"))
    name, at = signal.value, numbers.plain(alert_at)
    return View(
        title=title,
        body=tuple(body),
        buttons=(Button(f"🔔 Alert me at ≥ {at}", f"/alert {name} min={at}"),),
        data=_data(signal, shown, now, service),
    )


def coin_data(score: CoinScore, coin: Coin, updated_at: datetime) -> dict[str, Json]:
    """One coin as the documents have it, with our own fields after theirs."""
    funding = score.funding
    pump = score.signal is Signal.PUMP
    data: dict[str, Json] = {
        "coin_id": coin.coin_id,
        "symbol": coin.symbol,
        "name": coin.name,
        "score": round_half_up(score.score, 1),
        "avg_funding_72h": round_half_up(funding.avg_72h, 8),
        "funding_magnitude": round_half_up(score.funding_magnitude, 2),
    }
    if pump:
        magnitude = round_half_up(score.pump_magnitude or 0.0, 2)
        data["pump_magnitude"] = magnitude
        data["divergence_persistence"] = round_half_up(score.persistence, 2)
        data["price_funding_divergence"] = magnitude
    else:
        data["funding_persistence"] = round_half_up(score.persistence, 2)
    return data | {
        "consecutive_negative_days": funding.streak,
        "streak_may_be_longer": funding.streak_open,
        "price_change_24h": _rounded(score.prices.pct_24h, 2),
        "price_change_7d": _rounded(score.prices.pct_7d, 2),
        "signal_start_date": numbers.iso(funding.signal_start),
        "updated_at": numbers.iso(updated_at),
        "exchanges": len(funding.exchanges),
        "negative_exchanges": funding.negative_exchanges,
        "median_funding_72h": round_half_up(funding.median_72h, 8),
        "formula_version": score.formula_version,
        "source": score.source,
        "price_source": score.prices.source or None,
    }


def streak_text(days: int, is_open: bool, *, long: bool = False) -> str:
    """A streak; "≥" where the day before it is unknown, so that it may have begun earlier."""
    return f"{'≥ ' if is_open else ''}{numbers.count(days, 'day') if long else f'{days} d'}"


def coverage_note(
    exchanges: int, newest: datetime | None, now: datetime, missing: Mapping[str, str] | None = None
) -> str:
    """What the numbers rest on; `missing`: exchanges that do not count now → why, in a few words."""
    if newest is None:
        return "no settlements stored yet: /status says why"
    age = now - newest
    stale = " (stale)" if age > timedelta(hours=9) else ""
    said = f"{numbers.count(exchanges, 'exchange')} · newest settlement {numbers.ago(newest, now)}{stale}"
    return " · ".join(part for part in (said, without(missing or {})) if part)


def lack(outcome: str, detail: str) -> str:
    """What is the matter with an exchange that does not count now, in a few words; `outcome` as in bot.feeds.base."""
    match outcome:
        case Outcome.REFUSED:
            return detail
        case Outcome.PARTIAL:
            return "partial"
        case _:
            return "no answer"


def without(missing: Mapping[str, str]) -> str:
    """The exchanges that are not behind a number: without Binance (refuses this country (451))."""
    if not missing:
        return ""
    names = [f"{title_of(name)} ({why})" for name, why in sorted(missing.items())]
    more = f" and {len(names) - MISSING_SHOWN} more" if len(names) > MISSING_SHOWN else ""
    return f"without {', '.join(names[:MISSING_SHOWN])}{more}"


def negative_text(score: CoinScore) -> str:
    """How many exchanges behind a score are negative; nothing is known where none is."""
    behind = len(score.funding.exchanges)
    return f"{score.funding.negative_exchanges} of {behind}" if behind else numbers.UNKNOWN


def _table(shown: Sequence[tuple[CoinScore, Coin]], service: Service | None) -> Table:
    columns = (
        Column("#", "right"),
        Column("coin"),
        Column("name"),
        Column("score"),
        Column("per 8 h", "right"),
        Column("7 d", "right"),
        Column("streak", "right"),
        Column("negative" if service is None else "negative now", "right"),
    )
    return Table(
        columns,
        tuple(
            (
                str(rank),
                score.base_coin,
                coin.name if coin.name != score.base_coin else "",
                Meter(score.score, 10, numbers.score(score.score)),
                numbers.rate(score.funding.avg_72h),
                numbers.percent(score.prices.pct_7d),
                streak_text(score.funding.streak, score.funding.streak_open),
                negative_text(score),
            )
            for rank, (score, coin) in enumerate(shown, 1)
        ),
    )


def _data(
    signal: Signal, shown: Sequence[tuple[CoinScore, Coin]], now: datetime, service: Service | None
) -> dict[str, Json]:
    given = "" if service is None else f"Each score is {as_given(service.name)}."
    about: dict[str, Json] = {
        "methodology": given or METHODOLOGY[signal],
        "update_frequency": "every 30 minutes",
        "exchanges": [exchange.title for exchange in EXCHANGES.values()],
    }
    if signal is Signal.PUMP:
        about["gate"] = "Requires both negative 72h average funding rate AND positive 7d price change."
    return {
        "coins": [coin_data(score, coin, now if service is None else service.read_at) for score, coin in shown],
        "count": len(shown),
        "description": " ".join(part for part in (DESCRIPTION[signal], given) if part),
        "signal": about,
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round_half_up(value, digits)
