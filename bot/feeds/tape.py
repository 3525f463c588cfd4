"""A recording on disk: one folder per refresh, with what the feeds asked and what they were answered.

DIR/20261125T123000Z/ holds `index.json` (an `Index`), the bodies it names, and perhaps tables that are no answers
(`tape_state.py`). A body NAME-raw.gz came gzipped and is kept as it came; NAME.gz was compressed for the tape.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO, Self, cast

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from bot.errors import UserError
from bot.feeds.masking import masked_json, masked_params, masked_text

FORMAT = 1
INDEX = "index.json"
SETTLEMENTS = "settlements.parquet"  # what a backfill stored since the folder before
CANDLES = "candles.parquet"  # prices that it stored
CHUNK = 64 * 1024  # bytes
HEADERS = ("content-type", "content-encoding", "retry-after", "location")  # of an answer; no others are kept

_EXAMPLE = "tocsin record recordings"


class Failure(StrEnum):
    """How a request ended that got no whole answer; the names of httpx."""

    CONNECT = "connect"
    CONNECT_TIMEOUT = "connect timeout"
    TIMEOUT = "timeout"
    READ = "read"
    WRITE_TIMEOUT = "write timeout"
    WRITE = "write"
    POOL_TIMEOUT = "pool timeout"
    CLOSE = "close"
    PROXY = "proxy"
    PROTOCOL = "protocol"
    OUR_PROTOCOL = "our protocol"
    UNSUPPORTED = "unsupported"
    GIVEN_UP = "given up"  # we waited no longer, or read no further


RAISED: dict[Failure, type[httpx.TransportError]] = {
    Failure.CONNECT: httpx.ConnectError,
    Failure.CONNECT_TIMEOUT: httpx.ConnectTimeout,
    Failure.TIMEOUT: httpx.ReadTimeout,
    Failure.READ: httpx.ReadError,
    Failure.WRITE_TIMEOUT: httpx.WriteTimeout,
    Failure.WRITE: httpx.WriteError,
    Failure.POOL_TIMEOUT: httpx.PoolTimeout,
    Failure.CLOSE: httpx.CloseError,
    Failure.PROXY: httpx.ProxyError,
    Failure.PROTOCOL: httpx.RemoteProtocolError,
    Failure.OUR_PROTOCOL: httpx.LocalProtocolError,
    Failure.UNSUPPORTED: httpx.UnsupportedProtocol,
    Failure.GIVEN_UP: httpx.ReadTimeout,  # what we did not wait for is late in a replay too
}


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(_Stored):
    """What was asked, without its secrets."""

    method: str
    host: str  # with its port where that is not the usual one
    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: JsonValue = None  # JSON as it was sent; "sha256:..." of anything else


class Answer(_Stored):
    """One request and how it ended."""

    asked: Asked
    status: int | None = Field(None, ge=100, le=599)  # None: it failed before there was one
    headers: dict[str, str] = Field(default_factory=dict)
    file: Annotated[str, Field(pattern=r"^[0-9a-f]{32}(-raw)?\.gz$")] | None = None  # None: there was no body
    size: int = Field(0, ge=0)  # bytes of the body as received
    elapsed: float = Field(ge=0)  # seconds from asking to the end of the body
    error: Failure | None = None  # with a status: it failed after `size` bytes of the body

    @model_validator(mode="after")
    def _ends_somehow(self) -> Self:
        if self.status is None and self.error is None:
            raise ValueError("neither a status nor an error")
        return self


class Index(_Stored):
    """The contents of a folder's index.json."""

    format: int = FORMAT
    tocsin: str  # version that recorded it
    now: AwareDatetime  # the instant of the refresh
    answers: tuple[Answer, ...]  # in the order in which they were asked for


