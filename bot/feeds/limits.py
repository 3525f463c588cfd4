"""From where on an exchange's value is not believed, with the reason of each number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers of the rules in plausible.py and answers.py.

    max_abs_rate: the widest published cap is Hyperliquid's 4 % an hour; beyond 5 % it is another unit.
    longest_interval: no exchange settles less often than once a day.
    cap_slack: caps are published rounded.
    extreme_8h: thirty times the usual 0.01 % per 8 hours, six times that at which a score is full: real when it lasts
        or stands elsewhere too, else a misprint that would ring.
    confirming_share: a rate moves between two refreshes; half of it, with its sign, still says the same.
    zero_8h: a hundredth of the usual rate; what a second source calls zero.
    percent_times: a rate in percent is 100 times too large; real medians of exchanges differ by less than 10 times.
    min_contracts, min_others: fewer say nothing about an exchange as a whole.
    overdue: exchanges name the next settlement within seconds after the last; a delisted contract never does.
    oldest_source: twice the cycle of the slowest exchange's values.
    frozen_share, frozen_after: in 20 minutes marks of a living market move; some illiquid and closed ones do not.
    full_share: listings and delistings change a page by percents, not by half.
    same_size: two short answers of about one length are a smaller exchange, not two accidents.
    recent: what was read in that time is what the exchange lists (the age at which a rate counts as stale).
    carried: an exchange that gives no answer keeps its quarantine so long.
    """

    max_abs_rate: float = 0.05  # decimal per settlement
    longest_interval: float = 24.0  # hours
    cap_slack: float = 0.01
    extreme_8h: float = 0.003  # decimal per 8 hours
    confirming_share: float = 0.5
    zero_8h: float = 1e-6  # decimal per 8 hours
    percent_times: float = 20.0
    min_contracts: int = 20
    min_others: int = 3
    overdue: timedelta = timedelta(minutes=15)
    oldest_source: timedelta = timedelta(minutes=30)
    frozen_share: float = 0.95
    frozen_after: timedelta = timedelta(minutes=20)
    full_share: float = 0.5
    same_size: float = 0.10
    recent: timedelta = timedelta(hours=6)
    carried: timedelta = timedelta(days=1)
