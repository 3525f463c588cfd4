"""Letters: the font that matplotlib ships, one of the machine for Chinese, what they can show, and how much fits."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Literal, TypeAlias

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.ft2font import FT2Font

Weight: TypeAlias = Literal["normal", "bold"]

FAMILY = "DejaVu Sans"
# For what the first lacks; the first of these that the machine has is taken.
MORE_FAMILIES = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "PingFang SC", "Hiragino Sans GB", "Heiti SC", "STHeiti", "Microsoft YaHei", "SimHei",
    "Noto Sans CJK JP", "Source Han Sans", "Droid Sans Fallback",
)  # fmt: skip
MISSING = "□"  # for a character that the fonts do not have
MARKS_IN_A_ROW = 2  # combining ones; more of them paint over their neighbours
LONGEST = 120  # characters that are looked at
INCH = 72  # points
PIXELS = 3  # a point of a picture; how wide letters are differs by it, for they are fitted to pixels


@cache
def font(size: float, weight: Weight = "normal") -> FontProperties:
    """The font at a size in points."""
    return FontProperties(family=list(_families()), size=size, weight=weight)


def shown(text: str) -> str:
    r"""The text in one line, as the fonts can show it: what steers or hides is left out, what is missing replaced.

    >>> shown("Pepe\n\u202eevil"), shown("$PEPE_x^2"), shown("🦀🦀 Inc")
    ('Pepe evil', '$PEPE_x^2', '□□ Inc')
    """
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text[:LONGEST]):
        kind = unicodedata.category(char)
        marks = marks + 1 if kind.startswith("M") else 0
        if char.isspace() or char in "\x1c\x1d\x1e\x85\u2028\u2029":
            kept.append(" ")
        elif not kind.startswith("C") and marks <= MARKS_IN_A_ROW:
            kept.append(char if ord(char) in _glyphs() else "" if marks else MISSING)
    return " ".join("".join(kept).split())


def can_show(texts: Iterable[str]) -> bool:
    """Whether the fonts have every letter of some texts."""
    return all(MISSING not in shown(text) for text in texts)


def is_legible(text: str) -> bool:
    """Whether at least half of the text can be shown."""
    seen = shown(text)
    return bool(seen) and seen.count(MISSING) * 2 <= len(seen)


def width(text: str, size: float, weight: Weight = "normal") -> float:
    """How wide a text is, in points, as it is shown."""
    return _wide(shown(text), size, weight)


def _wide(text: str, size: float, weight: Weight) -> float:
    measured = _renderer().get_text_width_height_descent(text, font(size, weight), ismath=False)  # type: ignore[no-untyped-call]
    return float(measured[0]) / PIXELS


def fitted(text: str, size: float, most: float, weight: Weight = "normal") -> str:
    """As much of the text as `most` points hold, with … where something is left out."""
    text = shown(text)
    if _wide(text, size, weight) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = _wide(text[:middle].rstrip() + "…", size, weight) <= most
        low, high = (middle, high) if fits else (low, middle - 1)
    while low and unicodedata.category(text[low : low + 1] or " ").startswith("M"):  # a mark stays with its letter
        low -= 1
    return text[:low].rstrip() + "…" if low else ""


@cache
def _glyphs() -> frozenset[int]:
    """What both weights have of any family."""
    of_families = (
        frozenset.intersection(*(frozenset(_face(family, weight).get_charmap()) for weight in ("normal", "bold")))
        for family in _families()
    )
    return frozenset().union(*of_families)


@cache
def _families() -> tuple[str, ...]:
    known = {one.name for one in fontManager.ttflist}
    return (FAMILY, *[family for family in MORE_FAMILIES if family in known][:1])


def _face(family: str, weight: str) -> FT2Font:
    return get_font(fontManager.findfont(FontProperties(family=family, weight=weight)))


@cache
def _renderer() -> RendererAgg:
    return RendererAgg(1, 1, INCH * PIXELS)  # type: ignore[no-untyped-call]
