"""What goes out to a chat now, of all that waits for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.compose import Plan, plan
from bot.alerts.holding import Manners, Why
from bot.alerts.quiet import ChatSettings
from storage.alerts import Alert
from storage.outbox import ALERTS, HELD, NOTICE, QUEUED, SAMPLE, Waiting
from tests.builders_storage import NOW

HOUR = timedelta(hours=1)
NIGHT = Manners(ChatSettings(quiet_from=11 * 60, quiet_to=13 * 60))  # NOW is 12:00 UTC
URGENT = Manners(replace(NIGHT.settings, urgent=8.0))
DAY = Manners()


def alert(ref: str, level: float = 4.0, kind: str = "NEW", key: str | None = None, **facts: object) -> Alert:
    return Alert(ref, 1, "pump", key or ref, 1, kind, NOW, {"level": level} | facts)


def waiting(number: int, *alerts: Alert, **changes: object) -> Waiting:
    made = Waiting(number, 1, ALERTS, QUEUED, None, 700, NOW, NOW, NOW + HOUR, 0, False, alerts)
    return replace(made, **changes)  # type: ignore[arg-type]


def decide(*rows: Waiting, manners: Manners = DAY, sent_today: int = 0) -> Plan:
    return plan(rows, manners, sent_today, NOW)


def refs(made: Plan) -> list[str]:
    return sorted(one.ref for one in made.alerts)


def test_all_that_is_due_is_one_message() -> None:
    made = decide(waiting(1, alert("a")), waiting(2, alert("b"), alert("c"), priority=10))
    assert refs(made) == ["a", "b", "c"]
    assert made.carrier is not None
    assert (made.carrier.id, made.joining, made.emptied) == (2, ("a",), (1,))


def test_what_is_in_doubt_goes_alone_and_first() -> None:
    made = decide(waiting(1, alert("a"), priority=10), waiting(2, alert("b"), maybe_repeat=True))
    assert (refs(made), made.joining) == (["b"], ())


def test_quiet_hours_hold_all_but_what_is_urgent_enough_for_the_chat() -> None:
    rows = (waiting(1, alert("low"), alert("high", 9.0)),)
    quiet = decide(*rows, manners=NIGHT)
    assert (quiet.carrier, [(one.hold.why, one.refs) for one in quiet.waits]) == (None, [(Why.QUIET, ())])
    assert quiet.waits[0].hold.until == NOW + HOUR
    urgent = decide(*rows, manners=URGENT)
    assert refs(urgent) == ["high"]
    assert [one.refs for one in urgent.waits] == [("low",)]


def test_what_is_over_is_never_urgent() -> None:
    assert decide(waiting(1, alert("a", 9.0, "RESOLVED")), manners=URGENT).carrier is None


def test_nobody_hears_of_a_rise_before_its_beginning() -> None:
    held = waiting(1, alert("new", 5.0, key="X"), alert("other"), state=HELD, hold="quiet", not_before=NOW + HOUR)
    made = decide(held, waiting(2, alert("rise", 9.0, "ESCALATED", key="X")), manners=URGENT)
    assert refs(made) == ["new", "rise"]
    assert made.emptied == ()  # "other" is still in it


def test_a_mute_is_kept_by_what_is_urgent_too_and_ends() -> None:
    rows = (waiting(1, alert("a", 10.0)), waiting(2, alert("b")))
    muted = replace(URGENT, muted_until=NOW + HOUR)
    assert decide(*rows, manners=muted).carrier is None
    one = decide(*rows, manners=Manners(mutes={"a": NOW + HOUR}))
    assert (refs(one), [wait.hold.until for wait in one.waits]) == (["b"], [NOW + HOUR])
    assert refs(decide(*rows, manners=Manners(mutes={"a": NOW}))) == ["a", "b"]


def test_a_daily_digest_waits_for_its_time_and_then_goes() -> None:
    manners = Manners(ChatSettings(digest_at=13 * 60))
    daily = alert("a", digest="daily")
    assert [one.hold.until for one in decide(waiting(1, daily), manners=manners).waits] == [NOW + HOUR]
    yesterday = replace(daily, created_at=NOW - 24 * HOUR)
    released = decide(waiting(1, yesterday, hold="daily"), manners=manners)
    assert (refs(released), released.occasion) == (["a"], "Daily digest")


def test_the_worst_go_first_when_the_cap_of_a_day_is_reached() -> None:
    rows = (waiting(1, *(alert(str(level), float(level)) for level in range(1, 6))),)
    made = decide(*rows, manners=Manners(ChatSettings(cap=10)), sent_today=8)
    assert (refs(made), made.capped) == (["4", "5"], 3)
    assert {one.hold.why for one in made.waits} == {Why.CAP}
    assert made.waits[0].hold.until == NOW + 12 * HOUR


def test_a_beginning_that_goes_out_with_its_rise_is_not_said_to_wait_for_the_cap() -> None:
    beginning, rise = alert("new", 5.0, key="X"), alert("rise", 9.0, "ESCALATED", key="X")
    made = decide(waiting(1, beginning, rise, alert("other")), manners=Manners(ChatSettings(cap=1)))
    assert (refs(made), made.capped, [one.refs for one in made.waits]) == (["new", "rise"], 1, [("other",)])


def test_after_an_interruption_the_message_says_how_long_it_was() -> None:
    old = waiting(1, alert("a"), created_at=NOW - 3 * HOUR)
    assert decide(old, waiting(2, alert("b"))).occasion == "Delayed by up to 3 h"
    assert decide(waiting(1, alert("a")), waiting(2, alert("b"))).occasion == ""
    assert decide(waiting(1, alert("a"), hold="quiet")).occasion == "Quiet hours are over"
    assert decide(waiting(1, alert("a"), hold="quiet"), waiting(2, alert("b"))).occasion == "Held until now"


def test_what_is_too_late_is_left_to_expire() -> None:
    assert decide(waiting(1, alert("a"), expires_at=NOW)) == Plan()


def test_a_sample_goes_alone_even_at_night_and_a_notice_waits() -> None:
    made = decide(waiting(1, alert("a")), waiting(2, alert("test"), kind=SAMPLE), manners=NIGHT)
    assert refs(made) == ["test"]
    notice = waiting(3, kind=NOTICE)
    assert [one.delivery.id for one in decide(notice, manners=NIGHT).waits] == [3]
    alone = decide(notice)
    assert alone.carrier == notice
    together = decide(notice, waiting(4, alert("a")))
    assert together.carrier is not None
    assert (refs(together), {together.carrier.id, *together.emptied}) == (["a"], {3, 4})


levels = st.floats(0, 10)
alerts = st.builds(
    alert,
    st.uuids().map(str),
    levels,
    st.sampled_from(["NEW", "ESCALATED", "RESOLVED"]),
    st.sampled_from(["A", "B", "C"]),
    digest=st.sampled_from(["off", "refresh", "daily"]),
)
rows = st.lists(
    st.tuples(st.lists(alerts, min_size=1, max_size=5), st.sampled_from([QUEUED, HELD]), st.booleans()), max_size=6
)
manners = st.builds(
    Manners,
    st.builds(
        ChatSettings,
        quiet_from=st.sampled_from([None, 660]),
        quiet_to=st.just(780),
        urgent=st.none() | levels,
        cap=st.none() | st.integers(0, 10),
    ),
    st.sampled_from([None, NOW, NOW + HOUR]),
    st.dictionaries(st.sampled_from(["A", "B"]), st.sampled_from([NOW, NOW + HOUR])),
)


@given(rows, manners, st.integers(0, 12))
def test_every_alert_that_is_due_goes_out_or_waits_and_none_does_both(
    made: list[tuple[list[Alert], str, bool]], how: Manners, sent_today: int
) -> None:
    all_rows = [
        waiting(
            number, *own, state=state, maybe_repeat=doubt and state == QUEUED, hold="quiet" if state == HELD else None
        )
        for number, (own, state, doubt) in enumerate(made)
    ]
    found = plan(all_rows, how, sent_today, NOW)
    going = {one.ref for one in found.alerts}
    held = {ref for wait in found.waits for ref in (wait.refs or [one.ref for one in wait.delivery.alerts])}
    due = {one.ref for row in all_rows if row.state == QUEUED for one in row.alerts}
    alone = found.carrier is not None and found.carrier.maybe_repeat
    doubt = any(row.maybe_repeat for row in all_rows)
    assert not going & held
    assert alone or doubt or due <= going | held
    assert all(wait.hold.until > NOW for wait in found.waits)
    # What moves into the carrier is what goes out and was not in it.
    if found.carrier is not None:
        assert going == {one.ref for one in found.carrier.alerts if one.ref in going} | set(found.joining)
        assert found.carrier.state == QUEUED
        for row in all_rows:
            if row.id in found.emptied:
                assert {one.ref for one in row.alerts} <= going
