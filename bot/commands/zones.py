"""What people call a time zone → its IANA name (pure, but for the tables of zones)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.commands.values import did_you_mean, shown
from bot.errors import UserError
from bot.words import tr

CONTINENTS = {
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
}  # fmt: skip
# Where many people live, one for each offset and more: what is offered for UTC+2.
CITIES = (
    "Europe/London", "Europe/Berlin", "Europe/Athens", "Africa/Lagos", "Africa/Cairo", "Africa/Johannesburg",
    "Europe/Istanbul", "Europe/Moscow", "Asia/Tehran", "Asia/Dubai", "Asia/Kabul", "Asia/Karachi", "Asia/Kolkata",
    "Asia/Kathmandu", "Asia/Dhaka", "Asia/Yangon", "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo",
    "Australia/Adelaide", "Australia/Sydney", "Pacific/Noumea", "Pacific/Auckland", "Pacific/Tongatapu",
    "Pacific/Kiritimati", "Atlantic/Azores", "America/Noronha", "America/Sao_Paulo", "America/St_Johns",
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Anchorage",
    "Pacific/Honolulu", "Pacific/Pago_Pago", "Africa/Abidjan",
)  # fmt: skip
# Letters that name an offset of a part of the year, and no place.
LETTERS = {
    "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "pt": "America/Los_Angeles", "mdt": "America/Denver",
    "cst": "America/Chicago", "cdt": "America/Chicago", "ct": "America/Chicago", "edt": "America/New_York",
    "et": "America/New_York", "bst": "Europe/London", "cest": "Europe/Berlin", "mez": "Europe/Berlin",
    "mesz": "Europe/Berlin", "eest": "Europe/Athens", "ist": "Asia/Kolkata", "jst": "Asia/Tokyo", "kst": "Asia/Seoul",
    "msk": "Europe/Moscow", "sgt": "Asia/Singapore", "hkt": "Asia/Hong_Kong", "aest": "Australia/Sydney",
    "aedt": "Australia/Sydney", "nzst": "Pacific/Auckland", "nzdt": "Pacific/Auckland", "brt": "America/Sao_Paulo",
}  # fmt: skip
OFFSET = re.compile(r"(?:utc|gmt)?\s*(?P<sign>[+−-])\s*(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?", re.I | re.ASCII)
LONGEST_OFFSET = timedelta(hours=14)
LONGEST_NAME = 60  # characters of an input that are compared with the names
NO_NAMES = {"Factory", "localtime", "posixrules"}
EXAMPLE = "/settings zone=Europe/Berlin"


def zone_of(text: str, now: datetime) -> str:
    """The IANA name of a zone, by that name in any case or by its city; UserError with the way out for others.

    An offset is refused: where a clock changes in spring it would be wrong for half of the year.
    """
    typed = text.strip()
    found = _exact().get(typed.casefold().replace(" ", "_")) or _folded().get(_fold(typed))
    if found is not None:
        return found
    if (offset := OFFSET.fullmatch(typed)) is not None:
        raise _offset_error(typed, offset, now)
    near = LETTERS.get(typed.casefold()) or _nearest(typed)
    hint = did_you_mean(near) if near else tr("give a city, or a name such as {name}", name="Europe/Berlin")
    said = tr("There is no time zone {typed}; {hint}", typed=shown(text), hint=hint)
    raise UserError(said, f"/settings zone={near}" if near else EXAMPLE)


@cache
def _exact() -> Mapping[str, str]:
    return {name.casefold(): name for name in available_timezones() - NO_NAMES}


@cache
def _folded() -> Mapping[str, str]:
    """Every zone by its letters, and by those of its city alone, where that is not a zone itself."""
    # The shortest name last, for it wins: America/Buenos_Aires before America/Argentina/Buenos_Aires.
    names = sorted(_exact().values(), key=lambda name: (-name.count("/"), -len(name), name))
    cities = {
        _fold(name.rpartition("/")[2]): name
        for name in names
        if "/" in name and name.partition("/")[0] in CONTINENTS
    }  # fmt: skip
    # Without its sign Etc/GMT-2 might be either of two.
    return cities | {_fold(name): name for name in names if not name.startswith("Etc/")}


def _fold(text: str) -> str:
    return re.sub(r"[\s_'-]", "", text).casefold()


def _nearest(typed: str) -> str | None:
    folded = _fold(typed[:LONGEST_NAME])
    close = difflib.get_close_matches(folded, _folded(), n=1, cutoff=0.7)
    return _folded()[close[0]] if close else None


def _offset_error(typed: str, match: re.Match[str], now: datetime) -> UserError:
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    offset = offset if match["sign"] == "+" else -offset
    here = [name for name in CITIES if now.astimezone(ZoneInfo(name)).utcoffset() == offset]
    if not here or abs(offset) > LONGEST_OFFSET:
        said = tr("{typed} is no time zone: no large city has that offset now; give your city", typed=shown(typed))
        return UserError(said, EXAMPLE)
    said = tr(
        "{typed} is an offset, which is wrong when clocks change; give your city, such as {cities}",
        typed=shown(typed),
        cities=tr(" or ").join(here[:3]),
    )
    return UserError(said, f"/settings zone={here[0]}")
