"""What is held back."""

import math
from dataclasses import replace
from datetime import timedelta

from scoring.model import Held
from storage import Storage
from tests.builders_storage import NOW

WILD = Held("okx", "A-USDT-SWAP", "A", "beyond its cap of 3 %", 0.9, NOW - timedelta(hours=1), 2)


def test_what_is_held_now_replaces_what_was_held_before(storage: Storage) -> None:
    other = replace(WILD, exchange="binance", symbol="BUSDT", base_coin="B")
    with storage.write() as tx:
        tx.quarantine.put([WILD], NOW)
        tx.quarantine.put([WILD, other], NOW)
        assert tx.quarantine.entries() == (other, WILD)
        tx.quarantine.put([], NOW)
        assert tx.quarantine.entries() == ()


def test_one_contract_may_be_held_for_two_reasons(storage: Storage) -> None:
    with storage.write() as tx:
        tx.quarantine.put([WILD, replace(WILD, reason="its interval is unknown")], NOW)
        assert len(tx.quarantine.entries()) == 2


def test_what_was_no_number_comes_back_as_none_and_infinity_as_itself(storage: Storage) -> None:
    with storage.write() as tx:
        tx.quarantine.put([replace(WILD, value=math.nan), replace(WILD, value=-math.inf)], NOW)
        first, second = tx.quarantine.entries()
    assert math.isnan(first.value)
    assert second.value == -math.inf
