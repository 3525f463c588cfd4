"""The hosted insider clusters, over a loopback server that is as strict as its document."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.clock import FixedClock
from bot.feeds.base import Batch, HostedClusters, Outcome, SourceReport
from bot.feeds.finradar import FinradarFeed, FinradarSettings
from bot.feeds.http import open_client, open_transport
from bot.feeds.recording import RecordingTransport
from scoring.clusters import ClusterRule
from scoring.model import Cluster, Insider, Issuer, Side
from tests.servers.finradar import KEY, TOKEN, Failure, FinradarServer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAMES = ["MARLOWE EDITH", "TANAKA REN", "OKAFOR CHIDI"]
Result = TypeVar("Result")


def row(**changes: Any) -> dict[str, Any]:
    return {
        "ticker": "LUMO", "company_name": "Lumo Optics Inc", "sector": "Technology",
        "industry": "Scientific & Technical Instruments", "issuer_cik": "0000777001", "insider_count": 3,
        "total_value": 1860000, "net_shares": 62000, "transaction_count": 5, "first_date": "2026-11-09",
        "last_date": "2026-11-13", "insiders": NAMES, "cluster_type": "BUY",
    } | changes  # fmt: skip


def other(**changes: Any) -> dict[str, Any]:
    given = {"ticker": "FERN", "company_name": "Fernhill Foods Co", "issuer_cik": "0000777002", "total_value": 940000}
    return row(**given | changes)


@dataclass
class Asking:
    """A feed over a server."""

    feed: FinradarFeed
    clock: FixedClock


def asked(
    server: FinradarServer,
    what: Callable[[Asking], Awaitable[Result]],
    *,
    days: Sequence[int] = (),
    tape: Path | None = None,
    **changes: str,
) -> Result:
    clock = FixedClock(NOW)

    async def sleep(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))

    async def main() -> Result:
        recorder = None if tape is None else RecordingTransport(open_transport(), tape, secrets=(KEY, TOKEN))
        async with server.open(), open_client(recorder) as client:
            if recorder is not None:
                recorder.begin(NOW)
            feed = FinradarFeed(
                FinradarSettings(**{"key": KEY, "token": TOKEN, "url": server.url} | changes),
                client,
                clock,
                rules=lambda: [ClusterRule(days=one) for one in days],
                sleep=sleep,
                jitter=lambda: 0.5,
            )
            found = await what(Asking(feed, clock))
            if recorder is not None:
                await recorder.commit()
            return found

    return asyncio.run(main())


def fetched(server: FinradarServer, *days: int, **changes: str) -> Batch:
    return asked(server, lambda asking: asking.feed.fetch(None, NOW), days=days, **changes)


def report(batch: Batch) -> SourceReport:
    (only,) = batch.reports
    return only


def clusters(batch: Batch) -> tuple[Cluster, ...]:
    (only,) = batch.clusters
    return only.clusters


def test_a_cluster_is_as_the_service_gives_it_and_nothing_is_made_up() -> None:
    batch = fetched(FinradarServer([row()]))
    unknown = {"role": None, "shares": None, "value": None, "first_date": None, "last_date": None, "plan_value": None}
    cluster = Cluster(
        issuer=Issuer("0000777001", "Lumo Optics Inc", "LUMO", "Technology", "Scientific & Technical Instruments"),
        side=Side.BUY,
        insiders=tuple(
            Insider(name=name, filers=(name,), joined_because=(), accessions=(), late=None, **unknown)
            for name in NAMES
        ),
        total_value=1_860_000.0,
        net_shares=62_000.0,
        transaction_count=5,
        first_date=date(2026, 11, 9),
        last_date=date(2026, 11, 13),
        plan_value=None,
        accessions=(),
        source="finradar",
        counted=3,
    )  # fmt: skip
    assert batch.clusters == (HostedClusters(30, (cluster,), is_whole=True),)
    assert batch.reports == (SourceReport("finradar", ok=True),)
    assert cluster.insiders[0].average_price is None
    assert batch.issuers == batch.filings == ()


def test_one_request_asks_for_two_insiders_or_more_and_leaves_all_other_filters_to_us() -> None:
    server = FinradarServer([row(), other(insider_count=2, insiders=NAMES[:2])])
    assert len(clusters(fetched(server))) == 2
    assert server.asked == [{"api_Token": KEY, "days": "30", "min_insiders": "2"}]


def test_a_ticker_may_have_a_cluster_on_either_side() -> None:
    sold = row(cluster_type="SELL", net_shares=-41000, total_value=5e6)
    found = clusters(fetched(FinradarServer([row(), sold])))
    assert [(one.side, one.net_shares, one.key) for one in found] == [
        (Side.SELL, -41000.0, "0000777001:SELL"),
        (Side.BUY, 62000.0, "0000777001:BUY"),
    ]


def test_every_look_back_that_somebody_asks_for_is_asked_for_once() -> None:
    server = FinradarServer([row()], older={90: [row(), other()]})
    batch = fetched(server, 90, 7, 90, 30)
    assert [(one.days, len(one.clusters)) for one in batch.clusters] == [(30, 1), (90, 2), (7, 1)]
    assert [one["days"] for one in server.asked] == ["30", "90", "7"]


def test_four_look_backs_are_the_most_and_those_that_most_ask_for_go_first() -> None:
    server = FinradarServer([row()])
    batch = fetched(server, 7, 14, 14, 60, 90, 120)
    assert [one["days"] for one in server.asked] == ["30", "14", "7", "60"]
    assert len(batch.clusters) == 4
    assert report(batch) == SourceReport.failed(
        "finradar", "90, 120 days: not asked, as 4 look-backs a refresh are the most", Outcome.PARTIAL
    )


def test_an_empty_list_is_whole() -> None:
    batch = fetched(FinradarServer([]))
    assert batch.clusters == (HostedClusters(30, (), is_whole=True),)
    assert report(batch).ok


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ticker": None}, ("0000777001", None)),
        ({"ticker": " "}, ("0000777001", None)),
        ({"ticker": "N/A"}, ("0000777001", None)),
        ({"ticker": "brk-b"}, ("0000777001", "BRK-B")),
        ({"issuer_cik": "777001"}, ("0000777001", "LUMO")),
        ({"issuer_cik": None}, ("", "LUMO")),
        ({"issuer_cik": ""}, ("", "LUMO")),
    ],
)
def test_ticker_and_cik_are_read_as_far_as_they_are_given(
    changes: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    (found,) = clusters(fetched(FinradarServer([row(**changes)])))
    assert (found.issuer.cik, found.issuer.ticker) == expected
    assert found.key == f"{expected[0] or expected[1]}:BUY"


def test_a_sector_and_an_industry_that_are_not_mapped_are_unknown_and_dashes_stay_as_they_are() -> None:
    server = FinradarServer([row(sector=None, industry=None), other(industry="Software—Application")])
    first, second = clusters(fetched(server))
    assert (first.issuer.sector, first.issuer.industry) == (None, None)
    assert second.issuer.industry == "Software—Application"


@pytest.mark.parametrize(
    ("changes", "count", "names"),
    [
        ({"insider_count": 5}, 3, 3),
        ({"insider_count": 2}, 2, 3),
        ({"transaction_count": 2}, 2, 3),
        ({"insiders": [*NAMES[:2], " marlowe  Edith "]}, 2, 2),
        ({"insiders": []}, 3, 0),
    ],
)
def test_the_fewest_insiders_count_where_a_row_contradicts_itself_and_that_is_told(
    changes: dict[str, Any], count: int, names: int
) -> None:
    batch = fetched(FinradarServer([row(**changes), other()]))
    found = clusters(batch)[0]
    assert (found.insider_count, len(found.insiders)) == (count, names)
    assert batch.clusters[0].is_whole
    assert report(batch) == SourceReport(
        "finradar", ok=True, detail="30 days: 1 counted other insiders than named, the fewer stand"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"net_shares": -62000}, "whose net shares contradict their side"),
        ({"cluster_type": "SELL"}, "whose net shares contradict their side"),
        ({"net_shares": 0}, "whose net shares contradict their side"),
        ({"ticker": None, "issuer_cik": None}, "without a ticker and a CIK"),
        ({"first_date": "2026-11-14"}, "with dates that cannot be"),
        ({"last_date": "2026-11-22"}, "with dates that cannot be"),
        ({"net_shares": 1}, "at more than $1,500,000 a share"),
        ({"insider_count": 0}, "of another shape than documented"),
        ({"insider_count": "3"}, "of another shape than documented"),
        ({"insider_count": True}, "of another shape than documented"),
        ({"total_value": float("nan")}, "of another shape than documented"),
        ({"total_value": float("inf")}, "of another shape than documented"),
        ({"total_value": -1}, "of another shape than documented"),
        ({"total_value": None}, "of another shape than documented"),
        ({"net_shares": 10**400}, "of another shape than documented"),
        ({"first_date": "2026-11-31"}, "of another shape than documented"),
        ({"first_date": "20261109"}, "of another shape than documented"),
        ({"first_date": 1762646400}, "of another shape than documented"),
        ({"insiders": None}, "of another shape than documented"),
        ({"insiders": "MARLOWE EDITH"}, "of another shape than documented"),
        ({"insiders": [{"name": "MARLOWE EDITH"}]}, "of another shape than documented"),
        ({"insiders": ["MARLOWE\u0000EDITH"]}, "of another shape than documented"),
        ({"insiders": ["A\ud800"]}, "of another shape than documented"),
        ({"cluster_type": "HOLD"}, "of another shape than documented"),
        ({"cluster_type": "buy"}, "of another shape than documented"),
        ({"company_name": None}, "of another shape than documented"),
        ({"issuer_cik": "CIK777001"}, "of another shape than documented"),
    ],
)
def test_a_row_that_cannot_be_used_costs_only_itself_and_leaves_the_list_unwhole(
    changes: dict[str, Any], reason: str
) -> None:
    batch = fetched(FinradarServer(raw=json.dumps([other(), row() | changes]).encode()))
    assert [one.issuer.ticker for one in clusters(batch)] == ["FERN"]
    assert not batch.clusters[0].is_whole
    assert report(batch) == SourceReport("finradar", ok=True, detail=f"30 days: left out 1 {reason}")


@pytest.mark.parametrize("found", [None, 7, "text", [], {}, [row()]])
def test_a_row_that_is_no_object_costs_only_itself(found: object) -> None:
    assert len(clusters(fetched(FinradarServer([found, row()])))) == 1


def test_a_trade_of_tomorrow_is_one_of_today_in_another_time_zone() -> None:
    assert clusters(fetched(FinradarServer([row(last_date="2026-11-21")])))


def test_of_a_cluster_that_is_given_twice_the_larger_counts() -> None:
    batch = fetched(FinradarServer([row(total_value=1000), row()]))
    assert [one.total_value for one in clusters(batch)] == [1_860_000.0]
    assert batch.clusters[0].is_whole
    assert report(batch).detail == "30 days: left out 1 given twice"


def test_a_format_that_has_changed_is_a_failure_and_no_empty_list() -> None:
    batch = fetched(FinradarServer([{"symbol": "LUMO"}, {"symbol": "FERN"}]))
    assert batch.clusters == ()
    assert report(batch) == SourceReport.failed("finradar", "none of 2 rows has the documented shape")


@pytest.mark.parametrize("raw", [b'{"data": []}', b"null", b"7", b'"text"'])
def test_an_answer_that_is_no_list_is_a_failure(raw: bytes) -> None:
    batch = fetched(FinradarServer(raw=raw))
    assert batch.clusters == ()
    assert report(batch) == SourceReport.failed("finradar", "the answer has another shape than documented")


@pytest.mark.parametrize(
    ("raw", "cuts_short", "why"),
    [(b"<html>", False, "answer is no JSON"), (b"", False, "answer is no JSON"), (b"[]" * 9, True, "the connection broke off")],
)  # fmt: skip
def test_an_answer_that_cannot_be_read_is_asked_for_again(raw: bytes, cuts_short: bool, why: str) -> None:
    server = FinradarServer(raw=raw, cuts_short=cuts_short)
    assert report(fetched(server)) == SourceReport.failed("finradar", why)
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("status", "outcome", "detail"),
    [
        (400, Outcome.FAILED, "refuses what it was asked (400), days=30, min_insiders=2; report it as a bug"),
        (401, Outcome.REFUSED, "refuses the key or the token (401): compare [finradar] key and token with finradar's page /account/credentials"),
        (402, Outcome.REFUSED, "the account has no balance left (402): top up on finradar's page /account/credentials"),
        (403, Outcome.REFUSED, "finradar refuses access (403)"),
        (404, Outcome.FAILED, "has no such page (404): check [finradar] url"),
        (422, Outcome.FAILED, "answers 422"),
        (429, Outcome.FAILED, "asked too often (429); asked again at the next refresh"),
        (500, Outcome.FAILED, "fails on its side (500); nothing to do, asked again at the next refresh"),
        (503, Outcome.FAILED, "fails on its side (503); nothing to do, asked again at the next refresh"),
    ],
)  # fmt: skip
def test_each_refusal_and_failure_says_in_one_line_what_to_do(status: int, outcome: Outcome, detail: str) -> None:
    batch = fetched(FinradarServer([row()], failure=Failure(status)))
    assert report(batch) == SourceReport.failed("finradar", detail, outcome)
    assert batch.clusters == ()


@pytest.mark.parametrize(("status", "times"), [(500, 3), (400, 1), (401, 1), (402, 1)])
def test_only_what_may_pass_is_tried_again(status: int, times: int) -> None:
    server = FinradarServer([row()], failure=Failure(status))
    fetched(server)
    assert len(server.asked) == times


@pytest.mark.parametrize(("status", "requests"), [(401, 1), (402, 1), (429, 1)])
def test_what_is_refused_or_limited_once_is_not_asked_again_for_the_next_look_back(status: int, requests: int) -> None:
    server = FinradarServer([row()], failure=Failure(status, {"Retry-After": "120"}))
    batch = fetched(server, 7, 90)
    assert len(server.asked) == requests
    assert "days" not in report(batch).detail
    assert batch.clusters == ()


def test_a_look_back_that_fails_costs_only_itself() -> None:
    server = FinradarServer([row()], failures={90: Failure(500)})
    batch = fetched(server, 90, 7)
    assert [one.days for one in batch.clusters] == [30, 7]
    assert report(batch) == SourceReport.failed(
        "finradar",
        "90 days: fails on its side (500); nothing to do, asked again at the next refresh",
        Outcome.PARTIAL,
    )


def test_a_long_pause_that_it_asks_for_is_told_and_kept() -> None:
    server = FinradarServer([row()], failure=Failure(429, {"Retry-After": "90"}))

    async def twice(asking: Asking) -> tuple[SourceReport, SourceReport, int]:
        first = await asking.feed.fetch(None, NOW)
        server.failure = None
        before = len(server.asked)
        asking.clock.advance(timedelta(seconds=30))
        second = await asking.feed.fetch(NOW, asking.clock.now())
        assert len(server.asked) == before
        asking.clock.advance(timedelta(seconds=61))
        third = await asking.feed.fetch(NOW, asking.clock.now())
        return report(first), report(second), len(clusters(third))

    first, second, found = asked(server, twice)
    assert first == SourceReport.failed("finradar", "asked too often (429); tocsin waits 90 s")
    assert second == SourceReport.failed("finradar", "asked too often; tocsin waits 60 s")
    assert found == 1


def test_a_short_pause_is_waited_for() -> None:
    server = FinradarServer([row()], failure=Failure(429, {"Retry-After": "3"}))

    async def main(asking: Asking) -> datetime:
        await asking.feed.fetch(None, NOW)
        return asking.clock.now()

    assert asked(server, main) == NOW + timedelta(seconds=6)


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [({"key": ""}, "key"), ({"token": " "}, "token"), ({"key": "", "token": ""}, "key and token")],
)
def test_without_key_and_token_nothing_is_asked(changes: dict[str, str], lacking: str) -> None:
    server = FinradarServer([row()])
    assert report(fetched(server, **changes)) == SourceReport.failed(
        "finradar", f"finradar asks for a key and a token: set {lacking} under [finradar]", Outcome.REFUSED
    )
    assert server.asked == []


@pytest.mark.parametrize("changes", [{"key": "fr_another_key"}, {"token": "another.json.token"}])
def test_a_wrong_key_or_token_is_refused(changes: dict[str, str]) -> None:
    assert report(fetched(FinradarServer([row()]), **changes)).outcome is Outcome.REFUSED


def jwt(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJIUzI1NiJ9.{payload}.signature-of-a-test"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": (NOW - timedelta(hours=3)).timestamp()}, "refuses the token (401), which ran out 2026-11-20 09:00 UTC: set a new [finradar] token"),
        ({"exp": (NOW + timedelta(hours=3)).timestamp()}, "refuses the key or the token (401)"),
        ({"exp": "soon"}, "refuses the key or the token (401)"),
        ({"exp": 10**30}, "refuses the key or the token (401)"),
        ({"exp": float("nan")}, "refuses the key or the token (401)"),
        ([7], "refuses the key or the token (401)"),
    ],
)  # fmt: skip
def test_a_token_that_has_run_out_is_told_from_a_wrong_one(claims: object, why: str) -> None:
    batch = fetched(FinradarServer([row()]), token=jwt(claims))
    assert report(batch).detail.startswith(why)


@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 418, 429, 500, 503])
def test_key_and_token_are_in_no_log_report_error_repr_or_recording(
    status: int, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    # Its body repeats both.
    server = FinradarServer(raw=Failure(status).body.encode()) if status == 200 else FinradarServer()
    server.failure = None if status == 200 else Failure(status)

    async def main(asking: Asking) -> str:
        batch = await asking.feed.fetch(None, NOW)
        return repr(batch) + repr(asking.feed) + str(report(batch).detail)

    with caplog.at_level(logging.DEBUG):
        said = asked(server, main, tape=tmp_path)
    (index,) = (path for path in tmp_path.rglob("*") if path.is_file())  # no body: each held a secret
    taped = index.read_bytes()
    assert server.asked[0]["api_Token"] == KEY
    assert b'"api_Token"' in taped
    assert b'"***"' in taped
    for secret in (KEY, TOKEN, TOKEN[:20], TOKEN.rpartition(".")[2]):
        assert secret not in said + caplog.text
        assert secret.encode() not in taped


def test_secrets_are_in_no_repr_of_the_settings_and_a_copied_header_is_forgiven() -> None:
    given_settings = FinradarSettings(key=f" {KEY}\n", token=f"Bearer {TOKEN} ")
    assert given_settings.key.get_secret_value() == KEY
    assert given_settings.token.get_secret_value() == TOKEN
    assert KEY not in repr(given_settings) + str(given_settings)
    assert TOKEN not in repr(given_settings) + str(given_settings)
    assert given_settings.url == "https://api.finradar.ai/insider-module/api"


@pytest.mark.parametrize("value", ["fr canary", "fr_ключ", "fr\u0007canary"])
@pytest.mark.parametrize("name", ["key", "token"])
def test_what_no_header_can_hold_is_a_fault_of_the_settings(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match="is none: it holds a blank"):
        FinradarSettings(**{name: value})


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=8)
    | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def nearly(draw: st.DrawFn) -> dict[str, Any]:
    """A documented row with some fields replaced by anything, or missing."""
    fields = sorted(row())
    plausible = st.dictionaries(
        st.sampled_from(["insider_count", "transaction_count", "total_value", "net_shares"]),
        st.integers(-(10**7), 10**7),
        max_size=3,
    )
    changed = draw(st.dictionaries(st.sampled_from(fields), JSON, max_size=2)) | draw(plausible)
    without = draw(st.sets(st.sampled_from(fields), max_size=1))
    return {name: value for name, value in (row() | changed).items() if name not in without}


@settings(max_examples=80, deadline=None)
@given(JSON | st.lists(JSON | nearly(), max_size=4))
def test_no_json_at_all_breaks_it(answer: Any) -> None:
    batch = fetched(FinradarServer(raw=json.dumps(answer).encode()))
    assert "\n" not in report(batch).detail
    for found in batch.clusters:
        assert len({one.key for one in found.clusters}) == len(found.clusters)
        for one in found.clusters:
            assert 1 <= one.insider_count <= one.transaction_count
            assert (one.net_shares > 0) is (one.side is Side.BUY)
            assert one.first_date <= one.last_date <= NOW.date() + timedelta(days=1)
            f"{one.issuer} {one.insiders}".encode()
