"""People on Discord, played: they send slash commands, press buttons, choose of menus, type, and take the bot along."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.servers.discord import AUTHOR

APPLICATION = "198622483471925248"
TEXT, PRIVATE, GROUP_DM, FORUM_POST = 0, 1, 3, 11
VIEW, SEND, EMBED, MANAGE, ADMINISTRATOR, MENTION, IN_THREADS = (
    1 << 10,
    1 << 11,
    1 << 14,
    1 << 5,
    1 << 3,
    1 << 17,
    1 << 38,
)
BOT_MAY = VIEW | SEND | EMBED | IN_THREADS
STRING, INTEGER, BOOLEAN, NUMBER = 3, 4, 5, 10
PYTHON = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: (int, float)}


@dataclass
class Asked:
    """An interaction, and how it was answered."""

    id: str
    token: str
    channel: str
    user: str
    pressed: dict[str, Any] | None = None  # the message under whose button it was
    kind: int | None = None  # of the callback
    hidden: bool = False  # only the person sees it
    expired: bool = False
    message: dict[str, Any] | None = None
    choices: list[dict[str, Any]] | None = None
    follow_ups: list[dict[str, Any]] = field(default_factory=list)


def message_of(asked: Asked, body: Mapping[str, Any], number: str) -> dict[str, Any]:
    """A message that answers an interaction."""
    return {
        "id": number, "channel_id": asked.channel, "author": AUTHOR, "type": 20, "attachments": [],
        "timestamp": "2026-04-26T12:00:00+00:00", "edited_timestamp": None, "mentions": [], "mention_roles": [],
        "mention_everyone": False, "pinned": False, "tts": False, "flags": body.get("flags", 0),
        "content": body.get("content") or "", "embeds": body.get("embeds", []), "components": body.get("components") or [],
        "interaction_metadata": {
            "id": asked.id, "type": 2, "user": person(asked.user), "authorizing_integration_owners": {}
        },
    }  # fmt: skip


def person(user: str) -> dict[str, Any]:
    """A user."""
    return {"id": user, "username": f"person{user}", "discriminator": "0", "avatar": None, "global_name": None}


def told_of(message: Mapping[str, Any] | None) -> dict[str, Any]:
    """A message as the bot is told of it: without what is in its files."""
    return {name: value for name, value in (message or {}).items() if name != "files"}


def text_of(message: Mapping[str, Any]) -> str:
    """All that is to be read in a message."""
    return "\n".join([message["content"], *(one.get("description", "") for one in message["embeds"])])


def buttons_of(message: Mapping[str, Any]) -> dict[str, str]:
    """Label → custom_id of the buttons."""
    return {one["label"]: one["custom_id"] for one in _items(message) if one["type"] == 2}


def menu_of(message: Mapping[str, Any]) -> dict[str, str]:
    """Label → value of the menu's options."""
    return {
        option["label"]: option["value"]
        for one in _items(message) if one["type"] == 3 for option in one["options"]
    }  # fmt: skip


def _items(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for row in message["components"] for one in row["components"]]


def _member(user: str, may: int) -> dict[str, Any]:
    return {
        "user": person(user), "roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "permissions": str(may),
        "deaf": False, "mute": False, "flags": 0, "nick": None, "pending": False,
    }  # fmt: skip


def _abroad(kind: str, channel: str, user: str) -> dict[str, Any]:
    """Where the bot is no member."""
    if kind == "server":
        place = {
            "id": channel,
            "type": TEXT,
            "name": "far",
            "position": 0,
            "guild_id": "999",
            "permission_overwrites": [],
        }
        guild = {"id": "999", "features": [], "locale": "en-US"}
        return {"context": 0, "channel": place, "guild_id": "999", "guild": guild, "member": _member(user, MANAGE)}
    place = {"id": channel, "type": PRIVATE if kind == "friend" else GROUP_DM, "recipients": []}
    return {"context": 2, "channel": place, "user": person(user)}


