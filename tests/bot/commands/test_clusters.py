"""/clusters: every parameter of the document, the list, and one company in full."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.feeds.base import HostedClusters
from bot.views.elements import Fields, Link, Table, Tone, View
from scoring.model import Filing, Issuer
from storage import Storage
from tests.builders_filings import ACME, entity, filing, person, trade
from tests.builders_finradar import hosted_cluster
from tests.builders_market import ask
from tests.builders_storage import NOW

BRIX = Issuer("0000000003", "Brixton Halloway Inc", "BRX-B", "Financial Services", "Banks - Regional")
DOCUMENTED = (
    "ticker", "company_name", "sector", "industry", "issuer_cik", "insider_count", "total_value", "net_shares",
    "transaction_count", "first_date", "last_date", "insiders", "cluster_type",
)  # fmt: skip
CHIEF = person(1, "Abel Ann", is_officer=True, officer_title="Chief Executive Officer")
TREASURER = person(2, "Baker Bo", is_officer=True, officer_title="Chief Financial Officer")
DIRECTOR = person(3, "Carter Cy", is_director=True)
OWNER = person(4, "Dunn Di", is_ten_percent_owner=True)


def put(storage: Storage, *filings: Filing, issuers: tuple[Issuer, ...] = (ACME, BRIX)) -> None:
    with storage.write() as tx:
        tx.filings.put_issuers(issuers)
        tx.filings.add(filings)


def buyers(issuer: Issuer = ACME, code: str = "P", shares: float = 100) -> list[Filing]:
    return [filing(one, trade(shares, 10, code=code), issuer=issuer) for one in (CHIEF, TREASURER, DIRECTOR)]


def found(view: View) -> list[dict[str, Any]]:
    return view.data["clusters"]  # type: ignore[return-value]


def text_of(view: View) -> str:
    return "\n".join([view.title, *(str(element) for element in view.body)])


def tables(view: View) -> list[Table]:
    return [one for one in view.body if isinstance(one, Table)]


def test_the_documents_fields_come_first_in_its_order(storage: Storage) -> None:
    put(storage, *buyers(), *buyers(BRIX, "S"))
    clusters = found(ask(storage, "/clusters"))
    assert all(tuple(one)[: len(DOCUMENTED)] == DOCUMENTED for one in clusters)
    buy = next(one for one in clusters if one["cluster_type"] == "BUY")
    assert {name: buy[name] for name in DOCUMENTED} == {
        "ticker": "ACME",
        "company_name": "Acme Inc",
        "sector": "Technology",
        "industry": "Semiconductors",
        "issuer_cik": "0000000001",
        "insider_count": 3,
        "total_value": 3000.0,
        "net_shares": 300.0,
        "transaction_count": 3,
        "first_date": "2026-04-23",
        "last_date": "2026-04-23",
        "insiders": ["Abel Ann", "Baker Bo", "Carter Cy"],
        "cluster_type": "BUY",
    }


def test_what_is_sold_is_negative_and_what_is_not_known_is_null(storage: Storage) -> None:
    unmapped = Issuer("0000000009", "Nameless Co", None, None, None)
    put(storage, *buyers(unmapped, "S"), issuers=(unmapped,))
    (cluster,) = found(ask(storage, "/clusters"))
    assert (cluster["net_shares"], cluster["total_value"], cluster["cluster_type"]) == (-300.0, 3000.0, "SELL")
    assert (cluster["ticker"], cluster["sector"], cluster["industry"]) == (None, None, None)


def test_one_company_may_be_bought_and_sold(storage: Storage) -> None:
    put(storage, *buyers(), *buyers(code="S", shares=500))
    clusters = found(ask(storage, "/clusters"))
    assert [(one["ticker"], one["cluster_type"]) for one in clusters] == [("ACME", "SELL"), ("ACME", "BUY")]


@pytest.mark.parametrize(
    ("arguments", "tickers"),
    [
        ("", ["BRX-B", "ACME"]), ("days=2", []), ("days=3", ["BRX-B", "ACME"]), ("min_insiders=3", ["BRX-B", "ACME"]),
        ("min_insiders=4", []), ("min_insiders=2 days=14", ["BRX-B", "ACME"]), ("min=2", ["BRX-B", "ACME"]),
        ("min_value=3000.01", ["BRX-B"]), ("min_value=3000", ["BRX-B", "ACME"]), ("min_value=1m", []),
        ("sector=technology", ["ACME"]), ("sector=FINANCIAL-SERVICES", ["BRX-B"]), ("sector='financial—services'", ["BRX-B"]),
        ("sector=financial services", ["BRX-B"]), ("sector=Energy", []), ("industry=banks–regional", ["BRX-B"]),
        ("industry=Banks — Regional", ["BRX-B"]), ("industry=semi", ["ACME"]), ("side=buy", ["ACME"]), ("side=sell", ["BRX-B"]),
        ("plan=no", ["ACME"]), ("plan=yes", ["BRX-B", "ACME"]), ("limit=1", ["BRX-B"]),
    ],
)  # fmt: skip
def test_every_parameter_narrows_the_list(storage: Storage, arguments: str, tickers: list[str]) -> None:
    planned = [replace(one, plan_10b5_1=True) for one in buyers(BRIX, "S", shares=1000)]
    put(storage, *buyers(), *planned)
    assert [one["ticker"] for one in found(ask(storage, f"/clusters {arguments}"))] == tickers


def test_the_list_shows_who_traded_how_much_and_how_tight(storage: Storage) -> None:
    late = filing(TREASURER, trade(100, 10, days_ago=6), accepted=NOW + timedelta(hours=-1))
    old = filing(OWNER, trade(100, 10, days_ago=40), accepted=NOW - timedelta(hours=2))
    put(storage, filing(CHIEF, trade(200, 13)), late, filing(DIRECTOR, trade(100, 10), plan=True), old)
    (table,) = tables(ask(storage, "/clusters days=60"))
    (row,) = table.rows
    cells = dict(zip((column.title for column in table.columns), row, strict=True))
    assert cells == {
        "side": "BUY",
        "ticker": "ACME",
        "company": "Acme Inc",
        "insiders": "4: CEO, CFO, director, 10 % owner; filed late",
        "value": "$5.6K",
        "average": "$11.20",
        "last trade": "2026-04-23",
        "span": "38 days",
        "under plan": "18 %",
        "sector": "Technology, Semiconductors",
    }


def test_a_list_offers_its_companies_in_full_by_the_same_rule(storage: Storage) -> None:
    put(storage, *buyers())
    view = ask(storage, "/clusters days=14 min_insiders=2 plan=no side=buy")
    assert [button.command for button in view.buttons] == [
        "/alert clusters min=2 side=buy days=14 plan=no",
        "/clusters ACME days=14 min_insiders=2 plan=no",
    ]
    assert found(ask(storage, view.buttons[1].command)) == found(view)


def test_a_company_shows_each_insider_with_role_shares_price_and_dates(storage: Storage) -> None:
    two_days = filing(CHIEF, trade(100, 10, days_ago=5), trade(300, 12, days_ago=4, row=1), plan=True)
    late = filing(OWNER, trade(10, 10, days_ago=60), accepted=NOW - timedelta(days=1))
    put(storage, two_days, filing(DIRECTOR, trade(50, 11)), late)
    view = ask(storage, "/clusters acme days=90")
    assert view.title == "ACME: insider clusters, 90 days"
    assert "Acme Inc · Technology, Semiconductors" in text_of(view)
    (fields,) = (one for one in view.body if isinstance(one, Fields))
    assert {one.label: one.value for one in fields.items} == {
        "value": "$5.25K",
        "shares": "460, $11.41 on average",
        "trades": "4",
        "traded": "2026-02-25 to 2026-04-23 (58 days)",
        "under a 10b5-1 plan": "88 %",
    }
    assert tables(view)[0].rows == (
        ("Abel Ann", "CEO", "400", "$11.50", "$4.6K", "2026-04-21 to 2026-04-22", "100 % under a plan"),
        ("Carter Cy", "director", "50", "$11.00", "$550", "2026-04-23", "–"),
        ("Dunn Di", "10 % owner", "10", "$10.00", "$100", "2026-02-25", "filed late"),
    )


def test_a_sentence_about_a_name_that_ends_with_a_point_has_one(storage: Storage) -> None:
    chief = person(1, "Abel Ann B.", is_officer=True, officer_title="CEO")
    put(storage, filing([chief, entity(1)]), filing(TREASURER), filing(DIRECTOR))
    text = text_of(ask(storage, "/clusters ACME"))
    assert "only ever files together with Abel Ann B." in text
    assert ".." not in text


def test_who_was_joined_to_whom_is_said_with_the_reason(storage: Storage) -> None:
    put(storage, filing([CHIEF, entity(1)]), filing(TREASURER), filing(DIRECTOR))
    text = text_of(ask(storage, "/clusters ACME"))
    assert "Abel Ann (and 1 more)" in text
    assert "Counted as one, Abel Ann: 2 filers report together in 0000000001-26-" in text
    assert "; Fund 1 LLC only ever files together with Abel Ann." in text
    (cluster,) = found(ask(storage, "/clusters"))
    first = cluster["participants"][0]
    assert first["filers"] == ["Abel Ann", "Fund 1 LLC"]
    assert "Fund 1 LLC only ever files together with Abel Ann" in first["joined_because"]


def test_every_filing_is_linked_under_its_insider(storage: Storage) -> None:
    twice = [filing(CHIEF, trade(10 + i, 10), accession=f"0000000001-26-9000{i:02}") for i in range(2)]
    put(storage, *twice, *buyers()[1:])
    links = [one for one in ask(storage, "/clusters ACME").body if isinstance(one, Link)]
    assert [one.label.partition(",")[0] for one in links] == ["Baker Bo", "Carter Cy", "Abel Ann", "Abel Ann"]
    assert links[2].label == "Abel Ann, filed 2026-04-24"
    assert links[2].url == (
        "https://www.sec.gov/Archives/edgar/data/1/000000000126900000/0000000001-26-900000-index.htm"
    )


def test_more_than_eight_filings_are_cut_with_their_number_and_each_insider_keeps_one(storage: Storage) -> None:
    many = [filing(CHIEF, trade(10 + i, 10)) for i in range(12)]
    put(storage, *many, *buyers()[1:])
    view = ask(storage, "/clusters ACME")
    links = [one for one in view.body if isinstance(one, Link)]
    assert {one.label.partition(",")[0] for one in links[:8]} == {"Abel Ann", "Baker Bo", "Carter Cy"}
    assert "And 6 filings more." in text_of(view)
    assert links[8].url.endswith("CIK=0000000001&type=4&owner=include")
    (cluster,) = found(view)
    assert sum(len(one["filings"]) for one in cluster["participants"]) == 14


def test_many_who_buy_at_one_price_on_one_day_are_marked(storage: Storage) -> None:
    put(storage, *(filing(person(i), trade(100 + i, 17)) for i in range(5)), filing(person(6), trade(100, 18)))
    view = ask(storage, "/clusters ACME")
    assert "5 of 6 insiders only bought at one price on one day: rather an allotment" in text_of(view)
    assert "; 5 at one price on one day" in text_of(ask(storage, "/clusters"))
    assert found(view)[0]["uniform_price"] == 5


def test_an_amendment_is_marked(storage: Storage) -> None:
    original = filing(CHIEF, trade(100, 10))
    amended = filing(
        CHIEF,
        trade(200, 10),
        form="4/A",
        original=original.accepted_at.date(),
        accepted=original.accepted_at + timedelta(hours=3),
    )
    put(storage, original, amended, *buyers()[1:])
    view = ask(storage, "/clusters ACME")
    labels = [one.label for one in view.body if isinstance(one, Link)]
    assert labels[0] == "Abel Ann, filed 2026-04-25, 4/A"
    assert len(labels) == 3


def test_a_company_that_lacks_an_insider_shows_its_trades_and_what_is_needed(storage: Storage) -> None:
    put(storage, filing([CHIEF, entity(1)], trade(100, 10)), filing(TREASURER, trade(100, 10)))
    view = ask(storage, "/clusters ACME")
    assert view.tone is Tone.ANSWER
    assert found(view) == []
    assert "No BUY cluster: 2 insiders (3 filers) bought $2K, 3 are needed." in text_of(view)
    assert "Counted as one, Abel Ann" in text_of(view)
    assert "Nobody sold." in text_of(view)
    assert view.data["trades"][0]["insiders"] == ["Abel Ann", "Baker Bo"]  # type: ignore[index, call-overload]
    assert found(ask(storage, "/clusters ACME min_insiders=2"))


def test_a_company_that_lacks_value_says_so(storage: Storage) -> None:
    put(storage, *buyers())
    assert "No BUY cluster: 3 insiders bought $3K, $1M is asked for." in text_of(
        ask(storage, "/clusters ACME min_value=1m")
    )


@pytest.mark.parametrize(
    ("filings", "arguments", "said"),
    [
        ([filing(CHIEF, trade(10, None, code="A"), trade(5, 0.0, code="M", row=1))], "", ["grant (A)", "exercise (M)"]),
        ([filing(CHIEF, trade(10, None))], "", ["1 trade without a price counts for nothing"]),
        ([filing(CHIEF, trade(10, 10, days_ago=60))], "", ["None of its filings that are stored has a trade in the last 30 days"]),
        ([filing(CHIEF, plan=True)], "plan=no", ["Trades under a 10b5-1 plan are left out; plan=yes counts them"]),
        ([filing(CHIEF)], "side=sell", ["No sale of ACME", "On the other side 1 insider bought $1K; side=both shows it"]),
    ],
)  # fmt: skip
def test_a_company_without_trades_says_why(
    storage: Storage, filings: list[Filing], arguments: str, said: list[str]
) -> None:
    put(storage, *filings)
    view = ask(storage, f"/clusters ACME {arguments}")
    assert view.tone is Tone.ANSWER
    assert all(one in text_of(view) for one in said), text_of(view)


def test_trades_that_are_set_aside_are_shown_with_their_reason_and_filing(storage: Storage) -> None:
    absurd = filing(OWNER, trade(10, 40_000_000), trade(5, 10, ad="D", row=1), accession="0000000001-26-900000")
    put(storage, absurd, *buyers())
    view = ask(storage, "/clusters ACME")
    assert "2 trades set aside" in text_of(view)
    labels = [one.label for one in view.body if isinstance(one, Link)]
    assert "Dunn Di, row 1: a price of $40,000,000 a share" in labels
    assert "Dunn Di, row 2: code P says BUY, and D contradicts it" in labels
    assert view.data["set_aside"] == [
        {"accession": "0000000001-26-900000", "row": 0, "reason": "a price of $40,000,000 a share"},
        {"accession": "0000000001-26-900000", "row": 1, "reason": "code P says BUY, and D contradicts it"},
    ]
    assert found(view)[0]["insider_count"] == 3


def test_a_company_without_a_ticker_is_found_by_name_and_shown(storage: Storage) -> None:
    unmapped = Issuer("0000000009", "Nameless Co", None, None, None)
    put(storage, *buyers(unmapped), *buyers(), issuers=(unmapped, ACME))
    view = ask(storage, "/clusters nameless")
    assert [one["company_name"] for one in found(view)] == ["Nameless Co"]
    assert view.title == "Nameless Co: insider clusters, 30 days"


def test_a_hosted_service_gives_names_only_and_is_named(storage: Storage) -> None:
    cluster = hosted_cluster()
    with storage.write() as tx:
        tx.hosted.put_clusters(HostedClusters(30, (cluster,), is_whole=True), NOW)
    listed, card = ask(storage, "/clusters"), ask(storage, "/clusters lumo")
    for view in (listed, card):
        assert [one["ticker"] for one in found(view)] == ["LUMO"]
        assert "As given by Finradar" in text_of(view)
        assert "joint filers count once" not in text_of(view)
    assert {row[2:6] for row in tables(card)[0].rows} == {("–", "–", "–", "–")}
    assert found(card)[0]["participants"][0]["value"] is None
    assert "gives no cluster of it for 30 days" in text_of(ask(storage, "/clusters lumo side=sell"))


def test_a_look_back_that_a_hosted_service_was_not_asked_for_is_not_empty(storage: Storage) -> None:
    with storage.write() as tx:
        tx.hosted.put_clusters(HostedClusters(30, (), is_whole=True), NOW)
    view = ask(storage, "/clusters days=90")
    assert view.tone is Tone.ERROR
    assert "Finradar was asked for 30 days, not for 90" in view.title
