"""Lists of scored coins, for people and as the documents' fields."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.feeds.base import Outcome
from bot.feeds.exchanges import EXCHANGES, title_of
from bot.views import numbers
from bot.views.elements import Button, Column, Json, Meter, Note, Table, Text, View
from bot.views.sources import Service, as_given, price_note
from bot.views.titles import capitalised, signal_title
from bot.words import ENGLISH, mark, speaking, tr
from bot.words.stored import retold
from scoring.funding import annual_rate
from scoring.model import Coin, CoinScore, Signal
from scoring.rounding import round_half_up

MISSING_SHOWN = 3
SHOWN = 20  # coins on a page
CARDS = 5  # of the first coins, behind a button each
SHARES_NOTE = mark(
    "Shorts on perpetual futures, day after day; not share sales by company insiders (those are /clusters)."
)
ORDERS = (mark("By score"), mark("By funding"), mark("By change"), mark("By streak"))  # as Sort has them
METHODOLOGY = {
    Signal.PUMP: "Composite score (0-10): funding magnitude × pump magnitude × (0.6 + 0.4 × persistence) × 10.",
    Signal.SELLING: "Composite score (0-10): 0.4 × funding magnitude + 0.6 × funding persistence.",
}
DESCRIPTION = {
    Signal.PUMP: "Coins whose price rises while their funding stays negative on perpetual futures exchanges.",
    Signal.SELLING: "Coins whose funding stays negative for days on perpetual futures exchanges.",
}


class Sort(StrEnum):
    """What comes first in a list of scores."""

    SCORE = "score"
    FUNDING = "funding"
    CHANGE = "change"
    STREAK = "streak"

    def key(self, score: CoinScore) -> tuple[float, float, str]:
        """The place of a coin: the most negative funding, the largest change, the longest streak, the best score."""
        change = score.prices.pct_7d
        first = {
            Sort.SCORE: -score.score,
            Sort.FUNDING: score.funding.avg_72h,
            Sort.CHANGE: math.inf if change is None else -change,
            Sort.STREAK: -float(score.funding.streak),
        }[self]
        return first, -score.score, score.base_coin


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a list is shown."""

    total: int  # coins with a score at or above the minimum
    minimum: float
    sort: Sort = Sort.SCORE
    page: int = 1
    limit: int = SHOWN

    @property
    def first(self) -> int:
        """How many come before."""
        return (self.page - 1) * self.limit

    def line(self, name: str, *, sort: Sort, page: int = 1) -> str:
        """The command that shows another part."""
        given = (
            f"min={numbers.plain(self.minimum)}" if self.minimum else "",
            f"limit={self.limit}" if self.limit != SHOWN else "",
            f"sort={sort}" if sort is not Sort.SCORE else "",
            f"page={page}" if page > 1 else "",
        )
        return " ".join(part for part in (f"/{name}", *given) if part)


def score_list(  # noqa: PLR0913 - what a list shows
    signal: Signal,
    shown: Sequence[tuple[CoinScore, Coin]],
    *,
    part: Part,
    highest: CoinScore | None,
    now: datetime,
    coverage: str,
    alert_at: float,
    service: Service | None = None,
) -> View:
    """The coins that qualify, in the order that was asked for; `part` says which of them these are.

    `service` is the hosted one whose scores they are, None for our own.
    """
    total, minimum = part.total, part.minimum
    at_least = f" ≥ {numbers.said(minimum)}" if minimum else ""
    title = f"{capitalised(signal_title(signal))}{at_least}: {numbers.count(total, 'coin')}"
    body: list[Text | Note | Table] = []
    if shown:
        body.append(_table(shown, part.first + 1, service))
        if total > len(shown):
            first, last, more = part.first + 1, part.first + len(shown), f"limit={min(500, total)}"
            said = tr("{first} to {last} of {total}; more with {more}.", first=first, last=last, total=total, more=more)
            body.append(Note(said))
    elif highest is None:
        body.append(Text(tr("No coin passes the gate now.")))
    else:
        score = numbers.score_below(highest.score, minimum)
        body.append(Text(tr("The highest now is {coin} with {score}.", coin=highest.base_coin, score=score)))
    if any(score.funding.streak_open for score, _ in shown):
        said = tr("≥: nothing is known of the day before; the streak may have begun earlier, and score more.")
        body.append(Note(said))
    if signal is Signal.SELLING:
        body.append(Note(tr(SHARES_NOTE)))
    if service is not None and shown:
        said = tr("Each score is {given}. Negative now: by the rates of this moment.", given=as_given(service.name))
        body.append(Note(said))
    if said := price_note({score.base_coin: score.prices for score, _ in shown}):
        body.append(Note(said))
    body.append(Note(f"{coverage} · {numbers.clock(now)}"))
    name, at = signal.value, numbers.plain(alert_at)
    return View(
        title=title,
        body=tuple(body),
        buttons=(
            Button(tr("🔔 Alert me at ≥ {score}", score=numbers.said(alert_at)), f"/alert {name} min={at}"),
            *_list_buttons(part, name),
            *(Button(score.base_coin, f"/coin {score.base_coin}") for score, _ in shown[:CARDS]),
        ),
        menu=tuple(
            Button(f"{score.base_coin} · {numbers.score(score.score)}", f"/coin {score.base_coin}")
            for score, _ in shown
        ),
        data=_data(signal, shown, now, service),
    )


