"""One coin: its daily average funding as bars, the price above it on an axis of its own, its streak marked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from bot.charts.lettering import font, shown, width
from bot.charts.look import GAP, MARGIN, SMALL, WIDTH, Palette, Sheet, hatched, rule, ticks_of
from bot.charts.model import CoinChart, Mark, day_label
from bot.words import percent

HEIGHT = 450.0
SCALE_ROOM = 56.0  # points at the right for the numbers of the scale
LEFT, WIDE = MARGIN, WIDTH - 2 * MARGIN - SCALE_ROOM
PRICE_TOP, PRICE_HIGH = 92.0, 82.0
FUNDING_TOP, FUNDING_HIGH = 214.0, 172.0
BAR = 0.72  # of a day
DAY_LABELS = 5
MARK_ROOM = SMALL + 7  # points that the label of a mark takes
GROUND = {"boxstyle": "round,pad=0.15,rounding_size=0.3", "linewidth": 0, "alpha": 0.8}  # of a label on bars
STREAK_ROOM = 30.0  # points above the bars


def draw(chart: CoinChart, palette: Palette, scale: float) -> Sheet:
    """The picture of a coin."""
    sheet = Sheet(HEIGHT, palette, scale)
    sheet.title(chart.title, chart.name)
    sheet.heading(chart.price_heading, PRICE_TOP - 12, palette.price)
    last = next((value for value in reversed(chart.funding) if value is not None), 0.0)
    colour = palette.low if last < 0 else palette.ink
    sheet.heading(chart.funding_heading, FUNDING_TOP - 12, colour)
    _draw_price(sheet, chart)
    _draw_funding(sheet, chart)
    _draw_days(sheet, chart)
    sheet.footer(chart.footer)
    return sheet


def _panel(sheet: Sheet, chart: CoinChart, top: float, high: float) -> Axes:
    """Both panels have the same days: one a unit, and today's column at the end."""
    axes = sheet.panel(LEFT, top, WIDE, high)
    axes.set_xlim(0, max(len(chart.funding), 1) + 0.5)
    return axes


def _draw_price(sheet: Sheet, chart: CoinChart) -> None:
    axes, palette = _panel(sheet, chart, PRICE_TOP, PRICE_HIGH), sheet.palette
    days = len(chart.funding)
    # The price of a day is its last one; the one after them is of now, somewhere in today.
    points = [(min(day + 1.0, days + 0.5), price) for day, price in enumerate(chart.prices) if price is not None]
    if not points:
        sheet.nothing(chart.nothing, LEFT + WIDE / 2, PRICE_TOP + PRICE_HIGH / 2)
        return
    low, high = min(price for _, price in points), max(price for _, price in points)
    room = (high - low) * 0.3 or abs(high) * 0.1 or 1.0
    axes.set_ylim(low - room, high + room)
    for run in _runs(chart.prices):
        places = [min(day + 1.0, days + 0.5) for day, _ in run]
        values = [price for _, price in run]
        axes.fill_between(places, values, low - room, color=palette.price, alpha=0.1, linewidth=0, zorder=1)
        axes.plot(places, values, color=palette.price, linewidth=1.8, solid_capstyle="round", zorder=3)
        if len(run) == 1:
            axes.plot(places, values, "o", color=palette.price, markersize=3.5, zorder=3)
    (end,) = axes.plot(*points[-1], "o", color=palette.price, markersize=6, markeredgecolor=palette.paper, zorder=4)
    end.set_clip_on(False)
    if high > low:
        _price_label(axes, palette, next(point for point in points if point[1] == high), chart.price_high, above=True)
        _price_label(axes, palette, next(point for point in points if point[1] == low), chart.price_low, above=False)


