"""/clusters: issuers that several insiders buy, or sell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.commands.base import Command, Kind, Param, Request
from bot.commands.companies import company_of
from bot.commands.covered import covered_of, lacking, why_off
from bot.commands.pump import LIMIT
from bot.errors import UserError
from bot.feeds.sectors import SECTORS
from bot.hosted_clusters import hosted_clusters, hosted_issuers
from bot.signals import find_clusters
from bot.views.cluster_card import Company, cluster_card
from bot.views.clusters import Known, cluster_list
from bot.views.elements import View
from bot.views.pictures import cluster_picture, in_words, with_picture
from bot.views.sources import Service
from scoring.amendments import effective_filings
from scoring.clusters import ClusterRule, examine
from scoring.model import Cluster, Filing, Issuer, Side
from storage import Transaction

SIDES = {"buy": (Side.BUY,), "sell": (Side.SELL,), "both": (Side.BUY, Side.SELL)}
SIDE = Param("side", Kind.CHOICE, "buy, sell or both", "buy", default="both", choices=tuple(SIDES))
DAYS = Param("days", Kind.INTEGER, "look-back in days", "90", default=30, minimum=1, maximum=365)
MIN_VALUE = Param("min_value", Kind.MONEY, "least value of all trades, in USD", "1m", default=0.0, minimum=0)
SECTOR = Param("sector", Kind.CHOICE, "one of the eleven sectors", "Technology", choices=SECTORS)
INDUSTRY = Param("industry", Kind.CHOICE, "an industry of the SIC table", "Biotechnology")
PLAN = Param("plan", Kind.FLAG, "count trades under a 10b5-1 plan", "no", default=True)


def run(request: Request) -> View:
    """The clusters of the window; those of one company in full."""
    args = request.args
    rule = ClusterRule(
        days=args["days"],
        min_insiders=args["min_insiders"],
        min_value=args["min_value"],
        sides=SIDES[args["side"]],
        sector=args["sector"] or None,
        industry=args["industry"] or None,
        plan=args["plan"],
    )
    with request.storage.read() as tx:
        issuer = company_of(tx, args["ticker"], "/clusters ticker={}", hosted_issuers(tx)) if args["ticker"] else None
        if issuer is not None:
            rule = replace(rule, ticker=issuer.ticker, sector=None, industry=None)
        given = hosted_clusters(tx, rule, request.now)
        if given is not None and given.unknown:
            raise UserError(given.unknown, given.example)
        known = _known(tx, rule, request, None if given is None else given.service)
        if issuer is not None:
            company = _company(tx, issuer, rule, request.now) if given is None else _given(issuer, given.clusters)
            picture = in_words(lambda: cluster_picture(company, rule, request.now))
            return with_picture(cluster_card(company, rule, known), picture)
        found = find_clusters(tx, rule, request.now) if given is None else given.clusters
    return cluster_list(found[: args["limit"]], rule, known, total=len(found))


def _known(tx: Transaction, rule: ClusterRule, request: Request, service: Service | None) -> Known:
    covered = covered_of(tx, request.feeds, request.edgar, request.now)
    return Known(
        stored=tx.filings.count(),
        newest=tx.filings.newest(request.now),
        covered=lacking(covered, _first_day(rule, request.now)),
        now=request.now,
        off=why_off(request.feeds, request.edgar),
        service=service,
    )


def _first_day(rule: ClusterRule, now: datetime) -> date:
    return (now - timedelta(days=rule.days)).date()


def _given(issuer: Issuer, clusters: Iterable[Cluster]) -> Company:
    """What a hosted service says of one company."""
    own = [one for one in clusters if (one.issuer.cik, one.issuer.ticker) == (issuer.cik, issuer.ticker)]
    return Company(issuer, own, (), (), {})


def _company(tx: Transaction, issuer: Issuer, rule: ClusterRule, now: datetime) -> Company:
    filings = tx.filings.window(_first_day(rule, now), now, [issuer.cik])
    # By CIK: the issuer may have no ticker, or have had another one when it filed.
    own = replace(rule, ticker=None)
    anyone = replace(own, min_insiders=1, min_value=0.0, sides=tuple(Side))
    found, _ = examine(filings, {issuer.cik: issuer}, own, now)
    traded, aside = examine(filings, {issuer.cik: issuer}, anyone, now)
    left = {one.accession: one for one in _inside(effective_filings(filings), rule, now)}
    return Company(issuer, found, traded, aside, left)


def _inside(filings: Iterable[Filing], rule: ClusterRule, now: datetime) -> Iterable[Filing]:
    """The filings with those of their trades that lie inside the window."""
    first = _first_day(rule, now)
    for filing in filings:
        rows = tuple(row for row in filing.transactions if first <= row.date <= now.date())
        yield replace(filing, transactions=rows)


COMMAND = Command(
    name="clusters",
    summary="Companies that several insiders buy, or sell",
    run=run,
    example="/clusters side=buy min_value=1m",
    params=(
        Param("ticker", Kind.COMPANY, "one company, in full", "BRK-A", positional=True, aliases=("company",)),
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
        PLAN,
        LIMIT,
    ),
)
