"""What is known of insiders' filings: how fresh, how far back, and what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.views import numbers
from bot.views.covered import Covered, covered_note, left, percent
from bot.views.elements import Element, Field, Json, Link, Note, Text, View
from bot.words import formats, spoken, tr
from bot.words.stored import retold
from scoring.model import Aside

NEW_YORK = ZoneInfo("America/New_York")  # EDGAR's clock
STALE = timedelta(days=4)  # a long weekend
REASONS_SHOWN = 3
ASIDES_LISTED = 20


@dataclass(frozen=True, slots=True)
class FilingsState:
    """What is stored of filings, and what EDGAR is doing."""

    stored: int = 0
    newest: datetime | None = None  # acceptance
    aside: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)  # why filings are set aside → how many of the newest
    covered: Covered | None = None  # None: nothing of the past is read
    off: str = ""  # why EDGAR is not asked, with the way out
    closed_until: datetime | None = None  # None: EDGAR takes filings, or nobody asks it

    @property
    def closed(self) -> str:
        """EDGAR is closed until Monday 06:00 New York; nothing while it is open."""
        if self.closed_until is None:
            return ""
        local = self.closed_until.astimezone(NEW_YORK)
        day = formats.weekday(local.date(), spoken())
        return tr("EDGAR is closed until {day} {time} New York", day=day, time=numbers.time(local))


def reasons_of(asides: Iterable[Aside]) -> dict[str, int]:
    """Why filings were set aside, the most frequent reason first; what varies behind a colon is left out."""
    return dict(Counter(one.reason.partition(":")[0].strip() for one in asides).most_common())


def state_of(state: FilingsState, now: datetime) -> str:
    """Fresh, stale, or closed, which is neither."""
    if state.newest is None:
        return state.closed or tr("nothing stored")
    return tr("stale") if now - state.newest > STALE else state.closed or tr("fresh")


def filings_fields(state: FilingsState) -> list[Field]:
    """The lines of the overview."""
    fields = []
    if state.covered is not None:
        fields.append(Field(tr("filings of the past"), _progress(state.covered)))
    if state.aside:
        fields.append(Field(tr("set aside"), f"{numbers.count(state.aside, 'filing')}: {_reasons(state)}"))
    return fields


def filings_view(state: FilingsState, asides: Sequence[Aside], now: datetime) -> View:
    """Everything about filings, and those that could not be read, newest first."""
    newest = tr("none yet")
    if state.newest is not None:
        newest = f"{numbers.clock(state.newest)}, {numbers.ago(state.newest, now)}"
    stored = numbers.count(state.stored, "filing")
    body: list[Element] = [Text(tr("Newest filing: {newest}; {filings} stored.", newest=newest, filings=stored))]
    if state.off:
        body.append(Text(tr("EDGAR is {off}.", off=retold(state.off))))
    elif state.closed:
        body.append(Text(tr("{closed}; nothing new comes before that.", closed=state.closed)))
    if state.covered is not None:
        body.append(Text(_whole(state.covered) if state.covered.is_whole else covered_note(state.covered)))
    if not state.aside:
        body.append(Text(tr("Nothing is set aside: every filing could be read.")))
    else:
        said = numbers.count(state.aside, "filing")
        body.append(Text(tr("Set aside, and counted nowhere: {filings}.", filings=said)))
        for one in asides[:ASIDES_LISTED]:
            text = f"{one.accession}, {numbers.short_day(one.at)}: {retold(one.reason)}"
            body.append(Link(text, one.url) if one.url else Note(text))
        if state.aside > len(asides[:ASIDES_LISTED]):
            some, total = len(asides[:ASIDES_LISTED]), numbers.whole(state.aside)
            body.append(Note(tr("The newest {some} of {total}.", some=some, total=total)))
    body.append(Note(numbers.clock(now)))
    listed: list[Json] = [
        {"accession": one.accession, "reason": one.reason, "url": one.url, "at": numbers.iso(one.at)} for one in asides
    ]
    return View(title=tr("Insiders' filings"), body=tuple(body), data={**filings_data(state), "asides": listed})


def filings_data(state: FilingsState) -> dict[str, Json]:
    """The same as numbers."""
    covered = state.covered
    return {
        "filings": state.stored,
        "newest_filing": numbers.iso(state.newest),
        "filings_set_aside": state.aside,
        "filings_covered_from": None if covered is None or covered.since is None else covered.since.isoformat(),
        "filings_covered_part": None if covered is None else round(covered.part, 4),
        "edgar_closed_until": numbers.iso(state.closed_until),
    }


def _progress(covered: Covered) -> str:
    since = "" if covered.since is None else numbers.day(covered.since)
    if covered.is_whole:
        return tr("all read from {day} on", day=since) if since else tr("all read")
    read = tr("{share} read", share=numbers.share(str(percent(covered)))) + left(covered)
    return tr("{read}; whole from {day} on", read=read, day=since) if since else read


def _whole(covered: Covered) -> str:
    since = numbers.UNKNOWN if covered.since is None else numbers.day(covered.since)
    return tr("Everything of the past that is wanted has been read, from {day} on.", day=since)


def _reasons(state: FilingsState) -> str:
    said = [f"{retold(reason)} ({count})" for reason, count in list(state.reasons.items())[:REASONS_SHOWN]]
    return "; ".join([*said, *(["..."] if len(state.reasons) > REASONS_SHOWN else [])])
