"""What only the bot on Discord says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.views.elements import Button, Code, Text, Tone, View
from bot.words import mark, tr, translations, trn
from bot.words.stored import retold

# https://discord.com/developers/docs/reference#locales; a language of ours → those of Discord's that are it.
LOCALES = {"zh": ("zh-CN", "zh-TW")}

REFUSED = (
    "Discord refuses the bot's token, so nobody there is answered; "
    "reset it in the developer portal and set discord.token"
)
UNREACHED = "Discord's gateway cannot be reached, so nobody there is answered; it is tried on and on"
HELD_BACK = "Discord refused too many requests, so the bot asks nothing for some minutes"
NOT_YOURS = mark("Only who may manage this server changes what this channel is told")
SLOW = mark("You ask a lot; I am silent until you pause for a moment")
NO_COMMAND = mark("This command is of another version; /help lists those that there are")
NO_BUTTON = mark("This button is of another version; send the command")
CLOSED = mark(
    "It is done, and Discord does not let me write to you. Allow direct messages from members of a server where "
    "we both are (User Settings, Privacy), then send me /start there"
)
NOT_WRITTEN = mark("It is done, and Discord did not take my message to you; /alerts in our conversation shows it")
TOO_MANY_DMS = mark(
    "I begin only a few conversations at a time, for Discord takes more of them for spam. Write to me yourself: "
    "choose my name, Message, and send the command there"
)
NO_DM = mark("Discord does not let me begin a conversation with you; write to me yourself, and send the command there")
UNKNOWN_ROLE = mark("There is no such role in this server; choose one of those that are offered, or off")
MUTE_ROLE = mark(
    "Discord would call nobody: in Server Settings, Roles, allow anyone to mention this role, or let me mention "
    "all roles; then send it again"
)
ROLES_IN_SERVERS = mark("A role is mentioned in the channels of a server only")
OPEN_A_CARD = mark("Open a card")
SLASH = "slash"  # the context of names that Discord shows in its menu of commands, and takes typed in either language
# As Discord's settings call them, in English, for each client says them in its own language.
NEEDED = {"view_channel": "View Channel", "send_messages": "Send Messages", "embed_links": "Embed Links"}
IN_THREADS = "Send Messages in Threads"


def localisations(text: str, context: str = "") -> Mapping[str, str]:
    """Discord's locale → the text in it, of the languages that there are beside English."""
    return {
        locale: said
        for language, said in translations(text, context).items()
        for locale in LOCALES.get(language, (language,))
        if said != text
    }


def refused_view(title: str, *lines: str) -> View:
    """Why something is not done."""
    return View(title=tr(title), body=tuple(Code(one) for one in lines), tone=Tone.ERROR)


def not_yours_view(line: str, *, subscribes: bool) -> View:
    """The answer to somebody who may not change what a channel is told."""
    button = (Button(tr("🔔 Alert me"), line),) if subscribes else ()
    text = Text(tr("You can have it in a chat of your own with me:"))
    return View(title=tr(NOT_YOURS), body=(text, Code(line)), buttons=button, tone=Tone.ERROR)


def lacking_view(missing: Sequence[str], line: str) -> View:
    """The answer to a subscription for a channel in which the bot may not write."""
    title = tr("I may not write here: this channel does not give me {permissions}", permissions=", ".join(missing))
    return View(title=title, body=(Text(tr("Give me that, then send it again:")), Code(line)), tone=Tone.ERROR)


def in_dm_view() -> View:
    """The answer in a channel to what was done in a chat of one's own."""
    return View(title=tr("The answer is in your direct messages"))


def place_title(channel: str, server: str) -> str:
    """How people know a channel."""
    if not server:
        return tr("a channel of a server")
    return tr("#{channel} of {server}", channel=channel or "?", server=server)


def gone_view(place: str, why: str, kept: int) -> View:
    """What somebody is told who can bring back a channel that could not be written to."""
    said = trn(
        "{why}. Its {count} subscription is kept, and nothing rings there.",
        "{why}. Its {count} subscriptions are kept, and nothing rings there.",
        kept,
        why=retold(why),
    )
    return View(
        title=tr("I can no longer write to {place}", place=place),
        body=(Text(said), Text(tr("Once I may write there again, this brings it back:")), Code("/start")),
        tone=Tone.ERROR,
    )
