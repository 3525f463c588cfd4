"""Charts of all kinds, made up, and the pixels of a picture."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.charts.model import (
    Chart,
    CoinChart,
    Dot,
    Heading,
    HeatChart,
    Mark,
    Person,
    Streak,
    Strip,
    TimelineChart,
)
from scoring.model import Side

FIRST = date(2026, 3, 27)
HOSTILE = (
    r"$\frac{1}{0}$ x_{2}^3",
    "$a_b^c$ & <b>bold</b> %s {0} \\",
    "中本聪のコイン",
    "שלום مرحبا بالعالم",
    "\u202egnp.exe\x00\x1b[31m\ufeff\n\t",
    "Z̷̡̢̛͓͖͗͝a̵̛͓l̶g̸o̷",
    "👩‍👩‍👧 🚀🐸 \ud83d",
    "W" * 4000,
    "",
)


def coin_chart(
    funding: tuple[float | None, ...] = (-0.0002, None, 0.0001, -0.0001, -0.0003, -0.0002, -0.0004), name: str = "PEPE"
) -> CoinChart:
    days = len(funding)
    return CoinChart(
        title=name,
        name=name[::-1],
        first_day=FIRST,
        funding=funding,
        prices=tuple(1 + 0.1 * day for day in range(days + 1)),
        funding_heading=Heading("Funding per 8 h, by day", "−0.0400 %", "2 Apr"),
        price_heading=Heading("Price", "$1.70", "+70.0 % in 7 d"),
        price_high="$1.70",
        price_low="$1.00",
        streak=Streak(FIRST + timedelta(days=days - min(days, 4)), "4 d since 30 Mar"),
        marks=(Mark(-0.0005, "counts in full: −0.05 %"), Mark(-0.00048, "pump rings from 3: −0.0480 %")),
        footer="2026-03-27 to 2026-04-02 UTC · mean of 9 exchanges",
    )


def heat_chart(exchanges: int = 3, columns: int = 30, name: str = "BTC") -> HeatChart:
    strips = tuple(
        Strip(
            f"{name[:20]} {at}",
            tuple(None if (at + day) % 7 == 6 else -0.0001 * at + 0.00001 * day for day in range(columns)),
            "−0.0123 %",
        )
        for at in range(exchanges)
    )
    return HeatChart(
        title=name,
        name=name[::-1],
        heading=Heading("Funding per 8 h", "−0.0123 %"),
        start=datetime(2026, 3, 27, tzinfo=UTC),
        step_hours=24 if columns > 8 else 8,
        strips=strips,
        mean=strips[0] if exchanges > 1 else None,
    )


def timeline_chart(insiders: int = 3, name: str = "NVDA") -> TimelineChart:
    people = tuple(
        Person(
            f"{name} {at}",
            name if at % 2 else "",
            Side.SELL if at > 2 else Side.BUY,
            (
                Dot(FIRST + timedelta(days=at), 1e4 * (at + 1), planned=False),
                Dot(FIRST + timedelta(days=30), 1e6, planned=True),
            ),
            "$1.2M",
        )
        for at in range(insiders)
    )
    headings = (Heading(f"{insiders} insiders bought", "$3.4M", "30 % under a plan"),)
    return TimelineChart(name, name[::-1], headings, FIRST, FIRST + timedelta(days=30), people)


def every_chart(name: str = "PEPE") -> list[Chart]:
    return [coin_chart(name=name), heat_chart(name=name), timeline_chart(name=name)]


def pixels(png: bytes) -> NDArray[np.uint8]:
    """Rows of (red, green, blue)."""
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def pixel(png: bytes, x: float, y: float) -> str:
    """The colour at a place in points of a sheet that is 360 points wide."""
    found = pixels(png)
    factor = found.shape[1] / 360
    red, green, blue = found[round(y * factor), round(x * factor)]
    return f"#{red:02x}{green:02x}{blue:02x}"
