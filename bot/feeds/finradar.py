"""The hosted insider clusters of Finradar's API, for those who have a key (seeds/insider-clusters).

Each look-back is asked for once a refresh, whatever the subscriptions want of it: of two insiders or more, of any
value, of all sectors and industries. Everything else is told apart here, so that one list answers all. The service
compares sectors and industries letter by letter, and a name that is spelled another way would silently give nothing.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import random
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import httpx
from pydantic import Field, SecretStr, field_validator

from bot.clock import Clock
from bot.errors import FeedError
from bot.feeds.base import Batch, HostedClusters, Outcome, SourceReport
from bot.feeds.exchanges.base import Endpoint
from bot.feeds.finradar_answers import NAME, ClusterRow, Read, days_asked, read_clusters
from bot.feeds.http import AskError, HttpOptions, LimitedError, Source
from bot.feeds.remedies import remedy
from bot.feeds.rows import read_rows
from bot.settings import Settings
from scoring.clusters import ClusterRule

CLUSTERS = "/insiders/clusters"
MIN_INSIDERS = 2  # fewer are no cluster
MOST_CALLS = 4  # a refresh: each costs balance
DAYS = ClusterRule().days
ACCOUNT = "finradar's page /account/credentials"


class FinradarSettings(Settings):
    """The hosted service of insider clusters; it wants two secrets, a key and a token."""

    key: SecretStr = Field(SecretStr(""), description="your API key of the service, its api_Token")
    token: SecretStr = Field(SecretStr(""), description="your JWT of the service, wanted beside the key; it runs out")
    url: str = Field(
        "https://api.finradar.ai/insider-module/api", pattern=r"^https?://\S+$", description="where its API is"
    )

    @field_validator("key", "token")
    @classmethod
    def _fits_a_header(cls, value: SecretStr) -> SecretStr:
        # People copy the token from the example, with the word before it.
        secret = re.sub(r"^Bearer\s+", "", value.get_secret_value().strip(), flags=re.IGNORECASE)
        if not (secret.isascii() and secret.isprintable() and " " not in secret):
            raise ValueError("is none: it holds a blank or a letter that no key and no token has; copy it again")
        return SecretStr(secret)

    @property
    def lacking(self) -> tuple[str, ...]:
        """The keys of this section that the service cannot do without, and that are not set."""
        secrets = {"key": self.key, "token": self.token}
        return tuple(name for name, secret in secrets.items() if not secret.get_secret_value())


@dataclass(frozen=True, slots=True)
class _LookBack:
    """What the service gave for one look-back, or why it did not."""

    days: int
    read: Read | None = None
    fault: str = ""
    outcome: Outcome = Outcome.OK
    is_final: bool = False  # the fault would meet the next request as well


class FinradarFeed:
    """The clusters of every look-back that somebody asks for."""

    name = NAME

    def __init__(  # noqa: PLR0913 - what it is wired with
        self,
        settings: FinradarSettings,
        client: httpx.AsyncClient,
        clock: Clock,
        *,
        rules: Callable[[], Collection[ClusterRule]] = tuple,
        options: HttpOptions = HttpOptions(),  # noqa: B008 - frozen
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`rules` gives those of the subscriptions; it is called in a thread, once a refresh."""
        self._settings = settings
        self._rules = rules
        self._source = Source(
            NAME,
            client,
            host=settings.url,
            clock=clock,
            options=options,
            headers={"Authorization": f"Bearer {settings.token.get_secret_value()}"},
            sleep=sleep,
            jitter=jitter,
        )

    async def fetch(self, since: datetime | None, now: datetime) -> Batch:
        """What the service says now, whatever `since` is. What fails is in the report, so this raises nothing."""
        if lacking := self._settings.lacking:
            detail = f"finradar asks for a key and a token: set {' and '.join(lacking)} under [finradar]"
            return Batch(reports=(SourceReport.failed(NAME, detail, Outcome.REFUSED),))
        wanted = [rule.days for rule in await asyncio.to_thread(self._rules)]
        asked, too_many = days_asked(wanted, MOST_CALLS, DAYS)
        found: list[_LookBack] = []
        for days in asked:
            # One after the other: what is refused or limited once is not asked again.
            if found and found[-1].is_final:
                found.append(replace(found[-1], days=days))
            else:
                found.append(await self._ask(days, now))
        return Batch(
            clusters=tuple(
                HostedClusters(one.days, one.read.clusters, one.read.is_whole) for one in found if one.read is not None
            ),
            reports=(_report(found, too_many),),
        )

    async def _ask(self, days: int, now: datetime) -> _LookBack:
        asked = {"days": days, "min_insiders": MIN_INSIDERS}
        try:
            answer = await self._source.ask(
                Endpoint(CLUSTERS, {"api_Token": self._settings.key.get_secret_value(), **asked})
            )
            rows = await asyncio.to_thread(read_rows, ClusterRow, answer)
        except FeedError as error:
            fault, outcome = self._why(error, asked, now)
            is_final = outcome is Outcome.REFUSED or isinstance(error, LimitedError)
            return _LookBack(days, None, fault, outcome, is_final)
        return _LookBack(days, read_clusters(rows, now))

    def _why(self, error: FeedError, asked: Mapping[str, object], now: datetime) -> tuple[str, Outcome]:
        """What happened and what to do about it, in one line.

        The service's own words may repeat a secret, cut or written another way: they are never quoted.
        """
        if not isinstance(error, AskError):
            return str(error), Outcome.FAILED
        sent = ", ".join(f"{name}={value}" for name, value in asked.items())
        remedies = {
            400: f"refuses what it was asked (400), {sent}; report it as a bug",
            401: self._refused(now),
            402: f"the account has no balance left (402): top up on {ACCOUNT}",
            404: "has no such page (404): check [finradar] url",
        }
        known = remedy(error, NAME, remedies)
        return known or (re.split("[,:]", error.reason, maxsplit=1)[0], Outcome.FAILED)

    def _refused(self, now: datetime) -> str:
        """Which of the two secrets to look at, as far as that can be told."""
        ended = _runs_out(self._settings.token.get_secret_value())
        if ended is not None and ended <= now:
            return f"refuses the token (401), which ran out {ended:%Y-%m-%d %H:%M} UTC: set a new [finradar] token"
        return f"refuses the key or the token (401): compare [finradar] key and token with {ACCOUNT}"


