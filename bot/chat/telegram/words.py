"""What only the bot on Telegram says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.views.elements import Button, Code, Note, Text, Tone, View
from bot.views.help import start_view
from bot.words import mark, tr, trn

SUBSCRIBED = mark("🔔 subscribed")
IS_SUBSCRIBED = mark("Subscribed already; /alerts shows all subscriptions.")
NOT_YOURS = mark(
    "Only administrators of this group change what it is told. You can do that in a chat of your own with me."
)
NOT_IN_CHANNELS = mark("In a channel only its administrators press buttons. Open a chat of your own with me.")
NOT_ASKED = mark("Somebody else asked for this; send the command yourself.")
GONE = mark("This message does not hold that command any more; send the command again.")
ELSEWHERE = mark("Open a chat with me to do that.")

REFUSED = "Telegram refuses the bot's token, so nobody there is answered; get it from @BotFather and set telegram.token"
NO_WEBHOOK = (
    "Telegram brings nothing to telegram.webhook_url ({why}), so nobody there is answered; correct it, or empty it"
)
TAKEN = (
    "another program uses the bot's token and gets what people write on Telegram; "
    "stop it, or get a token of its own from @BotFather"
)


def hint_view() -> View:
    """The answer to words that are no command."""
    return View(
        title=tr("I answer commands; /help lists them all"),
        body=(Code("/pump min=3"),),
        buttons=(Button(tr("Help"), "/help"),),
    )


def late_view(age: timedelta) -> View:
    """The answer to commands that waited while the bot was down."""
    return View(
        title=trn(
            "I was away when you wrote, {count} minute ago, and did nothing of it; send again what still matters",
            "I was away when you wrote, {count} minutes ago, and did nothing of it; send again what still matters",
            int(age.total_seconds() // 60),
        ),
        tone=Tone.ERROR,
    )


def offered_view(start: View, offers: tuple[Button, ...]) -> View:
    """The first words, with what a link offers before all else."""
    return replace(start, body=(Text(tr("Your link offers the first button below.")), *start.body),
                   buttons=(*offers, *start.buttons))  # fmt: skip


def replaced_view(answer: View, before: int) -> View:
    """What a command has made that was edited, and what it had made before."""
    gone = Note(tr("It takes the place of subscription {id}, for you edited the command.", id=before))
    return replace(answer, body=(*answer.body, gone))


def welcome_view(*, was_off: bool) -> View:
    """What a group sees to which the bot was added."""
    view = start_view()
    if not was_off:
        return view
    return replace(view, body=(Text(tr("What this group had subscribed to rings again after /start.")), *view.body))
