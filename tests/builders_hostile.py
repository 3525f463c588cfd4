"""A market whose names are the worst that a source could give, and a line for each View of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.commands import COMMANDS
from bot.commands.base import ChatRef
from bot.feeds.edgar.settings import EdgarSettings
from bot.views.elements import View
from scoring.model import Coin, Issuer
from storage import Storage, open_storage
from tests.builders_filings import filing, person, trade
from tests.builders_market import EXCHANGES, ask
from tests.builders_storage import rise, settlements, steady

COINS = 60
HOSTILE = (
    "@everyone **free** [win](https://evil.com) <@&123456789012345678>",
    "\u202egnp.exe\u202c\u2067אבג\u2069",  # reorders what stands beside it
    "💸🚀👨‍👩‍👧‍👦" * 20,
    "`" * 50 + "```\nx\n```",
    "Ж" * 300,
    "# heading\n> quote\n- list\n||spoiler||",
    "https://discord.gg/abc discord.gg/abc <t:1:R> </ban:1>",
    "Z̷̢̧̛̗͍̫̬̱̦̜̳͔̤̯̝̼̾͒̔͗͂̀̀̓͛͐͝a̶l̴g̵o̷",
    "\u200b\u200d\ufeff",
)
LINES = (
    "/start", "/help", *(f"/help {one.name}" for one in COMMANDS), "/pump", "/pump limit=500", "/pump page=2", "/pump min=10",
    "/selling limit=500", "/selling sort=streak", "/clusters", "/clusters limit=500 min_insiders=2", "/clusters ticker=ACME",
    "/funding", "/funding C0", "/funding C0 type=history", "/funding type=accumulated", "/coin C0", "/coin C1", "/coin C7",
    "/alert pump min=1", "/alert selling min=2 digest=daily", "/alert clusters", "/alerts", "/alerts 1", "/alerts 3",
    "/mute C0 2d", "/mute 8h", "/mute", "/unmute", "/settings", "/settings quiet=22:00-07:00", "/missed", "/missed since=7d",
    "/status", "/export", "/forget", "/test", "/link", "/nonsense", "/coin NOPE", "/pump min=99", "/alert off 99", "/why nope",
)  # fmt: skip


@contextmanager
def hostile_market(folder: Path) -> Iterator[Storage]:
    """Coins, companies and people of such names, in a database of their own."""
    opened = open_storage(f"sqlite:///{folder}/test.db")
    names = [HOSTILE[at % len(HOSTILE)] for at in range(COINS)]
    with opened.write() as tx:
        for at in range(COINS):
            for exchange in EXCHANGES:
                tx.funding.add(settlements(steady(exchange, f"C{at}", -0.0003 - at / 1e6)))
            tx.prices.add(rise(f"C{at}", 60.0 + at))
        tx.pairs.put_coins([Coin(f"coin-{at}", f"C{at}", name, at + 1) for at, name in enumerate(names)])
        issuers = [
            Issuer(f"{at:010d}", name, "ACME" if at == 1 else f"T{at}", "Technology", name)
            for at, name in enumerate(names[:20], 1)
        ]
        tx.filings.put_issuers(issuers)
        tx.filings.add(
            [
                filing(person(at * 10 + who, name=issuer.name), trade(100, 10 + who), issuer=issuer)
                for at, issuer in enumerate(issuers, 1)
                for who in range(3)
            ]
        )
    try:
        yield opened
    finally:
        opened.close()


def hostile_views(storage: Storage, chat: ChatRef) -> Iterator[tuple[str, View]]:
    """Each line, and what a chat is answered."""
    for line in LINES:
        yield line, ask(storage, line, chat=chat, edgar=EdgarSettings())
