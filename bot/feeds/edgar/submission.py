"""The one door to EDGAR: who asks, at what pace, and when not at all; and filings read through it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import urlsplit

import httpx

from bot.clock import Clock
from bot.errors import FeedError
from bot.feeds.edgar.answers import (
    PAGE_BYTES,
    SOURCE,
    CutOffError,
    EndOfFeedError,
    MaintenanceError,
    NotThereError,
    ThrottledError,
    fault_of,
    is_closed,
    is_page,
    stopped_because,
)
from bot.feeds.edgar.listing import Entry
from bot.feeds.edgar.settings import EdgarSettings, problem, user_agent
from bot.feeds.edgar.throttle import Throttle
from bot.feeds.faults import AskError, TooLargeError, retry_after
from bot.feeds.form4 import BadFilingError, NotForm4Error, ParsedFiling, parse_form4
from bot.feeds.http import HttpOptions, Source
from bot.feeds.request import Request, head_of, read_body
from scoring.model import Aside, Filing

__all__ = [
    "Edgar",
    "EndOfFeedError",
    "Entry",
    "MaintenanceError",
    "NotThereError",
    "ThrottledError",
    "index_url",
]

T = TypeVar("T")

log = logging.getLogger("tocsin.feeds.edgar")

HOST = "https://www.sec.gov"
PER_SECOND = 5.0  # half of what the SEC allows one user, over all machines
FILING_BYTES, INDEX_BYTES, SET_BYTES = 10 * 2**20, 64 * 2**20, 512 * 2**20
PATIENCE = HttpOptions(attempts=3, connect_seconds=10, read_seconds=20, deadline_seconds=90, max_bytes=INDEX_BYTES)
FILING_PATIENCE = HttpOptions(
    attempts=3, connect_seconds=10, read_seconds=20, deadline_seconds=60, max_bytes=FILING_BYTES
)
SET_PATIENCE = HttpOptions(attempts=3, connect_seconds=10, read_seconds=30, deadline_seconds=900, max_bytes=SET_BYTES)
PARSE_SECONDS = 10.0  # of one filing; most take a thousandth of a second
END = b"</SEC-DOCUMENT>"
END_BYTES = 256  # of a submission, within which its end stands


class Edgar:
    """EDGAR, as everybody here asks it: one pace for all, and one stop for all when it wants fewer requests."""

    def __init__(
        self,
        settings: EdgarSettings,
        client: httpx.AsyncClient,
        clock: Clock,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.problem = problem(settings)  # why it cannot be asked at all, with the way out
        self.throttle = Throttle()
        self._clock = clock
        host = settings.url or HOST
        self._hosts = {"", urlsplit(HOST).netloc, urlsplit(host).netloc}
        self._source = Source(
            SOURCE,
            client,
            host=host,
            clock=clock,
            options=PATIENCE,
            headers={
                "User-Agent": user_agent(settings),
                "Accept": "*/*",
                "Accept-Encoding": "gzip, deflate",
            },
            sleep=sleep,
            jitter=jitter,
        )

    async def text(self, path: str, *, options: HttpOptions = PATIENCE) -> bytes:
        """What lies at a path below the host, up to 64 MB.

        Raises ThrottledError while EDGAR wants no requests, NotThereError, EndOfFeedError where the list of
        current filings ends, MaintenanceError, and FeedError for all else, also when nobody is named who asks.
        """
        return await self._fetch(path, self._whole, options)

    async def filing(self, entry: Entry) -> Filing | Aside:
        """The filing that is listed there; kept aside where it is none of ours, or cannot be read.

        Raises as `text`.
        """
        try:
            content = await self._submission(entry.path)
            parsed = await asyncio.wait_for(asyncio.to_thread(parse_form4, content), PARSE_SECONDS)
            _check(parsed, entry)
        except (BadFilingError, CutOffError, TooLargeError) as error:
            reason = error.reason
        except NotForm4Error as error:
            reason = str(error)
        except TimeoutError:
            reason = f"it is not read within {PARSE_SECONDS:g} s"
        else:
            for line in parsed.left_out:
                log.info("%s: %s", entry.accession, line)
            return parsed.filing
        return Aside(entry.accession, reason, index_url(entry), self._clock.now())

    async def download(self, path: str, target: Path) -> int:
        """Write what lies at a path into a file, which is there whole or not at all; returns its bytes.

        Up to 512 MB. Raises as `text`, and FeedError where the file cannot be written.
        """
        part = target.with_name(target.name + ".part")
        try:
            with part.open("wb") as file:
                size = await self._fetch(path, lambda request, client: self._into(file, request, client), SET_PATIENCE)
            part.replace(target)
        except OSError as error:
            raise FeedError(f"{target}: cannot be written: {error.strerror or error}", permanent=True) from error
        finally:
            part.unlink(missing_ok=True)
        return size

    async def _submission(self, path: str) -> bytes:
        async def read(request: Request, client: httpx.AsyncClient) -> bytes:
            body = await self._whole(request, client)
            if END not in body[-END_BYTES:]:
                raise CutOffError(request.place)
            return body

        return await self._fetch(path, read, FILING_PATIENCE)

    async def _whole(self, request: Request, client: httpx.AsyncClient) -> bytes:
        body = bytearray()
        await self._read(request, client, body.extend)
        self._judge(body[:PAGE_BYTES], request)
        return bytes(body)

    async def _into(self, file: BinaryIO, request: Request, client: httpx.AsyncClient) -> int:
        file.seek(0)
        file.truncate()
        head = bytearray()

        def take(chunk: bytes) -> None:
            head.extend(chunk[: PAGE_BYTES - len(head)])
            file.write(chunk)

        await self._read(request, client, take)
        self._judge(head, request)
        return file.tell()

    async def _fetch(
        self, path: str, read: Callable[[Request, httpx.AsyncClient], Awaitable[T]], options: HttpOptions
    ) -> T:
        if self.problem:
            raise FeedError(f"{SOURCE}: {self.problem}", permanent=True)
        url = urlsplit(path)
        if url.netloc not in self._hosts:
            # Who asks is for the SEC's eyes only.
            raise FeedError(f"{SOURCE}: {url.netloc} is another host, and not asked", permanent=True)
        self._check_throttle(url.path)
        below = url._replace(scheme="", netloc="").geturl()
        return await self._source.fetch(below, read, per_second=PER_SECOND, options=options)

    async def _read(self, request: Request, client: httpx.AsyncClient, take: Callable[[bytes], object]) -> None:
        self._check_throttle(request.place)  # it may have been told to others while this one waited for its turn
        await read_body(request, client, take, lambda response: self._rejection(response, request))

    def _check_throttle(self, place: str) -> None:
        if self.throttle.stops(self._clock.now()):
            raise ThrottledError("wants fewer requests", place, self.throttle.until)

    async def _rejection(self, response: httpx.Response, request: Request) -> AskError:
        head = await head_of(response)
        if reason := stopped_because(response.status_code, head):
            wanted = retry_after(response.headers.get("Retry-After"), self._clock.now())
            return self._stop(reason, request, wanted or 0.0)
        return fault_of(response.status_code, head, request)

    def _judge(self, head: bytes | bytearray, request: Request) -> None:
        """Raise what a page means that comes with a success in place of what was asked for."""
        text = head.decode(errors="replace")
        if not is_page(text):
            return
        if reason := stopped_because(200, text):
            raise self._stop(reason, request, 0.0)
        if is_closed(text):
            raise MaintenanceError(request.place)

    def _stop(self, reason: str, request: Request, wanted: float) -> ThrottledError:
        self.throttle = self.throttle.hit(self._clock.now(), timedelta(seconds=wanted))
        return ThrottledError(reason, request.place, self.throttle.until)


def index_url(entry: Entry) -> str:
    """The page of a filing, for people."""
    folder = entry.accession.replace("-", "")
    return f"{HOST}/Archives/edgar/data/{int(entry.cik)}/{folder}/{entry.accession}-index.htm"


def _check(parsed: ParsedFiling, entry: Entry) -> None:
    found = parsed.filing.accession
    if found != entry.accession:
        raise BadFilingError(f"it says that it is {found}")
