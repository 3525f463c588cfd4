"""/clusters: issuers that several insiders buy, or sell."""

from __future__ import annotations

from bot.commands.base import Command, Kind, Param, Request
from bot.commands.pump import LIMIT
from bot.errors import UserError
from bot.feeds.tickers import clean_ticker
from bot.signals import find_clusters
from bot.views.clusters import cluster_card, cluster_list
from bot.views.elements import View
from scoring.clusters import ClusterRule
from scoring.model import Side

SIDES = {"buy": (Side.BUY,), "sell": (Side.SELL,), "both": (Side.BUY, Side.SELL)}
SIDE = Param("side", Kind.CHOICE, "buy, sell or both", "buy", default="both", choices=tuple(SIDES))
DAYS = Param("days", Kind.INTEGER, "look-back in days", "90", default=30, minimum=1, maximum=365)
MIN_VALUE = Param("min_value", Kind.MONEY, "least value of all trades, in USD", "1m", default=0.0, minimum=0)
SECTOR = Param("sector", Kind.CHOICE, "one of the eleven sectors", "Technology")
INDUSTRY = Param("industry", Kind.CHOICE, "an industry", "Biotechnology")


def run(request: Request) -> View:
    """The clusters of the window; those of one ticker in full."""
    args = request.args
    rule = ClusterRule(
        days=args["days"],
        min_insiders=args["min_insiders"],
        min_value=args["min_value"],
        sides=SIDES[args["side"]],
        sector=args["sector"],
        industry=args["industry"],
        ticker=ticker_of(args["ticker"]) if args["ticker"] else None,
    )
    with request.storage.read() as tx:
        if rule.ticker is not None and rule.ticker not in {one.ticker for one in tx.filings.issuers().values()}:
            raise UserError(f"No filing of {rule.ticker} is stored; /clusters lists what there is", "/clusters")
        found = find_clusters(tx, rule, request.now)
        stored, newest = tx.filings.count(), tx.filings.newest(request.now)
    if rule.ticker is not None and found:
        return cluster_card(found, rule, request.now)
    shown = found[: args["limit"]]
    return cluster_list(shown, rule, total=len(found), stored=stored, newest=newest, now=request.now)


def ticker_of(text: str) -> str:
    """A ticker as stored, from what a person typed."""
    ticker = clean_ticker(text.lstrip("$"))
    if ticker is None:
        raise UserError(f"{text} is no ticker", "/clusters ticker=BRK-A")
    return ticker


COMMAND = Command(
    name="clusters",
    summary="Companies that several insiders buy, or sell",
    run=run,
    example="/clusters side=buy min_value=1m",
    params=(
        Param("ticker", Kind.TEXT, "one company, in full", "BRK-A", positional=True),
        SIDE,
        DAYS,
        Param("min_insiders", Kind.INTEGER, "least number of insiders", "3", default=3, minimum=1, maximum=50),
        MIN_VALUE,
        SECTOR,
        INDUSTRY,
        LIMIT,
    ),
)
