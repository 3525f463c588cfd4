"""A chart's value becomes the bytes of a PNG: the same everywhere, but for letters that only some machines have."""

from __future__ import annotations

import io
from dataclasses import fields, is_dataclass
from typing import assert_never

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg

from bot.charts import coin, heat, timeline
from bot.charts.lettering import can_show
from bot.charts.look import PALETTES, Sheet
from bot.charts.model import Chart, CoinChart, HeatChart, Theme, TimelineChart
from bot.words import speaking


def paint(chart: Chart, *, theme: Theme, scale: float = 1.0) -> bytes:
    """The picture as a PNG, 1080 pixels wide at a scale of 1; in English where no font has the letters of its words."""
    with speaking(chart.language):
        if chart.plain is None or can_show(_words(chart) - _words(chart.plain)):
            return _painted(chart, theme, scale)
    return paint(chart.plain, theme=theme, scale=scale)


def _words(value: object) -> frozenset[str]:
    """Every text in a chart's value, but for those of the same in English."""
    if isinstance(value, str):
        return frozenset({value})
    if isinstance(value, tuple):
        return frozenset().union(*(_words(one) for one in value))
    if is_dataclass(value):
        parts = (getattr(value, one.name) for one in fields(value) if one.name not in {"language", "plain"})
        return frozenset().union(*(_words(one) for one in parts))
    return frozenset()


def _painted(chart: Chart, theme: Theme, scale: float) -> bytes:
    # What the person's own matplotlibrc says is left out, and no $, _ or ^ of a name is mathematics.
    defaults = {name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith("backend")}
    with mpl.rc_context({**defaults, "text.parse_math": False}):
        sheet = _draw(chart, theme, scale)
        canvas = FigureCanvasAgg(sheet.figure)
        found = io.BytesIO()
        canvas.print_png(found, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return found.getvalue()


def _draw(chart: Chart, theme: Theme, scale: float) -> Sheet:
    palette = PALETTES[theme]
    match chart:
        case CoinChart():
            return coin.draw(chart, palette, scale)
        case HeatChart():
            return heat.draw(chart, palette, scale)
        case TimelineChart():
            return timeline.draw(chart, palette, scale)
        case _:
            assert_never(chart)
