"""Draw the pictures of the README: `make pictures`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bot.charts.model import Theme
from tests.pictures.html import console_lines, discord_messages, telegram_messages
from tests.pictures.story import Said, tell

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
SCREEN, HEIGHT, GAP = 372, 760, 20  # pixels
CONSOLE_WIDTH, CONSOLE_HEIGHT = 860, 880
SANS = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif"
MONO = "font-family:ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace"
COMMON = (
    f".screen{{box-sizing:border-box;overflow:hidden;border-radius:22px;padding:14px 12px;display:flex;"
    f"flex-direction:column;justify-content:flex-end;{SANS};font-size:14px;line-height:1.35;white-space:pre-wrap}}"
    f"pre,code{{{MONO};margin:0}}img{{width:100%;display:block;border-radius:10px}}"
    ".row{display:flex;gap:4px;margin-top:4px}.bot{margin-top:10px;white-space:pre-wrap}"
)
TELEGRAM = (
    ".screen{background:#0e1621;color:#f5f5f5}.bubble{background:#182533;border-radius:12px;padding:8px 11px}"
    ".mine{align-self:flex-end;background:#2b5278;border-radius:12px;padding:7px 11px;margin-top:10px;max-width:80%}"
    ".key{flex:1;text-align:center;background:#24374b;border-radius:7px;padding:6px 4px;font-size:13px}"
    "code,u{color:#6ab3f3;text-decoration:none}pre{font-size:13px;color:#dfe9f3}.photo{margin-top:4px}"
)
DISCORD = (
    ".screen{background:#313338;color:#dbdee1;border-radius:10px}.used{color:#949ba4;font-size:12px;margin-top:14px}"
    ".who b{color:#fff}.who span{background:#5865f2;color:#fff;font-size:10px;border-radius:3px;padding:1px 4px;"
    "margin-left:6px}.embed{background:#2b2d31;border-left:4px solid;border-radius:4px;padding:8px 10px;margin-top:4px}"
    "pre{background:#1e1f22;border-radius:4px;padding:6px;font-size:12.5px}code{background:#1e1f22;padding:0 3px}"
    "small{color:#949ba4;font-size:12px}.row{flex-wrap:wrap}.key{color:#fff;border-radius:4px;padding:6px 12px;"
    "font-size:13px}.photo{margin-top:6px}.menu{flex:1;background:#1e1f22;color:#949ba4;border-radius:4px;padding:8px 10px}"
)
CONSOLE = f".screen{{background:#14161a;color:#d7dae0;{MONO};font-size:13px;border-radius:10px;padding:16px}}"


def picture(screens: Sequence[str], size: tuple[int, int], style: str, title: str) -> str:
    """Screens side by side, as one SVG that needs nothing from anywhere."""
    width, height = size
    whole = len(screens) * (width + GAP) - GAP
    parts = "".join(
        f'<foreignObject x="{at * (width + GAP)}" y="0" width="{width}" height="{height}">'
        f'<div xmlns="http://www.w3.org/1999/xhtml" class="screen" style="height:{height}px">{html}</div></foreignObject>'
        for at, html in enumerate(screens)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{height}" viewBox="0 0 {whole} {height}" '
        f'role="img"><title>{title}</title><style>{COMMON}{style}</style>{parts}</svg>\n'
    )


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    story = tell(Theme.DARK)
    steps = (story.begin, (*story.alert, *story.list), story.coin)

    def screens(draw: Callable[[Iterable[Said]], str]) -> list[str]:
        return [draw(step) for step in steps]

    size = SCREEN, HEIGHT
    drawn = {
        "telegram": picture(screens(telegram_messages), size, TELEGRAM, "The first five minutes on Telegram"),
        "discord": picture(screens(discord_messages), size, DISCORD, "The first five minutes on Discord"),
        "console": picture(
            [console_lines((*story.begin, *story.alert, *story.list))],
            (CONSOLE_WIDTH, CONSOLE_HEIGHT),
            CONSOLE,
            "The first five minutes on the console",
        ),
    }
    for name, svg in drawn.items():
        (FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
