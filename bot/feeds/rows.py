"""The rows of a hosted service's lists: each is checked field by field, and one that fails costs only itself."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.errors import FeedError

MISSHAPEN = "of another shape than documented"


def _text(value: str) -> str:
    # Control characters and halves of surrogate pairs are valid JSON; databases and terminals refuse them.
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in value):
        raise ValueError("holds what is no text")
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_text)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class DocumentedRow(BaseModel):
    """A row as the documents have it; fields that they do not name are passed over."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


Row = TypeVar("Row", bound=DocumentedRow)
Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Kept(Generic[Kind]):
    """What can be used of a list, in its order, and what cannot."""

    kept: tuple[Kind, ...]
    left_out: Mapping[str, int]  # reason, such as "without an interval" → rows; only what happened


def read_rows(model: type[Row], rows: object) -> Kept[Row]:
    """The rows of a list. Raises FeedError when it is none, or when not one of its rows can be read."""
    if not isinstance(rows, list):
        raise FeedError("the answer has another shape than documented")
    read: list[Row] = []
    for row in rows:
        try:
            read.append(model.model_validate(row))
        except ValidationError:
            continue  # counted below
    if rows and not read:
        raise FeedError(f"none of {len(rows)} rows has the documented shape")
    wrong = len(rows) - len(read)
    return Kept(tuple(read), {MISSHAPEN: wrong} if wrong else {})
