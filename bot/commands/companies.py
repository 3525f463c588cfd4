"""What people call a company → the issuer that is meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping

from bot.commands.values import did_you_mean, shown
from bot.errors import UserError
from bot.feeds import sectors
from bot.feeds.tickers import clean_ticker
from bot.words import tr
from scoring.model import Issuer
from storage import Transaction

MOST_NAMED = 5  # companies that are offered where several are meant
NEAR_NAME = 0.75  # how alike two names must be, of 1
SEPARATORS = re.compile(r"[,;/\s]+")
SEVERAL = "several companies"  # what an error is about: which of them is meant is not known
CIK = re.compile(r"(?:cik\s*)?0*(\d{1,10})", re.IGNORECASE | re.ASCII)
# Words at the end of a company's name that nobody types.
FORMS = {
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "co",
    "company",
    "ltd",
    "limited",
    "plc",
    "llc",
    "lp",
    "nv",
    "sa",
}


def company_of(tx: Transaction, text: str, example: str, others: Iterable[Issuer] = ()) -> Issuer:
    """The issuer that a ticker in any spelling, a CIK or the beginning of a name means.

    `others` are issuers that are known and not stored. `example` is a command that has {} where the company stands.
    Raises UserError with what is nearest.
    """
    typed = text.strip().lstrip("$").strip()
    known = {one.cik or f"{one.ticker}": one for one in others} | tx.filings.issuers()
    found = _by_cik(typed, known) or _by_ticker(tx, typed, known) or _by_name(typed, known)
    if len(found) > 1:
        raise _several(typed, found, example)
    if not found:
        raise _nobody(typed, known, example)
    return found[0]


def _by_cik(typed: str, known: Mapping[str, Issuer]) -> list[Issuer]:
    match = CIK.fullmatch(typed)
    issuer = known.get(match.group(1).zfill(10)) if match else None
    return [issuer] if issuer is not None else []


def _by_ticker(tx: Transaction, typed: str, known: Mapping[str, Issuer]) -> list[Issuer]:
    ticker = clean_ticker(typed)
    if ticker is None or _letters(ticker) != _letters(typed):
        return []
    if ciks := tx.filings.named(ticker):
        return [known[cik] for cik in sorted(ciks) if cik in known]
    tickers = [(one, _letters(one.ticker)) for one in known.values() if one.ticker]
    # brkb for BRK-B, and a share class whose filings are typed under another one: BRK-A for BRK-B.
    return (
        [one for one, letters in tickers if letters == _letters(ticker)]
        or [one for one, _ in tickers if "-" in ticker and _root(one.ticker or "") == _root(ticker)]
    )  # fmt: skip


def _by_name(typed: str, known: Mapping[str, Issuer]) -> list[Issuer]:
    wanted = _said(typed)
    if len(wanted) < sectors.LEAST_BEGUN:
        return []
    begun = [one for one in known.values() if " ".join(_words(one.name)).startswith(wanted)]
    whole = [one for one in begun if _said(one.name) == wanted]
    return whole if len(whole) == 1 else sorted(begun, key=lambda one: one.name)


def _several(typed: str, found: Collection[Issuer], example: str) -> UserError:
    listed = [f"{one.name} ({one.ticker or f'CIK {int(one.cik or 0)}'})" for one in found][:MOST_NAMED]
    names = ", ".join(listed)
    if more := len(found) - len(listed):
        names = tr("{names} and {count} more", names=names, count=more)
    first = next(iter(found))
    # Two companies of one ticker are told apart by their CIKs.
    unique = first.ticker and sum(one.ticker == first.ticker for one in found) == 1
    named = first.ticker if unique else str(int(first.cik or 0))
    said = tr("{typed} may mean {names}; give the ticker or the CIK", typed=shown(typed), names=names)
    return UserError(said, example.format(named), about=SEVERAL)


def _nobody(typed: str, known: Mapping[str, Issuer], example: str) -> UserError:
    if sector := sectors.match(typed, sectors.SECTORS):
        command = example.rpartition(" ")[0]
        key = f"sector={sector}"
        said = tr("{typed} is no company; did you mean {key}?", typed=shown(typed), key=key)
        return UserError(said, f"{command} {key}")
    ticker = clean_ticker(typed)
    is_ticker = ticker is not None and _letters(ticker) == _letters(typed)
    near = _near(typed, known)
    hint = did_you_mean(near) if near else tr("/clusters lists what there is")
    if is_ticker:
        said = tr("No filing of {name} is stored; {hint}", name=ticker, hint=hint)
    else:
        said = tr("There is no company {typed} in the filings; {hint}", typed=shown(typed), hint=hint)
    return UserError(said, example.format(near) if near else "/clusters")


def _near(typed: str, known: Mapping[str, Issuer]) -> str | None:
    """The ticker that looks most like what was typed, or of the company whose name does."""
    tickers = {one.ticker: one.ticker for one in known.values() if one.ticker}
    close = difflib.get_close_matches(typed.upper(), tickers, n=1)
    words = [word for word in SEPARATORS.split(typed.upper()) if word in tickers]
    names = {_said(one.name): one.ticker for one in known.values() if one.ticker}
    named = difflib.get_close_matches(_said(typed), names, n=1, cutoff=NEAR_NAME)
    return next(iter([*close, *words, *(names[name] for name in named)]), None)


def _said(name: str) -> str:
    """A name as people say it: without its legal form."""
    words = _words(name)
    while len(words) > 1 and words[-1] in FORMS:
        words.pop()
    return " ".join(words)


def _words(name: str) -> list[str]:
    words = re.sub(r"[^\w\s]", "", name.casefold()).split()
    return words[1:] if len(words) > 1 and words[0] == "the" else words


def _letters(text: str | None) -> str:
    return re.sub(r"[^A-Z0-9]", "", (text or "").upper())


def _root(ticker: str) -> str:
    return ticker.partition("-")[0]