class People:
    """What people do becomes interactions and events, which the bot hears."""

    def __init__(self) -> None:
        self.guilds: dict[str, dict[str, Any]] = {}
        self.channels: dict[str, dict[str, Any]] = {}
        self.commands: dict[str, dict[str, Any]] = {}  # as the bot defined them
        self.by_token: dict[str, Asked] = {}
        self.shown: dict[str, dict[str, Any]] = {}  # messages, as they are now
        self.bot_may = BOT_MAY
        self.locale = "en-US"  # of everybody's app
        self._numbers = itertools.count(1_200_000_000_000_000_000)
        self._sending: set[asyncio.Future[Any]] = set()

    def number(self) -> str:
        """A new id."""
        return str(next(self._numbers))

    person = staticmethod(person)

    def dm_of(self, user: str) -> str:
        """The channel that a person has with the bot alone."""
        return f"7{user}"

    def guild(
        self,
        guild: str,
        channels: Mapping[str, str],
        *,
        posts: Mapping[str, str] | None = None,
        roles: Mapping[str, str] | None = None,
        system: str | None = None,
    ) -> None:
        """A server, its text channels, posts of a forum, and roles: id → name."""
        made = {
            number: {"id": number, "type": TEXT, "name": name, "position": 0, "guild_id": guild, "permission_overwrites": []}
            for number, name in channels.items()
        }  # fmt: skip
        threads = {
            number: self._thread(number, name, guild, next(iter(channels))) for number, name in (posts or {}).items()
        }
        everyone = {guild: "@everyone"} | dict(roles or {})
        self.channels |= made | threads
        self.guilds[guild] = {
            "id": guild, "name": f"Server {guild}", "owner_id": "7", "member_count": 3, "system_channel_id": system,
            "channels": list(made.values()), "threads": list(threads.values()), "members": [], "emojis": [], "stickers": [],
            "roles": [
                {"id": number, "name": name, "permissions": "0", "position": at, "color": 0, "hoist": False,
                 "managed": False, "mentionable": True, "flags": 0,
                 "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}}
                for at, (number, name) in enumerate(everyone.items())
            ],
        }  # fmt: skip

    def leaves(self, guild: str) -> None:
        """The bot is removed from a server."""
        del self.guilds[guild]
        self.dispatch("GUILD_DELETE", {"id": guild})

    def deletes(self, channel: str) -> None:
        """Somebody deletes a channel, or a post."""
        held = self.channels.pop(channel)
        event = "THREAD_DELETE" if held["type"] == FORUM_POST else "CHANNEL_DELETE"
        self.dispatch(event, held)

    def slash(self, name: str, options: Mapping[str, Any] | None = None, **how: Any) -> Asked:
        """Somebody sends a slash command; what its definition does not allow, no client lets them send."""
        given = self._options(name, options or {})
        return self._interaction(2, {"id": "1", "name": name, "type": 1, "options": given}, **how)

    def types(self, name: str, option: str, text: str, **how: Any) -> Asked:
        """Somebody types an option for which names are offered."""
        defined = {one["name"]: one for one in self.commands[name]["options"]}[option]
        assert defined.get("autocomplete"), f"{option} offers nothing"
        given = [{"name": option, "type": defined["type"], "value": text, "focused": True}]
        return self._interaction(4, {"id": "1", "name": name, "type": 1, "options": given}, **how)

    def press(self, message: dict[str, Any], label: str, **how: Any) -> Asked:
        """Somebody presses a button of a message as it is now."""
        name = next(custom_id for said, custom_id in buttons_of(message).items() if label in said)
        how.setdefault("channel", message["channel_id"])
        return self._interaction(3, {"custom_id": name, "component_type": 2}, message=message, **how)

    def choose(self, message: dict[str, Any], label: str, **how: Any) -> Asked:
        """Somebody chooses of a message's menu."""
        menu = next(one for one in _items(message) if one["type"] == 3)
        value = next(one["value"] for one in menu["options"] if label in one["label"])
        how.setdefault("channel", message["channel_id"])
        data = {"custom_id": menu["custom_id"], "component_type": 3, "values": [value]}
        return self._interaction(3, data, message=message, **how)

    def _interaction(
        self,
        kind: int,
        data: dict[str, Any],
        *,
        user: str = "42",
        channel: str = "",
        manages: bool = False,
        foreign: str = "",
        expired: bool = False,
        message: dict[str, Any] | None = None,
    ) -> Asked:
        """`channel`: of a server, else the person's own; `foreign`: the bot is no member there, its person is; "group", "friend" or "server"."""
        number = self.number()
        channel = channel or self.dm_of(user)
        asked = Asked(number, f"token{number}", channel, user, message, expired=expired)
        self.by_token[asked.token] = asked
        told: dict[str, Any] = {
            "id": number, "application_id": APPLICATION, "type": kind, "token": asked.token, "version": 1, "data": data,
            "channel_id": channel, "locale": self.locale, "entitlements": [], "attachment_size_limit": 10_485_760,
            "app_permissions": str(self.bot_may),
        }  # fmt: skip
        held = self.channels.get(channel)
        if foreign:
            told |= _abroad(foreign, channel, user) | {"authorizing_integration_owners": {"1": user}}
        elif held is None:
            told |= {"context": 1, "channel": {"id": channel, "type": PRIVATE, "recipients": []}, "user": person(user)}
            told["authorizing_integration_owners"] = {"0": "0"}
        else:
            may = VIEW | SEND | (MANAGE if manages else 0)
            told |= {
                "context": 0,
                "channel": held,
                "guild_id": held["guild_id"],
                "guild": {"id": held["guild_id"], "features": [], "locale": "en-US"},
            }
            told["member"] = _member(user, may)
            told["authorizing_integration_owners"] = {"0": held["guild_id"]}
        if message is not None:
            told["message"] = told_of(message)
        self.dispatch("INTERACTION_CREATE", told)
        return asked

    def _options(self, name: str, options: Mapping[str, Any]) -> list[dict[str, Any]]:
        defined = {one["name"]: one for one in self.commands[name]["options"]}
        missing = [one["name"] for one in defined.values() if one.get("required") and one["name"] not in options]
        assert not missing, f"Discord sends no /{name} without {missing}"
        for option, value in options.items():
            one = defined[option]
            assert isinstance(value, PYTHON[one["type"]]), f"{option}={value!r} is of another type"
            assert not one.get("choices") or value in {choice["value"] for choice in one["choices"]}
            assert one.get("min_value", value) <= value <= one.get("max_value", value)
        return [{"name": key, "type": defined[key]["type"], "value": value} for key, value in options.items()]

    def _thread(self, number: str, name: str, guild: str, parent: str) -> dict[str, Any]:
        archive = {
            "archived": False,
            "auto_archive_duration": 1440,
            "archive_timestamp": "2026-01-01T00:00:00+00:00",
            "locked": False,
        }
        return {
            "id": number, "type": FORUM_POST, "name": name, "guild_id": guild, "parent_id": parent, "owner_id": "7",
            "message_count": 0, "member_count": 1, "thread_metadata": archive, "rate_limit_per_user": 0, "flags": 0,
        }  # fmt: skip

    def dispatch(self, event: str, data: Any) -> None:
        """Tell the bot; the gateway does."""
        raise NotImplementedError
