"""Times as the clock of a chat shows them."""

from __future__ import annotations

from datetime import datetime, tzinfo

from bot.views import numbers


def at(instant: datetime, zone: tzinfo, now: datetime) -> str:
    """A time of day, with its date unless that is today's.

    >>> from datetime import UTC
    >>> at(datetime(2026, 4, 26, 8, 5, tzinfo=UTC), UTC, datetime(2026, 4, 26, 12, tzinfo=UTC))
    '08:05'
    >>> at(datetime(2026, 4, 25, 8, 5, tzinfo=UTC), UTC, datetime(2026, 4, 26, 12, tzinfo=UTC))
    '2026-04-25 08:05'
    """
    local = instant.astimezone(zone)
    return numbers.time(local) if local.date() == now.astimezone(zone).date() else numbers.instant(local)


def of_day(minute: int) -> str:
    """Minutes since midnight as a time of day.

    >>> of_day(7 * 60 + 5)
    '07:05'
    """
    return f"{minute // 60:02}:{minute % 60:02}"
