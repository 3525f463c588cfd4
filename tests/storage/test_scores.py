"""The scores of a refresh."""

from dataclasses import replace
from datetime import timedelta

from scoring.detection import CoinState, Standing
from scoring.model import CoinFunding, CoinScore, ExchangeAverage, PriceChanges, Signal
from storage import Storage
from tests.builders_storage import NOW

FUNDING = CoinFunding("A", -0.0003, -0.0003, (ExchangeAverage("okx", "A", -0.0003, 72, 9),), 1, 2, None)
OWN = CoinScore(Signal.PUMP, "A", 4.5, 0.6, 0.5, 0.7, FUNDING, PriceChanges(1.5, 38.0, 2.0), 1)


def test_a_score_says_whose_formula_it_is_of(storage: Storage) -> None:
    hosted = replace(OWN, base_coin="B", source="service")
    states = [CoinState(one.base_coin, Signal.PUMP, Standing.SCORED, one.score, 1) for one in (OWN, hosted)]
    with storage.write() as tx:
        claim = tx.refreshes.claim(7, "me", NOW, timedelta(minutes=20))
        assert claim is not None
        tx.scores.put(7, Signal.PUMP, states, {"A": OWN, "B": hosted})
        assert tx.scores.states(7, Signal.PUMP) == {state.base_coin: state for state in states}
        sources = tx.connection.exec_driver_sql("SELECT source FROM score ORDER BY base_coin_id").scalars().all()
    assert sources == ["own", "service"]
