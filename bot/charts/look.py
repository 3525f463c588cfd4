"""How pictures look: colours for light and dark, sizes for a telephone, and the sheet that all of them are drawn on.

A sheet is 360 points wide, as a telephone is, and each point becomes three pixels. So a text of 10 points is
read like any small print of an app; nothing is smaller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from bot.charts.lettering import INCH, PIXELS, Weight, fitted, font, is_legible, width
from bot.charts.model import Heading, Theme

WIDTH = 360.0  # points
MARGIN = 20.0
TITLE, NAME, VALUE, TEXT, SMALL = 24.0, 13.0, 15.0, 11.5, 10.0  # sizes of letters
GAP = 8.0  # between two texts of a line


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a theme. What matters is told apart as orange and blue, which every eye can."""

    paper: str
    ink: str
    muted: str  # small print
    faint: str  # lines of the grid
    zero: str  # the line at zero
    hatch: str  # what is not known
    low: str  # negative funding, and who sold
    high: str  # positive funding
    price: str
    bought: str
    band: str  # behind a streak
    window: str  # behind the days that were looked at
    neutral: str  # the middle of the heat


PALETTES: Mapping[Theme, Palette] = MappingProxyType(
    {
        Theme.LIGHT: Palette(
            paper="#ffffff",
            ink="#14171c",
            muted="#626b79",
            faint="#e8eaee",
            zero="#9aa2ae",
            hatch="#c3c8d0",
            low="#d9480f",
            high="#8fa9cb",
            price="#2463c5",
            bought="#1769aa",
            band="#fdf0e7",
            window="#f3f5f8",
            neutral="#eceef1",
        ),
        Theme.DARK: Palette(
            paper="#13161b",
            ink="#f1f3f6",
            muted="#98a1ae",
            faint="#262b33",
            zero="#646d7a",
            hatch="#4a525e",
            low="#ff8a4c",
            high="#54719a",
            price="#7db3ff",
            bought="#5fb0f0",
            band="#2a1f18",
            window="#1b2027",
            neutral="#2b3038",
        ),
    }
)


class Sheet:
    """A sheet of paper, measured in points from its upper left corner."""

    def __init__(self, height: float, palette: Palette, scale: float) -> None:
        self.height = height
        self.palette = palette
        size = (WIDTH / INCH, height / INCH)
        self.figure = Figure(figsize=size, dpi=INCH * PIXELS * scale, facecolor=palette.paper)

    def text(  # noqa: PLR0913 - all that a text is
        self,
        x: float,
        y: float,
        text: str,
        size: float = SMALL,
        *,
        colour: str | None = None,
        weight: Weight = "normal",
        align: str = "left",
        most: float = WIDTH,
    ) -> float:
        """Put a text with its baseline at y, and say how wide it has become."""
        text = fitted(text, size, most, weight)
        self.figure.text(
            x / WIDTH,
            1 - y / self.height,
            text,
            fontproperties=font(size, weight),
            color=colour or self.palette.muted,
            ha=align,
            va="baseline",
        )
        return width(text, size, weight) if text else 0.0

    def panel(self, x: float, y: float, wide: float, high: float) -> Axes:
        """A place to draw in, without frame, ticks or ground."""
        bounds = (x / WIDTH, 1 - (y + high) / self.height, wide / WIDTH, high / self.height)
        axes = self.figure.add_axes(bounds, facecolor="none")
        axes.set_axis_off()
        return axes

    def canvas(self) -> Axes:
        """The whole sheet to draw on, in points."""
        axes = self.panel(0, 0, WIDTH, self.height)
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(self.height, 0)
        return axes

    def title(self, title: str, name: str, baseline: float = 42.0) -> None:
        """The title, and beside it the longer name."""
        room = WIDTH - 2 * MARGIN
        if not is_legible(title) and is_legible(name):
            title, name = name, ""
        used = self.text(MARGIN, baseline, title, TITLE, colour=self.palette.ink, weight="bold", most=room)
        left = room - used - GAP
        if left > 3 * NAME:
            self.text(MARGIN + used + GAP, baseline, name, NAME, most=left)

    def heading(self, heading: Heading, baseline: float, colour: str) -> None:
        """What a panel shows at its left, the last value at its right."""
        right, room = WIDTH - MARGIN, WIDTH - 2 * MARGIN
        used = self.text(right, baseline, heading.value, VALUE, colour=colour, weight="bold", align="right", most=room)
        room -= used + GAP
        if heading.note and width(heading.text, TEXT) + GAP + width(heading.note, SMALL) <= room:
            room -= GAP + self.text(right - used - GAP, baseline, heading.note, align="right", most=room)
        self.text(MARGIN, baseline, heading.text, TEXT, colour=self.palette.ink, most=room)

    def footer(self, text: str) -> None:
        """Small print at the bottom."""
        self.text(MARGIN, self.height - 15, text, most=WIDTH - 2 * MARGIN)

    def nothing(self, text: str, x: float, y: float) -> None:
        """What stands where there is nothing to draw."""
        self.text(x, y, text, TEXT, align="center")


def ticks_of(count: int, most: int) -> list[int]:
    """Which of so many columns are labelled: the last one, and others at even distances before it."""
    step = -(-count // most)
    return sorted(range(count - 1, -1, -step)) if count else []


def hatched(axes: Axes, x: float, y: float, wide: float, high: float, colour: str) -> None:
    """Say that something is not known here."""
    patch = Rectangle((x, y), wide, high, facecolor="none", edgecolor=colour, linewidth=0, hatch="/////", zorder=1)
    patch.set_hatch_linewidth(0.6)
    axes.add_artist(patch)


def rule(axes: Axes, y: float, colour: str, *, dashed: bool = False) -> None:
    """A line across a panel; a dashed one lies above what is drawn there."""
    line = Line2D(axes.get_xlim(), [y, y], color=colour, linewidth=0.8, zorder=2)
    if dashed:
        line.set(linestyle=(0, (4, 3)), zorder=4)
    axes.add_artist(line)
