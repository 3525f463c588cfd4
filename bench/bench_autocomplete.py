"""Names offered for each key press among 5,000 coins and 6,000 companies; goal below 100 ms for the slowest one.

The baseline does what a handler does that keeps nothing: for each key press it reads the names from the database, and
sorts all that hold the text. Ours looks into the sorted names in memory; both are asked all beginnings of the same
words, and must offer the exact ticker first.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.timing import best, compare
from bot.chat.directory import names_in
from bot.chat.names import Name
from bot.commands.base import Kind
from scoring.model import Coin, Issuer, Margin, Pair
from storage import Storage, open_storage

COINS, COMPANIES, WORDS = 5_000, 6_000, 40
MOST = 25
GOAL_SECONDS = 0.1
LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


def fill(storage: Storage) -> list[str]:
    """Give the database its names; returns tickers that people type."""
    random = np.random.default_rng(7)

    def word(least: int, most: int) -> str:
        return "".join(random.choice(LETTERS, int(random.integers(least, most))))

    tickers = sorted({word(3, 7) for _ in range(2 * COINS)})[:COINS]
    with storage.write() as tx:
        tx.pairs.put([Pair("okx", f"{one}-USDT-SWAP", one, Margin.USDT, None) for one in tickers])
        tx.pairs.put_coins(
            [Coin(one.lower(), one, f"{word(4, 9).title()} {word(3, 8).title()}", at) for at, one in enumerate(tickers)]
        )
        names = [f"{word(4, 9).title()} {word(3, 8).title()} Inc" for _ in range(COMPANIES)]
        tx.filings.put_issuers(
            [
                Issuer(f"{at:010d}", name, f"X{word(3, 5)}{at}", "Technology", "Software")
                for at, name in enumerate(names)
            ]
        )
    return [str(one) for one in random.choice(tickers, WORDS)]


def scanned(storage: Storage, text: str) -> list[str]:
    """The baseline: read all, look at all, sort all."""
    with storage.read() as tx:
        coins = tx.pairs.coins()
        names = [Name(one, coins[one].name if one in coins else "") for one in tx.pairs.base_coins()]
        names += [Name(one.ticker, one.name) for one in tx.filings.issuers().values() if one.ticker]
    found = [one for one in names if text.upper() in one.ticker.upper() or text.upper() in one.title.upper()]
    found.sort(key=lambda one: (one.ticker != text, not one.ticker.startswith(text), one.ticker))
    return [one.ticker for one in found[:MOST]]


def typed(words: list[str], offered: Callable[[str], list[str]]) -> float:
    """All beginnings of all words; returns the seconds of the slowest key press."""
    slowest = 0.0
    for word in words:
        for end in range(1, len(word) + 1):
            start = time.perf_counter()
            found = offered(word[:end])
            slowest = max(slowest, time.perf_counter() - start)
        assert found[0] == word, (word, found)
    return slowest


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        storage = open_storage(f"sqlite:///{Path(folder)}/bench.db")
        words = fill(storage)
        built, names = best(lambda: names_in(storage))

        def ours(text: str) -> list[str]:
            found = names[Kind.COIN].find(text, MOST)
            return [one.ticker for one in (*found, *names[Kind.COMPANY].find(text, MOST - len(found)))]

        mine, slowest = best(lambda: typed(words, ours))
        theirs, _ = best(lambda: typed(words[:4], lambda text: scanned(storage, text)), times=1)
        presses = sum(map(len, words)), sum(map(len, words[:4]))
        each, scan = 1000 * mine / presses[0], 1000 * theirs / presses[1]
        compare("a thousand key presses", each, "read and scan for each", scan)
        print(f"slowest key press {slowest * 1000:.2f} ms, goal {GOAL_SECONDS * 1000:.0f}; names read in {built:.2f} s")
        assert slowest < GOAL_SECONDS
        storage.close()


if __name__ == "__main__":
    main()
