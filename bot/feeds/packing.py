"""From what a refresh left in its unfinished folder to a whole one: bodies packed, all on the disk, then renamed."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

import httpx

from bot import __version__
from bot.feeds.tape import CHUNK, INDEX, Answer, Index

COMPRESSION = 6  # of 1-9; JSON of exchanges shrinks to a tenth, and 9 takes three times as long for 2 % less


def pack_body(path: Path, encoding: str | None, secrets: Collection[str] = ()) -> str | None:
    """Replace a raw body by its packed file; the file's name, or None where the body must not be kept.

    `encoding`: its content-encoding. Equal bodies have one file. A body that holds one of the secrets, as some
    services repeat the key that they refuse, is not kept.
    """
    if secrets and _holds(path, encoding, secrets):
        path.unlink()
        return None
    digest = hashlib.sha256()
    for chunk in _chunks(path):
        digest.update(chunk)
    gzipped = encoding == "gzip"
    target = path.with_name(f"{digest.hexdigest()[:32]}{'-raw' if gzipped else ''}.gz")
    if gzipped:
        path.replace(target)
        return target.name
    if not target.exists():
        # No name and no time in it: the same bytes give the same file.
        with target.open("wb") as file, gzip.GzipFile("", "wb", COMPRESSION, file, 0) as packed:
            for chunk in _chunks(path):
                packed.write(chunk)
    path.unlink()
    return target.name


def finish_folder(folder: Path, final: Path, now: datetime, answers: tuple[Answer, ...]) -> None:
    """Write the index and give the folder its final name; not even a power cut leaves half of it there."""
    index = Index(tocsin=__version__, now=now, answers=answers)
    (folder / INDEX).write_text(index.model_dump_json(indent=1), encoding="utf-8")
    for path in (*folder.iterdir(), folder):
        _sync(path)
    folder.rename(final)
    _sync(final.parent)


class _FileStream(httpx.SyncByteStream):
    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        return _chunks(self._path)


def _holds(path: Path, encoding: str | None, secrets: Collection[str]) -> bool:
    wanted = [secret.encode() for secret in secrets]
    overlap = max(map(len, wanted)) - 1  # a secret may lie across two pieces
    response = httpx.Response(200, headers={"content-encoding": encoding or "identity"}, stream=_FileStream(path))
    piece = b""
    try:
        for chunk in response.iter_bytes():
            piece = piece[max(0, len(piece) - overlap) :] + chunk
            if any(secret in piece for secret in wanted):
                return True
    except httpx.DecodingError:
        return True  # nobody can read it, so nobody knows
    return False


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
