"""Alerting as a whole against the model: whatever happens, in whatever order, what must ring rings once and comes.

For more examples than the suite has time for: `ALERT_EXAMPLES=1000 pytest -n0 tests/acceptance/test_alert_machine.py`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.feeds.base import Batch
from tests.acceptance.market import (
    COINS,
    EXCHANGES,
    PERCENTS,
    POISONS,
    PRICELESS,
    WORTHLESS,
    batch,
    make_database,
)
from tests.acceptance.model import Place, mute, unmute
from tests.acceptance.platforms import Trouble
from tests.acceptance.world import PLACES, World

EXAMPLES, STEPS = int(os.environ.get("ALERT_EXAMPLES", "0")), 40
FEW = 6  # examples in the suite

places = st.sampled_from(PLACES)
platforms = st.sampled_from(sorted({platform for platform, _ in PLACES}))
coins = st.sampled_from(sorted(COINS))
percents = st.fixed_dictionaries({coin: st.sampled_from(PERCENTS) for coin in sorted(COINS)})
minutes = st.sampled_from((30, 30, 30, 45, 90))
TROUBLES = (*Trouble, Trouble.ARRIVED, Trouble.LOST)  # the worst more often
Percents = dict[str, float]


class AlertMachine(RuleBasedStateMachine):
    """Everything that befalls people, platforms, exchanges and the process."""

    template = Path()

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        database = Path(self.folder.name) / "world.db"
        shutil.copy(self.template, database)
        self.world = World(database)

        self.now: Percents = dict.fromkeys(COINS, 1.0)
        for place, minimum in zip(PLACES, (3.0, 2.0, 3.0), strict=True):
            self.world.subscribe(place, minimum, 1.0, resolve=True, daily=False)
        self.world.refresh(self.batch(self.now), self.now, self.now)

    def later(self, step: int) -> bool:
        """Let a refresh be due; False where the story is too long for it."""
        return self.world.move_clock(timedelta(minutes=step))

    def batch(self, percents: Percents, *how: Any, **also: Any) -> Batch:
        """What the exchanges say now."""
        return batch(percents, self.world.clock.now(), *how, **also)

    # The market.

    def refresh(self, now: Percents, step: int = 30) -> None:
        """A refresh that all exchanges answer."""
        if self.later(step):
            self.now = dict(now)
            self.world.refresh(self.batch(now), now, now)
            self.world.full_at = self.world.clock.now()

    @rule(now=percents, step=minutes, drain=st.sampled_from((True, True, False)))
    def prices_change(self, now: Percents, step: int, drain: bool) -> None:
        self.refresh(now, step)
        if drain:
            self.world.drain()

    @rule(coin=coins, percent=st.sampled_from(PERCENTS), drain=st.booleans())
    def one_coin_moves(self, coin: str, percent: float, drain: bool) -> None:
        self.prices_change(self.now | {coin: percent}, 30, drain)

    @rule(coin=coins, drain=st.booleans())
    def one_coin_rises_from_nothing(self, coin: str, drain: bool) -> None:
        for percent in (-5.0, -5.0, 90.0):
            self.refresh(self.now | {coin: percent})
        if drain:
            self.world.drain()

    @rule()
    def the_same_refresh_again(self) -> None:
        self.world.again()

    @rule(now=percents, step=minutes, answering=st.sampled_from(((), EXCHANGES[:1], EXCHANGES[1:2])))
    def most_exchanges_are_away(self, now: Percents, step: int, answering: tuple[str, ...]) -> None:
        if self.later(step):
            self.world.refresh(self.batch(now, answering), {}, now if answering else {})

    @rule(now=percents, step=minutes)
    def half_of_the_exchanges_answer(self, now: Percents, step: int) -> None:
        if self.later(step):
            self.world.refresh(self.batch(now, EXCHANGES[:2]), now, now)

    @precondition(lambda self: self.world.is_full())
    @rule(now=percents, coin=coins)
    def most_exchanges_give_a_part(self, now: Percents, coin: str) -> None:
        if self.later(30) and self.world.is_full():
            cut = frozenset((name, one) for name in EXCHANGES[1:] for one in COINS if one != coin)
            self.world.refresh(self.batch(now, missing=cut), {}, now)
            self.world.full_at = None

    @rule(now=percents, step=minutes, poison=st.sampled_from(sorted(POISONS)), where=st.sets(coins, min_size=1))
    def an_exchange_is_poisoned(self, now: Percents, step: int, poison: str, where: set[str]) -> None:
        if self.later(step):
            poisoned = {("okx", coin): POISONS[poison] for coin in sorted(where)}
            self.world.refresh(self.batch(now, poisoned=poisoned), now, now)

    @rule(
        coin=coins,
        percent=st.sampled_from((-5.0, 1.0, 900.0)),
        poison=st.sampled_from(WORTHLESS),
        names=st.sets(st.sampled_from(EXCHANGES), min_size=2),
        times=st.integers(1, 3),
    )
    def exchanges_say_what_nobody_believes(
        self, coin: str, percent: float, poison: str, names: set[str], times: int
    ) -> None:
        """Of a coin of which half of the exchanges say something else something is known."""
        is_known = len(names) * 2 <= len(EXCHANGES)
        is_seen = len(names) < len(EXCHANGES)
        self.one_coin_is_poisoned(coin, percent, (poison, names, times), is_known=is_known, is_seen=is_seen)

    @rule(
        coin=coins,
        percent=st.sampled_from((-5.0, 1.0, 900.0)),
        poison=st.sampled_from(PRICELESS),
        names=st.sets(st.sampled_from(EXCHANGES), min_size=3),
        times=st.integers(1, 5),
    )
    def exchanges_name_no_price(self, coin: str, percent: float, poison: str, names: set[str], times: int) -> None:
        """One price is enough to know it."""
        is_priced = len(names) < len(EXCHANGES)
        self.one_coin_is_poisoned(coin, percent, (poison, names, times), is_known=is_priced, is_seen=is_priced)

    def one_coin_is_poisoned(
        self, coin: str, percent: float, how: tuple[str, set[str], int], *, is_known: bool, is_seen: bool
    ) -> None:
        """A coin that stands high, of which some exchanges say what is worth nothing, and the others a price."""
        poison, names, times = how
        self.one_coin_rises_from_nothing(coin, drain=False)
        now = self.now | {coin: percent}
        others = {one: now[one] for one in COINS if one != coin}
        for _ in range(times):
            if self.later(30):
                poisoned = {(name, coin): POISONS[poison] for name in sorted(names)}
                batch_ = self.batch(now, poisoned=poisoned)
                self.world.refresh(batch_, now if is_known else others, now if is_seen else others)

    @rule(now=percents, step=minutes, drain=st.booleans())
    def an_insider_files(self, now: Percents, step: int, drain: bool) -> None:
        if self.later(step):
            self.world.file()
            self.refresh(now, 0)
        if drain:
            self.world.drain()

    @rule(now=percents, step=minutes, poison=st.sampled_from(sorted(POISONS)))
    def an_exchange_is_poisoned_while_most_are_away(self, now: Percents, step: int, poison: str) -> None:
        if self.later(step):
            poisoned = {("okx", coin): POISONS[poison] for coin in COINS}
            self.world.refresh(self.batch(now, EXCHANGES[:1], poisoned), {}, now)

    # The people.

    @rule(
        place=places,
        minimum=st.sampled_from((2.0, 3.0, 5.0)),
        step=st.sampled_from((0.5, 1.0)),
        resolve=st.booleans(),
        daily=st.sampled_from((False, False, True)),
    )
    def subscribe(self, place: Place, minimum: float, step: float, resolve: bool, daily: bool) -> None:
        self.world.subscribe(place, minimum, step, resolve=resolve, daily=daily)

    @rule(place=places, minimum=st.sampled_from((2, 3, 4)))
    def listen(self, place: Place, minimum: int) -> None:
        self.world.listen(place, minimum)

    @rule(place=places, at=st.integers(0, 5))
    def delete(self, place: Place, at: int) -> None:
        own = self.world.model.chats[place].subscribers
        if at < len(own):
            self.world.ask(place, f"/alert off {own.pop(at).id}")

    @rule(place=places, coin=st.sampled_from(("", *COINS)), hours=st.sampled_from((1, 3, 8)))
    def be_muted(self, place: Place, coin: str, hours: int) -> None:
        hearer = self.world.write(place, f"/mute {coin} {hours}h")
        mute(hearer, coin, self.world.clock.now() + timedelta(hours=hours))

    @rule(place=places, coin=coins)
    def be_muted_while_it_rings(self, place: Place, coin: str) -> None:
        self.one_coin_rises_from_nothing(coin, drain=False)
        self.be_muted(place, coin, 1)
        self.world.drain()

    @rule(place=places)
    def be_unmuted(self, place: Place) -> None:
        self.world.ask(place, "/unmute all")
        unmute(self.world.model.chats[place])

    @rule(
        place=places,
        hours=st.sampled_from(((11, 14), (12, 20), (22, 7))),
        urgent=st.sampled_from((None, 5.0)),
        zone=st.sampled_from(("UTC", "UTC", "Asia/Kolkata", "America/New_York")),
    )
    def be_quiet(self, place: Place, hours: tuple[int, int], urgent: float | None, zone: str) -> None:
        words = f"quiet={hours[0]:02}:00-{hours[1]:02}:00 urgent={urgent or 'off'} zone={zone}"
        hearer = self.world.write(place, f"/settings {words}")
        hearer.quiet, hearer.urgent, hearer.zone = hours, urgent, zone

    @rule(place=places, cap=st.sampled_from((None, 1, 3)))
    def wish_no_more_a_day(self, place: Place, cap: int | None) -> None:
        self.world.write(place, f"/settings cap={cap or 'off'}").cap = cap

    @rule(place=places)
    def be_loud(self, place: Place) -> None:
        self.world.write(place, "/settings quiet=off urgent=off").quiet = None

    @rule(place=places, coin=coins, meanwhile=st.sampled_from((1.0, 20.0, 900.0)))
    def block(self, place: Place, coin: str, meanwhile: float) -> None:
        self.world.platforms[place[0]].blocked.add(place[1])
        self.one_coin_rises_from_nothing(coin, drain=True)
        self.refresh(dict.fromkeys(COINS, meanwhile))

    @rule(place=places, coin=coins, meanwhile=st.sampled_from((1.0, 20.0, 900.0)))
    def block_for_a_while(self, place: Place, coin: str, meanwhile: float) -> None:
        self.block(place, coin, meanwhile)
        self.start(place)
        self.one_coin_moves(coin, 90.0, drain=True)

    @rule(place=places)
    def start(self, place: Place) -> None:
        self.world.platforms[place[0]].blocked.discard(place[1])
        self.world.write(place, "/start")

    @rule(place=st.sampled_from([place for place in PLACES if place[0] == "telegram"]), coin=coins)
    def move(self, place: Place, coin: str) -> None:
        self.world.move_chat(place)
        self.one_coin_rises_from_nothing(coin, drain=True)

    # The platforms.

    @rule(name=platforms, trouble=st.sampled_from(TROUBLES), coin=coins, wait=st.sampled_from((5, 50, 50)))
    def a_message_is_in_trouble(self, name: str, trouble: Trouble, coin: str, wait: int) -> None:
        self.world.platforms[name].troubles.append(trouble)
        self.one_coin_rises_from_nothing(coin, drain=True)
        self.time_passes(wait)

    @rule(name=platforms, coin=coins, refreshes=st.integers(0, 3))
    def a_platform_is_down_for_a_while(self, name: str, coin: str, refreshes: int) -> None:
        self.world.platforms[name].is_down = True
        self.one_coin_rises_from_nothing(coin, drain=True)
        for _ in range(refreshes):
            self.one_coin_moves(coin, 900.0, drain=True)
        self.world.platforms[name].is_down = False

    # The process and its clock.

    @rule(name=platforms, arrives=st.booleans(), known_dead=st.booleans(), coin=coins)
    def crash_while_it_sends(self, name: str, arrives: bool, known_dead: bool, coin: str) -> None:
        self.one_coin_rises_from_nothing(coin, drain=False)
        self.world.die_in_flight(name, arrives=arrives, known_dead=known_dead)

    @rule(now=percents)
    def crash_at_the_end_of_a_refresh(self, now: Percents) -> None:
        if self.later(30):
            self.world.die_in_refresh(self.batch(now))
            self.world.restart()

    @rule(seconds=st.sampled_from((5, 50, 130, 600)))
    def time_passes(self, seconds: int) -> None:
        self.world.move_clock(timedelta(seconds=seconds))
        self.world.drain()

    @rule(hours=st.sampled_from((1, 1, 2, 9)))
    def the_clock_jumps_forward(self, hours: int) -> None:
        self.world.move_clock(timedelta(hours=hours))

    @rule(hours=st.sampled_from((1, 2, 9)), now=percents, is_set_right=st.booleans())
    def the_clock_jumps_back(self, hours: int, now: Percents, is_set_right: bool) -> None:
        if self.world.move_clock(timedelta(hours=-hours)):
            self.prices_change(now, 30, drain=True)
            if is_set_right:
                self.world.move_clock(timedelta(hours=hours))

    @rule()
    def drain(self) -> None:
        self.world.drain()

    @invariant()
    def all_is_well(self) -> None:
        self.world.holds()

    def teardown(self) -> None:
        try:
            self.world.settle()
        finally:
            self.world.close()
            self.folder.cleanup()


def test_whatever_happens_what_must_ring_rings_once_and_comes(tmp_path: Path) -> None:
    AlertMachine.template = tmp_path / "template.db"
    make_database(AlertMachine.template)
    few = settings(deadline=None, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(AlertMachine, settings=settings(few, max_examples=EXAMPLES or FEW))