def _runs_out(token: str) -> datetime | None:
    """When a JWT ends by its own `exp` (RFC 7519, 4.1.4); None where it does not say, or is no JWT."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (binascii.Error, ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
        return None


def _report(found: Sequence[_LookBack], too_many: Sequence[int]) -> SourceReport:
    faults: dict[str, list[int]] = {}
    for one in found:
        if one.fault:
            faults.setdefault(one.fault, []).append(one.days)
    lines = [fault if len(days) == len(found) else f"{_days(days)}: {fault}" for fault, days in faults.items()]
    for one in found:
        lines += [] if one.read is None else _notes(one.days, one.read)
    if too_many:
        lines.append(f"{_days(too_many)}: not asked, as {MOST_CALLS} look-backs a refresh are the most")
    detail = "; ".join(lines)
    if not faults and not too_many:
        return SourceReport(NAME, ok=True, detail=detail)
    if any(one.read is not None for one in found):
        return SourceReport.failed(NAME, detail, Outcome.PARTIAL)
    refused = any(one.outcome is Outcome.REFUSED for one in found)
    return SourceReport.failed(NAME, detail, Outcome.REFUSED if refused else Outcome.FAILED)


def _notes(days: int, read: Read) -> list[str]:
    notes = [f"left out {', '.join(f'{rows} {why}' for why, rows in read.left_out.items())}"] if read.left_out else []
    if read.miscounted:
        notes.append(f"{read.miscounted} counted other insiders than named, the fewer stand")
    return [f"{_days([days])}: {note}" for note in notes]


def _days(days: Sequence[int]) -> str:
    return ", ".join(str(one) for one in days) + (" day" if list(days) == [1] else " days")
