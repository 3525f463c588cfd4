"""What /clusters and /status say of filings that are not read yet, or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from bot.feeds.edgar.coverage import wanted_days
from bot.feeds.edgar.settings import EdgarSettings
from bot.feeds.settings import FeedSettings
from bot.views.elements import Fields, View
from storage import Storage
from storage.edgar import DayProgress
from tests.builders_filings import filing, person
from tests.builders_market import ask, fill
from tests.builders_storage import NOW

SIGNED = EdgarSettings(name="Ann Abel", email="ann@abel-filings.org", history_days=60)
DAYS = wanted_days(60, (), NOW)  # newest first


def read(storage: Storage, days: Iterable[date]) -> None:
    with storage.write() as tx:
        tx.edgar.put_days([DayProgress(day, 100, True, NOW) for day in days])


def text_of(view: View) -> str:
    return "\n".join([view.title, *(str(element) for element in view.body)])


@pytest.mark.parametrize("line", ["/clusters", "/clusters ACME", "/clusters side=sell", "/clusters acme days=10"])
def test_while_the_past_is_being_read_every_answer_says_how_far(storage: Storage, line: str) -> None:
    fill(storage)
    read(storage, DAYS[:10])
    part = 100 * 10 // len(DAYS)
    said = f"Filings from {DAYS[9]} on; older ones are still being read: {part} %, about"
    assert said in text_of(ask(storage, line, edgar=SIGNED))


def test_when_all_is_read_nothing_is_said_of_it(storage: Storage) -> None:
    fill(storage)
    read(storage, DAYS)
    for line in ("/clusters", "/clusters ACME days=60"):
        assert "Filings from" not in text_of(ask(storage, line, edgar=SIGNED))


def test_a_window_beyond_what_is_wanted_says_so(storage: Storage) -> None:
    fill(storage)
    read(storage, DAYS)
    said = f"Filings from {DAYS[-1]} on; older ones are not read (edgar.history_days)."
    assert said in text_of(ask(storage, "/clusters days=90", edgar=SIGNED))


def test_before_the_first_day_is_read_none_is_promised(storage: Storage) -> None:
    fill(storage)
    assert "Filings of the past are still being read: 0 %" in text_of(ask(storage, "/clusters", edgar=SIGNED))


def test_an_empty_list_says_why_where_edgar_is_off(storage: Storage) -> None:
    said = "EDGAR is off: EDGAR asks every program for a name and an e-mail address; set edgar.name and edgar.email."
    assert said in text_of(ask(storage, "/clusters"))
    assert said in text_of(ask(storage, "/status filings"))
    assert said not in text_of(ask(storage, "/clusters", feeds=FeedSettings(insiders="none")))
    with storage.write() as tx:
        tx.filings.add([filing(person(1))])
    assert said not in text_of(ask(storage, "/clusters"))


@pytest.mark.parametrize("feeds", [FeedSettings(insiders="none"), FeedSettings(funding="simulated")])
def test_where_nobody_reads_edgar_nothing_is_said_of_the_past(storage: Storage, feeds: FeedSettings) -> None:
    fill(storage)
    for line in ("/clusters", "/status", "/status filings"):
        text = text_of(ask(storage, line, feeds=feeds, edgar=SIGNED))
        assert "of the past" not in text
        assert "EDGAR is" not in text


def test_status_shows_the_progress(storage: Storage) -> None:
    read(storage, DAYS[:10])
    view = ask(storage, "/status", edgar=SIGNED, after=timedelta(minutes=1))
    shown = {one.label: one.value for element in view.body if isinstance(element, Fields) for one in element.items}
    assert shown["filings of the past"].startswith(f"{100 * 10 // len(DAYS)} % read, about")
    assert shown["filings of the past"].endswith(f"whole from {DAYS[9]} on")
    assert view.data["filings_covered_from"] == DAYS[9].isoformat()
    assert view.data["filings_covered_part"] == round(10 / len(DAYS), 4)
