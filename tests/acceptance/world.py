"""The real bot in a small market, with its people, its platforms and all that can befall them; the model beside it."""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.alerts.delivery import Courier, CourierOptions
from bot.alerts.dispatch import Dispatch
from bot.alerts.outgoing import Outgoing
from bot.clock import FixedClock
from bot.commands.answer import answer
from bot.commands.base import ChatRef
from bot.feeds.base import Batch
from bot.refresh import RefreshOptions, SlotTakenError, refresh
from bot.settings import AlertSettings, ScoringSettings
from bot.views.elements import Tone, View
from scoring.model import Filing
from storage import open_storage
from storage.outbox import OPEN
from tests.acceptance.market import COINS, LONGEST, Script, slot_of
from tests.acceptance.model import ORDER, Hearer, Listener, Model, Place, Prices, Subscriber, pump_score, unmute
from tests.acceptance.platforms import NONCES, Platform, first_address, next_address
from tests.acceptance.stored import Stored, model_rings, rings_of, stored_alerts
from tests.builders_filings import ACME, filing, person, trade
from tests.builders_storage import NOW

PLACES: tuple[Place, ...] = (("telegram", "1"), ("telegram", "2"), ("discord", "5"))
EXPIRE = timedelta(minutes=60)
WAIT, MOST_WAITS = timedelta(minutes=30), 24 * 2 * 4
SOON, SOON_ENOUGH = timedelta(minutes=1), 20  # after so many minutes nothing may be left that nobody asked to hold
CLUSTER = f"{ACME.cik}:BUY"
DID_NOT_COME = re.compile(r"(\d+) alerts? did not come")