def _list_buttons(part: Part, name: str) -> tuple[Button, ...]:
    """Back and on, the same again, and the other orders."""
    if not part.total:
        return ()
    here = part.line(name, sort=part.sort, page=part.page)
    back = (Button(tr("◀ Back"), part.line(name, sort=part.sort, page=part.page - 1)),) if part.page > 1 else ()
    on = part.first + part.limit < part.total
    more = (Button(tr("More ▶"), part.line(name, sort=part.sort, page=part.page + 1)),) if on else ()
    named = zip(Sort, ORDERS, strict=True)
    orders = (Button(tr(order), part.line(name, sort=one)) for one, order in named if one is not part.sort)
    return (*back, *more, Button(tr("↻ Refresh"), here), *(orders if part.total > 1 else ()))


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
    return f"{'≥ ' if is_open else ''}{numbers.count(days, 'day') if long else numbers.days(days)}"


def coverage_note(
    exchanges: int, newest: datetime | None, now: datetime, missing: Mapping[str, str] | None = None
) -> str:
    """What the numbers rest on; `missing`: exchanges that do not count now → why, in a few words."""
    if newest is None:
        return tr("no settlements stored yet: /status says why")
    age = now - newest
    stale = f" ({tr('stale')})" if age > timedelta(hours=9) else ""
    settled = tr("newest settlement {ago}", ago=numbers.ago(newest, now)) + stale
    said = f"{numbers.count(exchanges, 'exchange')} · {settled}"
    return " · ".join(part for part in (said, retold(without(missing or {}))) if part)


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
    """The exchanges that are not behind a number, in English: without Binance (refuses this country (451))."""
    if not missing:
        return ""
    names = [f"{title_of(name)} ({why})" for name, why in sorted(missing.items())]
    more = f" and {len(names) - MISSING_SHOWN} more" if len(names) > MISSING_SHOWN else ""
    return f"without {', '.join(names[:MISSING_SHOWN])}{more}"


def negative_text(score: CoinScore) -> str:
    """How many exchanges behind a score are negative; nothing is known where none is."""
    behind = len(score.funding.exchanges)
    if not behind:
        return numbers.UNKNOWN
    return tr("{part} of {whole}", part=score.funding.negative_exchanges, whole=behind)


def _table(shown: Sequence[tuple[CoinScore, Coin]], first: int, service: Service | None) -> Table:
    columns = (
        Column("#", "right"),
        Column(tr("coin")),
        Column(tr("name"), phone=0),
        Column(tr("score")),
        Column(tr("per 8 h"), "right", phone=2),
        Column(tr("APR"), "right", phone=2),
        Column(numbers.days(7), "right", phone=2),
        Column(tr("streak"), "right"),
        Column(tr("negative") if service is None else tr("negative now"), "right", phone=0),
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
                numbers.percent(annual_rate(score.funding.avg_72h) * 100),
                numbers.percent(score.prices.pct_7d),
                streak_text(score.funding.streak, score.funding.streak_open),
                negative_text(score),
            )
            for rank, (score, coin) in enumerate(shown, first)
        ),
    )


def _data(
    signal: Signal, shown: Sequence[tuple[CoinScore, Coin]], now: datetime, service: Service | None
) -> dict[str, Json]:
    with speaking(ENGLISH):  # as the documents have it
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
