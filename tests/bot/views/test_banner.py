"""What is said first."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.feeds.base import Outcome, SourceReport
from bot.refresh import Refreshed
from bot.views.banner import replay_view, replayed_view, started_view

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
REFUSED = SourceReport.failed("binance", "refuses this country (451)", Outcome.REFUSED)
SILENT = SourceReport.failed("okx", "no answer within 20 s")


def refreshed(*reports: SourceReport) -> Refreshed:
    return Refreshed(1, NOW, (), (), reports, 0, ())


def test_the_first_refresh_says_who_answered_and_what_is_still_read() -> None:
    view = started_view(refreshed(SourceReport("gate", ok=True), REFUSED), "history █░░░░░░░░░ 10 % read")
    said = str(view.body)
    assert "1 of 2 sources of funding rates answered" in said
    assert "history █░░░░░░░░░ 10 % read" in said
    assert "Binance: refuses this country (451)" in said


def test_when_nobody_answers_the_machine_is_suspected_and_no_list_is_read_out() -> None:
    said = str(started_view(refreshed(REFUSED, SILENT), "").body)
    assert "Is this machine online?" in said
    assert "451" not in said


def test_insiders_that_are_off_say_so_at_the_start() -> None:
    off = SourceReport.failed(
        "filings", "off: EDGAR asks every program for a name and an e-mail address", Outcome.REFUSED
    )
    for reports in ((SourceReport("gate", ok=True), off), (SILENT, off)):
        said = str(started_view(refreshed(*reports), "").body)
        assert "of 1 source of funding rates" in said
        assert "a name and an e-mail address" in said


def test_without_exchanges_nobody_is_missed() -> None:
    said = str(started_view(refreshed(SourceReport("filings", ok=True)), "").body)
    assert "funding rates" not in said
    assert "Insiders' filings are being read" in said


def test_a_replay_says_what_it_runs_on_and_when_it_is_over() -> None:
    view = replay_view(Path("recordings"), [NOW, NOW.replace(hour=13)], 600)
    assert "2 refreshes from 2026-11-25 12:30 UTC to 2026-11-25 13:30 UTC, 600 recorded seconds a second" in str(
        view.body
    )
    assert "as fast as it can" in str(replay_view(Path("x"), [NOW], 0).body)
    assert replayed_view(2).title == "The recording ends: 2 refreshes replayed."
