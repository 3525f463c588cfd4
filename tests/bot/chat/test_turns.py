"""Turns: first come, first served, and nobody waits for who is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bot.chat.turns import Turns


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 5), st.sampled_from("ab")), max_size=8))
def test_whatever_takes_how_long_all_comes_in_its_order(asks: Sequence[tuple[bool, int, int, str]]) -> None:
    done: dict[str, list[int]] = {"a": [], "b": []}

    async def ask(turns: Turns, number: int, leaves: bool, before: int, work: int, message: str) -> None:
        with turns.draw(message) as turn:
            for _ in range(before):
                await asyncio.sleep(0)
            if leaves:
                return
            await turn.come()
            for _ in range(work):
                await asyncio.sleep(0)
            done[message].append(number)

    async def run() -> None:
        turns = Turns()
        await asyncio.gather(*(ask(turns, number, *one) for number, one in enumerate(asks)))

    asyncio.run(run())
    for message, numbers in done.items():
        assert numbers == [at for at, one in enumerate(asks) if not one[0] and one[3] == message]


def test_one_hears_what_was_done_while_it_waited_and_nothing_of_before() -> None:
    async def run() -> tuple[str, str, str]:
        turns = Turns()
        with turns.draw("x") as first, turns.draw("x") as second:
            first.did = "this"
            first.over()
            heard = await second.come()
            with turns.draw("y") as elsewhere:
                other = await elsewhere.come()
            second.over()
            with turns.draw("x") as third:
                return heard, other, await third.come()

    assert asyncio.run(run()) == ("this", "", "")
