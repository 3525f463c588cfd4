"""Invented companies, insiders and filings: joint filers, amendments, null prices, plans and clusters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import numpy as np

from scoring.model import Filer, Filing, InsiderTransaction, Issuer

ISSUERS = 200
# Numbers that the SEC is far from giving out, so that nobody real is meant.
FIRST_ISSUER = 9_000_000
FIRST_PERSON = 9_100_000
FIRST_VEHICLE = 9_200_000
# Clusters come from the first hundred companies, lone purchases from the others, so that no chance purchase
# disturbs the story.
STORY_ISSUERS = 100
CLUSTER_EVERY = timedelta(hours=30)
SELL_CLUSTER = (4, 2)  # the second after the first cluster sells, and every fourth from there
FIRST_CLUSTER = timedelta(hours=2, minutes=30)  # after the start: when its third insider files
EPOCH = timedelta(days=10)  # background filings are drawn for so long a time at once
FILINGS_PER_EPOCH = 60
REACH = timedelta(days=3)  # how long before its completion a cluster's first filing lies

FIRST_WORDS = (
    "Amber",
    "Borealis",
    "Cobalt",
    "Delmar",
    "Evergate",
    "Foxglove",
    "Granite",
    "Halcyon",
    "Ironwood",
    "Juniper",
)
SECOND_WORDS = (
    "Analytics",
    "Biosciences",
    "Components",
    "Energy",
    "Foods",
    "Bancorp",
    "Homes",
    "Networks",
    "Metals",
    "Water",
)
FAMILY = (
    "Abara",
    "Brandt",
    "Castellano",
    "Dimitrov",
    "Eklund",
    "Farouk",
    "Grünwald",
    "Hoshino",
    "Ibsen",
    "Jankowski",
)
GIVEN = ("Ada", "Boris", "Chiara", "Dmitri", "Elif", "Femi", "Greta", "Hiro", "Ines", "Jonas")
SECTORS = (
    ("Technology", "Software - Application"),
    ("Healthcare", "Biotechnology"),
    ("Technology", "Electronic Components"),
    ("Energy", "Oil & Gas E&P"),
    ("Consumer Defensive", "Packaged Foods"),
    ("Financial Services", "Banks - Regional"),
    ("Consumer Cyclical", "Residential Construction"),
    ("Communication Services", "Telecom Services"),
    ("Basic Materials", "Other Industrial Metals & Mining"),
    ("Utilities", "Utilities - Regulated Water"),
)
Deal = tuple[str, float, float | None]  # code, shares, USD per share
TITLES = ("Chief Executive Officer", "Chief Financial Officer", "General Counsel")


@cache
def issuers() -> tuple[Issuer, ...]:
    """All 200 companies, each with a ticker of its own; every 20th has none, every 25th no sector."""
    found = []
    for number in range(ISSUERS):
        first, second = FIRST_WORDS[number // 10 % 10], SECOND_WORDS[number % 10]
        suffix = "Inc" if number < 100 else "Holdings Inc"
        ticker = None if number % 20 == 19 else f"{first[:2]}{second[:2]}{chr(88 + number // 100)}".upper()
        sector, industry = (None, None) if number % 25 == 24 else SECTORS[number % 10]
        found.append(Issuer(f"{FIRST_ISSUER + number:010d}", f"{first} {second} {suffix}", ticker, sector, industry))
    return tuple(found)


def filings(seed: int, start: datetime, since: datetime, until: datetime) -> Iterator[Filing]:
    """All filings accepted in (since, until]."""
    for filing in _clusters(start, since, until):
        if since < filing.accepted_at <= until:
            yield filing
    first = (since - start) // EPOCH - 1
    last = (until - start) // EPOCH
    for epoch in range(first, last + 1):
        for filing in _background(seed, start, epoch):
            if since < filing.accepted_at <= until:
                yield filing


def _clusters(start: datetime, since: datetime, until: datetime) -> Iterator[Filing]:
    """One company after the other, whose insiders begin to trade: a third owner makes a cluster, a fourth joins."""
    first = (since - REACH - start) // CLUSTER_EVERY - 1
    last = (until + REACH - start) // CLUSTER_EVERY + 1
    for number in range(first, last + 1):
        complete = start + FIRST_CLUSTER + number * CLUSTER_EVERY
        issuer = issuers()[number * 37 % STORY_ISSUERS]
        price = 5 + number % 40
        code = "S" if number % SELL_CLUSTER[0] == SELL_CLUSTER[1] else "P"
        for who, hours in enumerate((-40.0, -21.0, 0.0, 3.5)):
            accepted = complete + timedelta(hours=hours)
            shares = 4_000.0 * (1 + (number + who) % 7)
            filers: tuple[Filer, ...] = (_person(issuer, who),)
            if who == 1:
                # An officer trades through a vehicle: two reporting owners, one beneficial owner.
                filers += (_vehicle(issuer, who),)
            deals: list[Deal] = [(code, shares, price + who / 8)]
            serial = f"{number % 1000:03d}{who}"
            yield _filing(issuer, accepted, serial, filers, deals, plan=code == "S" and who == 0)


def _background(seed: int, start: datetime, epoch: int) -> Iterator[Filing]:
    random = np.random.default_rng([seed, epoch + 1_000])
    for number in range(FILINGS_PER_EPOCH):
        anyone, buyer = int(random.integers(ISSUERS)), int(random.integers(STORY_ISSUERS, ISSUERS))
        accepted = start + epoch * EPOCH + timedelta(seconds=int(random.integers(864_000)))
        who, kind = int(random.integers(5)), random.uniform()
        shares, price = float(random.integers(1, 90) * 100), float(round(random.uniform(3, 120), 4))
        serial = f"{epoch % 100:02d}{number:02d}"
        if accepted.weekday() >= 5:
            continue  # EDGAR rests at weekends
        issuer = issuers()[anyone if kind < 0.7 else buyer]
        person = _person(issuer, who)
        if kind < 0.45:
            deal = _filing(issuer, accepted, f"7{serial}", (person,), [("S", shares, price)] * 2, plan=kind < 0.3)
        elif kind < 0.7:
            deal = _filing(issuer, accepted, f"7{serial}", (person,), [("A", shares, None), ("F", shares / 3, price)])
        elif kind < 0.8:
            everyone = (person, _vehicle(issuer, who), _vehicle(issuer, who + 5))
            deal = _filing(issuer, accepted, f"7{serial}", everyone, [("P", shares * 10, price)])
        else:
            deal = _filing(issuer, accepted, f"7{serial}", (person,), [("P", shares, price if kind < 0.95 else None)])
        yield deal
        if number % 12 == 0:
            yield _amended(deal, f"8{serial}")


def _amended(filing: Filing, serial: str) -> Filing:
    """A 4/A of two days later that restates the filing with one number put right."""
    first, *rest = filing.transactions
    return replace(
        filing,
        accession=_accession(filing.accepted_at, serial),
        form="4/A",
        accepted_at=filing.accepted_at + timedelta(days=2),
        original_filed=filing.accepted_at.date(),
        transactions=(replace(first, shares=first.shares + 100), *rest),
    )


def _filing(
    issuer: Issuer,
    accepted: datetime,
    serial: str,
    filers: tuple[Filer, ...],
    deals: list[Deal],
    *,
    plan: bool = False,
) -> Filing:
    traded = (accepted - timedelta(days=1)).date()
    traded -= timedelta(days=max(0, traded.weekday() - 4))  # nobody trades at weekends
    return Filing(
        accession=_accession(accepted, serial),
        form="4",
        issuer_cik=issuer.cik,
        issuer_name=issuer.name,
        ticker=issuer.ticker,
        accepted_at=accepted,
        period=traded,
        original_filed=None,
        plan_10b5_1=plan,
        filers=filers,
        transactions=tuple(
            InsiderTransaction(
                row=row,
                security_title="Common Stock",
                date=traded,
                code=code,
                acquired_disposed="D" if code in {"S", "F"} else "A",
                shares=shares,
                price=price,
                shares_after=shares * 4,
                direct=len(filers) == 1,
                nature=None if len(filers) == 1 else f"By {filers[1].name}",
            )
            for row, (code, shares, price) in enumerate(deals)
        ),
    )


def _accession(accepted: datetime, serial: str) -> str:
    return f"simulated-{accepted:%y%m%d%H}-{serial}"


def _person(issuer: Issuer, who: int) -> Filer:
    number = (int(issuer.cik) - FIRST_ISSUER) * 5 + who
    name = f"{FAMILY[number % 10]} {GIVEN[(number // 10 + 3 * who) % 10]} {chr(65 + who)}."
    return Filer(
        cik=f"{FIRST_PERSON + number:010d}",
        name=name,
        is_officer=who < 3,
        officer_title=TITLES[who] if who < 3 else None,
        is_director=who in {0, 3},
        is_ten_percent_owner=who == 4,
    )


def _vehicle(issuer: Issuer, who: int) -> Filer:
    company = int(issuer.cik) - FIRST_ISSUER
    family = FAMILY[(company * 5 + who % 5) % 10]
    kind = "Family Trust" if who < 5 else "Capital LLC"
    return Filer(f"{FIRST_VEHICLE + company * 10 + who:010d}", f"{family} {kind}", is_ten_percent_owner=True)
