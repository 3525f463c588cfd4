"""What other rooms store in English, said in the language that is spoken.

Reasons are stored as sentences: why an alert waits, why a value is held back, what a source said. They are English
whoever reads them later, so they are recognised by the template that they were written with. What is not recognised is
shown as it is: technical detail, in the words of whoever failed.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from bot.words import formats, mark, spoken, tr

PLACE = re.compile(r"\{(\w+)\}")
NUMBER, MONEY = re.compile(r"\d{1,3}(,\d{3})+|\d+\.\d+"), re.compile(r"\$[\d,]+")
DAY = re.compile(r"\b20\d\d-\d\d-\d\d\b")
NAMES_WITH_REASONS = re.compile(r"(?P<name>[^,(]+) \((?P<reason>(?:[^()]|\([^()]*\))+)\)")

# Most particular first: the first template that fits is taken.
TEMPLATES = (
    # Why an episode did what it did (bot/alerts/episodes.py).
    mark("it reached the minimum"),
    mark("it rose a step above what was told"),
    mark("it is known already"),
    mark("it is below the minimum"),
    mark("too few exchanges are behind its average"),
    mark("the subscription asks for more than its score"),
    mark("it fell, and must stay down for one more refresh"),
    mark("it stayed down for two refreshes"),
    mark("too few of its exchanges answered"),
    mark("this refresh was counted already"),
    mark("it entered the qualifying set"),
    mark("it gained an insider or doubled in value"),
    mark("it left the window"),
    # Of a sample (bot/commands/sample.py).
    mark("a sample, asked for with /test"),
    mark("a sample, no real coin"),
    # Why an alert waits (bot/alerts/holding.py).
    mark("this chat is muted"),
    mark("{name} is muted"),
    mark("it is for the daily digest"),
    mark("quiet hours"),
    mark("the cap of {cap} alerts a day is reached"),
    # What became of a message (storage/outbox.py, bot/alerts/dispatch.py, retry.py, storage/chats.py).
    mark("{reason}; too late to try again"),
    mark("{reason}; twice it may have arrived"),
    mark("{reason}; it may have arrived, and this chat wishes no repeats"),
    mark("not sent in time"),
    mark("outcome unknown"),
    mark("held until now"),
    mark("not begun"),
    mark("no alert is left in it"),
    mark("sent together with delivery {delivery}"),
    mark("this chat is off"),
    mark("Discord: the bot was removed from this server"),
    mark("Discord: the channel was deleted"),
    mark("it is now {address}"),
    mark("{platform}: the bot was blocked by the user"),
    mark("{platform}: the bot was removed from this chat"),
    mark("{platform}: not sent ({detail}"),
    mark("{platform}: no answer ({detail}"),
    mark("the database takes nothing: {detail}"),
    # States of messages and platforms.
    mark("sent"),
    mark("expired"),
    mark("superseded"),
    mark("dead"),
    mark("held"),
    mark("queued"),
    mark("in flight"),
    mark("up"),
    mark("down"),
    mark("refused"),
    mark("not used"),
    mark("it is not in the config"),
    # What a number rests on (bot/alerts/coin_matching.py, bot/views/scores.py).
    mark("{answered} of {all} exchanges answered, {without}"),
    mark("{answered} of {all} exchanges answered"),
    mark("without {names} and {count} more"),
    mark("without {names}"),
    mark("as given by {name}, updated {time}"),
    mark("partial"),
    mark("no answer"),
    # What is the matter with a source (bot/feeds).
    mark("refuses this country ({status})"),
    mark("refuses the key ({status})"),
    mark("refuses access ({status})"),
    mark("no connection within {seconds} s"),
    mark("silent for {seconds} s"),
    mark("no answer within {seconds} s"),
    mark("cannot connect: {detail}"),
    mark("the proxy refuses"),
    mark("answer cannot be decompressed"),
    mark("the connection broke off"),
    mark("answer of an unknown shape"),
    mark("answer without a single contract"),
    mark("wants fewer requests ({status})"),
    mark("wants fewer requests"),
    mark("has banned this address ({status})"),
    mark("answers {status}"),
    mark("only {came} of {all} contracts came"),
    mark("{exchange}: {count} contract held: {reason}"),
    mark("{exchange}: {count} contracts held: {reason}"),
    mark("{exchange}: {count} contract left out: {reason}"),
    mark("{exchange}: {count} contracts left out: {reason}"),
    # Why EDGAR is not asked (bot/feeds/edgar/settings.py).
    mark("off: EDGAR asks every program for a name and an e-mail address; set edgar.name and edgar.email"),
    mark("off: edgar.name has no Latin letters, and a request can carry no others; write it in Latin letters"),
    mark("off: edgar.name holds an e-mail address; set it to a name, and edgar.email to the address"),
    mark("off: edgar.email is no e-mail address; set it to one at which EDGAR's people can reach you"),
    mark("off: edgar.email is a placeholder or an address that nobody reads, which EDGAR turns away; set your own"),
    # Why a value is not believed (bot/feeds/plausible.py, answers.py, identity.py).
    mark("its rates look like percent"),
    mark("its values have not moved since {time}"),
    mark("listed twice with different rates"),
    mark("no rate, or none that is a number"),
    mark("interval not said"),
    mark("stale: its next settlement is long past"),
    mark("stale: its values are old"),
    mark("prints 0 where it has no rate"),
    mark("extreme, and neither a refresh before nor another exchange says so"),
    mark("beyond ±{limit} % per settlement"),
    mark("beyond its exchange's cap of {limit} %"),
    mark("beyond its exchange's floor of {limit} %"),
    mark("seems to be {new} now, not {old}"),
    # Why a trade counts for nothing (scoring/trades.py).
    mark("code {code} says {side}, and {letter} contradicts it"),
    mark("traded on {day}, after it was filed on {filed}"),
    mark("traded on {day}, more than two years before it was filed"),
    mark("a price of {price} a share"),
    mark("a value of {value} in one row"),
    mark("{bought} shares bought, and only {held} held after it"),
    mark("{count} shares"),
    # Why filers count as one (scoring/owners.py, scoring/clusters.py).
    mark("{name} files under two CIKs"),
    mark("{name} only ever files together with {other}"),
    mark("{name} files together with {other}, which only ever files together with {third}"),
    mark("{name} files together with {other}"),
    mark("{count} filers report together in {accession}"),
    mark("the trade in {accession} is reported by other filings too"),
    # Roles of insiders.
    mark("director"),
    mark("officer"),
    mark("10 % owner"),
)


def retold(text: str) -> str:
    """A sentence that was stored in English, in the language that is spoken; as it is where nobody knows it.

    >>> retold("PEPE is muted"), retold("451 Unavailable")
    ('PEPE is muted', '451 Unavailable')
    """
    if spoken() == "en" or not text:
        return text
    for template, pattern in _patterns():
        if (found := pattern.fullmatch(text)) is not None:
            return tr(template, **{name: _part(name, value) for name, value in found.groupdict().items()})
    return text


def _part(name: str, value: str) -> str:
    """What stands in a place: another sentence, a list of names with reasons, a number, a day, or a name."""
    if name == "names":
        return NAMES_WITH_REASONS.sub(lambda one: f"{one['name']} ({retold(one['reason'])})", value)
    if name in {"reason", "without", "detail"}:
        return retold(value)
    if NUMBER.fullmatch(value) is not None:
        return formats.separated(value, spoken())
    if MONEY.fullmatch(value) is not None:
        return tr("${number}", number=formats.separated(value.removeprefix("$"), spoken()))
    return DAY.sub(lambda one: formats.day(date.fromisoformat(one[0]), spoken(), "short"), value)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((template, _pattern(template)) for template in TEMPLATES)


def _pattern(template: str) -> re.Pattern[str]:
    parts = PLACE.split(template)  # literal, name, literal, …
    return re.compile("".join(f"(?P<{part}>.+)" if at % 2 else re.escape(part) for at, part in enumerate(parts)))
