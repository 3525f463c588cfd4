"""What the chat platforms on the net share: asking them without telling a secret, and texts that must be harmless.

The functions on texts and tables are pure; `Wire` is the one thing here that is opened and closed.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from rich.cells import cell_len

from bot.errors import Failure, SendError
from bot.feeds.faults import shown
from bot.feeds.masking import masked_text
from bot.views.elements import Cell, Meter, Table, View

PHONE_CELLS = 34  # of a fixed-width font, before a telephone wraps the line
GAP = 2  # cells between two columns
MARKS_IN_A_ROW = 4  # combining ones; more of them paint over the lines above and below
REFS = 10  # in the shortest form of a message

BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
# Control characters; invisible marks, those that reorder text among them; halves of characters.
HARMFUL = {"Cc", "Cf", "Cs"}
# Letters, marks and symbols that show nothing, so that two names could look the same, or one like none.
BLANK = set("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
COMBINING = {"Mn", "Me"}

MOST_BYTES = 4 * 1024 * 1024  # of an answer
CONNECTIONS = httpx.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=15.0)
# A filter does not see what a logger's children log, so each of them is named.
LOGGERS = ("httpx", "httpcore", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
# The request certainly never left. All other errors may hide that it arrived.
NEVER_LEFT = (
    httpx.ConnectError,  # name resolution and TLS among them
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


def clean(text: str) -> str:
    """The text in one line, without what could hide, reorder or paint over what stands beside it."""
    kept: list[str] = []
    marks = 0
    for char in BREAKS.sub(" ", text):
        kind = unicodedata.category(char)
        marks = marks + 1 if kind in COMBINING else 0
        if kind not in HARMFUL and char not in BLANK and marks <= MARKS_IN_A_ROW:
            kept.append(char)
    return "".join(kept).strip()


def units(text: str) -> int:
    """The length in UTF-16 code units, which is what the platforms count."""
    return len(text) + sum(char > "\uffff" for char in text)


def cut(text: str, most: int) -> str:
    """At most so many UTF-16 units of the text, with … where something is left out."""
    if units(text) <= most:
        return text
    left = most - 1
    end = 0
    for char in text:
        left -= units(char)
        if left < 0:
            break
        end += 1
    while end and unicodedata.category(text[end]) in COMBINING:  # a mark would land on the …
        end -= 1
    return text[:end].rstrip() + "…"


def web_address(url: str) -> str | None:
    """The URL where it may become a link: https, a plain host, and no character that could end the link."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    is_plain = parts.netloc.isascii() and "@" not in parts.netloc and clean(url) == url and " " not in url
    if parts.scheme != "https" or not parts.hostname or not is_plain:
        return None
    # quote() would touch what is quoted already; these are only those that end a link somewhere.
    safe = quote(url, safe="%/:=&?~#+!$,;'@[]*._-")
    return safe if len(safe) <= 1000 else None


def aligned(table: Table) -> list[str] | None:
    """The table as lines of columns, its titles first; None where that is too wide for a telephone."""
    rows = [[clean(column.title) for column in table.columns], *([_plain(cell) for cell in row] for row in table.rows)]
    widths = [max(cell_len(row[at]) for row in rows) for at in range(len(table.columns))]
    if not widths or sum(widths) + GAP * (len(widths) - 1) > PHONE_CELLS:
        return None
    right = [column.align == "right" for column in table.columns]
    return [
        (" " * GAP).join(_padded(cell, widths[at], right=right[at]) for at, cell in enumerate(row)).rstrip()
        for row in rows
    ]


def row_groups(table: Table) -> list[tuple[str, str]]:
    """Each row as a heading, its cells up to the first text, and one line of `title value` for the others."""
    lefts = [at for at, column in enumerate(table.columns) if column.align == "left"]
    first = (lefts[0] if lefts else 0) + 1
    titles = [clean(column.title) for column in table.columns[first:]]
    groups = []
    for row in table.rows:
        cells = [_plain(cell) for cell in row]
        pairs = zip(titles, cells[first:], strict=True)
        details = " · ".join(f"{title} {value}".strip() for title, value in pairs if value)
        groups.append((" ".join(cell for cell in cells[:first] if cell), details))
    return groups


