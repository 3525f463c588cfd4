"""History over real sockets: what an exchange has is stored, once, with its true interval, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from aiohttp import web
from sqlalchemy.exc import OperationalError

from bot.feeds.exchanges.alive import alive
from bot.feeds.exchanges.coverage import ExchangeCoverage, part_of
from storage import Storage, Transaction, open_storage
from storage.backfill import Progress
from tests.builders_live import Row, World, check_complete, history_path, true_rows, world
from tests.builders_storage import settlements
from tests.servers.exchange import (
    Asked,
    Connection,
    Reply,
    act,
    failing,
    hang,
    in_turn,
    limited,
    policed,
    refused,
    reset,
    text,
    truncated,
)
from tests.servers.universe_history import ENDPOINTS, history_replies, symbol_of, window_of
from tests.servers.universe_market import DAY, EPOCH

T = TypeVar("T")
DAYS = 60
EXCHANGES = sorted(ENDPOINTS)
HOUR = timedelta(hours=1)


def on(storage: Storage, story: Callable[[World], Awaitable[T]], **more: object) -> T:
    """What comes of a story in a world of its own."""

    async def main() -> T:
        async with world(storage, **more) as here:  # type: ignore[arg-type]
            return await story(here)

    return asyncio.run(main())


@dataclass
class Read:
    """Everything, read once."""

    here: World
    rows: list[Row]
    coverage: tuple[ExchangeCoverage, ...]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """All eleven exchanges, read to the end."""
    storage = open_storage(f"sqlite:///{tmp_path_factory.mktemp('whole')}/test.db")

    async def story(here: World) -> Read:
        await here.refresh_pairs()
        backfill = here.backfill(DAYS)
        await here.read(backfill)
        return Read(here, here.rows(), backfill.coverage())

    yield on(storage, story, pairs=100)
    storage.close()


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_all_that_an_exchange_has_is_stored_once_with_its_true_interval(whole: Read, exchange: str) -> None:
    assert len({row[:3] for row in whole.rows}) == len(whole.rows)
    check_complete(whole.here, exchange, DAYS)


def test_the_coverage_is_whole_and_nothing_is_left_to_do(whole: Read) -> None:
    assert [one.exchange for one in whole.coverage] == EXCHANGES
    assert part_of(whole.coverage) == 1.0
    assert all((one.part, one.done, one.seconds_left) == (1.0, one.contracts, 0.0) for one in whole.coverage)
    assert all(one.failing == 0 for one in whole.coverage)


@pytest.mark.parametrize("exchange", ["hyperliquid", "kucoin", "htx"])
def test_every_contract_gets_its_first_days_before_any_gets_more_the_most_negative_first(
    storage: Storage, exchange: str
) -> None:
    async def story(here: World) -> tuple[list[str], dict[str, float]]:
        await here.refresh_pairs()
        with storage.read() as tx:
            coins = {key: one.rate_8h for key, one in alive(tx, [exchange], here.clock.now()).items()}
        await here.read(here.backfill(DAYS))
        order = [symbol_of(one) for one in here.server.asked(history_path(exchange)) if symbol_of(one)]
        return order, {symbol: rate for (_, symbol), rate in coins.items()}

    order, rates = on(storage, story, pairs=200, only=[exchange])
    first = list(dict.fromkeys(order))
    assert len(first) == len(rates) >= 6
    wanted = sorted(first, key=lambda symbol: (rates[symbol], symbol))
    # Four workers may overtake each other on their ways to the server.
    assert all(abs(first.index(symbol) - place) < 4 for place, symbol in enumerate(wanted))
    # 50 hourly rows are not 4 days yet: those contracts are asked once more before all others.
    begun = order.index(first[-1])
    assert max(order[:begun].count(symbol) for symbol in first) <= 2
    assert len(order) > 2 * len(first)


@pytest.mark.parametrize(("exchange", "pairs"), [("binance", 30), ("bybit", 30), ("mexc", 90), ("htx", 60)])
def test_killed_at_any_request_it_ends_with_the_same_rows_and_repeats_a_window_at_most(
    tmp_path: Path, exchange: str, pairs: int
) -> None:
    def run(name: str, killed_at: int | None) -> tuple[list[Row], list[Asked]]:
        opened = open_storage(f"sqlite:///{tmp_path}/{name}.db")

        async def story(here: World) -> tuple[list[Row], list[Asked]]:
            await here.refresh_pairs()
            if killed_at is not None:
                await kill(here, exchange, killed_at)
            await here.read(here.backfill(30))
            return here.rows(exchange), here.server.asked(history_path(exchange))

        try:
            return on(opened, story, pairs=pairs, only=[exchange])
        finally:
            opened.close()

    rows, asked = run("whole", None)
    assert rows
    assert repeated(asked) == {}
    for k in range(1, len(asked), max(1, len(asked) // 5)):
        again, requests = run(f"killed{k}", k)
        assert again == rows, k
        assert all(len(windows) == 1 for windows in repeated(requests).values()), k


def repeated(asked: list[Asked]) -> dict[str, set[str]]:
    """Contract → the windows that were asked for again; parts of a window are one."""
    constant = {"binance": "endTime", "bybit": "startTime", "mexc": "page_num", "htx": "page_index"}
    seen: set[str] = set()
    found: dict[str, set[str]] = {}
    for one in asked:
        (name,) = (name for exchange, name in constant.items() if one.path == history_path(exchange))
        if window_of(one) in seen:
            found.setdefault(symbol_of(one), set()).add(one.params[name])
        seen.add(window_of(one))
    return found


async def kill(here: World, exchange: str, k: int) -> None:
    """Begin, and end at the k-th request."""
    path, seen, reached = history_path(exchange), 0, asyncio.Event()
    normal = act(history_replies(here.made, here.clock.now)[path])

    async def counting(connection: Connection) -> web.StreamResponse:
        nonlocal seen
        seen += 1
        if seen == k:
            reached.set()
            await asyncio.sleep(0.01)  # its caller is gone
        return await normal(connection)

    here.server.route(path, counting)
    backfill = here.backfill(30)
    await backfill.plan()
    running = asyncio.create_task(backfill.run())
    await asyncio.wait_for(reached.wait(), 20)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    here.serve()


def test_provisional_settlements_are_replaced_and_those_that_never_happened_go(storage: Storage) -> None:
    async def story(here: World) -> tuple[list[Row], list[Row], list[Row]]:
        await here.refresh_pairs()
        one = next(one for one in here.listed("gate") if one.opinion and one.hours == one.earlier_hours == 8)
        now = here.clock.now()
        newest = true_rows(one, now - 8 * HOUR, now)[-1]
        told = [newest[2] - 16 * 3600, newest[2] - 8 * 3600, newest[2]]
        never = [newest[2] - 4 * 3600, newest[2] - 12 * 3600]
        to_come = newest[2] + 8 * 3600
        rows = [(one.exchange, one.symbol, one.base, 0, 0.0042, 8.0, second) for second in [*told, *never, to_come]]
        with storage.write() as tx:
            tx.funding.add(settlements(rows), provisional=True)
        await here.read(here.backfill(DAYS))
        check_complete(here, "gate", DAYS)
        return rows, here.rows("gate", provisional=True), [row for row in here.rows("gate") if row[3] == 0.0042]

    given, left, believed = on(storage, story, pairs=40, only=["gate"])
    assert [(row[1], row[2]) for row in left] == [(given[-1][1], given[-1][6])]
    assert believed == []


def test_neither_a_dead_nor_a_refusing_exchange_holds_up_the_others(storage: Storage) -> None:
    async def story(here: World) -> tuple[World, dict[str, ExchangeCoverage], int]:
        await here.refresh_pairs()
        here.fail(history_path("gate"), hang())
        here.fail(history_path("bybit"), refused(451))
        backfill = here.backfill(DAYS)
        began = here.clock.now()
        await backfill.plan()
        working = asyncio.create_task(backfill.run())
        for _ in range(1000):
            await asyncio.sleep(0.01)
            if sum(one.done == one.contracts for one in backfill.coverage()) == 3:
                break
        found = {one.exchange: one for one in backfill.coverage()}
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        assert here.clock.now() - began < timedelta(minutes=5)
        return here, found, len(here.server.asked(history_path("bybit")))

    here, found, refusals = on(storage, story, pairs=40, only=["binance", "gate", "bybit", "okx", "mexc"])
    assert {name for name, one in found.items() if one.part == 1.0} == {"binance", "okx", "mexc"}
    assert found["gate"].done == found["bybit"].done == 0
    assert refusals <= 4  # one a worker
    check_complete(here, ("binance", "okx", "mexc"), DAYS)


def test_an_exchange_that_comes_back_is_read_whole(storage: Storage) -> None:
    async def story(here: World) -> tuple[ExchangeCoverage, ExchangeCoverage]:
        await here.refresh_pairs()
        path = history_path("okx")
        here.fail(path, failing(503))
        backfill = here.backfill(DAYS)
        await here.read(backfill)
        (down,) = backfill.coverage()
        del here.faults[path]
        here.move(timedelta(minutes=30))
        await here.read(backfill)
        check_complete(here, "okx", DAYS)
        return down, backfill.coverage()[0]

    down, back = on(storage, story, pairs=60, only=["okx"])
    assert (down.failing, down.done) == (down.contracts, 0)
    assert (back.failing, back.part, back.seconds_left) == (0, 1.0, 0.0)


def spoilt(normal: Reply) -> Reply:
    """Every third answer is no answer."""
    broken = [text("<html>busy</html>"), truncated([1, 2, 3]), reset(), {"nothing": "of use"}, limited(2), failing(502)]
    return in_turn(*[reply for fault in broken * 3 for reply in (normal, fault, normal)], normal)


def cut(normal: Callable[[Asked], object], keep: int, rows_of: Callable[[object], list[object]]) -> Reply:
    """The exchange gives fewer rows than it says, from the end that it cuts at."""

    def serve(asked: Asked) -> object:
        found = normal(asked)
        del rows_of(found)[keep:]
        return found

    return serve


FAULTS: dict[str, tuple[str, Callable[[World, Callable[[Asked], object]], Reply]]] = {
    "spoilt ascending": ("binance", lambda _, normal: spoilt(normal)),
    "spoilt descending": ("kucoin", lambda _, normal: spoilt(normal)),
    "spoilt pages": ("bitget", lambda _, normal: spoilt(normal)),
    "cut ascending": ("binance", lambda _, normal: cut(normal, 70, lambda found: found)),
    "cut descending": ("bybit", lambda _, normal: cut(normal, 23, lambda found: found["result"]["list"])),
    "limited": ("gate", lambda here, normal: policed(normal, 3, timedelta(seconds=10), here.clock.now)),
    "limited by date": (
        "okx",
        lambda here, normal: policed(normal, 2, timedelta(seconds=7), here.clock.now, dates=True),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_broken_cut_or_limited_is_read_whole_in_the_end(storage: Storage, fault: str) -> None:
    exchange, spoil = FAULTS[fault]

    async def story(here: World) -> ExchangeCoverage:
        await here.refresh_pairs()
        path = history_path(exchange)
        here.fail(path, spoil(here, history_replies(here.made, here.clock.now)[path]))
        backfill = here.backfill(DAYS)
        for _ in range(12):  # refreshes
            await here.read(backfill)
            if not backfill.coverage()[0].seconds_left:
                break
            here.clock.advance(timedelta(minutes=20))
        check_complete(here, exchange, DAYS)
        return backfill.coverage()[0]

    found = on(storage, story, pairs=60, only=[exchange])
    assert (found.part, found.seconds_left, found.failing) == (1.0, 0.0, 0)


@pytest.mark.parametrize("exchange", ["binance", "bybit", "bitget", "hyperliquid"])
@pytest.mark.parametrize("away", [timedelta(hours=9), timedelta(days=25)], ids=str)
def test_a_gap_after_downtime_is_closed(storage: Storage, exchange: str, away: timedelta) -> None:
    async def story(here: World) -> None:
        await here.refresh_pairs()
        await here.read(here.backfill(20))
        here.move(away)
        await here.refresh_pairs()
        backfill = here.backfill(20)
        await here.read(backfill)
        check_complete(here, exchange, 20 + away / timedelta(days=1))
        assert backfill.coverage()[0].seconds_left == 0.0

    on(storage, story, pairs=100, only=[exchange])


def test_the_last_page_that_bitget_serves_is_the_end_of_its_history(storage: Storage) -> None:
    async def story(here: World) -> tuple[World, ExchangeCoverage, Progress]:
        old = replace(here.listed("bitget")[0], hours=1, earlier_hours=1, listed_at=EPOCH - 500 * DAY)
        here.made = replace(here.made, contracts={**here.made.contracts, "bitget": (old,)})
        await here.refresh_pairs()
        here.serve()
        backfill = here.backfill(days=1000)
        await here.read(backfill)
        here.clock.advance(timedelta(minutes=30))
        await here.read(backfill)
        with storage.read() as tx:
            return here, backfill.coverage()[0], tx.backfill.all()["bitget", old.symbol]

    here, found, progress = on(storage, story, pairs=12, only=["bitget"])
    ((symbol, asked),) = here.asked("bitget").items()
    assert asked == 100
    assert len(here.rows("bitget")) == 10_000, symbol
    assert (found.done, found.failing, found.seconds_left, found.shorter) == (1, 0, 0.0, 1)
    assert progress.error == ""


def test_a_plan_in_the_midst_of_the_work_repeats_nothing(storage: Storage) -> None:
    async def story(here: World) -> list[Asked]:
        await here.refresh_pairs()
        backfill = here.backfill(30)
        path = history_path("mexc")
        normal = act(history_replies(here.made, here.clock.now)[path])

        async def planned(connection: Connection) -> web.StreamResponse:
            await backfill.plan()
            return await normal(connection)

        here.fail(path, planned)
        await here.read(backfill)
        check_complete(here, "mexc", 30)
        return here.server.asked(path)

    assert repeated(on(storage, story, pairs=90, only=["mexc"])) == {}


class Failing(Storage):
    """A database that cannot be written once, as with a full disk."""

    def __init__(self, inner: Storage, fails_at: int) -> None:
        super().__init__(inner.engine)
        self.left = fails_at

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        self.left -= 1
        if self.left == 0:
            raise OperationalError("INSERT", {}, OSError("disk full"))
        with super().write() as tx:
            yield tx


@pytest.mark.parametrize("fails_at", [1, 2, 5, 9])
def test_what_could_not_be_written_is_asked_for_again_and_leaves_no_hole(storage: Storage, fails_at: int) -> None:
    async def story(here: World) -> None:
        await here.refresh_pairs()
        backfill = here.backfill(30, storage=Failing(storage, fails_at))
        with pytest.raises(ExceptionGroup):
            await here.read(backfill)
        await asyncio.wait_for(backfill.finish(), 20)  # as `Background` does a minute later
        await here.read(backfill)
        check_complete(here, "htx", 30)
        assert backfill.coverage()[0].part == 1.0

    on(storage, story, pairs=60, only=["htx"])


@pytest.mark.parametrize("status", [404, 503])
def test_an_exchange_that_was_out_of_order_is_not_taken_for_one_without_a_history(
    storage: Storage, status: int
) -> None:
    """A 404 means that it does not know the contract, or that somebody moved the wrong server in front."""

    async def story(here: World) -> tuple[ExchangeCoverage, ExchangeCoverage]:
        await here.refresh_pairs()
        path = history_path("gate")
        here.fail(path, failing(status))
        backfill = here.backfill(30)
        await here.read(backfill)
        (down,) = backfill.coverage()
        del here.faults[path]
        for _ in range(3):
            here.move(timedelta(hours=6, minutes=30))
            await here.refresh_pairs()
            await here.read(here.backfill(30))  # restarted, so that nothing but the database remembers
        check_complete(here, "gate", 30)
        after = here.backfill(30)
        await after.plan()
        return down, after.coverage()[0]

    down, back = on(storage, story, pairs=40, only=["gate"])
    assert down.failing == down.contracts
    assert (back.failing, back.part) == (0, 1.0)


def test_a_failure_later_does_not_make_the_end_of_a_history_forgotten(storage: Storage) -> None:
    async def story(here: World) -> tuple[dict[str, int], dict[str, int], ExchangeCoverage]:
        await here.refresh_pairs()
        backfill = here.backfill(300)
        await here.read(backfill)
        before = here.asked("bybit")
        path = history_path("bybit")
        here.fail(path, failing(503))
        here.move(timedelta(hours=10))
        await here.refresh_pairs()
        await here.read(backfill)
        (down,) = backfill.coverage()
        del here.faults[path]
        here.move(timedelta(hours=2))
        await here.refresh_pairs()
        here.server.requests.clear()
        await here.read(backfill)
        check_complete(here, "bybit", 300)
        return before, here.asked("bybit"), down

    before, after, down = on(storage, story, pairs=30, only=["bybit"])
    assert (down.failing, down.part, down.seconds_left) == (down.contracts, 1.0, 0.0)
    assert all(count <= 2 for count in after.values())  # what settled since, and whether there is more before
    assert any(count > 4 for count in before.values())


def test_a_contract_that_is_gone_meanwhile_is_left_alone(storage: Storage) -> None:
    async def story(here: World) -> None:
        await here.refresh_pairs()
        backfill = here.backfill(30)
        path = history_path("mexc")
        normal = act(history_replies(here.made, here.clock.now)[path])

        async def days_later(connection: Connection) -> web.StreamResponse:
            here.server.route(path, normal)
            here.clock.advance(timedelta(days=3))
            await backfill.plan()
            return await normal(connection)

        here.fail(path, days_later)
        await here.read(backfill)
        assert backfill.coverage() == ()

    on(storage, story, pairs=90, only=["mexc"])
