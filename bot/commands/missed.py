"""/missed: what rang for this chat, sent or not."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.alerts.digest import merged
from bot.commands.base import Command, Kind, Param, Request
from bot.commands.chats import chat_here, settings_of
from bot.commands.paging import Paging, page_of
from bot.commands.pump import LIMIT
from bot.commands.times import typed_duration
from bot.errors import UserError
from bot.views.elements import View
from bot.views.missed import message_view, missed_view
from bot.views.paging import MOST_ROWS
from bot.words import tr
from storage.alerts import Told

DEFAULT = timedelta(hours=24)


def run(request: Request) -> View:
    """What rang since a time, newest first; with `ref` all that came in one message."""
    if request.args["ref"] is not None:
        return _message(request)
    with request.storage.read() as tx:
        chat = chat_here(tx, request.chat)
        zone = settings_of(chat).tz
        since = _instant(request.args["since"] or DEFAULT, zone, request.now)
        told = () if chat is None else tx.alerts.since(chat.id, since, MOST_ROWS)
    places = _places(told)
    page = page_of(told, lambda one: (places[one.alert.ref],), (int,), _paging(request, "all", _typed(request, zone)))
    return missed_view(page, since, zone, request.now)


def _message(request: Request) -> View:
    ref = request.args["ref"].lstrip("#").lower()
    if not ref:
        raise UserError(tr("Which message? Give the #ref of one of its alerts"), COMMAND.example)
    with request.storage.read() as tx:
        chat = chat_here(tx, request.chat)
        told = () if chat is None else tx.alerts.in_message(ref, chat.id)
        over = tx.alerts.over([one.alert for one in told])
        zone = settings_of(chat).tz
    if not told:
        raise UserError(tr("No alert {ref} went to this chat; /missed shows what rang", ref=f"#{ref}"), "/missed")
    fates = {one.alert.ref: one for one in told}
    entries = list(enumerate(merged([one.alert for one in told], over)))
    page = page_of(entries, lambda one: (one[0],), (int,), _paging(request, ref, f"ref={ref}"))
    shown = [(fates[alert.ref], ids) for _, (alert, ids) in page.rows]
    return message_view(ref, shown, page, zone, request.now)


def _paging(request: Request, of: str, typed: str) -> Paging:
    line = f"/missed {typed}".rstrip()
    return Paging(of, line, LIMIT.default, request.args["limit"], request.args["cursor"])


def _places(told: tuple[Told, ...]) -> dict[str, int]:
    """#ref → a number that grows from the newest to the oldest, and stays when newer ones come.

    Those of one second, which a refresh makes at once, are told apart by their order.
    """
    places: dict[str, int] = {}
    in_second: Counter[int] = Counter()
    for one in reversed(told):
        second = int(one.alert.created_at.timestamp())
        places[one.alert.ref] = -(second * 2 * MOST_ROWS + in_second[second])
        in_second[second] += 1
    return places


def _instant(since: timedelta | datetime | time, zone: ZoneInfo, now: datetime) -> datetime:
    """When that was; what has no zone is read by the chat's clock."""
    match since:
        case timedelta():
            return now - since
        case datetime():
            found = since.replace(tzinfo=zone) if since.tzinfo is None else since
        case _:
            found = datetime.combine(now.astimezone(zone).date(), since, zone)
            found = found if found <= now else found - timedelta(days=1)
    if found > now:
        raise UserError(tr("{typed} lies in the future", typed=f"since={since:%Y-%m-%dT%H:%M}"), "/missed since=8h")
    return found.astimezone(UTC)


def _typed(request: Request, zone: ZoneInfo) -> str:
    """The time as the next page asks for it; short, for some platforms take no long buttons."""
    match request.args["since"]:
        case None:
            return ""
        case timedelta() as span:
            return typed_duration(span)
        case since:
            return f"{_instant(since, zone, request.now):%Y-%m-%dT%H:%MZ}"


COMMAND = Command(
    name="missed",
    summary="What rang here, sent or not, and what became of it",
    run=run,
    personal=True,
    example="/missed since=8h",
    params=(
        Param(
            "since",
            Kind.SINCE,
            "how far back, or since when",
            "8h",
            positional=True,
            allowed="30m, 8h, 2d, or 2026-11-25T08:00; without it 24h",
            line="/missed since=8h",
        ),
        Param("ref", Kind.TEXT, "all of the message in which this alert came", "k3f9x"),
        Param("limit", Kind.INTEGER, "rows of a page; without it 20", "50", minimum=1, maximum=500),
        Param(
            "cursor",
            Kind.TEXT,
            "where the next page begins, as the page before gave it",
            "1dd,-1029d8066000",
            line="/missed limit=20",
        ),
    ),
)
