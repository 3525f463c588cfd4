"""config.toml and the environment → Config; every fault is told at once, with its key and the way out."""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from bot.config_text import allowed, as_toml
from bot.errors import StartError
from bot.feeds.coingecko import PriceSettings, key_problem
from bot.feeds.edgar.settings import EdgarSettings
from bot.feeds.exchanges import EXCHANGES
from bot.feeds.finradar import FinradarSettings
from bot.feeds.settings import FeedSettings
from bot.feeds.sharpe import SharpeSettings
from bot.settings import (
    AlertSettings,
    DiscordSettings,
    HeartbeatSettings,
    ScoringSettings,
    Settings,
    TelegramSettings,
)

PREFIX, NESTED = "TOCSIN_", "__"
ENVIRONMENT = "environment"  # stands where a fault in a file names the file
DEFAULT_DATABASE = "sqlite:///data/tocsin.db"
SIMULATED_DATABASE = "sqlite:///data/simulated.db"


class DatabaseSettings(Settings):
    """Where everything is remembered."""

    url: str = Field(
        DEFAULT_DATABASE,
        min_length=1,
        repr=False,  # it may hold a password
        description="SQLAlchemy URL; a SQLite file by default, made with its folder when missing",
    )


class ScheduleSettings(Settings):
    """When the refresh runs."""

    refresh_minutes: Literal[5, 10, 15, 20, 30, 60] = Field(
        30, description="minutes between two refreshes, counted from midnight UTC"
    )


class SimulationSettings(Settings):
    """The simulated market."""

    seed: int = Field(7, ge=0, le=2**32 - 1, description="another seed, another market")
    start: datetime = Field(datetime(2026, 11, 2, tzinfo=UTC), description="simulated time of the first refresh, UTC")
    cycle_seconds: float = Field(
        3.0, ge=0.2, le=3600, description="real seconds that one simulated refresh interval takes"
    )

    @field_validator("start")
    @classmethod
    def _in_utc(cls, value: datetime) -> datetime:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ConsoleSettings(Settings):
    """The console as a chat."""

    enabled: bool = Field(True, description="take commands and show alerts in the terminal")


class LogSettings(Settings):
    """What is written to the log."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "WARNING", description="least severity that is written to stderr"
    )


class Config(BaseSettings):
    """All settings. Build it with `load_config`."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter=NESTED)

    database: DatabaseSettings = Field(DatabaseSettings(), description="where everything is remembered")
    schedule: ScheduleSettings = Field(ScheduleSettings(), description="when the refresh runs")
    feeds: FeedSettings = Field(FeedSettings(), description="where data comes from")
    prices: PriceSettings = Field(PriceSettings(), description="names of coins and their price changes, from CoinGecko")
    sharpe: SharpeSettings = Field(SharpeSettings(), description='the hosted service, for feeds.funding = "sharpe"')
    edgar: EdgarSettings = Field(EdgarSettings(), description='filings of insiders, for feeds.insiders = "edgar"')
    finradar: FinradarSettings = Field(
        FinradarSettings(), description='the hosted service, for feeds.insiders = "finradar"'
    )
    scoring: ScoringSettings = Field(
        ScoringSettings(), description="constants of the formulas; reasons in docs/methodology.md"
    )
    alerts: AlertSettings = Field(AlertSettings(), description="what a subscription gets when a person does not say")
    simulation: SimulationSettings = Field(SimulationSettings(), description="the simulated market")
    telegram: TelegramSettings = Field(TelegramSettings(), description="alerts on Telegram")
    discord: DiscordSettings = Field(DiscordSettings(), description="alerts on Discord; it does not listen there yet")
    heartbeat: HeartbeatSettings = Field(HeartbeatSettings(), description="a sign of life to a service that watches")
    console: ConsoleSettings = Field(ConsoleSettings(), description="the console as a chat")
    log: LogSettings = Field(LogSettings(), description="what is written to the log")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: Any, init_settings: Any, *others: Any, **more: Any
    ) -> tuple[Any, ...]:
        """Only what it is built with: `load_config` has read the environment already."""
        return (init_settings,)

    _source: Path | None = PrivateAttr(None)

    @property
    def source(self) -> Path | None:
        """The file it was read from; None without one."""
        return self._source

    def with_database(self, url: str) -> Config:
        """The same with another database."""
        return self._with(database=self.database.model_copy(update={"url": url}))

    def with_feeds(self, funding: str, insiders: str) -> Config:
        """The same with data from elsewhere: choices of feeds.funding and feeds.insiders."""
        return self._with(feeds=self.feeds.model_copy(update={"funding": funding, "insiders": insiders}))

    def _with(self, **sections: Settings) -> Config:
        changed = self.model_copy(update=sections)
        changed._source = self._source
        return changed

    @property
    def simulated(self) -> bool:
        """Whether the market is made up."""
        return self.feeds.funding == "simulated"


