"""The coin behind a ticker."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.model import Coin


def coin_named(coins: Mapping[str, Coin], base_coin: str) -> Coin:
    """The known coin, or one that has nothing but its ticker."""
    return coins.get(base_coin) or Coin(base_coin.lower(), base_coin, base_coin, None)
