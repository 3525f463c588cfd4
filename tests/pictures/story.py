"""The first minutes in the simulated market: what somebody asks, what is answered, and what rings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import App, open_app
from bot.charts.model import Theme
from bot.charts.painter import Painter
from bot.clock import FixedClock, SystemClock
from bot.commands.base import ChatRef
from bot.config import load_config
from bot.views.elements import Button, Picture, View
from tests.chats import FakePlatform, delivering

MOST_REFRESHES = 100
REFRESHES = 90  # in five minutes there are some 100
CHAT = ChatRef("telegram", "1", "1")


@dataclass(frozen=True, slots=True)
class Said:
    """A message: of somebody who types or presses, or of the bot."""

    line: str = ""  # what somebody typed, or the label of the button that was pressed
    view: View | None = None  # what the bot says
    pictures: tuple[bytes, ...] = ()  # PNG, behind the view


@dataclass(frozen=True, slots=True)
class Story:
    """What happens, in order."""

    begin: tuple[Said, ...]  # somebody comes, and subscribes
    alert: tuple[Said, ...]  # it rings
    list: tuple[Said, ...]  # somebody asks what else there is
    coin: tuple[Said, ...]  # and looks at one of them


def tell(theme: Theme) -> Story:
    """Live through the first minutes; pictures are painted in that theme. The same each time."""
    with _app() as app:
        return asyncio.run(_tell(app, theme))


@contextmanager
def _app() -> Iterator[App]:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'story.db'}"
        config = load_config(None, {}).with_feeds("simulated", "none").with_database(url)
        with open_app(config) as app:
            yield app


async def _tell(app: App, theme: Theme) -> Story:
    painter = Painter(SystemClock())

    async def ask(line: str, pressed: str = "") -> tuple[Said, Said]:
        view = app.answer(line, CHAT)
        charts = [one.chart for one in view.body if isinstance(one, Picture)]
        pictures = [await painter.picture(chart, theme) for chart in charts]
        return Said(pressed or line), Said(view=view, pictures=tuple(pictures))

    try:
        await app.refresh()
        start, subscribed = await ask("/start"), await ask("/alert pump min=3")
        alert = Said(view=await _first_alert(app))
        await _let_pass(app, REFRESHES)
        ranked = await ask("/selling min=2 limit=3")
        card = _button(ranked[1], "/coin")
        return Story((*start, *subscribed), (alert,), ranked, await ask(card.command, card.label))
    finally:
        await painter.close()


def _button(said: Said, command: str) -> Button:
    buttons = () if said.view is None else said.view.buttons
    return next(one for one in buttons if one.command.startswith(command))


async def _first_alert(app: App) -> View:
    """The first message that comes by itself and tells of something new."""
    platform = FakePlatform()
    for _ in range(MOST_REFRESHES):
        await _let_pass(app, 1)
        await delivering(app.storage, app.clock.now(), platform, CHAT.platform)
        for view in platform.views:
            if "NEW" in view.title:
                return view
    raise AssertionError("nothing rang")


async def _let_pass(app: App, refreshes: int) -> None:
    assert isinstance(app.clock, FixedClock)
    for _ in range(refreshes):
        app.clock.advance(timedelta(minutes=app.options.minutes))
        await app.refresh()