def load_config(path: Path | None, env: Mapping[str, str] | None = None) -> Config:
    """Read a file and the environment (`TOCSIN_SECTION__KEY`; None: that of the process); the environment wins.

    No path: no file; everything at its default. Raises StartError with one line per fault.
    """
    data = {} if path is None else _read(path)
    problems = [] if path is None else list(_faults(data, str(path), strict=True))
    ours = {name: value for name, value in (os.environ if env is None else env).items() if _is_ours(name)}
    environment = _environment(ours)
    problems += [*_name_faults(ours), *_faults(environment, ENVIRONMENT, strict=False)]
    if problems:
        raise StartError(*problems)
    config = Config(**_merged(data, environment))
    if conflicts := tuple(_conflicts(config)):
        raise StartError(*(f"{path or ENVIRONMENT}: {one}" for one in conflicts))
    config._source = path
    return config


def without_file(config: Config) -> Config:
    """What holds when nobody has written a config.toml: a simulated market with a database of its own."""
    simulated = config.with_feeds("simulated", "none")
    return simulated.with_database(SIMULATED_DATABASE) if config.database.url == DEFAULT_DATABASE else simulated


def example() -> str:
    """The text of config.example.toml: every key with its default."""
    lines = [
        "# tocsin: copy this file to config.toml and change what you like. Every key is shown with its default.",
        "# Each key can be set in the environment too, which wins: TOCSIN_DATABASE__URL, TOCSIN_LOG__LEVEL, ...",
        "# `tocsin check` reads the file and tells all faults at once.",
    ]
    for section, model, info in _sections():
        lines += ["", f"# {info.description}", f"[{section}]"]
        for key, field in model.model_fields.items():
            lines.append(f"# {field.description}: {allowed(field)}")
            lines.append(f"{key} = {as_toml(field.default)}")
    return "\n".join(lines) + "\n"


