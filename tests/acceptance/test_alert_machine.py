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
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.feeds.base import Batch
from tests.acceptance.market import COINS, EXCHANGES, PERCENTS, POISONS, batch, make_database
from tests.acceptance.model import Place, mute, unmute
from tests.acceptance.platforms import Trouble
from tests.acceptance.world import PLACES, World

EXAMPLES, STEPS = int(os.environ.get("ALERT_EXAMPLES", "0")), 40
FEW = 10  # examples in the suite

places = st.sampled_from(PLACES)
platforms = st.sampled_from(sorted({platform for platform, _ in PLACES}))
coins = st.sampled_from(sorted(COINS))
percents = st.fixed_dictionaries({coin: st.sampled_from(PERCENTS) for coin in sorted(COINS)})
minutes = st.sampled_from((30, 30, 30, 45, 90))
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

    @initialize(place=places, now=percents)
    def begin(self, place: Place, now: Percents) -> None:
        """Somebody has waited for something since before the first refresh."""
        self.world.subscribe(place, 3.0, 1.0, resolve=True, daily=False)
        self.world.refresh(self.batch(now), now, now)

    def later(self, step: int) -> bool:
        """Let a refresh be due; False where the story is too long for it."""
        return self.world.move_clock(timedelta(minutes=step))

    def batch(self, percents: Percents, *how: Any, **also: Any) -> Batch:
        """What the exchanges say now."""
        return batch(percents, self.world.clock.now(), *how, **also)

    # The market.

    @rule(now=percents, step=minutes, drain=st.sampled_from((True, True, False)))
    def prices_change(self, now: Percents, step: int, drain: bool) -> None:
        if self.later(step):
            self.world.refresh(self.batch(now), now, now)
            self.world.full_at = self.world.clock.now()
            if drain:
                self.world.drain()

    @rule(coin=coins, percent=st.sampled_from(PERCENTS), others=st.sampled_from((1.0, 20.0)))
    def one_coin_moves(self, coin: str, percent: float, others: float) -> None:
        self.prices_change(dict.fromkeys(COINS, others) | {coin: percent}, 30, drain=False)

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
            self.world.full_at, self.world.is_short = None, True

    @rule(now=percents, step=minutes, poison=st.sampled_from(sorted(POISONS)), where=st.sets(coins, min_size=1))
    def an_exchange_is_poisoned(self, now: Percents, step: int, poison: str, where: set[str]) -> None:
        if self.later(step):
            poisoned = {("okx", coin): POISONS[poison] for coin in sorted(where)}
            self.world.refresh(self.batch(now, poisoned=poisoned), now, now)

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

    @rule(place=places, at=st.integers(0, 5))
    def delete(self, place: Place, at: int) -> None:
        own = self.world.model.chats[place].subscribers
        if at < len(own):
            self.world.ask(place, f"/alert off {own.pop(at).id}")

    @rule(place=places, coin=st.sampled_from(("", *COINS)), hours=st.sampled_from((1, 3, 8)))
    def be_muted(self, place: Place, coin: str, hours: int) -> None:
        hearer = self.world.write(place, f"/mute {coin} {hours}h")
        mute(hearer, coin, self.world.clock.now() + timedelta(hours=hours))

    @rule(place=places)
    def be_unmuted(self, place: Place) -> None:
        self.world.ask(place, "/unmute all")
        unmute(self.world.model.chats[place])

    @rule(place=places, hours=st.sampled_from(((11, 14), (12, 20), (22, 7))), urgent=st.sampled_from((None, 5.0)))
    def be_quiet(self, place: Place, hours: tuple[int, int], urgent: float | None) -> None:
        words = f"quiet={hours[0]:02}:00-{hours[1]:02}:00 urgent={urgent or 'off'}"
        hearer = self.world.write(place, f"/settings {words}")
        hearer.quiet, hearer.urgent = hours, urgent

    @rule(place=places)
    def be_loud(self, place: Place) -> None:
        self.world.write(place, "/settings quiet=off urgent=off").quiet = None

    @rule(place=places)
    def block(self, place: Place) -> None:
        self.world.platforms[place[0]].blocked.add(place[1])

    @rule(place=places)
    def start(self, place: Place) -> None:
        self.world.platforms[place[0]].blocked.discard(place[1])
        self.world.write(place, "/start")

    # The platforms.

    @rule(name=platforms, trouble=st.sampled_from(Trouble))
    def the_next_message_is_in_trouble(self, name: str, trouble: Trouble) -> None:
        self.world.platforms[name].troubles.append(trouble)
        self.world.drain()

    @rule(name=platforms)
    def a_platform_is_down(self, name: str) -> None:
        self.world.platforms[name].is_down = True

    @rule()
    def all_platforms_are_up(self) -> None:
        for platform in self.world.platforms.values():
            platform.is_down = False

    # The process and its clock.

    @rule(name=platforms, arrives=st.booleans(), known_dead=st.booleans())
    def crash_while_it_sends(self, name: str, arrives: bool, known_dead: bool) -> None:
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

    @rule(hours=st.integers(1, 9))
    def the_clock_jumps_forward(self, hours: int) -> None:
        self.world.move_clock(timedelta(hours=hours))

    @rule(hours=st.integers(1, 9))
    def the_clock_jumps_back(self, hours: int) -> None:
        self.world.move_clock(timedelta(hours=-hours))

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
