"""Lengths of time, times of day and instants, as people type them (pure)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, timezone

HOUR, DAY = 60, 24 * 60  # minutes
UNITS = {"m": 1, "h": HOUR, "d": DAY, "w": 7 * DAY}
LONG_UNITS = {"mo": 30 * DAY, "y": 365 * DAY}
WORDS = r"(?:m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:(?:ee)?ks?)?|mo(?:nths?)?|y(?:(?:ea)?rs?)?)"
PART = re.compile(rf"(?P<number>\d{{1,6}}(?:[.,]\d{{1,3}})?)\s*(?P<unit>{WORDS})(?![^\W\d_])", re.IGNORECASE | re.ASCII)
UNNAMED = re.sub(r"\?P<\w+>", "?:", PART.pattern)
WHOLE = re.compile(rf"(?:{UNNAMED}[\s,]*)+", re.IGNORECASE | re.ASCII)
SPACED = re.compile(rf"(?<![^\s=:]){WHOLE.pattern}(?!\S)", re.IGNORECASE | re.ASCII)
CLOCK = r"(?P<{0}hour>\d{{1,2}})(?:[:.h]?(?P<{0}minute>\d{{2}})|h)?\s*(?P<{0}half>[ap]\.?m\.?)?"
TIME = re.compile(CLOCK.format(""), re.IGNORECASE | re.ASCII)
HOURS = re.compile(
    rf"(?:from\s+)?{CLOCK.format('from_')}\s*(?:[-–—−]|\bto\b|\buntil\b|\btill?\b)\s*{CLOCK.format('to_')}",
    re.IGNORECASE | re.ASCII,
)
INSTANT = re.compile(
    r"(?P<day>20\d\d-\d\d-\d\d)(?:[T\s]\s*(?P<time>\d\d:\d\d(?::\d\d)?)\s*(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)

Since = timedelta | datetime | time


def read_duration(text: str) -> timedelta | None:
    """A length of time: 30m, 8h, 2d, 1w, 1d 12h, 8 hours.

    >>> [str(read_duration(text)) for text in ("8h", "1.5 hours", "1d12h", "8")]
    ['8:00:00', '1:30:00', '1 day, 12:00:00', 'None']
    """
    if not WHOLE.fullmatch(text.strip()):
        return None
    minutes = 0.0
    for part in PART.finditer(text):
        unit = part["unit"].lower()
        size = LONG_UNITS["mo"] if unit.startswith("mo") else {**UNITS, **LONG_UNITS}[unit[0]]
        minutes += float(part["number"].replace(",", ".")) * size
    return timedelta(minutes=round(minutes))


def typed_duration(span: timedelta) -> str:
    """A length of whole minutes as it can be typed again.

    >>> typed_duration(timedelta(hours=8)), typed_duration(timedelta(minutes=90)), typed_duration(timedelta(days=14))
    ('8h', '90m', '2w')
    """
    minutes = round(span.total_seconds() / 60)
    unit = next(unit for unit in reversed(UNITS) if minutes % UNITS[unit] == 0)
    return f"{minutes // UNITS[unit]}{unit}"


def close_up_durations(text: str) -> str:
    """The line with each length of time in one word: 8 hours as 8hours."""
    return SPACED.sub(lambda match: re.sub(r"\s+|,(?=\s)", "", match[0]), text)


def read_time(text: str) -> int | None:
    """A time of day in minutes since midnight: 22:00, 7, 7am, 0730.

    >>> [read_time(text) for text in ("22:00", "7", "7pm", "0730", "24:00", "25:00", "13pm")]
    [1320, 420, 1140, 450, 0, None, None]
    """
    match = TIME.fullmatch(text.strip())
    return None if match is None else _minutes(match, "")


def read_hours(text: str) -> tuple[int, int] | None:
    """From when to when, in minutes since midnight: 22:00-07:00, 10pm to 7am.

    >>> read_hours("22:00-07:00"), read_hours("from 10pm until 7am"), read_hours("22")
    ((1320, 420), (1320, 420), None)
    """
    match = HOURS.fullmatch(text.strip())
    if match is None:
        return None
    begin, end = _minutes(match, "from_"), _minutes(match, "to_")
    return None if begin is None or end is None else (begin, end)


def read_since(text: str) -> Since | None:
    """A length of time that has passed, an instant (without a zone: of the chat's clock), or a time of day.

    >>> read_since("8h"), read_since("2026-11-25"), read_since("08:00")
    (datetime.timedelta(seconds=28800), datetime.datetime(2026, 11, 25, 0, 0), datetime.time(8, 0))
    """
    span = read_duration(text)
    if span is not None:
        return span
    if ":" in text and (minute := read_time(text)) is not None:
        return time(minute // 60, minute % 60)
    match = INSTANT.fullmatch(text.strip())
    if match is None:
        return None
    try:
        naive = datetime.fromisoformat(f"{match['day']}T{match['time'] or '00:00'}")
        return naive.replace(tzinfo=_offset(match["zone"]))
    except ValueError:  # the 31st of a short month, 24:61
        return None


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text.upper() in {"Z", "UTC"}:
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _minutes(match: re.Match[str], name: str) -> int | None:
    hour, minute = int(match[f"{name}hour"]), int(match[f"{name}minute"] or 0)
    if half := match[f"{name}half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[0].lower() == "p" else 0)
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        return None
    return (hour * 60 + minute) % (24 * 60)
