"""Settings that scoring, commands and alerts are given; `config.py` reads them from the file."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr


class Settings(BaseModel):
    """A section of config.toml: frozen, and unknown keys are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _fit_for_a_header(value: SecretStr) -> SecretStr:
    key = value.get_secret_value().strip()
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ValueError("is no key: it holds a blank or a letter that no key has; copy it again")
    return SecretStr(key)


Key = Annotated[SecretStr, AfterValidator(_fit_for_a_header)]  # of a service, sent in a header


class ScoringSettings(Settings):
    """The constants of the formulas; docs/methodology.md gives the reason of each."""

    pump_saturation_8h: float = Field(
        0.0005, gt=0, le=0.05, description="funding per 8 h, as a decimal, at which funding_magnitude is full"
    )
    pump_persistence_days: int = Field(
        7, ge=1, le=365, description="days of negative funding at which divergence_persistence is full"
    )
    selling_saturation_8h: float = Field(
        0.0005, gt=0, le=0.05, description="funding per 8 h, as a decimal, at which funding_magnitude is full"
    )
    selling_persistence_days: int = Field(
        14, ge=1, le=365, description="days of negative funding at which funding_persistence is full"
    )
    max_abs_rate: float = Field(
        0.05,
        gt=0,
        le=1,
        description="a rate beyond this, per settlement as a decimal, is absurd and set aside",
    )
    min_exchanges: int = Field(
        3, ge=1, le=13, description="a coin rings only with at least so many exchanges behind its average"
    )
    lookback_days: int = Field(
        30, ge=14, le=1095, description="days of history read for a streak before looking further back"
    )


class AlertSettings(Settings):
    """What a subscription gets when a person does not say."""

    pump_min: float = Field(3.0, ge=0, le=10, description="pump score from which an alert rings")
    selling_min: float = Field(8.0, ge=0, le=10, description="selling score from which an alert rings")
    clusters_min_insiders: int = Field(3, ge=1, le=50, description="insiders from which a cluster rings")
    step: float = Field(1.0, gt=0, le=10, description="how much a score must rise to ring again")
    hysteresis: float = Field(
        0.5, ge=0, le=10, description="how far below its minimum a score must fall to close the episode"
    )
    expire_minutes: int = Field(
        60, ge=1, le=10080, description="an alert that could not be sent by then is dropped and counted"
    )
    keep_days: int = Field(90, ge=7, le=3650, description="days for which an alert can be explained with /why")


class HeartbeatSettings(Settings):
    """A sign of life after each refresh."""

    url: SecretStr = Field(
        SecretStr(""),
        description="asked after each refresh while all is well, so that a service such as healthchecks rings when not",
    )


class TelegramSettings(Settings):
    """How the bot reaches Telegram."""

    token: Key = Field(SecretStr(""), description="the bot's token, from @BotFather; empty: no Telegram")
    base_url: str = Field(
        "https://api.telegram.org",
        pattern="^https?://",
        description="where the Bot API is, such as a Bot API server of yours",
    )
    timeout_seconds: float = Field(
        20.0, gt=0, le=30, description="silence after which a message counts as perhaps sent, perhaps not"
    )
    webhook_url: str = Field(
        "",
        pattern="^(https://.*)?$",
        description="where Telegram brings what people write, through a proxy of yours; empty: the bot fetches it",
    )
    webhook_listen: str = Field(
        "127.0.0.1", min_length=1, description="the address at which the proxy finds the bot, without TLS"
    )
    webhook_port: int = Field(8443, ge=1, le=65535, description="the port there")


class DiscordSettings(Settings):
    """How the bot reaches Discord."""

    token: Key = Field(SecretStr(""), description="the bot's token, from the developer portal; empty: no Discord")
    base_url: str = Field(
        "https://discord.com/api/v10", pattern="^https?://", description="where Discord's API is, with its version"
    )
    timeout_seconds: float = Field(
        20.0, gt=0, le=30, description="silence after which a message counts as perhaps sent, perhaps not"
    )
