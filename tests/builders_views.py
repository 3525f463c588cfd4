"""Every View that people see in chats, in the language that they chose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.alerts.outgoing import Outgoing
from bot.chat.discord import words as discord
from bot.chat.discord.membership import DELETED
from bot.chat.telegram import words as telegram
from bot.chat.telegram.lines import offers_of
from bot.chat.texts import shortest
from bot.commands import COMMANDS
from bot.feeds.base import HostedClusters, Outcome
from bot.feeds.edgar.settings import EdgarSettings, problem
from bot.feeds.exchanges.coverage import ExchangeCoverage
from bot.views import settings_menus
from bot.views.alert_message import Entry
from bot.views.covered import Covered
from bot.views.elements import Text, View
from bot.views.errors import our_fault_view, too_many_view
from bot.views.filings import FilingsState, filings_view
from bot.views.history import Depth, history_view
from bot.views.link import code_view, ended_view, joined_view, linked_view, unlinked_view
from bot.views.outbox import Delivering
from bot.views.quarantine import quarantine_view
from bot.views.status import Health, Holdings, status_view
from bot.views.subscription_menus import OF_CLUSTERS, OF_COINS
from bot.words import speaking, spoken, tr
from scoring.model import Aside, ChangeKind, FundingRate, Held, Margin, Pair, Signal
from storage import Storage
from storage.alerts import Alert
from storage.chats import PlatformState
from storage.outbox import Health as OutboxHealth
from storage.refreshes import Gap, Refresh, Source
from tests.builders_alerts import cluster_alert, coin_alert, coin_state, run, snapshot
from tests.builders_filings import filing, person, trade
from tests.builders_finradar import hosted_cluster
from tests.builders_hosted import accumulated, given, put
from tests.builders_market import CHAT, ask, fill
from tests.builders_outbox import LEASE, chat_of, new_alert, queue
from tests.builders_storage import NOW

HOUR = timedelta(hours=1)
Named = Iterator[tuple[str, View]]

OF_NOTHING = (
    "/pump", "/selling", "/funding", "/funding type=accumulated", "/coin PUMP", "/clusters", "/clusters ACME", "/missed",
    "/alerts", "/mute", "/unmute", "/status", "/status quarantine", "/status history", "/status filings", "/export",
    "/forget", "/forget sure=yes",
)  # fmt: skip
OF_A_MARKET = (
    "/start", "/help", *(f"/help {command.name}" for command in COMMANDS), "/pump", "/pump min=9", "/pump limit=1",
    "/pump limit=1 page=2", "/selling", "/clusters", "/clusters ACME", "/clusters side=sell", "/clusters ACME side=sell",
    "/clusters min_insiders=5", "/clusters ACME min_insiders=5 min_value=1m", "/clusters limit=1 min_insiders=1",
    "/clusters sector=Technology min_value=1k plan=no min_insiders=9", "/clusters ACME plan=no days=1", "/funding",
    "/funding limit=1", "/funding PUMP", "/funding PUMP limit=1", "/funding PUMP type=accumulated",
    "/funding type=accumulated", "/funding PUMP type=history days=7", "/funding PUMP type=history days=7 limit=2",
    "/coin PUMP", "/coin SHRT", "/coin CALM",
)  # fmt: skip
OF_A_CHAT = (
    "/alert pump min=4.5", "/alert pump min=9 step=0.5 resolve=yes exclude=CALM",
    "/alert pump min=2 coins=PUMP exchanges=binance,okx min_change=5 min_streak=3 digest=daily", "/alert selling",
    "/alert clusters", "/alert clusters side=both min_value=1k sector=Technology plan=no digest=refresh",
    "/alert clusters side=sell tickers=NVDA", "/alerts", "/alerts 1", "/alerts 3", "/alerts 5", "/alert change 1 min=6",
    *(f"/alerts 3 {menu}" for menu in OF_COINS), *(f"/alerts 6 {menu}" for menu in OF_CLUSTERS),
    "/alert change 3 exchanges=none", "/alert change 6 sector=none", "/start", "/alert off 2", "/alert again 2", "/mute 8h", "/mute PUMP 2d", "/mute", "/mute SHRT", "/alerts", "/unmute PUMP", "/unmute",
    "/mute 1h", "/test", "/settings", "/settings zone=Berlin quiet=22:00-07:00 urgent=9.5 cap=1 silent=yes repeats=no",
    "/settings theme=dark", *(f"/settings menu={menu}" for menu in settings_menus.Menu), "/test", "/missed", "/missed 1w", "/export", "/forget",
)  # fmt: skip
OF_MISTAKES = (
    "", "/pmp", "/xyzzyq", "/pump min=abc", "/pump min=11", "/pump min=", "/pump foo=1", "/pump minn=1", "/pump 6",
    "/pump hello", "/pump min=6 min=7", "/pump min=6.500", "/pump page=1.5", "/pump sort=scor", "/help pumpp",
    "/coin", "/coin NOPE", "/coin PUMPP", "/clusters ZZZZ", "/clusters ACMF", "/clusters sector=Foo",
    "/clusters sector=Technologi", "/clusters industry=Foo", "/clusters ticker=Technology", "/clusters ticker=Amce Inc",
    "/funding type=history", "/funding cursor=abc", "/funding cursor=fff,-0.001,okx,X", "/alert",
    "/alert off", "/alert off 99", "/alert again 99", "/alerts 1 sector", "/alert change 1", "/alert pump 3", "/alert pump coins=PUMP exclude=PUMP",
    "/alert pump side=buy", "/alert clusters min=0.5", "/alert pump min=50", "/alert pump exchanges=foo",
    "/alert pump exchanges=binanc", "/alert pump coins=,", "/alert pump min=4.5", "/alert clusters tickers=1,Technology",
    "/mute 8", "/mute NOPE", "/mute PUMQ 1d", "/mute PUMP for=9y", "/mute PUMP for=x", "/unmute CALM", "/missed since=8",
    "/missed since=foo", "/missed ref=zzz", "/missed ref=#", "/missed since=2030-01-01", "/why", "/why zzz", "/why #",
    "/settings zone=+02:00", "/settings zone=+13:37", "/settings zone=Nowhereistan", "/settings zone=Berln",
    "/settings quiet=foo", "/settings quiet=22:00-22:00", "/settings digest_at=foo", "/settings language=Klingon",
    "/settings silent=perhaps", "/clusters min_value=abc", "/clusters days=1.5", "/clusters days=0",
)  # fmt: skip
OF_A_SERVICE = (
    "/pump", "/pump min=9", "/selling", "/coin MOON", "/funding MOON type=accumulated", "/funding type=accumulated",
    "/funding MOON type=history", "/clusters", "/clusters LUMO", "/clusters plan=no", "/clusters days=90",
    "/alert pump", "/alert clusters days=90", "/alerts", "/alerts 2",
)  # fmt: skip
REASONS = (
    "its rates look like percent", "its values have not moved since 2026-04-26 09:00 UTC", "beyond ±5 % per settlement",
    "listed twice with different rates", "interval not said", "stale: its values are old", "only 3 of 90 contracts came",
    "extreme, and neither a refresh before nor another exchange says so", "seems to be CAT now, not DOG",
)  # fmt: skip
FAULTS = {
    "binance": ("refuses this country (451)", Outcome.REFUSED),
    "bybit": ("silent for 10 s", Outcome.FAILED),
    "okx": ("OKX: 3 contracts held: interval not said", Outcome.PARTIAL),
    "prices": ("wants fewer requests (429)", Outcome.FAILED),
}
KINDS = ((ChangeKind.NEW, None), (ChangeKind.ESCALATED, 3.1), (ChangeKind.RESOLVED, 4.6))


def every_view(language: str, new_storage: Callable[[], Storage]) -> Named:
    """All of them, each with the name of what it answers; `new_storage` opens an empty database."""
    for make in (_of_nothing, _of_a_market, _of_a_chat, _of_mistakes, _of_a_service, _of_fates):
        storage = new_storage()
        ask(storage, f"/settings language={language}")
        yield from make(storage)
    with speaking(language):
        yield from _of_no_command()


def _answers(storage: Storage, lines: Sequence[str], after: timedelta = timedelta(0)) -> Named:
    for line in lines:
        yield line, ask(storage, line, after=after)


def _of_nothing(storage: Storage) -> Named:
    yield from _answers(storage, OF_NOTHING)


def _of_a_market(storage: Storage) -> Named:
    fill(storage)
    with storage.write() as tx:
        contracts = [("okx", "PUMP-USDT-SWAP", "PUMP"), ("bybit", "NOTE-USDT", "NOTE")]
        tx.pairs.put([Pair(exchange, symbol, coin, Margin.USDT) for exchange, symbol, coin in contracts])
        tx.funding.put_rates(
            [
                FundingRate(exchange, symbol, coin, -0.00031, 8, NOW + HOUR * 2, NOW - HOUR / 6)
                for exchange, symbol, coin in contracts
            ]
        )
        joint = [person(4, is_director=True), person(5, is_officer=True, officer_title="Chief Executive Officer")]
        tx.filings.add(
            [
                filing(joint, trade(2500, 40, code="S"), plan=True),
                filing(person(4), trade(100, None), trade(100, 5.0, code="G", row=1), form="4/A"),
                filing(person(1), trade(5e9, 9000.0)),
            ]
        )
    yield from _answers(storage, OF_A_MARKET)
    yield from _answers(storage, ("/pump", "/coin PUMP", "/status", "/funding PUMP", "/clusters"), HOUR * 40)


def _of_a_chat(storage: Storage) -> Named:
    fill(storage)
    for cycle, level in enumerate((2.0, 5.0, 6.4, 1.0, 1.0, 3.2), -5):
        run(storage, snapshot(coin_state("PUMP", level), cycle=cycle))
    yield from _answers(storage, OF_A_CHAT)
    with storage.write() as tx:
        (chat,) = tx.chats.active().values()
        tx.chats.switch_off(chat.id, "gone")
    yield from _answers(storage, ("/start", "/forget sure=yes"))


def _of_mistakes(storage: Storage) -> Named:
    fill(storage)
    ask(storage, "/alert pump min=4.5")
    ask(storage, "/mute SHRT 1d")
    yield from _answers(storage, OF_MISTAKES)
    group = replace(CHAT, is_group=True, is_admin=False)
    yield "/alert in a group", ask(storage, "/alert pump", group)
    yield "/forget in a group", ask(storage, "/forget", group)


def _of_a_service(storage: Storage) -> Named:
    put(storage, given(6.9), given(8.7, signal=Signal.SELLING))
    with storage.write() as tx:
        tx.hosted.put_accumulated([accumulated()], NOW)
        tx.hosted.put_clusters(HostedClusters(30, (hosted_cluster(),), is_whole=True), NOW)
    yield from _answers(storage, OF_A_SERVICE, HOUR / 5)
    yield from _answers(storage, ("/clusters",), HOUR * 30)
    yield from _answers(storage, ("/clusters",), -HOUR)


def _of_fates(storage: Storage) -> Named:
    fill(storage)
    ask(storage, "/alert pump min=5")
    with storage.read() as tx:
        settings = dict(next(iter(tx.chats.active().values())).settings)
    chat = chat_of(storage, CHAT.address, CHAT.platform, **settings)
    facts = {name: value for name, value in coin_alert().facts.items() if name not in {"name", "level"}}
    for name, hours in (("SENT", 5), ("LATE", 3), ("DEAD", 2), ("HELD", 1), ("MUTE", 1), ("WAIT", 0)):
        queue(storage, chat, new_alert(name, key=name, **facts), now=NOW - hours * HOUR)
        with storage.write() as tx:
            newest = tx.outbox.waiting(chat.id)[-1].id
            match name:
                case "SENT":
                    flown = tx.outbox.fly(newest, "me", NOW - 4 * HOUR, LEASE)
                    assert flown is not None
                    tx.outbox.sent(flown, NOW - 4 * HOUR, "77")
                case "LATE":
                    tx.outbox.expire(NOW - HOUR)
                case "DEAD":
                    tx.outbox.bury_chat(chat.id, NOW - HOUR, "Telegram: the bot was blocked by the user")
                case "HELD":
                    tx.outbox.hold(newest, NOW + 8 * HOUR, "quiet", "quiet hours", NOW + 9 * HOUR)
                case "MUTE":
                    tx.outbox.hold(newest, NOW + 8 * HOUR, "muted", "PEPE is muted", NOW + 9 * HOUR)
    with storage.read() as tx:
        refs = [one.alert.ref for one in tx.alerts.since(chat.id, NOW - HOUR * 99, 99)]
    lines = ["/missed", "/missed limit=2", f"/missed ref={refs[0]}", *(f"/why {ref}" for ref in refs), "/status"]
    yield from _answers(storage, lines)


def _of_no_command() -> Named:
    """What no line asks for: alerts, what platforms say by themselves, and states that are hard to come by."""
    coins = [coin_alert(kind, before=before) for kind, before in KINDS]
    coins.append(coin_alert(ChangeKind.RESOLVED, percent=None))
    coverage = "8 of 9 exchanges answered, without Binance (refuses this country (451)), OKX (partial) and 2 more"
    coins.append(replace(coins[0], facts={**coins[0].facts, "coverage": coverage}))
    clusters = [cluster_alert(), cluster_alert(ChangeKind.GROWN, 2.0), cluster_alert(ChangeKind.GROWN, 5.0)]
    for number, alert in enumerate((*coins, *clusters)):
        yield f"alert {number}", _message([alert])
    yield "alerts", _message(coins, occasion=tr("Quiet hours are over"), maybe_repeat=True)
    yield "a digest", _message([coins[0], clusters[0]], brief=True, occasion=tr("Daily digest"))
    yield "many", Outgoing(tuple(Entry(one, (3, 5)) for one in coins), "n", language=spoken()).view(shown=2)
    yield "a notice", _message([], notices=(tr("Held until now"),))
    yield "shortest", View(shortest(["k3f9xz"], spoken()), (Text(shortest([], spoken())),))
    yield "too many", too_many_view(12)
    yield "our fault", our_fault_view()
    yield "not yours", discord.not_yours_view("/alert pump", subscribes=True)
    yield "lacking", discord.lacking_view(("PUMP",), "/alert pump")
    yield "in dm", discord.in_dm_view()
    for kept in (1, 2):
        yield (
            "gone",
            discord.gone_view(
                discord.place_title("PUMP", "ACME") if kept == 1 else discord.place_title("", ""), DELETED, kept
            ),
        )
    for at, title in enumerate((discord.SLOW, discord.NO_COMMAND, discord.NO_BUTTON, discord.CLOSED, discord.NOT_WRITTEN,
                                discord.TOO_MANY_DMS, discord.NO_DM, discord.UNKNOWN_ROLE, discord.ROLES_IN_SERVERS)):  # fmt: skip
        yield f"refused {at}", discord.refused_view(title)
    for others in ([], ["Discord"]):
        for platform in ("telegram", "console"):
            yield "code", code_view("ABCDEFGH", platform, others)
    for count in (1, 2):
        yield "linked", linked_view(["Telegram", "Discord"], count)
    yield "unlinked", unlinked_view(["Telegram"])
    yield "joined", joined_view("telegram")
    yield "ended", ended_view("telegram")
    yield "hint", telegram.hint_view()
    yield "late", telegram.late_view(HOUR)
    yield "welcome", telegram.welcome_view(was_off=True)
    for payload in ("pump_6-5", "clusters_3", "coin_PUMP", "selling"):
        yield payload, telegram.offered_view(telegram.welcome_view(was_off=False), offers_of(payload, ["PUMP"]))
    signs = (telegram.SUBSCRIBED, telegram.IS_SUBSCRIBED, telegram.NOT_YOURS, telegram.NOT_IN_CHANNELS,
             telegram.NOT_ASKED, telegram.ELSEWHERE)  # fmt: skip
    yield "signs", View(tr(signs[0]), tuple(Text(tr(one)) for one in signs[1:]))
    held = [Held("okx", f"C{n}-USDT", f"C{n}", why, -0.07, NOW - HOUR, n + 1) for n, why in enumerate(REASONS)]
    yield "quarantine", quarantine_view(held, NOW)
    depth = Depth(400, (ExchangeCoverage("okx", 310, 120, 0.41, NOW - HOUR * 999, 12, 3, 5400.0),))
    yield "history", history_view(depth, {"okx": 44}, NOW)
    for state in _filings():
        asides = [Aside(f"0000000001-26-{n:06}", "off: x", "", NOW) for n in range(3)]
        yield "filings", filings_view(state, asides if state.aside else [], NOW)
        yield "status", status_view(_health(state, held, depth))


def _message(alerts: Sequence[Alert], *, brief: bool = False, **how: object) -> View:
    entries = tuple(Entry(one, (3,), brief=brief, is_over=brief) for one in alerts)
    return Outgoing(entries, "nonce", language=spoken(), **how).view()  # type: ignore[arg-type]


def _filings() -> Iterator[FilingsState]:
    yield FilingsState()
    yield FilingsState(9, NOW - HOUR, 0, covered=Covered(date(2026, 1, 5), 1.0), closed_until=NOW + HOUR * 18)
    yield FilingsState(9, NOW - HOUR * 200, 44, {"off": 40, "off: y": 4}, Covered(date(2026, 1, 5), 0.37, 4800.0))
    yield FilingsState(0, None, 1, {"off": 1}, Covered(None, 0.0), off=problem(EdgarSettings(name="A", email="a")))


def _health(filings: FilingsState, held: Sequence[Held], depth: Depth) -> Health:
    holdings = Holdings(
        coins=1200,
        filings=filings,
        newest_settlements={"binance": NOW - HOUR, "kraken": NOW - HOUR * 30, "ftx": NOW - HOUR},
        newest_price=NOW - HOUR * 3,
        provisional={"okx": 3},
        price_sources={"coingecko": 1, "marks": 2, "candles": 3, "import": 4},
        held=held,
        apart=[f"C{n}@gate" for n in range(7)],
    )
    sources = [
        Source(name, NOW, None if word is Outcome.FAILED else NOW, detail, word, NOW - HOUR)
        for name, (detail, word) in FAULTS.items()
    ]
    counts = {"sent": 1200, "expired": 3, "superseded": 2, "dead": 1, "held": 4, "queued": 5, "in_flight": 1}
    platforms = [
        PlatformState("telegram", "down", "Telegram: no answer (ReadTimeout)", NOW - HOUR),
        PlatformState("discord", "refused", "", NOW - HOUR),
    ]
    outbox = OutboxHealth(counts, 1216 if held else 1220, NOW - HOUR / 2)
    delivering = Delivering(outbox, platforms, "the database takes nothing: disk full")
    gaps = (Gap(3, NOW - HOUR * 12, NOW - HOUR * 10), Gap(1, NOW - HOUR * 30, NOW - HOUR * 29))
    return Health(holdings, sources, Refresh(1, NOW - HOUR / 3, {}), delivering, depth, NOW, gaps)
