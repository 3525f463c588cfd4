"""Whether EDGAR would take requests that are signed so."""

from __future__ import annotations

import pytest

from bot import __version__
from bot.feeds.edgar.settings import MISSING, EdgarSettings, problem, user_agent


@pytest.mark.parametrize(
    ("name", "email"),
    [("Jane Doe", "jane@doe.org"), ("Acme & Sons", "edgar+bot@mail.acme.co.uk"), ("Jörg Müller", "j_m@posteo.de")],
)
def test_a_name_and_an_address_are_enough(name: str, email: str) -> None:
    assert problem(EdgarSettings(name=name, email=email)) == ""


@pytest.mark.parametrize(("name", "email"), [("", ""), ("Jane Doe", ""), ("", "jane@doe.org"), ("  ", "jane@doe.org")])
def test_without_either_it_is_off_and_says_what_to_set(name: str, email: str) -> None:
    said = "off: EDGAR asks every program for a name and an e-mail address; set edgar.name and edgar.email"
    assert problem(EdgarSettings(name=name, email=email)) == said == MISSING


@pytest.mark.parametrize(
    "email",
    [
        "jane@example.com",
        "jane@mail.example.org",
        "jane@acme.test",
        "jane@acme.invalid",
        "noreply@acme.org",
        "no-reply@acme.org",
        "Do-Not-Reply@acme.org",
        "donotreply@acme.org",
        "your.email@acme.org",
        "your-name@acme.org",
        "you@acme.org",
        "jane@yourdomain.com",
        "jane@your-company.com",
    ],
)
def test_an_address_that_nobody_reads_is_refused(email: str) -> None:
    assert "that nobody reads" in problem(EdgarSettings(name="Jane Doe", email=email))


@pytest.mark.parametrize(
    "email", ["jane", "jane@acme", "@acme.org", "jane@ acme.org", "jane@acme.org\r\nX: y", "a@b@c.de"]
)
def test_what_is_no_address_is_refused(email: str) -> None:
    assert "is no e-mail address" in problem(EdgarSettings(name="Jane Doe", email=email))


def test_an_address_in_place_of_the_name_is_told() -> None:
    assert "edgar.name holds an e-mail address" in problem(EdgarSettings(name="jane@doe.org", email="jane@doe.org"))


@pytest.mark.parametrize("email", ["canary@example.com", "canary", "noreply@canary.org"])
def test_what_is_wrong_is_told_without_the_address(email: str) -> None:
    settings = EdgarSettings(name="Jane Doe", email=email)
    assert "canary" not in problem(settings) + repr(settings)


def test_the_signature_is_one_line_of_ascii_with_who_where_and_what() -> None:
    signed = user_agent(EdgarSettings(name=" Jörg\r\n Müller", email=" jm@posteo.de "))
    assert signed == f"Jorg Muller jm@posteo.de tocsin/{__version__}"


def test_a_name_in_another_script_is_asked_for_in_latin_letters() -> None:
    assert "write it in Latin letters" in problem(EdgarSettings(name="王小明", email="wang@posteo.de"))