def _conflicts(config: Config) -> Iterator[str]:
    """Settings that are good one by one and do not fit together."""
    feeds = config.feeds
    if feeds.funding == "sharpe" and not config.sharpe.key.get_secret_value():
        yield 'feeds.funding = "sharpe" needs sharpe.key; set it, or feeds.funding = "exchanges"'
    if feeds.insiders == "finradar" and (lacking := config.finradar.lacking):
        keys = " and ".join(f"finradar.{key}" for key in lacking)
        yield f'feeds.insiders = "finradar" needs {keys}; set that, or feeds.insiders = "edgar"'
    if config.prices.source != "off" and (problem := key_problem(config.prices)):
        yield problem
    for name in feeds.ccxt:
        if name in EXCHANGES:
            yield f'feeds.ccxt = ["{name}"]: tocsin reads {EXCHANGES[name].title} itself; leave it out here'
    readable = [name for name, one in EXCHANGES.items() if one.adapter is not None]
    for name, host in feeds.hosts.items():
        if name not in readable:
            close = _close(name, readable, f"known: {', '.join(readable)}")
            yield f"feeds.hosts.{name}: there is no such exchange; {close}"
        elif not host.startswith(("http://", "https://")):
            yield f"feeds.hosts.{name} = {as_toml(host)}: must begin with https:// or http://"


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Windows editors put a mark before the text
    except FileNotFoundError as error:
        raise StartError(
            f"{path}: there is no such file; copy config.example.toml there, or leave --config out"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise StartError(f"{path}: this is not TOML: {error}; see config.example.toml") from error


def _faults(data: Mapping[str, Any], source: str, *, strict: bool) -> Iterator[str]:
    models = {name: model for name, model, _ in _sections()}
    for section, values in data.items():
        if section not in models:
            close = _close(section, models, f"allowed: {', '.join(models)}")
            yield f'{source}: there is no section "{section}"; {close}'
        elif not isinstance(values, Mapping):
            yield f"{source}: {section} = {_shown(values, section)}: must be a section: write [{section}] on a line"
        else:
            try:
                models[section].model_validate(values, strict=strict)
            except ValidationError as error:
                yield from (_line(detail, section, models[section], source) for detail in error.errors())


def _is_ours(name: str) -> bool:
    return name.upper().startswith(PREFIX)


def _place(name: str) -> tuple[str, str]:
    """The section and key that a variable names; either may be wrong or empty."""
    section, _, key = name[len(PREFIX) :].lower().partition(NESTED)
    return section, key


def _environment(ours: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What the variables say, by section and key; those that name no section and key are left out."""
    models = {name: model for name, model, _ in _sections()}
    source = EnvSettingsSource(Config)
    # Only whole names: it would read TOCSIN_DATABASE as JSON and fail before the other faults are told.
    source.env_vars = {
        name.lower(): _as_json(value, models[section].model_fields.get(key))
        for name, value in ours.items()
        for section, key in [_place(name)]
        if section in models and key
    }
    return {
        section: {key: _chosen(value, models[section].model_fields.get(key)) for key, value in values.items()}
        for section, values in source().items()
    }


def _as_json(value: str, field: FieldInfo | None) -> str:
    """What EnvSettingsSource reads: lists and tables are JSON there, and people write a,b and a=b."""
    origin = None if field is None else get_origin(field.annotation)
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if origin not in {list, dict}:
        return value
    if value.lstrip().startswith(("[", "{")):
        try:
            json.loads(value)
        except ValueError:
            return json.dumps(value)  # told as a fault of this key, with all others
        return value
    if origin is list:
        return json.dumps(parts)
    return json.dumps({name.strip(): text.strip() for name, _, text in (part.partition("=") for part in parts)})


def _chosen(value: Any, field: FieldInfo | None) -> Any:
    """The choice that a text spells: a variable cannot hold the number 30, only its digits."""
    choices = get_args(field.annotation) if field else ()
    return next((choice for choice in choices if str(choice) == value), value)


def _name_faults(ours: Mapping[str, str]) -> Iterator[str]:
    sections = [section for section, _, _ in _sections()]
    for name in sorted(ours):
        section, key = _place(name)
        if section not in sections:
            close = _close(section, sections, f"sections are {', '.join(sections)}")
            yield f"{ENVIRONMENT}: {name}: there is no section {section!r}; {close}"
        elif not key:
            yield f"{ENVIRONMENT}: {name}: names no key; write {PREFIX}{section.upper()}{NESTED}KEY"


def _line(detail: ErrorDetails, section: str, model: type[BaseModel], source: str) -> str:
    name = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        close = _close(name, model.model_fields, f"allowed: {', '.join(model.model_fields)}")
        variable = f"{_variable(section, name)}: " if source == ENVIRONMENT else ""
        return f'{source}: {variable}[{section}] has no key "{name}"; {close}'
    key = _variable(section, name) if source == ENVIRONMENT else f"{section}.{name}"
    value = _shown(detail["input"], section, model.model_fields[name])
    return f"{source}: {key} = {value}: {_wrong(detail)}; allowed: {allowed(model.model_fields[name])}"


def _variable(section: str, key: str) -> str:
    return f"{PREFIX}{section}{NESTED}{key}".upper()


def _shown(value: Any, section: str, field: FieldInfo | None = None) -> str:
    """A value as written; a database URL may hold a password, and a key is one."""
    secret = section == "database" or (field is not None and field.annotation is SecretStr)
    return "***" if secret else as_toml(value)


def _wrong(detail: ErrorDetails) -> str:
    if re.search("(less|greater)_than|literal|finite|too_short", detail["type"]):
        return "out of range"
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    if detail["type"] == "string_pattern_mismatch":
        return "of the wrong form"
    return "of the wrong type"


def _close(name: str, known: Any, otherwise: str) -> str:
    match = difflib.get_close_matches(name, list(known), n=1)
    return f'did you mean "{match[0]}"?' if match else otherwise


def _sections() -> Iterator[tuple[str, type[BaseModel], FieldInfo]]:
    for name, field in Config.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield name, model, field


def _merged(data: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    return {key: {**data.get(key, {}), **over.get(key, {})} for key in dict.fromkeys([*data, *over])}