def fitting(view: Callable[[int], View], fits: Callable[[View], bool], most: int) -> View:
    """The message with as many alerts as fit, `most` at most; with one where not even that fits."""
    for shown_alerts in range(most, 1, -1):
        if fits(found := view(shown_alerts)):
            return found
    return view(1)


def shortest(refs: Sequence[str]) -> str:
    """What is left to say when a platform refuses the message itself."""
    if not refs:
        return "An alert could not be shown; /status tells more"
    more = " …" if len(refs) > REFS else ""
    return f"An alert could not be shown: {' '.join(f'#{ref}' for ref in refs[:REFS])}{more}, /why {refs[0]}"


def seconds(value: object, default: float) -> float:
    """How long a platform asks to wait, where it says so with a number."""
    try:
        found = float(str(value))
    except ValueError:
        return default
    return max(0.0, found) if math.isfinite(found) else default


def of_no_chat(error: SendError) -> SendError:
    """What a failure means that met no message: none is in doubt, and no chat is to blame."""
    if error.failure in (Failure.LIMITED, Failure.REVOKED, Failure.UNKNOWN):
        return error
    return SendError(str(error), Failure.UNSENT)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform answered."""

    status: int
    headers: Mapping[str, str]  # by name without case
    body: Any  # the JSON; None where it is none

    @property
    def is_success(self) -> bool:
        """Whether the platform took what it was asked."""
        return 200 <= self.status < 300

    @property
    def facts(self) -> Mapping[str, Any]:
        """The JSON object of the answer; empty where it is none."""
        return self.body if isinstance(self.body, dict) else {}


class Redaction(logging.Filter):
    """Takes secrets out of what the HTTP libraries log: httpx writes every URL, and Telegram's holds the token."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without secrets."""
        text = record.getMessage()
        masked = masked_text(text, self._secrets)
        if masked != text:
            record.msg, record.args = masked, None
        return True

    def install(self) -> None:
        """Watch the loggers of the HTTP libraries."""
        for name in LOGGERS:
            logging.getLogger(name).addFilter(self)

    def remove(self) -> None:
        """Watch them no longer."""
        for name in LOGGERS:
            logging.getLogger(name).removeFilter(self)


class Wire:
    """One platform over HTTP: each `ask` is one request, and no error or log line holds a secret."""

    def __init__(
        self, platform: str, token: str, timeout_seconds: float, headers: Mapping[str, str] | None = None
    ) -> None:
        self._platform = platform
        self._secrets = tuple({token, quote(token, safe=""), token.rpartition(":")[2]} - {""})
        self._timeout = timeout_seconds
        self._redaction = Redaction(self._secrets)
        self._redaction.install()
        # No redirect is followed: a token must not travel to another host.
        self._client = httpx.AsyncClient(
            headers=dict(headers or {}), timeout=timeout_seconds, limits=CONNECTIONS, follow_redirects=False
        )

    async def ask(self, method: str, url: str, body: Any = None, params: Mapping[str, Any] | None = None) -> Answer:
        """The answer, whatever its status. Raises SendError where there is none: UNSENT or UNKNOWN."""
        try:
            # A turn, a connection and the answer; and no dripping answer holds a message for ever.
            async with asyncio.timeout(3 * self._timeout):
                return await self._answer(method, url, body, params)
        except NEVER_LEFT as error:
            failed = self.error(f"not sent ({type(error).__name__}): {error}")
        except (httpx.HTTPError, TimeoutError) as error:
            failed = self.error(f"no answer ({type(error).__name__})", Failure.UNKNOWN)
        # Raised out here so that it drags no context along: an httpx error knows the whole URL.
        raise failed

    def error(self, told: str, failure: Failure = Failure.UNSENT, **how: Any) -> SendError:
        """A SendError whose text names the platform and holds no secret."""
        return SendError(f"{self._platform}: {shown(told, self._secrets)}", failure, **how)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()
        self._redaction.remove()

    async def _answer(self, method: str, url: str, body: Any, params: Mapping[str, Any] | None) -> Answer:
        found = bytearray()
        async with self._client.stream(method, url, json=body, params=params) as response:
            async for chunk in response.aiter_bytes():
                found += chunk
                if len(found) > MOST_BYTES:
                    return Answer(response.status_code, response.headers, None)
            return Answer(response.status_code, response.headers, _json(found))


def _json(body: bytearray) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _plain(cell: Cell) -> str:
    return clean(cell.text if isinstance(cell, Meter) else cell)


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if right else text + space
