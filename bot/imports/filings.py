"""`tocsin import filings`: Form 4 XML files, full submissions, or folders of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.errors import UserError
from bot.feeds.base import Progress
from bot.feeds.form4 import BadFilingError, NotForm4Error, parse_form4
from bot.imports.reading import BadRow, Reading
from scoring.model import Filing

ACCESSION = re.compile(r"\d{10}-\d{2}-\d{6}")
ENDINGS = (".xml", ".txt")


def read_filings(paths: Sequence[Path], progress: Progress | None = None) -> Reading[list[Filing]]:
    """Filings in the order of their files. Raises UserError when a path does not exist.

    In a folder, files that end in neither .xml nor .txt are passed over; so are forms other than 4 and 4/A.
    """
    files = [file for path in paths for file in _files(path)]
    filings: list[Filing] = []
    bad: list[BadRow] = []
    other: Counter[str] = Counter()
    for done, file in enumerate(files, 1):
        accession = ACCESSION.search(file.name)
        try:
            parsed = parse_form4(file.read_bytes(), accession=accession.group() if accession else None)
        except NotForm4Error as error:
            other[f"Form {error.form}"] += 1
        except BadFilingError as error:
            bad.append(BadRow(str(file), None, error.reason))
        except OSError as error:
            bad.append(BadRow(str(file), None, f"cannot be read: {error.strerror or error}"))
        else:
            filings.append(parsed.filing)
            bad += [BadRow(str(file), None, reason) for reason in parsed.left_out]
        if progress is not None:
            progress(done, len(files))
    return Reading(filings, tuple(bad), dict(other))


def _files(path: Path) -> Iterator[Path]:
    if not path.exists():
        raise UserError(f"{path}: there is no such file or folder")
    if path.is_file():
        yield path
        return
    yield from sorted(file for file in path.rglob("*") if file.suffix.lower() in ENDINGS and file.is_file())
