"""The [edgar] section of config.toml, and whether EDGAR would take requests that are signed so."""

from __future__ import annotations

import re
import unicodedata

from pydantic import Field

from bot import __version__
from bot.settings import Settings

MISSING = "off: EDGAR asks every program for a name and an e-mail address; set edgar.name and edgar.email"
ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
NOBODY = re.compile(r"(no|do-?not|never)-?_?\.?reply|nobody|mailer-daemon|postmaster|(your|my)?[._-]?(e?mail|name)|you")
NOWHERE = re.compile(
    r"(.+\.)?(example\.\w+|your-?(domain|company|site)\.\w+|domain\.com)|.+\.(example|test|invalid|local|localhost)"
)


class EdgarSettings(Settings):
    """Filings from the SEC's EDGAR."""

    name: str = Field(
        "", max_length=100, description="who asks: your name or your company's; EDGAR wants it with every request"
    )
    email: str = Field(
        "",
        max_length=200,
        repr=False,  # personal
        description="where EDGAR's people can reach you; it goes to the SEC with every request, and nowhere else",
    )
    history_days: int = Field(
        365,
        ge=0,
        le=365,
        description="days of filings that are read in the background; 0: only what is filed from now on",
    )
    url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="where EDGAR is asked instead of www.sec.gov, such as a mirror of yours",
    )


def problem(settings: EdgarSettings) -> str:
    """Why EDGAR cannot be asked, with the way out and without the address; nothing when all is well."""
    name, email = plain(settings.name), settings.email.strip()
    if not settings.name.strip() or not email:
        return MISSING
    if not name:
        return "off: edgar.name has no Latin letters, and a request can carry no others; write it in Latin letters"
    if "@" in name:
        return "off: edgar.name holds an e-mail address; set it to a name, and edgar.email to the address"
    if not ADDRESS.fullmatch(email):
        return "off: edgar.email is no e-mail address; set it to one at which EDGAR's people can reach you"
    mailbox, _, host = email.lower().partition("@")
    if NOBODY.fullmatch(mailbox) or NOWHERE.fullmatch(host):
        return "off: edgar.email is a placeholder or an address that nobody reads, which EDGAR turns away; set your own"
    return ""


def user_agent(settings: EdgarSettings) -> str:
    """How requests are signed, in the form that the SEC asks for: who, where to write, with what program."""
    return f"{plain(settings.name)} {settings.email.strip()} tocsin/{__version__}"


def plain(text: str) -> str:
    """Text as a header can carry it: on one line, and in ASCII.

    >>> plain(" Jörg  Müller ")
    'Jorg Muller'
    """
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in letters).split())