@dataclass(frozen=True, slots=True)
class Folder:
    """One recorded refresh."""

    path: Path
    now: datetime

    def answers(self) -> tuple[Answer, ...]:
        """What was asked in it. Raises UserError."""
        return read_index(self.path).answers

    def body(self, answer: Answer) -> Iterator[bytes]:
        """The body of an answer, byte for byte as it was received. Raises UserError where it is damaged."""
        if answer.file is None:
            return
        path, size = self.path / answer.file, 0
        try:
            with _open_body(path) as file:
                while chunk := file.read(CHUNK):
                    size += len(chunk)
                    yield chunk
        except (OSError, EOFError, zlib.error) as error:
            raise UserError(f"{path}: damaged ({error}); copy the recording again") from error
        if size != answer.size:
            raise UserError(f"{path}: damaged ({size} of {answer.size} bytes); copy the recording again")


@dataclass(frozen=True, slots=True)
class Tape:
    """A recording: its refreshes in the order of their instants, one at least."""

    path: Path
    folders: tuple[Folder, ...]

    @property
    def instants(self) -> tuple[datetime, ...]:
        """The instants of the refreshes."""
        return tuple(folder.now for folder in self.folders)


def open_tape(path: Path) -> Tape:
    """The recording in a folder, or the one refresh that the folder is. Raises UserError, which names the fault."""
    if not path.is_dir():
        raise UserError(f"{path}: no such folder; name the one that a recording is in", _EXAMPLE)
    inside = [path] if (path / INDEX).exists() else sorted(p for p in path.iterdir() if _is_refresh(p))
    if not inside:
        raise UserError(f"{path}: no recorded refresh in it; record some first", _EXAMPLE)
    folders = [Folder(folder, read_index(folder).now.astimezone(UTC)) for folder in inside]
    return Tape(path, tuple(sorted(folders, key=lambda folder: folder.now)))


def read_index(folder: Path) -> Index:
    """The index of one refresh, all of whose files are there. Raises UserError, which names the fault."""
    path = folder / INDEX
    try:
        given = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise UserError(f"{folder}: no {INDEX} in it, so it is no recorded refresh; move it elsewhere") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({error}); copy the recording again") from error
    version = given.get("format") if isinstance(given, dict) else None
    if isinstance(version, int) and version > FORMAT:
        by = given.get("tocsin", "a newer one")
        raise UserError(f"{path}: format {version} of tocsin {by}, and this one reads up to {FORMAT}: update tocsin")
    try:
        index = Index.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        raise UserError(f"{path}: {where}: {first['msg']}; this is no index of a recording") from error
    for answer in index.answers:
        if answer.file is not None and not (folder / answer.file).is_file():
            raise UserError(f"{folder}: {answer.file} is missing, which {INDEX} names; copy the recording again")
    return index


def asked_of(request: httpx.Request, secrets: Collection[str] = ()) -> Asked:
    """What a request asks, its secrets masked; the request's body must have been read."""
    url = request.url
    return Asked(
        method=request.method,
        host=url.host if url.port is None else f"{url.host}:{url.port}",
        path=masked_text(url.path, secrets),
        params=masked_params(url.params.multi_items(), secrets),
        body=_body(request.content, secrets),
    )


def kept_headers(headers: httpx.Headers, secrets: Collection[str] = ()) -> dict[str, str]:
    """The headers of an answer that change what is made of it; where it redirects to, without the query."""
    kept = {name: masked_text(headers[name], secrets) for name in HEADERS if name in headers}
    return kept | {"location": kept["location"].partition("?")[0]} if "location" in kept else kept


def folder_name(now: datetime) -> str:
    """The name of the folder of an instant.

    >>> folder_name(datetime(2026, 11, 25, 12, 30, tzinfo=UTC))
    '20261125T123000Z'
    """
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _body(content: bytes, secrets: Collection[str]) -> JsonValue:
    if not content:
        return None
    try:
        return masked_json(json.loads(content), secrets)
    except ValueError:
        return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _is_refresh(path: Path) -> bool:
    # Loose files (a note, an archive) may lie beside; what begins with a dot is unfinished, or not ours.
    return path.is_dir() and not path.name.startswith(".")


def _open_body(path: Path) -> BinaryIO:
    return path.open("rb") if path.name.endswith("-raw.gz") else cast(BinaryIO, gzip.open(path))