def _price_label(axes: Axes, palette: Palette, point: tuple[float, float], text: str, *, above: bool) -> None:
    text = shown(text)
    low, high = axes.get_xlim()
    half = width(text, SMALL) / 2 * (high - low) / WIDE
    x, align = point[0], "center"
    if x < low + half:
        x, align = low, "left"
    elif x > high - half:
        x, align = high, "right"
    axes.annotate(
        text,
        (x, point[1]),
        xytext=(0, 5 if above else -5),
        textcoords="offset points",
        ha=align,
        va="bottom" if above else "top",
        fontproperties=font(SMALL),
        color=palette.muted,
        annotation_clip=False,
        path_effects=[withStroke(linewidth=3, foreground=palette.paper)],
        zorder=5,
    )


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """The values that follow one another, with their places."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [run for run in runs if run]


def _draw_funding(sheet: Sheet, chart: CoinChart) -> None:
    axes, palette = _panel(sheet, chart, FUNDING_TOP, FUNDING_HIGH), sheet.palette
    known = [value for value in chart.funding if value is not None]
    if not known:
        sheet.nothing(chart.nothing, LEFT + WIDE / 2, FUNDING_TOP + FUNDING_HIGH / 2)
        return
    marks = sorted(chart.marks, key=lambda mark: -mark.level)
    low = min(0.0, *known, *(mark.level for mark in marks))
    high = max(0.0, *known)
    span = (high - low) or 0.0001
    room = (STREAK_ROOM if chart.streak else 8.0) / FUNDING_HIGH
    axes.set_ylim(low - span * 0.07, high + span * room / (1 - room))
    _draw_scale(sheet, axes, palette)
    floor, ceiling = axes.get_ylim()
    for day, value in enumerate(chart.funding):
        if value is None:
            hatched(axes, day + 0.06, floor, 0.88, ceiling - floor, palette.hatch)
            continue
        colour = palette.low if value < 0 else palette.high
        bar = Rectangle((day + (1 - BAR) / 2, 0), BAR, value, facecolor=colour, linewidth=0, zorder=3)
        axes.add_artist(bar)
    rule(axes, 0, palette.zero)
    _draw_marks(axes, palette, marks)
    _draw_streak(sheet, axes, chart)


def _draw_scale(sheet: Sheet, axes: Axes, palette: Palette) -> None:
    floor, ceiling = axes.get_ylim()
    levels = [float(level) for level in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(floor, ceiling)]
    step = min((after - before for before, after in pairwise(levels)), default=1.0) * 100
    digits = next((digits for digits in range(7) if abs(step * 10**digits - round(step * 10**digits)) < 1e-6), 7)
    for level in levels:
        if floor <= level <= ceiling:
            rule(axes, level, palette.faint)
            down = FUNDING_HIGH * (ceiling - level) / (ceiling - floor)
            sign = "−" if level < -1e-12 else "+" if level > 1e-12 else ""
            text = percent(f"{sign}{abs(level) * 100:.{digits}f}")
            sheet.text(WIDTH - MARGIN, FUNDING_TOP + down + SMALL * 0.36, text, align="right")


def _draw_marks(axes: Axes, palette: Palette, marks: Sequence[Mark]) -> None:
    """Lines with what they mean above them, or below where another one is too near."""
    floor, ceiling = axes.get_ylim()
    points = FUNDING_HIGH / (ceiling - floor)
    used = FUNDING_HIGH + MARK_ROOM  # points above the floor, of the lowest label up to now
    for mark in marks:
        rule(axes, mark.level, palette.ink, dashed=True)
        at = (mark.level - floor) * points
        if at + MARK_ROOM <= used:
            used, offset, place = at, 4, "bottom"
        elif at <= used and at >= MARK_ROOM:
            used, offset, place = at - MARK_ROOM, -4, "top"
        else:
            continue
        axes.annotate(
            shown(mark.label),
            (axes.get_xlim()[0], mark.level),
            xytext=(3, offset),
            textcoords="offset points",
            va=place,
            fontproperties=font(SMALL),
            color=palette.ink,
            bbox=GROUND | {"facecolor": palette.paper},
            zorder=5,
        )


def _draw_streak(sheet: Sheet, axes: Axes, chart: CoinChart) -> None:
    if chart.streak is None:
        return
    palette = sheet.palette
    floor, ceiling = axes.get_ylim()
    end = float(len(chart.funding))
    begin = max(0.0, float((chart.streak.first_day - chart.first_day).days))
    axes.add_artist(Rectangle((begin, floor), end - begin, ceiling - floor, facecolor=palette.band, zorder=0))
    axes.add_artist(Line2D([begin, end], [ceiling] * 2, color=palette.low, linewidth=2.5, zorder=4, clip_on=False))
    first = chart.streak.first_day >= chart.first_day
    if first:
        axes.add_artist(Line2D([begin] * 2, [floor, ceiling], color=palette.low, linewidth=0.8, zorder=2))
    right = LEFT + WIDE * end / axes.get_xlim()[1]
    left = LEFT + WIDE * begin / axes.get_xlim()[1]
    wide = width(chart.streak.label, SMALL, "bold")
    # In the streak's own ground, else beside it.
    place, align = left + GAP / 2, "left"
    if left + wide + GAP > right:
        place, align = max(left - GAP / 2, LEFT + wide), "right"
    sheet.text(place, FUNDING_TOP + 14, chart.streak.label, colour=palette.low, weight="bold", align=align, most=WIDE)


def _draw_days(sheet: Sheet, chart: CoinChart) -> None:
    """The days below both panels."""
    count = len(chart.funding)
    wide = WIDE / (count + 0.5) if count else WIDE
    for at in ticks_of(count, DAY_LABELS):
        day = chart.first_day + timedelta(days=at)
        sheet.text(LEFT + wide * (at + 0.5), FUNDING_TOP + FUNDING_HIGH + 16, day_label(day), align="center")
