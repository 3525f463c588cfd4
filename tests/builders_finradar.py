"""Insider clusters as a hosted service gives them: names, and no word on who traded how much."""

from __future__ import annotations

from datetime import date

from scoring.model import Cluster, Insider, Issuer, Side

NAMES = ("PALERMO GRETA", "OSEI KWAME", "LINDQVIST TOVE")


def named(name: str) -> Insider:
    """An insider of whom only the name is given."""
    return Insider(
        name=name,
        role=None,
        filers=(name,),
        joined_because=(),
        shares=None,
        value=None,
        first_date=None,
        last_date=None,
        accessions=(),
        plan_value=None,
        late=None,
    )


def hosted_cluster(
    cik: str = "0000777001",
    ticker: str | None = "LUMO",
    side: Side = Side.BUY,
    *,
    value: float = 1_860_000.0,
    insiders: int = 3,
) -> Cluster:
    """A cluster of April 2026 with so many insiders, three of them named at most."""
    return Cluster(
        issuer=Issuer(cik, "Lumo Optics Inc", ticker, "Technology", "Scientific & Technical Instruments"),
        side=side,
        insiders=tuple(named(name) for name in NAMES[:insiders]),
        total_value=value,
        net_shares=62_000.0 if side is Side.BUY else -62_000.0,
        transaction_count=2 * insiders,
        first_date=date(2026, 4, 13),
        last_date=date(2026, 4, 17),
        plan_value=None,
        accessions=(),
        source="finradar",
        counted=insiders,
    )
