"""What holds for every exchange: the names of an adapter, and that no answer, however broken, breaks us."""

from __future__ import annotations

import copy
import math
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.exchanges import EXCHANGES, Exchange
from bot.feeds.exchanges.base import Adapter, AnswerError, Endpoint, Paging, Slot
from bot.feeds.exchanges.symbols import margin_of
from tests.builders_exchanges import ADAPTERS, NOW, payload, quotes, read, settlements

LIVE = sorted(ADAPTERS)
NAMES = [name for name in vars(Adapter) if not name.startswith("_")] + list(Adapter.__annotations__)

# What stands in a field of an exchange that had a bad day.
hostile = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.integers(),
    st.just(10**400),
    st.sampled_from(["", "NaN", "-Infinity", "0.01%", "1,5", "0E-18", "n/a", "\ud800", "<html>", "99999999999999999"]),
    st.sampled_from([[], {}, [[]], [{}], {"code": 0}, [None, 1]]),
)
anything = st.recursive(
    hostile,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["data", "result", "list", "code", "success", "status", "symbol"]), inner),
    ),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all that lies in a JSON value, itself the first."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] + [deep for key, one in inner for deep in places(one, (*path, key))]


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    """The JSON value with something else at the path."""
    if not path:
        return by
    changed = copy.deepcopy(value)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = by
    return changed


def test_every_exchange_that_trades_has_an_adapter_and_every_closed_one_has_none() -> None:
    for exchange in EXCHANGES.values():
        assert (exchange.adapter is None) == (exchange.closed is not None), exchange.name


@pytest.mark.parametrize("exchange", [one for one in EXCHANGES.values() if one.adapter], ids=lambda one: one.name)
def test_an_adapter_has_all_names_and_is_called_what_its_exchange_is_called(exchange: Exchange) -> None:
    assert [name for name in NAMES if not hasattr(exchange.adapter, name)] == []
    assert exchange.adapter is not None
    assert exchange.name == exchange.adapter.NAME
    assert exchange.adapter.HOST.startswith("https://")
    assert exchange.adapter.HOST.count("/") == 2


def test_a_refresh_takes_22_requests_and_two_more_once_a_day() -> None:
    asked = [endpoint for adapter in ADAPTERS.values() for endpoint in adapter.QUOTES]
    assert len([one for one in asked if one.every is None]) == 22
    assert [one.every for one in asked if one.every is not None] == [timedelta(days=1)] * 2
    assert all(one.optional for one in asked if one.every is not None)


@pytest.mark.parametrize("name", LIVE)
def test_quotes_name_their_exchange_and_speak_of_utc(name: str) -> None:
    found = quotes(name)
    assert len(payload(name)["quotes"]) == len(ADAPTERS[name].QUOTES)
    assert found
    for symbol, quote in found.items():
        assert (quote.exchange, quote.symbol) == (name, symbol)
        assert quote.base
        assert quote.margin is margin_of(name, symbol)
        assert all(time is None or time.tzinfo is UTC for time in (quote.next_funding_time, quote.source_time))


@pytest.mark.parametrize("name", LIVE)
def test_without_the_optional_answers_the_same_contracts_have_the_same_rates(name: str) -> None:
    asked = ADAPTERS[name].QUOTES
    required = [None if ask.optional else one for ask, one in zip(asked, payload(name)["quotes"], strict=True)]
    least, most = read(name, required), quotes(name)
    assert set(least) >= set(most)
    for symbol, quote in most.items():
        assert (least[symbol].rate, least[symbol].interval_hours) == (quote.rate, quote.interval_hours)


@pytest.mark.parametrize("name", LIVE)
def test_a_refusal_says_why_and_whether_asking_again_is_of_use(name: str) -> None:
    for refusal in payload(name)["refusals"]:
        with pytest.raises(AnswerError, match=r"\w+") as told:
            ADAPTERS[name].unwrap(refusal["answer"])
        assert (told.value.limited, told.value.permanent) == (refusal["limited"], refusal["permanent"])


