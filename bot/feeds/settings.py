"""The [feeds] section of config.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from bot.feeds.exchanges import EXCHANGES
from bot.settings import Settings

if TYPE_CHECKING:
    ExchangeName = str
else:  # the choices, as pydantic checks them and as they are shown
    ExchangeName = Literal[tuple(exchange.name for exchange in EXCHANGES.values() if exchange.closed is None)]


class FeedSettings(Settings):
    """Where data comes from."""

    funding: Literal["exchanges", "sharpe", "simulated", "none"] = Field(
        "exchanges",
        description="exchanges: tocsin reads them itself, without a key; sharpe: a hosted service, see [sharpe]; "
        "simulated: a made-up market to play with; none: only what `tocsin import` brought",
    )
    insiders: Literal["edgar", "finradar", "none"] = Field(
        "edgar",
        description="edgar: tocsin reads the SEC's filings itself, see [edgar]; finradar: a hosted service, see "
        "[finradar]; none: only what `tocsin import` brought",
    )
    exchanges: list[ExchangeName] = Field([], description="read only these; empty: all that are open")
    ccxt: list[str] = Field(
        [],
        description="more exchanges, by the names that ccxt has for them; needs an extra: "
        ".venv/bin/pip install -e '.[ccxt]'",
    )
    history_days: int = Field(
        90,
        ge=3,
        le=1095,
        description="days of settlements that are read in the background, where the exchange has them",
    )
    timeout_seconds: float = Field(
        20.0, ge=1, le=300, description="how long a refresh waits for one exchange before it goes on without it"
    )
    hosts: dict[str, str] = Field(
        {},
        description="where an exchange is asked instead of its own address, such as a mirror of yours: "
        '{ binance = "https://mirror.example" }',
    )
