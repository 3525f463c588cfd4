"""Answers of exchanges, in their shapes and with invented numbers, and what an adapter reads in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.feeds.base import Quote, SettledRate
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.exchanges.base import Adapter

PAYLOADS = Path(__file__).parent / "payloads"
NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
AT_8 = datetime(2026, 11, 20, 8, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
ADAPTERS: dict[str, Adapter] = {one.name: one.adapter for one in EXCHANGES.values() if one.adapter is not None}


def payload(name: str) -> dict[str, Any]:
    """`quotes`: one answer for each of the adapter's questions; `settlements`; `refusals`: error answers."""
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def read(name: str, answers: Sequence[Any], now: datetime = NOW) -> dict[str, Quote]:
    """The quotes in raw answers, by symbol."""
    adapter = ADAPTERS[name]
    unwrapped = [None if answer is None else adapter.unwrap(answer) for answer in answers]
    return {quote.symbol: quote for quote in adapter.parse_quotes(unwrapped, now)}


def quotes(name: str) -> dict[str, Quote]:
    """The quotes of the exchange's invented answers."""
    return read(name, payload(name)["quotes"])


def settlements(name: str, answer: Any = None) -> list[SettledRate]:
    """The settlements of the exchange's invented answer, or of another one."""
    adapter = ADAPTERS[name]
    return adapter.parse_settlements(adapter.unwrap(payload(name)["settlements"] if answer is None else answer))
