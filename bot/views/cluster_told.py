"""What an alert stored of a cluster, said again: in English as it was stored, else made anew of its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot.views.cluster_words import named_with_role, plan_share, summary_of, uniform_of
from bot.views.numbers import money
from bot.words import ENGLISH, spoken
from scoring.model import Side


def told_summary(facts: Mapping[str, Any]) -> str:
    """Who bought or sold how much of what, and when."""
    cluster = facts.get("cluster")
    if spoken() == ENGLISH or not cluster:
        return str(facts["summary"])
    return summary_of(
        insiders=cluster["insider_count"],
        side=Side(cluster["cluster_type"]),
        value=cluster["total_value"],
        company=(cluster["company_name"], cluster["ticker"]),
        days=(date.fromisoformat(cluster["first_date"]), date.fromisoformat(cluster["last_date"])),
    )


def told_insiders(facts: Mapping[str, Any]) -> Sequence[str]:
    """Everybody with role and value."""
    cluster = facts.get("cluster")
    if spoken() == ENGLISH or not cluster:
        return tuple(facts["insiders"])
    return tuple(
        named_with_role(one["name"], one["role"]) + ("" if one["value"] is None else f": {money(one['value'])}")
        for one in cluster["participants"]
    )


def told_share(facts: Mapping[str, Any]) -> str:
    """How much of the value was traded under a 10b5-1 plan."""
    cluster = facts.get("cluster")
    if spoken() == ENGLISH or not cluster:
        return str(facts["plan_share"])
    return plan_share(cluster["plan_value"], cluster["total_value"])


def told_uniform(facts: Mapping[str, Any]) -> str:
    """How many bought at one price on one day."""
    cluster = facts.get("cluster")
    if spoken() == ENGLISH or not cluster:
        return str(facts["uniform_price"])
    return uniform_of(cluster["uniform_price"], cluster["insider_count"])
