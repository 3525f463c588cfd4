"""The closed set of things a View can hold. All text is plain: only renderers escape, split and colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

from bot.charts.model import Chart, Theme

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"


class Tone(StrEnum):
    """What kind of message a View is."""

    ANSWER = "answer"
    ALERT = "alert"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """Small print: coverage, units, what a number rests on."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Something to type."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a source."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Field:
    """A label and its value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Fields:
    """A short list of labelled values."""

    items: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A table column."""

    title: str
    align: Literal["left", "right"] = "left"
    phone: Literal[0, 1, 2] = 1  # the line of a row on which it stands on a telephone; 0: it is left out there
    is_plain: bool = False  # where rows are told in words, its values need no title before them


@dataclass(frozen=True, slots=True)
class Meter:
    """A table cell drawn as a bar: `value` of `maximum`, with the text beside it."""

    value: float
    maximum: float
    text: str


Cell: TypeAlias = str | Meter


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; each row as long as `columns`."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row has {len(row)} cells for {len(self.columns)} columns: {row!r}")


@dataclass(frozen=True, slots=True)
class Document:
    """A file: attached where a platform takes files, else shown as it is, with its line breaks."""

    name: str  # with its ending, which says what it is
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart, sent as an image where a platform shows images; `alt` says in words what it shows."""

    chart: Chart
    alt: str  # full sentences, at most 900 UTF-16 units: the caption
    theme: Theme = Theme.LIGHT  # as the chat wishes it


Element: TypeAlias = Text | Note | Code | Link | Fields | Table | Document | Picture


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press; a press sends `command` as if the person had typed it."""

    label: str
    command: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What another chat is told at once, for it concerns whoever is there."""

    platform: str
    address: str
    view: View


@dataclass(frozen=True, slots=True)
class View:
    """A platform-neutral answer or alert."""

    title: str
    body: tuple[Element, ...] = ()
    buttons: tuple[Button, ...] = ()
    tone: Tone = Tone.ANSWER
    data: Mapping[str, Json] = field(default_factory=dict)  # the same facts as numbers, for --json
    menu: tuple[Button, ...] = ()  # what its rows open, for platforms that have menus
    elsewhere: tuple[Elsewhere, ...] = ()
