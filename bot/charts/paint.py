"""A chart's value becomes the bytes of a PNG: the same bytes for the same value, whoever's machine it is."""

from __future__ import annotations

import io
from typing import assert_never

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg

from bot.charts import coin, heat, timeline
from bot.charts.look import PALETTES, Sheet
from bot.charts.model import Chart, CoinChart, HeatChart, Theme, TimelineChart


def paint(chart: Chart, *, theme: Theme, scale: float = 1.0) -> bytes:
    """The picture as a PNG, 1080 pixels wide at a scale of 1."""
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
