"""What only the bot on Discord says."""

from __future__ import annotations

from collections.abc import Mapping

from bot.views import numbers
from bot.views.elements import Button, Code, Text, Tone, View


def localisations(_text: str) -> Mapping[str, str]:
    """Discord's locale → the text in it, of the languages that there are beside English."""
    return {}


REFUSED = (
    "Discord refuses the bot's token, so nobody there is answered; "
    "reset it in the developer portal and set discord.token"
)
UNREACHED = "Discord's gateway cannot be reached, so nobody there is answered; it is tried on and on"
HELD_BACK = "Discord refused too many requests, so the bot asks nothing for some minutes"
NOT_YOURS = "Only who may manage this server changes what this channel is told"
IN_YOUR_OWN = "You can have it in a chat of your own with me:"
SLOW = "You ask a lot; I am silent until you pause for a moment"
CLOSED = (
    "It is done, and Discord does not let me write to you. Allow direct messages from members of a server where "
    "we both are (User Settings, Privacy), then send me /start there"
)
NOT_WRITTEN = "It is done, and Discord did not take my message to you; /alerts in our conversation shows it"
TOO_MANY_DMS = (
    "I begin only a few conversations at a time, for Discord takes more of them for spam. Write to me yourself: "
    "choose my name, Message, and send the command there"
)
NO_DM = "Discord does not let me begin a conversation with you; write to me yourself, and send the command there"
UNKNOWN_ROLE = "There is no such role in this server; choose one of those that are offered, or off"
ROLES_IN_SERVERS = "A role is mentioned in the channels of a server only"
NEEDED = {"view_channel": "View Channel", "send_messages": "Send Messages", "embed_links": "Embed Links"}
IN_THREADS = "Send Messages in Threads"


def refused_view(title: str, *lines: str) -> View:
    """Why something is not done."""
    return View(title=title, body=tuple(Code(one) for one in lines), tone=Tone.ERROR)


def not_yours_view(line: str, *, subscribes: bool) -> View:
    """The answer to somebody who may not change what a channel is told."""
    button = (Button("🔔 Alert me", line),) if subscribes else ()
    return View(title=NOT_YOURS, body=(Text(IN_YOUR_OWN), Code(line)), buttons=button, tone=Tone.ERROR)


def lacking_view(missing: tuple[str, ...], line: str) -> View:
    """The answer to a subscription for a channel in which the bot may not write."""
    title = f"I may not write here: this channel does not give me {', '.join(missing)}"
    return View(title=title, body=(Text("Give me that, then send it again:"), Code(line)), tone=Tone.ERROR)


def in_dm_view() -> View:
    """The answer in a channel to what was done in a chat of one's own."""
    return View(title="The answer is in your direct messages")


def gone_view(place: str, why: str, kept: int) -> View:
    """What somebody is told who can bring back a channel that could not be written to."""
    count = numbers.count(kept, "subscription")
    return View(
        title=f"I can no longer write to {place}",
        body=(
            Text(f"Discord says: {why}. Its {count} {'is' if kept == 1 else 'are'} kept, and nothing rings there."),
            Text("Once I may write there again, this brings it back:"),
            Code("/start"),
        ),
        tone=Tone.ERROR,
    )
