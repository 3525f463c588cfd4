"""Both formulas: the documented anchors, the gates, and what holds for all inputs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import insider_selling, pump_dump
from scoring.explain import Step, explain
from scoring.insider_selling import SellingConstants
from scoring.model import CoinFunding, CoinScore, ExchangeAverage
from scoring.pump_dump import PumpConstants
from scoring.rounding import round_half_up
from tests.builders_funding import risen, scored

averages = st.floats(-0.4, 0.4)
percents = st.floats(-99, 1e6)
streaks = st.integers(0, 1095)


def pump(avg: float, percent: float | None, streak: int = 0) -> CoinScore | None:
    return pump_dump.score(scored(avg, streak), risen(percent))


def selling(avg: float, streak: int = 0) -> CoinScore | None:
    return insider_selling.score(scored(avg, streak), risen(None))


def value(score: CoinScore | None) -> float:
    return 0.0 if score is None else score.score


@pytest.mark.parametrize(("percent", "magnitude"), [(100, 0.668), (1000, 1.0), (5000, 1.0), (0, 0.0)])
def test_documented_anchors_of_the_pump_magnitude(percent: float, magnitude: float) -> None:
    assert round_half_up(pump_dump.pump_magnitude(percent), 3) == magnitude


def test_five_hundredths_of_a_percent_per_eight_hours_saturates() -> None:
    assert pump_dump.funding_magnitude(-0.0005) == 1.0
    assert pump_dump.funding_magnitude(-0.01) == 1.0
    assert pump_dump.funding_magnitude(-0.00049) < 1.0


def test_without_persistence_the_score_ends_at_six_and_with_a_week_at_ten() -> None:
    assert value(pump(-0.0005, 1000, 0)) == pytest.approx(6.0)
    assert value(pump(-0.0005, 1000, 7)) == 10.0
    assert value(pump(-0.0005, 1000, 70)) == 10.0


def test_the_pump_samples_sub_scores_give_5_1_and_not_its_7_6() -> None:
    by_hand = 0.74 * 0.78 * (0.6 + 0.4 * 0.71) * 10
    assert round_half_up(by_hand, 1) == 5.1
    assert round_half_up((0.74 + 0.78) / 2 * 10, 1) == 7.6  # the plain mean of the first two


def test_the_pump_samples_inputs_give_1_6() -> None:
    assert round_half_up(value(pump(-0.00021, 18.2, 5)), 1) == 1.6


def test_the_selling_samples_score_follows_from_its_sub_scores() -> None:
    weight = SellingConstants().magnitude_weight
    assert round_half_up(weight * 7.9 + (1 - weight) * 8.8, 2) == 8.44


def test_the_selling_samples_inputs_give_6_6() -> None:
    found = selling(-0.00018, 12)
    assert found is not None
    parts = (found.funding_magnitude, found.persistence, found.score)
    assert tuple(round_half_up(part, 1) for part in parts) == (3.6, 8.6, 6.6)


def test_every_constant_of_the_pump_formula_is_obeyed() -> None:
    constants = PumpConstants(saturation_8h=0.001, decades=2.0, persistence_days=10, floor=0.5)
    found = pump_dump.score(scored(-0.0004, 5), risen(9), constants)
    assert found is not None
    assert (found.funding_magnitude, found.pump_magnitude, found.persistence) == (0.4, 0.5, 0.5)
    assert found.score == pytest.approx(0.4 * 0.5 * 0.75 * 10)
    assert [step.formula for step in explain(found, pump=constants)][1:] == [
        "min(1, 0.00040000 / 0.001)",
        "min(1, log10(1 + 9.0000) / 2)",
        "min(1, 5 / 10)",
        "0.4000 × 0.5000 × (0.5 + 0.5 × 0.5000) × 10",
    ]


def test_every_constant_of_the_selling_formula_is_obeyed() -> None:
    constants = SellingConstants(saturation_8h=0.001, persistence_days=10, magnitude_weight=0.25)
    found = insider_selling.score(scored(-0.0004, 5), risen(None), constants)
    assert found is not None
    assert (found.funding_magnitude, found.persistence, found.score) == (4.0, 5.0, 4.75)
    assert [step.formula for step in explain(found, selling=constants)][1:] == [
        "10 × min(1, 0.00040000 / 0.001)",
        "10 × min(1, 5 / 10)",
        "0.25 × 4.0000 + 0.75 × 5.0000",
    ]


@pytest.mark.parametrize(
    ("avg", "percent"),
    [(0.0, 50), (0.0001, 50), (-0.0001, 0), (-0.0001, -5), (-0.0001, None), (-0.0001, math.nan), (-0.0001, math.inf)],
)
def test_the_pump_gate_is_strict(avg: float, percent: float | None) -> None:
    assert pump(avg, percent) is None


@pytest.mark.parametrize("avg", [0.0, 0.0001])
def test_the_selling_gate_is_strict(avg: float) -> None:
    assert selling(avg, 30) is None


def test_the_gates_look_at_unrounded_values() -> None:
    assert pump(-1e-11, 1e-9) is not None
    assert selling(-1e-11) is not None


@given(averages, percents, streaks)
def test_scores_lie_between_0_and_10_and_are_never_nan(avg: float, percent: float, streak: int) -> None:
    for score in (pump(avg, percent, streak), selling(avg, streak)):
        assert 0 <= value(score) <= 10


@given(averages, averages, percents, percents, streaks, streaks)
def test_no_score_falls_when_an_input_gets_worse(
    avg: float, other_avg: float, percent: float, other_percent: float, streak: int, other_streak: int
) -> None:
    low_avg, high_avg = sorted((avg, other_avg))
    low_pct, high_pct = sorted((percent, other_percent))
    short, long = sorted((streak, other_streak))
    assert value(pump(low_avg, high_pct, long)) >= value(pump(high_avg, low_pct, short))
    assert value(selling(low_avg, long)) >= value(selling(high_avg, short))


@given(averages, percents, streaks)
def test_a_score_can_be_recomputed_from_its_parts(avg: float, percent: float, streak: int) -> None:
    if (found := pump(avg, percent, streak)) is not None and found.pump_magnitude is not None:
        again = found.funding_magnitude * found.pump_magnitude * (0.6 + 0.4 * found.persistence) * 10
        assert found.score == pytest.approx(min(10, again))
    if (found := selling(avg, streak)) is not None:
        assert found.score == pytest.approx(0.4 * found.funding_magnitude + 0.6 * found.persistence)


@given(averages, percents, streaks)
def test_the_explanation_ends_with_the_score(avg: float, percent: float, streak: int) -> None:
    for found in (pump(avg, percent, streak), selling(avg, streak)):
        if found is not None:
            steps = explain(found)
            assert steps[0].value == avg
            assert (steps[-1].label, steps[-1].value) == ("score", found.score)


def calculated(step: Step) -> float:
    """What a person gets who types the formula as it is printed."""
    if step.label == "avg_funding_72h":
        votes = [float(vote) for vote in step.formula.split(": ")[1].split()]
        return sum(votes) / len(votes) / 100
    names = {"__builtins__": {}, "min": min, "log10": math.log10}
    return float(eval(step.formula.replace("×", "*"), names))  # noqa: S307 - our own text


@given(st.lists(st.floats(-0.002, 0.001), min_size=1, max_size=13), st.floats(0.01, 5000), streaks)
def test_the_explained_arithmetic_can_be_typed_into_a_calculator(
    rates: list[float], percent: float, streak: int
) -> None:
    votes = tuple(ExchangeAverage(f"exchange {i}", "X", rate, 72.0, 9) for i, rate in enumerate(rates))
    avg = math.fsum(rates) / len(rates)
    funding = CoinFunding("EXMP", avg, avg, votes, 0, streak, None)
    for found in (pump_dump.score(funding, risen(percent)), insider_selling.score(funding, risen(percent))):
        for step in () if found is None else explain(found):
            shown = 1e-9 if step.label == "avg_funding_72h" else 2e-5  # well below the last digit that views show
            assert calculated(step) == pytest.approx(step.value, abs=shown)


def test_the_score_of_a_hosted_service_has_no_arithmetic_of_ours() -> None:
    found = pump(-0.0004, 50, 5)
    assert found is not None
    assert explain(replace(found, source="service")) == ()


@pytest.mark.parametrize(
    ("given_value", "digits", "expected"),
    [(2.675, 2, 2.68), (0.05, 1, 0.1), (-0.05, 1, -0.1), (-0.04, 1, 0.0), (8.44, 1, 8.4), (1e-9, 8, 0.0)],
)
def test_rounding_is_half_up_on_what_people_see(given_value: float, digits: int, expected: float) -> None:
    assert round_half_up(given_value, digits) == expected
    assert math.copysign(1, round_half_up(-0.04, 1)) == 1


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e300, -1.7e308])
def test_rounding_leaves_alone_what_has_no_decimals(number: float) -> None:
    assert repr(round_half_up(number, 2)) == repr(number)


def test_numpy_floats_are_rounded_like_any_other() -> None:
    assert repr(round_half_up(np.float64(2.675), 2)) == "2.68"
