"""What a chat reads when something rings."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC

import pytest

from bot.views.alert_message import Entry, alert_view
from bot.views.elements import Link, Table, Tone, View
from bot.views.why import Standing, why_view
from scoring.model import ChangeKind
from storage.alerts import Alert, Told
from tests.builders_alerts import cluster_alert, coin_alert
from tests.builders_storage import NOW


def shown(*alerts: Alert, maybe_repeat: bool = False) -> View:
    return alert_view([Entry(alert, (alert.subscription_id or 0,)) for alert in alerts], maybe_repeat=maybe_repeat)


def why(alert: Alert, standing: Standing | None = None) -> View:
    return why_view(Told(alert, "sent", "sent", None, NOW, NOW), standing or Standing(None), (), UTC, NOW)


def text_of(view: View) -> str:
    return "\n".join([view.title, *(str(element) for element in view.body)])


def test_one_alert_is_its_own_title() -> None:
    view = shown(coin_alert())
    assert view.tone is Tone.ALERT
    assert view.title == "NEW  WGMI (Wagmi Frog) · pump & dump 2.7 (your minimum is 1.5)"
    detail = text_of(view)
    assert "funding −0.0310 %/8 h, 1 of 1 exchange negative · +38.0 % in 7 d · streak 4 d" in detail
    assert "9 of 11 exchanges answered · subscription 3 · #k3f9xz" in detail
    assert [button.command for button in view.buttons] == [
        "/why k3f9xz",
        "/coin WGMI",
        "/mute WGMI 8h",
        "/alert off 3",
    ]


def test_a_coin_links_to_where_it_is_traded() -> None:
    alert = coin_alert()
    contracts = [["binance", "WGMIUSDT"], ["okx", "WGMI-USDT-SWAP"], ["bitmex", "WGMIUSD"]]
    links = [
        one
        for one in shown(replace(alert, facts=dict(alert.facts) | {"contracts": contracts})).body
        if isinstance(one, Link)
    ]
    assert [(one.label, one.url) for one in links] == [
        ("WGMI on Binance", "https://www.binance.com/en/futures/WGMIUSDT"),
        ("WGMI on OKX", "https://www.okx.com/trade-swap/wgmi-usdt-swap"),
    ]


def test_an_escalation_tells_from_what_to_what() -> None:
    assert shown(coin_alert(ChangeKind.ESCALATED, before=1.5)).title.endswith("pump & dump 1.5 → 2.7")


@pytest.mark.parametrize(("percent", "now"), [(38.0, "2.7 now"), (None, "its gate is shut")])
def test_what_is_over_tells_its_peak_and_how_long_it_stood(percent: float | None, now: str) -> None:
    view = shown(coin_alert(ChangeKind.RESOLVED, percent=percent))
    assert view.title.endswith(f"over: {now}, peak 4.6")
    assert "stood for 9 h" in text_of(view)


def test_a_cluster_names_who_bought_and_links_the_filings() -> None:
    view = shown(cluster_alert())
    assert view.title.startswith("NEW  3 insiders bought $3.3K of Acme Inc (ACME)")
    assert "director: $1.2K" in text_of(view)
    assert sum(isinstance(element, Link) for element in view.body) == 3


def test_an_alert_that_was_stored_without_names_still_links_its_filings() -> None:
    alert = cluster_alert()
    facts = {key: value for key, value in alert.facts.items() if key not in {"filings", "plan_share"}}
    old = replace(alert, facts=facts | {"links": ["https://www.sec.gov/x"]})
    assert Link("filing", "https://www.sec.gov/x") in shown(old).body
    assert Link("filing", "https://www.sec.gov/x") in why(old).body


@pytest.mark.parametrize(("before", "told"), [(2.0, "(was 2 insiders)"), (3.0, "(its value has doubled)")])
def test_a_cluster_that_grew_says_how(before: float, told: str) -> None:
    assert shown(cluster_alert(ChangeKind.GROWN, before)).title.endswith(told)


def test_many_alerts_are_one_message_with_a_limit() -> None:
    alerts = [replace(coin_alert(), ref=f"ref{number:03}") for number in range(20)]
    view = shown(*alerts)
    assert view.title == "20 alerts"
    assert [button.label for button in view.buttons] == ["Why?", "And 8 more", "Chart", "Mute 8 h", "Stop"]
    assert view.buttons[1].command == "/missed ref=ref000"
    assert len(view.data["alerts"]) == 20  # type: ignore[arg-type]


def test_two_subscriptions_that_ring_for_one_coin_are_both_named() -> None:
    view = alert_view([Entry(coin_alert(), (3, 7))])
    assert "subscription 3 and 7" in text_of(view)


def test_a_possible_repeat_says_so() -> None:
    assert "Possible repeat" in text_of(shown(coin_alert(), maybe_repeat=True))
    assert "Possible repeat" not in text_of(shown(coin_alert()))


@pytest.mark.parametrize(
    "alert",
    [
        coin_alert(),
        coin_alert(ChangeKind.RESOLVED, percent=None),
        cluster_alert(),
        cluster_alert(ChangeKind.GROWN, 2.0),
    ],
    ids=lambda alert: f"{alert.signal}-{alert.kind}",
)
def test_facts_survive_storage_and_are_explained(alert: Alert) -> None:
    stored = replace(alert, facts=json.loads(json.dumps(alert.facts)))
    assert shown(stored) == shown(alert)
    view = why(stored)
    assert view.title.startswith(f"#{alert.ref}: {alert.kind}")
    assert all(element.rows for element in view.body if isinstance(element, Table))


def test_why_prints_the_arithmetic_with_its_numbers() -> None:
    (table,) = (element for element in why(coin_alert()).body if isinstance(element, Table))
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["funding_magnitude"] == ("0.6200", "min(1, 0.00031000 / 0.0005)")
    assert rows["score"][1] == "0.6200 × 0.530355 × (0.6 + 0.4 × 0.571429) × 10"
    assert why(coin_alert()).buttons[0].command == "/coin WGMI"
    assert why(cluster_alert()).buttons[0].command == "/clusters ticker=ACME"
