"""Who traded when, and for how much: a row an insider, a dot a day, its area the value."""

from __future__ import annotations

import math
from datetime import date

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Rectangle
from matplotlib.patheffects import withStroke

from bot.charts.lettering import width
from bot.charts.look import GAP, MARGIN, SMALL, TEXT, WIDTH, Palette, Sheet
from bot.charts.model import Person, TimelineChart, day_label
from scoring.model import Side

TOP, HEADING = 74.0, 22.0  # the first heading's baseline, and from one to the next
LEAST_ROW, MOST_ROW = 27.0, 56.0
BELOW = 82.0  # points for the days, the legend and the footer
TALLEST, LOWEST = 450.0, 240.0
MOST_NAME = 116.0
LARGEST, SMALLEST = 30.0, 6.0  # diameters of a dot
EDGE = 1.6


def draw(chart: TimelineChart, palette: Palette, scale: float) -> Sheet:
    """The picture of a company's insiders."""
    top = TOP + HEADING * max(len(chart.headings) - 1, 0) + 18
    count = max(len(chart.people), 1)
    row = min(MOST_ROW, max(LEAST_ROW, (TALLEST - top - BELOW) / count))
    height = max(LOWEST, top + row * count + BELOW)
    sheet = Sheet(height, palette, scale)
    sheet.title(chart.title, chart.name)
    sides = list(dict.fromkeys(one.side for one in chart.people))
    for at, heading in enumerate(chart.headings):
        colour = _colour(sides[at] if at < len(sides) else Side.BUY, palette)
        sheet.heading(heading, TOP + HEADING * at, colour)
    if chart.people:
        _draw_people(sheet, chart, top, row)
    else:
        sheet.nothing(chart.nothing, WIDTH / 2, height / 2)
    sheet.footer(chart.footer)
    return sheet


def _draw_people(sheet: Sheet, chart: TimelineChart, top: float, row: float) -> None:
    palette, canvas = sheet.palette, sheet.canvas()
    largest = min(LARGEST, row * 0.92)
    values = max(width(one.value, TEXT, "bold") for one in chart.people)
    names = max(max(width(one.name, SMALL, "bold"), width(one.role, SMALL)) for one in chart.people)
    left = MARGIN + min(MOST_NAME, names) + GAP
    right = WIDTH - MARGIN - values - GAP
    bottom = top + row * len(chart.people)
    inner = (left + largest / 2, right - largest / 2)
    band = Rectangle((inner[0], top), inner[1] - inner[0], bottom - top, facecolor=palette.window, zorder=0)
    canvas.add_artist(band)
    most = max((dot.value for one in chart.people for dot in one.dots), default=0.0)
    for at, person in enumerate(chart.people):
        middle = top + row * (at + 0.5)
        _draw_name(sheet, person, middle, left - MARGIN - GAP)
        colour = _colour(person.side, palette)
        line = Line2D([left, right], [middle] * 2, color=palette.faint, linewidth=0.8, zorder=1)
        canvas.add_artist(line)
        for dot in sorted(person.dots, key=lambda one: -one.value):
            size = max(SMALLEST, largest * math.sqrt(dot.value / most)) if most else SMALLEST
            _draw_dot(canvas, (_place(dot.day, chart, inner), middle), size, colour, palette, planned=dot.planned)
        end = WIDTH - MARGIN
        sheet.text(end, middle + TEXT * 0.36, person.value, TEXT, colour=colour, weight="bold", align="right")
    _draw_days(sheet, chart, inner, bottom + 15)
    _draw_legend(sheet, canvas, chart, bottom + 38)


def _colour(side: Side, palette: Palette) -> str:
    return palette.bought if side is Side.BUY else palette.low


def _place(day: date, chart: TimelineChart, inner: tuple[float, float]) -> float:
    days = max((chart.last_day - chart.first_day).days, 1)
    return inner[0] + (inner[1] - inner[0]) * min(max((day - chart.first_day).days / days, 0.0), 1.0)


def _draw_name(sheet: Sheet, person: Person, middle: float, most: float) -> None:
    ink = sheet.palette.ink
    if not person.role:
        sheet.text(MARGIN, middle + SMALL * 0.36, person.name, colour=ink, weight="bold", most=most)
        return
    sheet.text(MARGIN, middle - 2, person.name, colour=ink, weight="bold", most=most)
    sheet.text(MARGIN, middle + 10, person.role, most=most)


def _draw_dot(
    canvas: Axes, centre: tuple[float, float], size: float, colour: str, palette: Palette, *, planned: bool
) -> None:
    if planned:
        radius = max(size - EDGE, SMALLEST - EDGE) / 2
        ring = Circle(centre, radius, facecolor="none", edgecolor=colour, linewidth=EDGE, zorder=4)
        ring.set_path_effects([withStroke(linewidth=EDGE + 1.4, foreground=palette.paper)])
        canvas.add_artist(ring)
    else:
        canvas.add_artist(
            Circle(centre, size / 2, facecolor=colour, edgecolor=palette.paper, linewidth=0.7, alpha=0.85, zorder=3)
        )


def _draw_days(sheet: Sheet, chart: TimelineChart, inner: tuple[float, float], y: float) -> None:
    first, last = chart.first_day, chart.last_day
    middle = first + (last - first) / 2
    for day in (first, middle, last):
        sheet.text(_place(day, chart, inner), y, day_label(day), align="center")


def _draw_legend(sheet: Sheet, canvas: Axes, chart: TimelineChart, y: float) -> None:
    bought, sold, planned = chart.legend
    palette, x = sheet.palette, MARGIN
    sides = {one.side for one in chart.people}
    entries = [(bought, palette.bought, False)] if Side.BUY in sides else []
    entries += [(sold, palette.low, False)] if Side.SELL in sides else []
    if any(dot.planned for one in chart.people for dot in one.dots):
        entries.append((planned, palette.muted, True))
    for text, colour, hollow in entries:
        _draw_dot(canvas, (x + 5, y - 3.6), 10, colour, palette, planned=hollow)
        x += 15 + sheet.text(x + 15, y, text) + 2 * GAP