@pytest.mark.parametrize("name", LIVE)
def test_settlements_have_a_time_and_a_finite_rate(name: str) -> None:
    found = settlements(name)
    assert len(found) == 2
    assert all(row.at.tzinfo is UTC and row.at < NOW and math.isfinite(row.rate) for row in found)


@pytest.mark.parametrize("name", LIVE)
def test_the_history_is_asked_for_by_symbol_and_by_window_or_page(name: str) -> None:
    history = ADAPTERS[name].history(next(iter(quotes(name))))
    slots = {one for one in slots_of(history.endpoint) if one is not Slot.NOW_MS}
    assert Slot.SYMBOL in slots
    if history.paging is Paging.PAGES:
        assert slots == {Slot.SYMBOL, Slot.PAGE}
    else:
        assert slots & {Slot.UNTIL_MS, Slot.UNTIL_S}
    assert history.limit > 0
    assert 0 < history.per_second <= 10


def slots_of(endpoint: Endpoint) -> set[Slot]:
    """The slots of a request."""
    return {one for part in (endpoint.params, endpoint.body or {}) for one in part.values() if isinstance(one, Slot)}


@pytest.mark.parametrize("name", LIVE)
@given(data=st.data())
def test_no_broken_field_raises_anything_but_an_answer_error(name: str, data: st.DataObject) -> None:
    answers = payload(name)["quotes"]
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(answers)[1:]))
        answers = replaced(answers, path, data.draw(hostile))
    try:
        found = read(name, answers)
    except AnswerError:
        return
    assert all(isinstance(quote.rate, float | None) for quote in found.values())


@pytest.mark.parametrize("name", LIVE)
@given(data=st.data())
def test_no_broken_settlement_raises_anything_but_an_answer_error(name: str, data: st.DataObject) -> None:
    answer = payload(name)["settlements"]
    broken = replaced(answer, data.draw(st.sampled_from(places(answer))), data.draw(hostile))
    try:
        found = settlements(name, broken)
    except AnswerError:
        return
    assert all(isinstance(row.rate, float) for row in found)


@pytest.mark.parametrize("name", LIVE)
@given(answer=anything)
def test_an_answer_of_any_other_shape_raises_nothing_but_an_answer_error(name: str, answer: Any) -> None:
    adapter = ADAPTERS[name]
    try:
        list(adapter.parse_quotes([adapter.unwrap(answer)] * len(adapter.QUOTES), NOW))
        adapter.parse_settlements(adapter.unwrap(answer))
    except AnswerError:
        return


@pytest.mark.parametrize("name", LIVE)
def test_a_row_that_is_no_object_costs_only_itself(name: str) -> None:
    answers = payload(name)["quotes"]
    whole = quotes(name)
    first = next(path for path in places(answers[0]) if path and path[-1] == 0 and is_row(answers[0], path))
    assert set(whole) - set(read(name, [replaced(answers[0], first, "broken"), *answers[1:]])) == {next(iter(whole))}


def is_row(answer: Any, path: tuple[Any, ...]) -> bool:
    """Whether the path leads to an object of plain fields."""
    for key in path:
        answer = answer[key]
    return isinstance(answer, dict) and not any(isinstance(one, dict | list) for one in answer.values())


@pytest.mark.parametrize("name", LIVE)
def test_a_rate_that_is_no_number_stays_visible_as_one(name: str) -> None:
    answers = payload(name)["quotes"]
    symbol = next(iter(quotes(name)))
    keys = ("fundingRate", "lastFundingRate", "funding_rate", "funding", "current_funding", "fundingFeeRate")
    rate = next(path for path in places(answers[0]) if path and path[-1] in keys)
    broken = read(name, [replaced(answers[0], rate, "0.01%"), *answers[1:]])
    assert math.isnan(broken[symbol].rate or 0)
    assert {one: quote.rate for one, quote in broken.items() if one != symbol} == {
        one: quote.rate for one, quote in quotes(name).items() if one != symbol
    }
