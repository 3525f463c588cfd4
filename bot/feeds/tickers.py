"""Trading symbols as filers type them → the ticker to show."""

from __future__ import annotations

import re

# What filers write when there is no ticker.
NONE_LIKE = {
    "NONE",
    "N/A",
    "NA",
    "N.A.",
    "N-A",
    "NOT APPLICABLE",
    "NO SYMBOL",
    "-",
    "--",
    "NULL",
    "TBD",
    "PRIVATE",
}
EXCHANGE_PREFIX = re.compile(
    r"^(NYSE|NASDAQ|NYSEAMERICAN|NYSE AMERICAN|AMEX|OTC|OTCQB|OTCQX|TSX|TSXV|CSE|LSE)\s*[:\s]\s*"
)
VENUE_SUFFIX = re.compile(r"\.(OB|PK|OQ|N|O)$")
SHARE_CLASS = re.compile(r"^([A-Z]{1,5})[./\- ]([A-Z]{1,2})$")
SEVERAL = re.compile(r"\s+AND\s+|[,;&/|]|\s+")
TICKER = re.compile(r"^[A-Z][A-Z0-9]{0,5}(-[A-Z]{1,2})?$")
VENUES = {"NYSE", "NASDAQ", "AMEX", "OTC", "OTCQB", "OTCQX"}


def clean_ticker(symbol: str | None) -> str | None:
    """The ticker in hyphen form; None where the filer gave none.

    >>> clean_ticker("BRK.A"), clean_ticker("(siri)"), clean_ticker("NYSE: KRC"), clean_ticker("N/A")
    ('BRK-A', 'SIRI', 'KRC', None)
    >>> clean_ticker("BIO BIOB"), clean_ticker("HBIA.PK"), clean_ticker("1314152")
    ('BIO', 'HBIA', None)
    """
    text = re.sub(r"[()\[\]\"'*]", "", symbol or "").strip().upper()
    text = EXCHANGE_PREFIX.sub("", text).strip()
    if not text or text in NONE_LIKE or text in VENUES:
        return None
    text = VENUE_SUFFIX.sub("", text)
    if share_class := SHARE_CLASS.match(text):
        return "-".join(share_class.groups())
    parts = SEVERAL.split(text)
    if len(parts) > 1 and all(len(part) == 1 for part in parts):
        parts = ["".join(parts)]  # "N O G" is NOG, spelled out
    for part in parts:
        word = part.strip().replace(".", "-")
        if TICKER.match(word) and word not in NONE_LIKE and word not in VENUES:
            return word
    return None