class World:
    """One story."""

    def __init__(self, path: Path) -> None:
        self.storage = open_storage(f"sqlite:///{path}")
        self.runner = asyncio.Runner()
        self.clock = FixedClock(NOW)
        self.latest = NOW  # that the clock ever showed
        self.model = Model({place: Hearer() for place in PLACES})
        self.prices = Prices()
        self.in_doubt: set[Place] = set()  # chats of which an outcome was unknown
        self.platforms = {
            name: Platform(
                name=name,
                nonce_window=window,
                clock=self.clock,
                judge=self.judge,
                gone=self.model.gone,
                in_doubt=self.in_doubt,
            )
            for name, window in NONCES.items()
        }
        self.arrived: dict[str, list[int]] = defaultdict(list)  # #ref → places in the order of arrival
        self.told: Counter[Place] = Counter()  # how many alerts a chat was told of that they did not come
        self.messages = 0
        self.faults: list[str] = []
        self.lives = 0
        self.dead: set[str] = set()
        self.heard: defaultdict[Place, list[datetime]] = defaultdict(list)  # when each of its alerts came first
        self.filings: list[Filing] = []
        self.last: tuple[datetime, Batch, dict[str, float | None]] | None = None
        self.full_at: datetime | None = None  # all exchanges gave all contracts
        self.restart()
        for place in PLACES:
            self.ask(place, "/start")

    # What people do.

    def ask(self, place: Place, line: str) -> View:
        """Somebody types a line."""
        platform, address = place
        return answer(
            line,
            chat=ChatRef(platform, self.address(place), f"person {address}"),
            now=self.clock.now(),
            storage=self.storage,
            scoring=ScoringSettings(),
            alerts=AlertSettings(),
        )

    def write(self, place: Place, line: str) -> Hearer:
        """A line that turns a chat on, if it was off; the chat in the model."""
        view = self.ask(place, line)
        assert view.tone is not Tone.ERROR, view
        return self.model.open(place, self.levels(), self.insiders(self.clock.now()))

    def address(self, place: Place) -> str:
        """Where a chat is, as far as the bot has been told."""
        platform, first = place
        with self.storage.read() as tx:
            found = tx.connection.exec_driver_sql("SELECT address FROM chat WHERE platform = ?", (platform,)).scalars()
            return max((one for one in found if first_address(one) == first), key=len, default=first)

    def move_chat(self, place: Place) -> None:
        """A chat has another address, which whoever sends there is told."""
        platform, address = place[0], self.address(place)
        self.platforms[platform].moved[address] = next_address(address)

    def subscribe(self, place: Place, minimum: float, step: float, *, resolve: bool, daily: bool) -> bool:
        """`/alert pump`; False where the chat has that already."""
        wish = (minimum, step, resolve, daily)
        if any((one.minimum, one.step, one.resolve, one.daily) == wish for one in self.model.chats[place].subscribers):
            return False
        words = f"resolve={'yes' if resolve else 'no'} digest={'daily' if daily else 'off'}"
        hearer = self.write(place, f"/alert pump min={minimum} step={step} {words}")
        made = Subscriber(self.newest(place), *wish)
        made.stand(self.levels())
        hearer.subscribers.append(made)
        return True

    def listen(self, place: Place, minimum: int) -> None:
        """`/alert clusters`, unless the chat has that already."""
        if any(one.minimum == minimum for one in self.model.chats[place].listeners):
            return
        hearer = self.write(place, f"/alert clusters min={minimum}")
        made = Listener(self.newest(place), minimum)
        made.stand(self.insiders(self.clock.now()))
        hearer.listeners.append(made)

    def newest(self, place: Place) -> int:
        """The id of the subscription that a chat has made last."""
        with self.storage.read() as tx:
            chat = tx.chats.find(place[0], self.address(place))
            assert chat is not None
            return max(one.id for one in tx.subscriptions.of_chat(chat.id))

    def insiders(self, now: datetime) -> dict[str, int]:
        """How many insiders are known to have bought."""
        return {CLUSTER: sum(one.accepted_at <= now for one in self.filings)}

    def levels(self) -> dict[str, float | None]:
        """The score of each coin, as far as it is known now."""
        now = self.clock.now()
        found = {coin: self.prices.latest(coin, now) for coin in COINS}
        return {coin: None if one is None else pump_score(COINS[coin], one) for coin, one in found.items()}

    # What the market does.

    def file(self) -> None:
        """An insider more reports that he bought."""
        now, number = self.clock.now(), len(self.filings)
        bought = replace(trade(100, 10 + number), date=now.date())
        self.filings.append(filing(person(number), bought, accepted=now))

    def refresh(self, batch: Batch, known: Mapping[str, float], seen: Mapping[str, float]) -> None:
        """A refresh that must know these coins and no others; `seen` are the prices that it stores."""
        now = self.clock.now()
        for coin, percent in seen.items():
            self.prices.note(coin, now, percent)
        levels = {coin: level for coin, level in self.levels().items() if coin in known}
        self.last = (now, batch, levels)
        self.again()

    def again(self) -> None:
        """The last refresh once more."""
        if self.last is not None:
            now, batch, levels = self.last
            is_ahead = any(one.accepted_at > now for one in self.filings)
            expected = self.model.refresh(slot_of(now), now, levels, {} if is_ahead else self.insiders(now))
            assert self.run(batch, now) == expected

    def die_in_refresh(self, batch: Batch) -> None:
        """A refresh whose transaction fails at its end."""
        with_thief = Script(self.with_filings(batch), self.storage)
        try:
            self.runner.run(refresh(self.storage, [with_thief], self.clock.now(), self.options))
        except SlotTakenError:
            return
        raise AssertionError("it was not taken away")

    def run(self, batch: Batch, now: datetime) -> int:
        """Refresh; returns how many alerts were queued."""
        script = Script(self.with_filings(batch))
        return self.runner.run(refresh(self.storage, [script], now, self.options)).alerts

    def with_filings(self, batch: Batch) -> Batch:
        """What the exchanges say, and all that was filed so far."""
        return replace(batch, filings=tuple(self.filings), issuers=(ACME,))

    def is_full(self) -> bool:
        """Whether all exchanges gave all contracts in the last refresh, and not long ago: a short answer is noticed."""
        now = self.clock.now()
        return (
            self.full_at is not None and self.full_at <= now <= self.full_at + timedelta(hours=5) and now == self.latest
        )

    # What happens to the process and its clock.

    @property
    def options(self) -> RefreshOptions:
        """What a refresh of this life is run with."""
        return RefreshOptions(f"life {self.lives}", ScoringSettings(), AlertSettings(), 30, is_gone=self.is_gone)

    def is_gone(self, owner: str) -> bool:
        """Whether an owner is known to be dead."""
        return owner in self.dead or owner == "dead thief"

    def restart(self, *, known_dead: bool = True) -> None:
        """Another process, which knows nothing of the last but what is stored."""
        if known_dead:
            self.dead.add(f"life {self.lives}")
        self.lives += 1
        options = CourierOptions(f"life {self.lives}", EXPIRE, self.is_gone)
        self.courier = Courier(self.storage, self.platforms, self.clock, options)

    def die_in_flight(self, name: str, *, arrives: bool, known_dead: bool) -> None:
        """A process that ends between the claim of a message and the note of its outcome."""
        dispatch = Dispatch(self.storage, name, f"life {self.lives}", EXPIRE, self.is_gone)
        claimed, platform = dispatch.claim(self.clock.now(), ()), self.platforms[name]
        if claimed is not None:
            address = claimed.chat.address
            self.in_doubt.add((name, first_address(address)))
            away = first_address(address) in platform.blocked or address in platform.moved
            reachable = not platform.is_down and not away
            # What is in doubt already is looked for before it is sent again, where that is possible.
            if arrives and reachable and not (claimed.message.maybe_repeat and platform.nonce_window):
                platform.take(address, claimed.message)
        self.restart(known_dead=known_dead)

    def move_clock(self, step: timedelta) -> bool:
        """Let the clock jump; False where that leaves the story."""
        if not NOW <= self.clock.now() + step <= NOW + LONGEST:
            return False
        self.clock.advance(step)
        self.latest = max(self.latest, self.clock.now())
        return True

    def drain(self) -> None:
        """Deliver what is due."""
        self.runner.run(self.courier.drain())
        self.latest = max(self.latest, self.clock.now())

    # What must hold.

    def stored(self) -> list[Stored]:
        """All alerts, in the order in which they rang."""
        return stored_alerts(self.storage)

    def judge(self, place: Place, message: Outgoing) -> None:
        """A message has arrived: whether it may have, now. What is wrong is kept, for a sender's errors are caught."""
        now, hearer = self.clock.now(), self.model.chats[place]
        alerts = [one for one in self.stored() if one.place == place and one.state == "in_flight"]
        today = [at for at in self.heard[place] if hearer.day(at) == hearer.day(now)]
        if hearer.cap is not None and alerts and len(today) >= hearer.cap and place not in self.in_doubt:
            self.faults.append(f"more than {hearer.cap} came to {place} at {now}")
        allowed = {one.story for one in alerts if hearer.may_hear(one.kind, one.coin, one.level, now)}
        if not alerts and not hearer.may_hear("NOTICE", "", None, now):
            self.faults.append(f"a notice came to {place} at {now}: {hearer}")
        for one in alerts:
            # An earlier alert comes with a later one of its story, and what is in doubt is not taken apart.
            if one.story not in allowed and not (one.was_in_doubt and allowed):
                self.faults.append(f"{one} came at {now}: {hearer}")
            if self.arrived[one.ref] and not message.maybe_repeat:
                self.faults.append(f"{one} came again, unmarked")
            lines = {
                (e.alert.key, e.alert.kind == "RESOLVED")
                for e in message.entries
                if one.subscription in e.subscriptions
            }
            if (one.coin, one.kind == "RESOLVED") not in lines:
                self.faults.append(f"{one} is not shown in its message")
            if not self.arrived[one.ref]:
                self.heard[place].append(now)
            self.arrived[one.ref].append(self.messages)
        self.messages += 1
        for notice in message.notices:
            found = DID_NOT_COME.match(notice)
            self.told[place] += int(found[1]) if found else 0

    def holds(self) -> None:
        """Assert all that must hold at any time."""
        assert not self.faults, self.faults
        with self.storage.read() as tx:
            assert tx.outbox.health(self.clock.now()).missing == 0
        alerts = self.stored()
        assert rings_of(alerts) == model_rings(self.model.rung)
        self.in_order(alerts)

    def in_order(self, alerts: Sequence[Stored]) -> None:
        """Assert that nobody heard of an end before the beginning, nor of anything that did not ring."""
        stories: dict[tuple[int, str, int], list[tuple[int, int]]] = defaultdict(list)
        for one in alerts:
            if self.arrived.get(one.ref):
                stories[one.story].append((ORDER[one.kind], self.arrived[one.ref][0]))
        for story, steps in stories.items():
            came = [place for _, place in sorted(steps)]
            assert came == sorted(came), (story, steps)
        assert {ref for ref, came in self.arrived.items() if came} <= {one.ref for one in alerts}

    def settle(self) -> None:
        """All that was wrong is over, and time passes: everything comes, or it is said how much did not."""
        for platform in self.platforms.values():
            platform.is_down, platform.troubles, platform.blocked = False, [], set()
        self.clock.advance(self.latest - self.clock.now())
        for place in PLACES:
            self.write(place, "/start")
            self.let_all_come(place)
        for _ in range(SOON_ENOUGH):
            self.drain()
            self.clock.advance(SOON)
        with self.storage.read() as tx:
            # A daily digest comes at its time, and no rule of the model takes that away.
            left = tx.connection.exec_driver_sql(
                "SELECT state, hold, reason FROM delivery WHERE state IN ('queued', 'in_flight', 'held')"
            ).all()
        assert all(state == "held" and hold == "daily" for state, hold, _ in left), left
        for _ in range(MOST_WAITS):
            self.drain()
            with self.storage.read() as tx:
                if not tx.outbox.counts().keys() & set(OPEN):
                    break
            self.clock.advance(WAIT)
        self.holds()
        lost: Counter[Place] = Counter()
        for one in self.stored():
            assert one.state in {"sent", "expired", "dead"}, one
            assert one.reason, one
            if one.state == "sent":
                assert self.arrived[one.ref], one
            else:
                lost[one.place] += 1
        for place in PLACES:
            told, of = self.told[place], lost[place]
            assert told >= of if place in self.in_doubt else told == of, (place, told, of)

    def let_all_come(self, place: Place) -> None:
        """Somebody takes away all that holds alerts back, but for daily digests."""
        hearer = self.write(place, "/settings quiet=off urgent=off cap=off")
        self.ask(place, "/unmute all")
        hearer.quiet = hearer.urgent = hearer.cap = None
        unmute(hearer)

    def close(self) -> None:
        """Let go of everything."""
        self.runner.close()
        self.storage.close()
