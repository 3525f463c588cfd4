"""The fast search for clusters finds what the rules as plain loops find, on generated filings."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.clusters import ClusterRule, find_clusters
from scoring.model import Filing
from scoring.owners import disjoint_sets, who_is_who
from tests.builders_clusters import (
    ISSUERS,
    RULES,
    largest_disjoint,
    many_filings,
    slow_clusters,
    slow_owners,
    told,
)
from tests.builders_filings import NOW

owner_sets = st.lists(st.frozensets(st.sampled_from("abcdefgh"), min_size=1, max_size=3), max_size=8)


@settings(max_examples=300, deadline=None)
@given(many_filings(), RULES)
def test_the_fast_search_finds_what_plain_loops_find(filings: list[Filing], rule: ClusterRule) -> None:
    assert told(find_clusters(filings, ISSUERS, rule, NOW)) == slow_clusters(filings, ISSUERS, rule, NOW)


@given(many_filings())
def test_who_is_who_is_what_plain_loops_say(filings: list[Filing]) -> None:
    own = sorted(filings, key=lambda one: (one.accepted_at, one.accession))
    canonical, filers = slow_owners(own)
    found = who_is_who(own)
    assert (found.canonical, found.filers) == (canonical, filers)


@given(owner_sets)
def test_the_choice_of_owners_is_the_first_of_the_largest(sets: list[frozenset[str]]) -> None:
    assert disjoint_sets(sets) == largest_disjoint(set(sets))
