"""/status of insiders' filings: freshness, EDGAR's hours, and what could not be read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.views.covered import Covered, covered_note
from bot.views.elements import Fields, Link, Table, View
from bot.views.filings import FilingsState, filings_fields, filings_view, reasons_of
from scoring.model import Aside
from storage import Storage
from tests.builders_filings import filing, person, trade
from tests.builders_market import ask
from tests.builders_storage import NOW

MONDAY = datetime(2026, 4, 27, 15, tzinfo=UTC) - NOW  # 11:00 in New York


def asides(count: int, reason: str = "it is not XML: line 3") -> list[Aside]:
    return [
        Aside(f"0000000001-26-{i:06}", reason, f"https://www.sec.gov/a/{i}", NOW - timedelta(minutes=i))
        for i in range(count)
    ]


def state(view: View) -> str:
    (table,) = (one for one in view.body if isinstance(one, Table))
    return next(str(row[-1]) for row in table.rows if row[0] == "Filings")


def fields(view: View) -> dict[str, str]:
    return {one.label: one.value for element in view.body if isinstance(element, Fields) for one in element.items}


def text_of(view: View) -> str:
    return "\n".join([view.title, *(str(element) for element in view.body)])


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (timedelta(0), "EDGAR is closed until Monday 06:00 New York"),
        (MONDAY, "fresh"),
        (MONDAY + timedelta(hours=12), "EDGAR is closed until Tuesday 06:00 New York"),
        (timedelta(days=9), "stale"),
    ],
)
def test_a_night_and_a_weekend_are_no_fault(storage: Storage, after: timedelta, said: str) -> None:
    with storage.write() as tx:
        tx.filings.add([filing(person(1), trade(days_ago=2))])
    assert state(ask(storage, "/status", after=after)) == said


def test_nothing_stored_is_said(storage: Storage) -> None:
    assert state(ask(storage, "/status", after=MONDAY)) == "nothing stored"


def test_a_feed_that_is_off_says_what_is_missing(storage: Storage) -> None:
    off = "off: EDGAR asks every program for a name and an e-mail address; set edgar.name and edgar.email"
    with storage.write() as tx:
        tx.refreshes.put_source("filings", NOW, ok=False, detail=off, outcome="refused")
    assert state(ask(storage, "/status")).startswith(off)


def test_filings_that_could_not_be_read_are_counted_with_their_reasons_and_listed_with_links(storage: Storage) -> None:
    with storage.write() as tx:
        tx.filings.put_aside(
            [
                *asides(25),
                *(Aside(f"x{i}", "it names no reporting owner", "https://www.sec.gov/b", NOW) for i in range(2)),
            ]
        )
    overview = ask(storage, "/status")
    assert fields(overview)["set aside"] == "27 filings: it is not XML (25); it names no reporting owner (2)"
    assert overview.data["filings_set_aside"] == 27
    assert "/status filings" in [button.command for button in overview.buttons]
    listed = ask(storage, "/status filings")
    links = [one for one in listed.body if isinstance(one, Link)]
    assert len(links) == 20
    assert "The newest 20 of 27." in text_of(listed)
    assert any("0000000001-26-000000, 2026-04-26: it is not XML: line 3" in one.label for one in links)
    assert len(listed.data["asides"]) == 27  # type: ignore[arg-type]


def test_where_all_could_be_read_the_list_says_so(storage: Storage) -> None:
    view = ask(storage, "/status filings")
    assert "Nothing is set aside" in text_of(view)
    assert "Newest filing: none yet; 0 filings stored." in text_of(view)


def test_reasons_are_told_without_what_differs() -> None:
    assert reasons_of([*asides(1), *asides(2, "too large"), *asides(1, "it is not XML: line 9")]) == {
        "it is not XML": 2,
        "too large": 2,
    }


@pytest.mark.parametrize(
    ("covered", "note", "progress"),
    [
        (Covered(date(2026, 3, 1), 0.375, 4800), "Filings from 2026-03-01 on; older ones are still being read: 37 %, about 1 h 20 min left.", "37 % read, about 1 h 20 min left; whole from 2026-03-01 on"),
        (Covered(date(2026, 3, 1), 0.9999), "Filings from 2026-03-01 on; older ones are still being read: 99 %.", "99 % read; whole from 2026-03-01 on"),
        (Covered(None, 0.0), "Filings of the past are still being read: 0 %.", "0 % read"),
        (Covered(date(2025, 4, 26), 1.0), "", "all read from 2025-04-26 on"),
    ],
)  # fmt: skip
def test_how_far_the_past_has_been_read(covered: Covered, note: str, progress: str) -> None:
    known = FilingsState(covered=covered)
    (field,) = filings_fields(known)
    assert (field.label, field.value) == ("filings of the past", progress)
    whole = "Everything of the past that is wanted has been read, from 2025-04-26 on."
    assert (whole if covered.is_whole else note) in text_of(filings_view(known, (), NOW))
    assert covered.is_whole or covered_note(covered) == note
