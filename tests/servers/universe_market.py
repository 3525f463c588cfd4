"""The made market behind the made exchanges: what every contract costs and pays, at any instant.

A coin's price is a wave around its level. A contract's rate is the base rate for half of all coins, as in the real
market, and else an opinion that comes and goes around its mean. Some contracts had another interval once, some were
listed lately. Nothing depends on when it is asked for, so that the answers of two instants fit together.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from random import Random

BASE_RATE = 0.0001  # per 8 hours
HIGHEST = 0.005  # decimal per interval
HOUR, DAY = 3_600, 86_400  # seconds
EPOCH = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())  # all else is counted from here
FIRST, LAST = EPOCH - 200 * DAY, EPOCH + 60 * DAY  # the time in which there are settlements
FORMS = {
    "binance": "{}USDT", "bybit": "{}USDT", "okx": "{}-USDT-SWAP", "gate": "{}_USDT", "bitget": "{}USDT",
    "hyperliquid": "{}", "deribit": "{}_USDC-PERPETUAL", "htx": "{}-USDT", "bingx": "{}-USDT", "kucoin": "{}USDTM",
    "mexc": "{}_USDT",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settled:
    """One settlement as it happened."""

    second: int  # unix, as it was due
    ms: int  # unix, as the exchange says it: some milliseconds or seconds late
    rate: float  # decimal per interval
    hours: int


@dataclass(frozen=True, slots=True)
class Wave:
    """A price that swings around its level."""

    level: float  # USD
    swing: float  # of the logarithm
    days: float  # of one swing
    phase: float

    def at(self, second: float) -> float:
        """The price at an instant."""
        return self.level * math.exp(self.swing * math.sin(2 * math.pi * second / DAY / self.days + self.phase))


@dataclass(frozen=True, slots=True)
class Perpetual:
    """One made contract, over its whole life."""

    exchange: str
    base: str
    price: Wave
    opinion: float  # decimal per 8 hours, beyond the base rate; 0: it has none
    phase: float
    hours: int  # between settlements
    earlier_hours: int  # the same up to `changed_at`
    changed_at: int  # unix seconds, a settlement of both; FIRST where it never changed
    listed_at: int  # unix seconds
    is_coin: bool = True

    @property
    def symbol(self) -> str:
        """The exchange's name for it."""
        return FORMS[self.exchange].format(self.base)

    def quoted_hours(self, second: float) -> int:
        """The interval that the exchange names."""
        return self.hours if second >= self.changed_at else self.earlier_hours

    def charged_hours(self, second: float) -> int:
        """The interval that is running: Deribit quotes 8 hours and charges every one."""
        return 1 if self.exchange == "deribit" else self.quoted_hours(second)

    def rate_8h(self, second: float) -> float:
        """Decimal."""
        return BASE_RATE + self.opinion * (1 + 0.4 * math.sin(0.7 * second / DAY + self.phase))

    def rate(self, second: float, hours: int) -> float:
        """Decimal for so many hours, with as many digits as exchanges give."""
        return max(-HIGHEST, min(HIGHEST, round(self.rate_8h(second) * hours / 8, 8)))

    def next_settlement(self, second: float) -> int:
        """Unix seconds of the first one after an instant."""
        span = self.charged_hours(second) * HOUR
        return (int(second) // span + 1) * span

    def last_settled(self, second: float) -> Settled | None:
        """The latest settlement that the exchange tells at an instant; None for a contract that is new."""
        at = second
        while at > max(self.listed_at, second - 2 * DAY):
            due = int(at) // HOUR * HOUR
            hours = self.charged_hours(due - 1)
            if due % (hours * HOUR) == 0 and due > self.listed_at and self._told(due) <= second * 1000:
                return self._settlement(due, hours)
            at = due - 1
        return None

    def settled(self, since_ms: int, until_ms: int) -> list[Settled]:
        """What was settled in [since, until], as the exchange tells the times; oldest first."""
        return [self._settlement(*one) for one in self._told_in(since_ms, until_ms)]

    def page(self, since_ms: int, until_ms: int, number: int, size: int) -> tuple[list[Settled], int]:
        """One page of the same, newest first, and how many settlements there are in all."""
        found = self._told_in(since_ms, until_ms)[::-1]
        return [self._settlement(*one) for one in found[(number - 1) * size : number * size]], len(found)

    def _told_in(self, since_ms: int, until_ms: int) -> list[tuple[int, int]]:
        due = _due(self)
        first = bisect_left(due, since_ms, key=lambda one: self._told(one[0]))
        return due[first : bisect_right(due, until_ms, key=lambda one: self._told(one[0]))]

    def _settlement(self, second: int, hours: int) -> Settled:
        return Settled(second, self._told(second), self.rate(second, hours), hours)

    def _told(self, second: int) -> int:
        """Milliseconds as the exchange tells a settlement: some miss the full hour."""
        hour = second // HOUR
        late = {"binance": hour % 7, "hyperliquid": 1 + hour * 37 % 118, "gate": 1000 * (hour % 4)}
        return second * 1000 + late.get(self.exchange, 0)


@cache
def _due(one: Perpetual) -> list[tuple[int, int]]:
    """(unix seconds, hours) of all settlements of a life."""
    found = []
    before = one.listed_at
    while (second := one.next_settlement(before)) <= LAST:
        found.append((second, one.charged_hours(before)))
        before = second
    return found


def ticker(number: int) -> str:
    """A name that no rule takes apart: QAAA, QAAB ..."""
    letters = ""
    for _ in range(3):
        number, letter = divmod(number, 26)
        letters = chr(ord("A") + letter) + letters
    return f"Q{letters}"


def coin_price(number: int) -> Wave:
    """What a coin costs, all exchanges together."""
    coin = Random(f"price {number}")  # noqa: S311 - no secrets
    return Wave(10 ** coin.uniform(-4, 3), coin.uniform(0.02, 0.5), coin.uniform(15, 60), coin.uniform(0, 6))


def perpetuals(exchange: str, count: int) -> Iterator[Perpetual]:
    """So many contracts of an exchange: those of the most popular coins."""
    fixed = {"hyperliquid": 1, "deribit": 8}.get(exchange)
    for number in range(count):
        coin, own = Random(number), Random(f"{exchange} {number}")  # noqa: S311 - no secrets
        hours = fixed or coin.choice((4, 8, 4, 8, 4, 8, 1))
        opinion = 0.0 if coin.random() < 0.5 else coin.gauss(-0.0002, 0.0003) + own.gauss(0, 0.00005)
        price = coin_price(number)
        changed = fixed is None and own.random() < 0.15
        is_new = own.random() < 0.12
        yield Perpetual(
            exchange=exchange,
            base=ticker(number),
            price=Wave(price.level * own.uniform(0.999, 1.001), price.swing, price.days, price.phase),
            opinion=opinion,
            phase=own.uniform(0, 6),
            hours=hours,
            earlier_hours=own.choice([other for other in (1, 4, 8) if other != hours]) if changed else hours,
            changed_at=EPOCH + own.randrange(-70, 16) * DAY if changed else FIRST,
            listed_at=EPOCH + own.randrange(-60 * 24, 15 * 24) * HOUR if is_new else FIRST,
        )
