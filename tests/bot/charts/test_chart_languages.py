"""Pictures in other languages: their words, days and numbers, and what is painted where no font has the letters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import FontEntry, fontManager

from bot.charts import coin, heat, lettering, timeline
from bot.charts.look import MARGIN, PALETTES, SMALL, WIDTH
from bot.charts.model import CoinChart, Heading, Theme
from bot.charts.paint import paint
from bot.views.elements import Picture
from bot.words import speaking
from storage import Storage
from tests.bot.charts.builders import coin_chart, heat_chart, timeline_chart
from tests.builders_market import ask, fill

LIGHT = PALETTES[Theme.LIGHT]
FAMILY = "Noto Sans CJK SC"
CHINESE = replace(
    coin_chart(),
    funding_heading=Heading("每8小时资金费率，按日", "−0.0400%", "4月2日"),
    price_heading=Heading("价格", "US$1.70", "7 天 +70.0%"),
    footer="2026/3/27 至 2026/4/2 UTC · 9 个交易所平均",
    marks=(),
    streak=None,
    language="zh",
    plain=coin_chart(),
)


@pytest.fixture
def no_chinese_font(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(lettering, "MORE_FAMILIES", ())
    forget_fonts()
    yield
    forget_fonts()


@pytest.fixture
def chinese_font(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A font of boxes that has a glyph for every letter of the Chinese chart."""
    path = tmp_path / "cjk.ttf"
    chars = {char for char in "".join(words(CHINESE)) + "月日" if ord(char) > 0x2E7F}
    make_font(path, sorted(chars))
    monkeypatch.setattr(fontManager, "ttflist", [*fontManager.ttflist, FontEntry(fname=str(path), name=FAMILY)])
    monkeypatch.setattr(lettering, "MORE_FAMILIES", (FAMILY,))
    forget_fonts()
    yield
    forget_fonts()


def forget_fonts() -> None:
    for known in (lettering.font, lettering._glyphs, lettering._families):
        known.cache_clear()
    fontManager._findfont_cached.cache_clear() if hasattr(fontManager, "_findfont_cached") else None


def make_font(path: Path, chars: list[str]) -> None:
    names = [".notdef", *(f"u{ord(char):X}" for char in chars)]
    pen = TTGlyphPen(None)
    for at, corner in enumerate([(100, 0), (100, 800), (900, 800), (900, 0)]):
        (pen.lineTo if at else pen.moveTo)(corner)
    pen.closePath()
    box = pen.glyph()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(names)
    font.setupCharacterMap({ord(char): f"u{ord(char):X}" for char in chars})
    font.setupGlyf(dict.fromkeys(names, box))
    font.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": FAMILY, "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(path)


def words(chart: CoinChart) -> list[str]:
    return [chart.funding_heading.text, chart.funding_heading.note, chart.price_heading.text, chart.footer, "天"]


def texts(sheet: object) -> list[str]:
    return [one.get_text() for one in sheet.figure.texts]  # type: ignore[attr-defined]


def test_the_scales_and_days_are_those_of_the_language() -> None:
    with speaking("de"):
        of_coin = texts(coin.draw(coin_chart(), LIGHT, 1.0))
        of_heat = texts(heat.draw(heat_chart(), LIGHT, 1.0))
        of_timeline = texts(timeline.draw(timeline_chart(), LIGHT, 1.0))
    assert {"0,00 %", "−0,02 %", "27. März", "2. Apr."} <= set(of_coin)
    assert any(text.startswith("−0,") and text.endswith(" %") for text in of_heat)
    assert any(text.endswith(". Apr.") for text in of_timeline)
    assert {"0.00 %", "27 Mar", "2 Apr"} <= set(texts(coin.draw(coin_chart(), LIGHT, 1.0)))


def test_where_no_font_has_the_letters_the_picture_is_english(no_chinese_font: None) -> None:
    assert not lettering.can_show(words(CHINESE))
    assert paint(CHINESE, theme=Theme.LIGHT) == paint(coin_chart(), theme=Theme.LIGHT)


def test_where_a_font_has_them_the_picture_is_chinese(chinese_font: None) -> None:
    assert lettering.can_show(words(CHINESE))
    assert lettering.shown("资金费率 PEPE") == "资金费率 PEPE"
    painted = paint(CHINESE, theme=Theme.LIGHT)
    assert painted != paint(coin_chart(), theme=Theme.LIGHT)
    assert painted != paint(replace(CHINESE, price_heading=replace(CHINESE.price_heading, text="")), theme=Theme.LIGHT)


def test_german_is_painted_with_the_font_that_is_always_there(no_chinese_font: None) -> None:
    german = replace(coin_chart(), footer="27.03.26 bis 02.04.26 UTC · Mittel über 9 Börsen", language="de",
                     plain=coin_chart())  # fmt: skip
    assert paint(german, theme=Theme.LIGHT) != paint(coin_chart(), theme=Theme.LIGHT)


def test_a_picture_in_another_language_is_another_picture() -> None:
    """What a painter keeps is found by the chart: one that differs by its language alone is not the same."""
    assert len({coin_chart(), replace(coin_chart(), language="de")}) == 2


@pytest.mark.parametrize("line", ["/coin PUMP", "/funding PUMP", "/clusters ACME"])
def test_a_card_brings_its_picture_in_the_chat_s_language_and_in_english(storage: Storage, line: str) -> None:
    fill(storage)
    (english,) = (one for one in ask(storage, line).body if isinstance(one, Picture))
    ask(storage, "/settings language=zh")
    (chinese,) = (one for one in ask(storage, line).body if isinstance(one, Picture))
    assert chinese.chart.plain == english.chart
    assert (english.chart.language, english.chart.plain) == ("en", None)
    assert chinese.chart.language == "zh"
    assert "至" in chinese.alt
    assert "至" in chinese.chart.footer


@pytest.mark.parametrize("line", ["/coin PUMP", "/funding PUMP", "/clusters ACME"])
def test_the_small_print_of_a_german_picture_fits(storage: Storage, line: str) -> None:
    fill(storage)
    ask(storage, "/settings language=de")
    (german,) = (one for one in ask(storage, line).body if isinstance(one, Picture))
    assert lettering.width(german.chart.footer, SMALL) <= WIDTH - 2 * MARGIN
