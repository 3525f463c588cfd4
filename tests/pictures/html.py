"""Messages as HTML: what a platform is sent, drawn as its apps draw it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from io import StringIO
from typing import Any

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from bot.chat.console.render import render as render_console
from bot.chat.discord import render as discord
from bot.chat.discord.options import as_slash, with_slashes
from bot.chat.lines import by_name
from bot.chat.telegram import render as telegram
from bot.commands import COMMANDS
from tests.pictures.story import Said

COMMANDS_BY_NAME = by_name(COMMANDS)
CONSOLE_CELLS = 100
TAGS = {"bold": "b", "italic": "i", "code": "code", "pre": "pre", "text_link": "u"}
# Of what the renderer for Discord writes: a block, bold, code, a link, an escaped character.
MARKUP = re.compile(
    r"```\n(?P<pre>.*?)\n```|\*\*(?P<b>.*?)(?<!\\)\*\*|`(?P<code>[^`]*)`|\\(?P<plain>.)|\n(?P<nl>)", re.DOTALL
)


def telegram_messages(said: Iterable[Said]) -> str:
    """Bubbles of a Telegram app."""
    return "".join(_telegram_message(one) for one in said)


def _telegram_message(said: Said) -> str:
    if said.view is None:
        return f'<div class="mine">{escape(said.line)}</div>'
    text, entities = telegram.render(said.view)
    rows = telegram.keyboard(said.view)
    keys = "".join(f'<div class="row">{_keys(one["text"] for one in row)}</div>' for row in rows)
    pictures = "".join(f'<div class="photo"><img src="{_data(png)}"/></div>' for png in said.pictures)
    return f'<div class="bot"><div class="bubble">{with_entities(text, entities)}</div>{keys}{pictures}</div>'


def with_entities(text: str, entities: Sequence[Mapping[str, Any]]) -> str:
    """The text with its entities, whose places are counted in UTF-16 units, as HTML."""
    wide = text.encode("utf-16-le")
    html, at = "", 0

    def part(begin: int, end: int) -> str:
        return escape(wide[2 * begin : 2 * end].decode("utf-16-le"))

    for one in sorted(entities, key=lambda one: int(one["offset"])):
        begin, end = int(one["offset"]), int(one["offset"]) + int(one["length"])
        tag = TAGS[str(one["type"])]
        html += f"{part(at, begin)}<{tag}>{part(begin, end)}</{tag}>"
        at = end
    return html + part(at, len(wide) // 2)


def discord_messages(said: Iterable[Said]) -> str:
    """Messages of a Discord app."""
    return "".join(_discord_message(one) for one in said)


def _discord_message(said: Said) -> str:
    if said.view is None:
        return f'<div class="used">you used <b>{escape(as_slash(said.line, COMMANDS_BY_NAME))}</b></div>'
    name = '<div class="who"><b>tocsin</b><span>APP</span></div>'
    pages = discord.render_pages(with_slashes(said.view, COMMANDS_BY_NAME))
    shown = [_discord_page(page, said.pictures if page is pages[0] else ()) for page in pages]
    return f'<div class="bot">{name}{"".join(shown)}</div>'


def _discord_page(body: Mapping[str, Any], pictures: Sequence[bytes]) -> str:
    images = "".join(f'<div class="photo"><img src="{_data(png)}"/></div>' for png in pictures)
    embeds = "".join(
        f'<div class="embed" style="border-color:#{one["color"]:06x}">{with_markup(one["description"])}{images}</div>'
        for one in body.get("embeds", ())
    )
    rows = "".join(f'<div class="row">{_components(row["components"])}</div>' for row in body.get("components", ()))
    return f"<div>{with_markup(body['content'])}</div>{embeds}{rows}"


def with_markup(text: str) -> str:
    """What the renderer for Discord wrote, as HTML."""
    html, at = "", 0
    for found in MARKUP.finditer(text):
        html += escape(text[at : found.start()])
        at = found.end()
        kind, inner = found.lastgroup, found[found.lastgroup or 0]
        match kind:
            case "pre" | "code":
                html += f"<{kind}>{escape(inner)}</{kind}>"
            case "b":
                html += f"<b>{with_markup(inner)}</b>"
            case "nl":
                html += "\n"
            case _:
                html += escape(inner)
    return re.sub(r"^-# (.*)$", r"<small>\1</small>", html + escape(text[at:]), flags=re.MULTILINE)


def _components(components: Sequence[Mapping[str, Any]]) -> str:
    colours = {1: "#5865f2", 2: "#4e5058", 4: "#da373c"}
    return "".join(
        f'<span class="menu">{escape(one["placeholder"])} ▾</span>'
        if "placeholder" in one
        else f'<span class="key" style="background:{colours[one["style"]]}">{escape(one["label"])}</span>'
        for one in components
    )


def console_lines(said: Iterable[Said]) -> str:
    """The lines of a terminal, in its colours."""
    console = Console(file=StringIO(), record=True, width=CONSOLE_CELLS, force_terminal=True, legacy_windows=False)
    for one in said:
        if one.view is None:
            console.print(Text.assemble(("tocsin> ", "bold green"), one.line))
        else:
            console.print(Text.from_ansi(render_console(one.view, width=CONSOLE_CELLS, colour=True)))
    return console.export_html(theme=MONOKAI, inline_styles=True, code_format="<pre>{code}</pre>")


def _keys(labels: Iterable[str]) -> str:
    return "".join(f'<span class="key">{escape(label)}</span>' for label in labels)


def _data(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
