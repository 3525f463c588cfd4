"""What each exchange paid of one coin: a strip of coloured days an exchange, their mean above them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Rectangle

from bot.charts.lettering import width
from bot.charts.look import GAP, MARGIN, SMALL, WIDTH, Palette, Sheet, hatched, ticks_of
from bot.charts.model import HeatChart, Strip, day_label
from bot.words import percent

FLOOR = 0.0001  # decimal per 8 h: what most contracts pay while nobody has an opinion
LIMITS = (0.0003, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)  # where a colour is full
SHARE_INSIDE = 0.9  # of the cells; the others have the full colour too
TOP = 92.0
LEAST_ROW, MOST_ROW, ALONE = 15.5, 44.0, 84.0
BELOW = 102.0  # points for the days, the legend and the footer
TALLEST, LOWEST = 450.0, 270.0
MEAN_GAP = 8.0
MOST_NAME = 92.0
DAY_LABEL = 46.0  # points from one to the next
LEGEND = 112.0


def draw(chart: HeatChart, palette: Palette, scale: float) -> Sheet:
    """The picture of a coin's exchanges."""
    rows = [*([chart.mean] if chart.mean else []), *chart.strips]
    gap = MEAN_GAP if chart.mean else 0.0
    most = MOST_ROW if len(rows) > 1 else ALONE
    row = min(most, max(LEAST_ROW, (TALLEST - TOP - BELOW - gap) / max(len(rows), 1)))
    height = max(LOWEST, TOP + row * len(rows) + gap + BELOW)
    sheet = Sheet(height, palette, scale)
    sheet.title(chart.title, chart.name)
    sheet.heading(chart.heading, TOP - 18, _colour_of_last(rows[0].values if rows else (), palette))
    if not rows:
        sheet.nothing(chart.nothing, WIDTH / 2, height / 2)
        sheet.footer(chart.footer)
        return sheet
    limit = limit_of([value for one in rows for value in one.values if value is not None])
    left = MARGIN + GAP + min(MOST_NAME, max(width(one.name, SMALL, "bold") for one in rows))
    right = WIDTH - MARGIN - GAP - max(width(one.label, SMALL, "bold") for one in rows)
    canvas = sheet.canvas()
    y = TOP
    for one in rows:
        _draw_strip(sheet, canvas, one, (left, y, right - left, row), limit)
        y += row + (gap if one is chart.mean else 0)
    _draw_days(sheet, chart, left, right - left, y + 14)
    _draw_legend(sheet, canvas, chart, limit, y + 34)
    sheet.footer(chart.footer)
    return sheet


def limit_of(values: Sequence[float]) -> float:
    """The rate, decimal per 8 h, from which a colour is full."""
    sizes = sorted(abs(value) for value in values)
    most = sizes[int((len(sizes) - 1) * SHARE_INSIDE)] if sizes else 0.0
    return next((limit for limit in LIMITS if most <= limit), LIMITS[-1])


def colour_of(value: float, limit: float, palette: Palette) -> str:
    """Neutral from zero to the floor of +0.01 %, then ever more orange below and blue above."""
    if value < 0:
        # An average of −0.001 % is already on the other side: it begins with a tint that can be seen.
        return _mixed(palette.neutral, palette.low, 0.14 + 0.86 * min(1.0, -value / limit))
    return _mixed(palette.neutral, palette.bought, min(1.0, max(0.0, value - FLOOR) / (limit - FLOOR)))


def _mixed(first: str, second: str, share: float) -> str:
    pairs = zip(to_rgb(first), to_rgb(second), strict=True)
    red, green, blue = (one + (other - one) * share**0.8 for one, other in pairs)
    return to_hex((red, green, blue))


def _colour_of_last(values: Sequence[float | None], palette: Palette) -> str:
    last = values[-1] if values else None
    return palette.ink if last is None or last >= 0 else palette.low


def _draw_strip(
    sheet: Sheet, canvas: Axes, strip: Strip, place: tuple[float, float, float, float], limit: float
) -> None:
    left, top, wide, high = place
    palette = sheet.palette
    middle = top + high / 2 + SMALL * 0.36
    colour = _colour_of_last(strip.values, palette)
    sheet.text(MARGIN, middle, strip.name, colour=palette.ink, most=left - MARGIN - GAP / 2)
    sheet.text(WIDTH - MARGIN, middle, strip.label, colour=colour, weight="bold", align="right")
    cell = wide / max(len(strip.values), 1)
    between = min(0.8, cell * 0.12)
    for at, value in enumerate(strip.values):
        x, y, size = left + at * cell, top + 1, (cell - between, high - 2)
        if value is None:
            hatched(canvas, x, y, *size, palette.hatch)
        else:
            patch = Rectangle((x, y), *size, facecolor=colour_of(value, limit, palette), linewidth=0, zorder=2)
            canvas.add_artist(patch)


def _draw_days(sheet: Sheet, chart: HeatChart, left: float, wide: float, y: float) -> None:
    strips = (*chart.strips, *([chart.mean] if chart.mean else []))
    count = max((len(one.values) for one in strips), default=0)
    starts = [chart.start + timedelta(hours=chart.step_hours * at) for at in range(count)]
    firsts = [at for at, start in enumerate(starts) if start.hour == 0]  # of 8 hours, those that begin a day
    for place in ticks_of(len(firsts), max(2, int(wide // DAY_LABEL))):
        at = firsts[place]
        hours = min(24 // chart.step_hours, count - at)
        x = left + wide * (at + hours / 2) / count
        sheet.text(x, y, day_label(starts[at]), align="center")


def _draw_legend(sheet: Sheet, canvas: Axes, chart: HeatChart, limit: float, y: float) -> None:
    palette = sheet.palette
    ends = [percent(f"{sign}{limit * 100:g}") for sign in "−+"]
    x = MARGIN + sheet.text(MARGIN, y + 9, ends[0]) + 6
    steps = 60
    for at in range(steps):
        value = limit * (2 * at / (steps - 1) - 1)
        place = (x + LEGEND * at / steps, y)
        colour = colour_of(value, limit, palette)
        canvas.add_artist(Rectangle(place, LEGEND / steps + 0.3, 10, facecolor=colour, linewidth=0))
    middle = x + LEGEND / 2
    sheet.text(middle, y + 22, "0", align="center")
    x += LEGEND + 6
    x += sheet.text(x, y + 9, ends[1]) + 2 * GAP
    if any(value is None for one in chart.strips for value in one.values):
        hatched(canvas, x, y, 16, 10, palette.hatch)
        sheet.text(x + 16 + 6, y + 9, chart.nothing, most=WIDTH - MARGIN - x - 22)
