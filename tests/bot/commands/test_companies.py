"""What people call a company, and whom they mean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.commands.companies import company_of
from bot.errors import UserError
from scoring.model import Issuer
from storage import Storage
from tests.builders_filings import ACME, filing, person

ACME_FOODS = Issuer("0000000002", "Acme Foods Corp", "ACF", None, None)
BRIX = Issuer("0000000003", "Brixton Halloway Inc /DE/", "BRX-B", None, None)
NAMELESS = Issuer("0000000004", "The Quiet Room Co", None, None, None)
OLD = Issuer("0000000005", "Old Twin plc", "TWIN", None, None)
NEW = Issuer("0000000006", "New Twin plc", "TWIN", None, None)
ALL = (ACME, ACME_FOODS, BRIX, NAMELESS, OLD, NEW)


@pytest.fixture
def companies(storage: Storage) -> Storage:
    with storage.write() as tx:
        tx.filings.put_issuers(ALL)
        tx.filings.add([filing(person(i), issuer=issuer) for i, issuer in enumerate(ALL)])
        tx.filings.put_tickers({BRIX.cik: ("BRX-B", "BRX-A")})
    return storage


def meant(storage: Storage, text: str) -> Issuer:
    with storage.read() as tx:
        return company_of(tx, text, "/clusters ticker={}")


def refused(storage: Storage, text: str) -> UserError:
    with storage.read() as tx, pytest.raises(UserError) as error:
        company_of(tx, text, "/clusters ticker={}")
    return error.value


@pytest.mark.parametrize(
    ("typed", "issuer"),
    [
        ("ACME", ACME), ("acme", ACME), ("$acme", ACME), (" ACF ", ACME_FOODS),
        ("BRX.B", BRIX), ("brx-b", BRIX), ("BRX/B", BRIX), ("brx b", BRIX), ("brxb", BRIX), ("BRX.A", BRIX), ("brx-a", BRIX),
        ("brixton", BRIX), ("Brixton Hal", BRIX), ("acme foods", ACME_FOODS), ("Acme, Inc.", ACME), ("ACME INC", ACME),
        ("quiet room", NAMELESS), ("The Quiet Room Company", NAMELESS), ("4", NAMELESS), ("0000000004", NAMELESS), ("CIK 4", NAMELESS),
    ],
)  # fmt: skip
def test_a_company_is_found_under_what_people_call_it(companies: Storage, typed: str, issuer: Issuer) -> None:
    assert meant(companies, typed).cik == issuer.cik


def test_a_share_class_that_nobody_typed_is_its_company_even_without_the_list_of_tickers(storage: Storage) -> None:
    with storage.write() as tx:
        tx.filings.add([filing(person(1), issuer=BRIX)])
    assert meant(storage, "BRX.A").cik == BRIX.cik


def test_two_companies_of_one_ticker_are_told_apart_by_their_ciks(companies: Storage) -> None:
    error = refused(companies, "TWIN")
    assert error.message == ("TWIN may mean Old Twin plc (TWIN), New Twin plc (TWIN); give the ticker or the CIK")
    assert error.example == "/clusters ticker=5"
    assert meant(companies, "5").cik == OLD.cik


def test_a_beginning_that_fits_several_names_them(companies: Storage) -> None:
    assert refused(companies, "acm").message == (
        "acm may mean Acme Foods Corp (ACF), Acme Inc (ACME); give the ticker or the CIK"
    )
    assert refused(companies, "acm").example == "/clusters ticker=ACF"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("ACMEE", "No filing of ACMEE is stored; did you mean ACME?"),
        ("brixtn haloway", "There is no company brixtn haloway in the filings; did you mean BRX-B?"),
        ("ZZ", "No filing of ZZ is stored; /clusters lists what there is"),
        ("real estate", "real estate is no company; did you mean sector=Real Estate?"),
        ("ACF,ACME", "There is no company ACF,ACME in the filings; did you mean ACME?"),
        ("???", "There is no company ??? in the filings; /clusters lists what there is"),
        ("999", "There is no company 999 in the filings; /clusters lists what there is"),
    ],
)
def test_who_is_not_found_is_answered_with_the_nearest(companies: Storage, typed: str, message: str) -> None:
    assert refused(companies, typed).message == message


def test_companies_that_only_a_hosted_service_knows_are_found_too(storage: Storage) -> None:
    hosted = (replace(ACME, cik=""), replace(ACME_FOODS, cik="", ticker=None))
    with storage.read() as tx:
        assert company_of(tx, "acme", "/clusters ticker={}", hosted) == hosted[0]
        assert company_of(tx, "acme foods", "/clusters ticker={}", hosted) == hosted[1]
