"""The pace of a platform: its limits are used fully, and never broken."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.limiter import Limiter, Limits, Scope, Window

TELEGRAM = Limits(
    Window(30, 1.0),
    of_chat=lambda address: (Window(1, 1.0), Window(20, 60.0)) if address.startswith("-") else (Window(1, 1.0),),
)


def play(limiter: Limiter, addresses: list[str], stalls: dict[int, float] | None = None) -> list[tuple[float, str]]:
    """Send to each in turn, as soon as the limiter lets it; (time, address) of each."""
    now, passed = 0.0, []
    for number, address in enumerate(addresses):
        now += (stalls or {}).get(number, 0.0)
        now = max(now, limiter.free_at(), limiter.chat_free_at(address))
        limiter.passed(address, now)
        passed.append((now, address))
    return passed


def most_within(times: list[float], seconds: float) -> int:
    return max(sum(start <= at < start + seconds for at in times) for start in times)


def test_the_whole_limit_is_used() -> None:
    times = [at for at, _ in play(Limiter(TELEGRAM), [str(n) for n in range(3000)])]
    assert times[-1] <= 3000 / 30


def test_a_gap_spreads_a_window_out() -> None:
    times = [at for at, _ in play(Limiter(Limits(Window(30, 1.0), least_gap=0.02)), [str(n) for n in range(100)])]
    assert min(b - a for a, b in itertools.pairwise(times)) >= 0.02 - 1e-9


@given(
    st.lists(st.sampled_from(["1", "2", "3", "-4", "-5"]), min_size=1, max_size=150),
    st.dictionaries(st.integers(0, 149), st.floats(0, 5)),
)
def test_no_window_is_ever_broken(addresses: list[str], stalls: dict[int, float]) -> None:
    passed = play(Limiter(TELEGRAM), addresses, stalls)
    times = [at for at, _ in passed]
    assert most_within(times, 1.0 - 1e-6) <= 30
    for address in set(addresses):
        own = [at for at, one in passed if one == address]
        assert most_within(own, 1.0 - 1e-6) <= 1
        assert not address.startswith("-") or most_within(own, 60.0 - 1e-6) <= 20


def test_a_chat_that_floods_waits_alone() -> None:
    limiter = Limiter(TELEGRAM)
    assert limiter.refused("1", 30.0, 100.0, everywhere=False) is Scope.CHAT
    assert limiter.chat_free_at("1") == 130.0
    assert limiter.free_at() <= 100.0
    assert limiter.chat_free_at("2") <= 100.0


def test_many_chats_refused_at_once_are_the_whole_platform() -> None:
    limiter = Limiter(TELEGRAM)
    scopes = [limiter.refused(address, 5.0, 100.0 + n, everywhere=False) for n, address in enumerate("1213")]
    assert scopes == [Scope.CHAT, Scope.CHAT, Scope.CHAT, Scope.PLATFORM]
    assert limiter.free_at() == 108.0


def test_refusals_far_apart_are_single_chats() -> None:
    limiter = Limiter(TELEGRAM)
    assert {limiter.refused(str(n), 5.0, 60.0 * n, everywhere=False) for n in range(9)} == {Scope.CHAT}


def test_a_platform_that_means_all_is_believed_at_once() -> None:
    limiter = Limiter(TELEGRAM)
    assert limiter.refused("1", 7.0, 100.0, everywhere=True) is Scope.PLATFORM
    assert limiter.free_at() == 107.0


def test_a_chat_is_busy_until_it_is_free_and_forgotten_when_idle() -> None:
    limiter = Limiter(TELEGRAM)
    limiter.passed("1", 10.0)
    limiter.pause("2", 5.0, 10.0)
    assert limiter.busy(10.5) == {"1": 11.0, "2": 15.0}
    assert limiter.busy(12.0) == {"2": 15.0}
    assert limiter.busy(16.0) == {}


def test_the_topics_of_a_group_share_its_limit() -> None:
    limiter = Limiter(Limits(of_chat=lambda _: (Window(1, 1.0),), counted_as=lambda address: address.partition(":")[0]))
    limiter.passed("-5:1", 10.0)
    assert limiter.chat_free_at("-5:2") == 11.0
    assert limiter.busy(10.5) == {"-5": 11.0}
