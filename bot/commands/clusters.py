"""/clusters: issuers that several insiders buy, or sell."""

from __future__ import annotations

import difflib

from bot.commands.base import Command, Kind, Param, Request
from bot.commands.naming import ticker_of
from bot.commands.pump import LIMIT
from bot.errors import UserError
from bot.feeds.sectors import SECTORS
from bot.signals import find_clusters
from bot.views.clusters import cluster_card, cluster_list
from bot.views.elements import View
from scoring.clusters import ClusterRule
from scoring.model import Side
from storage import Transaction

SIDES = {"buy": (Side.BUY,), "sell": (Side.SELL,), "both": (Side.BUY, Side.SELL)}
SIDE = Param("side", Kind.CHOICE, "buy, sell or both", "buy", default="both", choices=tuple(SIDES))
DAYS = Param("days", Kind.INTEGER, "look-back in days", "90", default=30, minimum=1, maximum=365)
MIN_VALUE = Param("min_value", Kind.MONEY, "least value of all trades, in USD", "1m", default=0.0, minimum=0)
SECTOR = Param("sector", Kind.CHOICE, "one of the eleven sectors", "Technology", choices=SECTORS)
INDUSTRY = Param("industry", Kind.CHOICE, "an industry of the SIC table", "Biotechnology")


def run(request: Request) -> View:
    """The clusters of the window; those of one ticker in full."""
    args = request.args
    with request.storage.read() as tx:
        rule = ClusterRule(
            days=args["days"],
            min_insiders=args["min_insiders"],
            min_value=args["min_value"],
            sides=SIDES[args["side"]],
            sector=args["sector"] or None,
            industry=args["industry"] or None,
            ticker=_stored_ticker(tx, args["ticker"]) if args["ticker"] else None,
        )
        found = find_clusters(tx, rule, request.now)
        stored, newest = tx.filings.count(), tx.filings.newest(request.now)
    if rule.ticker is not None and found:
        return cluster_card(found, rule, request.now)
    shown = found[: args["limit"]]
    return cluster_list(shown, rule, total=len(found), stored=stored, newest=newest, now=request.now)


def _stored_ticker(tx: Transaction, text: str) -> str:
    known = {one.ticker for one in tx.filings.issuers().values() if one.ticker}
    ticker = ticker_of(text, "/clusters ticker={}", known)
    if ticker in known:
        return ticker
    near = next(iter(difflib.get_close_matches(ticker, known, n=1)), None)
    hint = f"did you mean {near}?" if near else "/clusters lists what there is"
    example = f"/clusters ticker={near}" if near else "/clusters"
    raise UserError(f"No filing of {ticker} is stored; {hint}", example)


COMMAND = Command(
    name="clusters",
    summary="Companies that several insiders buy, or sell",
    run=run,
    example="/clusters side=buy min_value=1m",
    params=(
        Param("ticker", Kind.TEXT, "one company, in full", "BRK-A", positional=True),
        SIDE,
        DAYS,
        Param(
            "min_insiders",
            Kind.INTEGER,
            "least number of insiders",
            "3",
            default=3,
            minimum=1,
            maximum=50,
            aliases=("min", "insiders"),
        ),
        MIN_VALUE,
        SECTOR,
        INDUSTRY,
        LIMIT,
    ),
)
