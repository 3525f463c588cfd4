"""Which filers are one beneficial owner."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.model import Filer
from scoring.owners import disjoint_sets, is_person, role_of, who_is_who
from tests.builders_filings import buys, count, entity, filing, person, trade

ANN, BO, CY = person(1), person(2), person(3)


def test_filers_of_one_filing_are_one_owner() -> None:
    assert count(filing([ANN, entity(1), entity(2)])) == 1


def test_partners_who_also_buy_alone_are_not_swallowed_by_their_fund() -> None:
    fund = filing([entity(1), ANN, BO])
    assert count(fund, filing(ANN, trade(7)), filing(BO, trade(8))) == 2


def test_a_vehicle_stands_for_the_one_person_it_always_files_with() -> None:
    together = filing([ANN, entity(1)])
    assert count(together, filing(entity(1), trade(55))) == 1


def test_a_vehicle_of_two_people_stands_for_neither() -> None:
    assert count(filing([ANN, entity(1)]), filing([BO, entity(1)], trade(55)), filing(entity(1), trade(66))) == 1
    alone = who_is_who([filing([ANN, entity(1)]), filing([BO, entity(1)])])
    assert entity(1).cik not in alone.canonical


def test_entities_that_only_file_together_are_one() -> None:
    assert count(filing([entity(1), entity(2)]), filing(entity(2), trade(5)), filing(entity(1), trade(6))) == 1


def test_an_entity_that_files_only_with_a_persons_vehicle_is_the_persons_too() -> None:
    chain = [filing([entity(1), entity(2)], trade(31)), filing([entity(2), ANN], trade(32))]
    assert count(*chain, filing(entity(1), trade(33)), filing(ANN, trade(34))) == 1
    (found,) = buys(*chain, filing(entity(1), trade(33)), filing(ANN, trade(34)))
    assert any("which only ever files together with" in why for why in found.insiders[0].joined_because)


def test_an_entity_between_the_vehicles_of_two_people_is_neithers() -> None:
    chain = [filing([entity(1), entity(2)]), filing([entity(2), ANN]), filing([entity(1), entity(3)])]
    whole = who_is_who([*chain, filing([entity(3), BO])])
    assert entity(1).cik not in whole.canonical
    assert (whole.canonical[entity(2).cik], whole.canonical[entity(3).cik]) == (ANN.cik, BO.cik)


def test_a_sponsor_of_two_partners_swallows_neither_of_them() -> None:
    sponsor = entity(1, "Launch Sponsor")
    together = filing([sponsor, ANN, BO], trade(9_000))
    assert count(together) == 1
    assert count(together, filing(ANN, trade(71)), filing(BO, trade(72))) == 2
    assert count(together, filing(ANN, trade(71)), filing(BO, trade(72)), filing(CY, trade(73))) == 3


def test_spouses_are_one_where_they_file_together_and_two_where_they_do_not() -> None:
    assert count(filing([ANN, BO])) == 1
    assert count(filing(ANN, trade(41)), filing(BO, trade(42))) == 2


def test_people_who_share_a_surname_are_two() -> None:
    father, son = Filer("0000000011", "Smith John Sr"), Filer("0000000012", "Smith John Jr")
    assert count(filing(father, trade(11)), filing(son, trade(12))) == 2


def test_one_person_with_two_ciks_is_one() -> None:
    first, second = Filer("0000000011", "Smith John A."), Filer("0000000012", "SMITH JOHN A")
    assert count(filing(first, trade(11)), filing(second, trade(12))) == 1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Smith John A", "John A. Smith", 1),
        ("Dr. Smith John", "SMITH JOHN MD", 1),
        ("Fairweather, Jr. Fred", "Fairweather Fred Jr.", 1),
        ("Smith John", "Smith John Jr", 2),
        ("Smith John II", "Smith John III", 2),
        ("Smith John A", "Smith John B", 2),
        ("Acme Fund LLC", "ACME FUND, LLC", 2),
    ],
)
def test_two_ciks_are_one_person_only_under_the_same_name_and_suffix(one: str, other: str, expected: int) -> None:
    first, second = Filer("0000000011", one), Filer("0000000012", other)
    assert count(filing(first, trade(11)), filing(second, trade(12))) == expected


def test_a_person_is_shown_before_a_vehicle_and_the_join_has_a_reason() -> None:
    (found,) = buys(filing([entity(1), ANN]))
    (insider,) = found.insiders
    assert insider.name == ANN.name
    assert len(insider.filers) == 2
    assert any("only ever files together with" in why for why in insider.joined_because)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Hoffman Reid", True),
        ("CANTOR FITZGERALD, L. P.", False),
        ("Founders Fund VI, LP", False),
        ("BANK OF AMERICA CORP /DE/", False),
        ("van der Berg Jan", True),
        ("Schaufeld Family Trust", False),
        ("Lee Yueh-Se", True),
        ("Lee Se Jin", True),
        ("de Sa Joao", True),
        ("Pale River SE", False),
        ("Alpenglow AG", False),
        ("Grande Ourse S.A.", False),
        ("Sierra Azul SA de CV", False),
        ("MILL & LATHE CO INC /DE/", False),
        ("TIDEWATER CO/VA/", False),
        ("Keystonecorp /NEW/", False),
        ("Polder N.V.", False),
    ],
)
def test_names_tell_people_from_entities(name: str, expected: bool) -> None:
    assert is_person(Filer("0000000001", name)) is expected


def test_an_officer_is_a_person_whatever_the_name() -> None:
    assert is_person(Filer("0000000001", "Group Bank Jr", is_officer=True))


def test_roles_are_told_from_the_most_telling_down() -> None:
    assert role_of(person(1, is_officer=True, officer_title="CEO", is_director=True)) == "CEO"
    assert role_of(person(1, is_director=True, is_ten_percent_owner=True)) == "director"
    assert role_of(person(1, is_ten_percent_owner=True)) == "10 % owner"
    assert role_of(person(1)) is None


owner_sets = st.lists(st.frozensets(st.sampled_from("abcdefg"), min_size=1, max_size=3), min_size=1, max_size=8)


@given(owner_sets)
def test_the_choice_is_disjoint_and_none_is_larger(sets: list[frozenset[str]]) -> None:
    chosen = disjoint_sets(sets)
    assert all(not one & other for one, other in combinations(chosen, 2))
    distinct = list(set(sets))
    best = max(
        size
        for size in range(len(distinct) + 1)
        for some in combinations(distinct, size)
        if all(not one & other for one, other in combinations(some, 2))
    )
    assert len(chosen) == best


@given(owner_sets)
def test_the_choice_does_not_depend_on_the_order(sets: list[frozenset[str]]) -> None:
    assert disjoint_sets(sets) == disjoint_sets(list(reversed(sets)))
