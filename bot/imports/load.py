"""`tocsin import`: read files of one kind and store what can be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.errors import UserError
from bot.feeds.base import Progress
from bot.feeds.edgar.issuers import issuers_of
from bot.imports.coins import read_coins
from bot.imports.filings import read_filings
from bot.imports.funding import read_funding
from bot.imports.prices import read_prices
from bot.imports.reading import BadRow
from storage import Storage
from storage.added import Added

KINDS = ("funding", "prices", "coins", "filings")


@dataclass
class Loaded:
    """What an import did."""

    given: int = 0
    new: int = 0
    bad: list[BadRow] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)  # whole files, one line each
    passed_over: Counter[str] = field(default_factory=Counter)

    def count(self, added: Added, bad: Sequence[BadRow]) -> None:
        """Add what one file brought."""
        self.given += added.given
        self.new += added.new
        self.bad += bad


def load(
    storage: Storage,
    kind: str,
    paths: Sequence[Path],
    *,
    now: datetime,
    max_abs_rate: float,
    progress: Progress,
) -> Loaded:
    """Store all files; each is one transaction, so that one bad file costs only itself."""
    loaded = Loaded()
    if kind == "filings":
        _filings(storage, paths, loaded, progress)
        return loaded
    readers: dict[str, Callable[[Path], None]] = {
        "funding": lambda path: _funding(storage, path, now, max_abs_rate, loaded),
        "prices": lambda path: _prices(storage, path, now, loaded),
        "coins": lambda path: _coins(storage, path, loaded),
    }
    for done, path in enumerate(paths, 1):
        try:
            readers[kind](path)
        except UserError as error:
            loaded.unusable.append(error.message)
        progress(done, len(paths))
    return loaded


def _funding(storage: Storage, path: Path, now: datetime, max_abs_rate: float, loaded: Loaded) -> None:
    reading = read_funding(path, now=now, max_abs_rate=max_abs_rate)
    with storage.write() as tx:
        loaded.count(tx.funding.add(reading.rows), reading.bad)


def _prices(storage: Storage, path: Path, now: datetime, loaded: Loaded) -> None:
    reading = read_prices(path, now=now)
    with storage.write() as tx:
        loaded.count(tx.prices.add(reading.rows), reading.bad)


def _coins(storage: Storage, path: Path, loaded: Loaded) -> None:
    reading = read_coins(path)
    with storage.write() as tx:
        loaded.count(tx.pairs.put_coins(reading.rows), reading.bad)


def _filings(storage: Storage, paths: Sequence[Path], loaded: Loaded, progress: Progress) -> None:
    usable: list[Path] = []
    for path in paths:
        if path.exists():
            usable.append(path)
        else:
            loaded.unusable.append(f"{path}: there is no such file or folder")
    reading = read_filings(usable, progress)
    with storage.write() as tx:
        loaded.count(tx.filings.add(reading.rows), reading.bad)
        tx.filings.put_issuers(issuers_of(reading.rows))
    loaded.passed_over.update(reading.passed_over)
