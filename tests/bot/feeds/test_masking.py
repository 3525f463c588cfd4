"""What a recording must not hold."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.masking import MASK, is_secret, masked_json, masked_params, masked_text

CANARY = "canary-7f3a91c2"
SECRET_NAMES = ("api_token", "apikey", "key", "token", "signature", "x_cg_demo_api_key", "x_cg_pro_api_key")


def as_written(name: str) -> st.SearchStrategy[str]:
    """The name in any mixture of cases, with any separator."""
    cases = st.lists(st.booleans(), min_size=len(name), max_size=len(name))
    mixed = cases.map(lambda up: "".join(c.upper() if u else c for c, u in zip(name, up, strict=True)))
    return st.tuples(mixed, st.sampled_from("_-. ")).map(lambda pair: pair[0].replace("_", pair[1]))


@given(st.sampled_from(SECRET_NAMES).flatmap(as_written))
def test_a_name_is_secret_however_it_is_written(name: str) -> None:
    assert is_secret(name)
    assert masked_params([(name, CANARY)]) == ((name, MASK),)


@pytest.mark.parametrize(
    "name", ["accessToken", "secretKey", "ACCESS-PASSPHRASE", "sig", "sign", "auth", "api_sign", "tokens"]
)
def test_relatives_of_those_names_are_secret_too(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["symbol", "startTime", "limit", "category", "type", "ids", "design", "keyword", "c"])
def test_what_says_what_is_asked_is_kept(name: str) -> None:
    assert not is_secret(name)
    assert masked_params([(name, "BTCUSDT")]) == ((name, "BTCUSDT"),)


@given(
    st.recursive(
        st.just(CANARY),
        lambda inner: st.dictionaries(st.sampled_from([*SECRET_NAMES, "coins", "filter"]), inner) | st.lists(inner),
    )
)
def test_no_depth_of_a_body_hides_a_secret(inner: object) -> None:
    assert CANARY not in json.dumps(masked_json({"req": {"apiKey": inner}}))  # type: ignore[dict-item]


def test_a_known_secret_is_masked_wherever_it_stands() -> None:
    secrets = [CANARY, CANARY + "-longer", "short"]
    assert masked_text(f"/v1/{CANARY}-longer/short", secrets) == f"/v1/{MASK}/short"
    assert masked_params([("id", f"a{CANARY}b")], secrets) == (("id", f"a{MASK}b"),)
    assert masked_json({"q": [CANARY, 1, None, True]}, secrets) == {"q": [MASK, 1, None, True]}
