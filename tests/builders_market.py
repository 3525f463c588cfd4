"""A small market in a database: three coins on three exchanges, and one company."""

from __future__ import annotations

from datetime import timedelta

from bot.commands.answer import answer
from bot.commands.base import ChatRef
from bot.feeds.edgar.settings import EdgarSettings
from bot.feeds.settings import FeedSettings
from bot.settings import AlertSettings, ScoringSettings
from bot.views.elements import View
from scoring.model import Coin
from storage import Storage
from tests.builders_filings import ACME, filing, person, trade
from tests.builders_storage import NOW, rise, settlements, steady

CHAT = ChatRef("console", "local", "me")
EXCHANGES = ("binance", "bybit", "okx")


def fill(storage: Storage) -> None:
    """PUMP is pumped (5.27), SHRT is shorted (10), CALM is calm; Acme has three buyers."""
    with storage.write() as tx:
        for exchange in EXCHANGES:
            for coin, rate in (("PUMP", -0.0004), ("SHRT", -0.0008), ("CALM", 0.0001)):
                tx.funding.add(settlements(steady(exchange, coin, rate)))
        tx.prices.add(rise("PUMP", 93.0))
        tx.prices.add(rise("SHRT", -11.4))
        tx.prices.add(rise("CALM", 5.0))
        tx.pairs.put_coins([Coin("pump-coin", "PUMP", "Pump Coin", 7)])
        tx.filings.put_issuers([ACME])
        tx.filings.add([filing(person(i), trade(100, 10 + i)) for i in range(3)])


def ask(
    storage: Storage,
    line: str,
    chat: ChatRef = CHAT,
    after: timedelta = timedelta(0),
    edgar: EdgarSettings | None = None,
    feeds: FeedSettings | None = None,
) -> View:
    """The answer to one line."""
    return answer(
        line,
        chat=chat,
        now=NOW + after,
        storage=storage,
        scoring=ScoringSettings(),
        alerts=AlertSettings(),
        feeds=feeds,
        edgar=edgar,
    )
