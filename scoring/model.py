"""The values that flow through tocsin: frozen, with the unit beside each field.

Times are timezone-aware UTC datetimes, rates are decimals (0.0001 = 0.01 %), money is US dollars.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum


class Signal(StrEnum):
    """What tocsin watches for."""

    PUMP = "pump"
    SELLING = "selling"
    CLUSTERS = "clusters"


class Margin(IntEnum):
    """How a perpetual is margined, in the order in which it is preferred."""

    USDT = 0
    USD = 1  # linear in another dollar: USDC, USD1, USD
    INVERSE = 2  # margined in the coin itself


class AssetClass(StrEnum):
    """What a perpetual is written on."""

    COIN = "coin"
    TRADFI = "tradfi"  # a tokenised stock, index, currency or commodity: shown, never scored


@dataclass(frozen=True, slots=True)
class Pair:
    """One perpetual contract on one exchange."""

    exchange: str
    symbol: str
    base_coin: str  # asset ticker without multiplier prefix
    margin: Margin
    turnover_usd: float | None = None  # 24 h turnover in USD; None when the source gives none
    asset: AssetClass = AssetClass.COIN


@dataclass(frozen=True, slots=True)
class FundingRate:
    """The current, not yet settled funding rate of a pair."""

    exchange: str
    symbol: str
    base_coin: str
    rate: float  # decimal per interval
    interval_hours: float
    next_funding_time: datetime | None
    updated_at: datetime  # when the source was read
    mark_price: float | None = None  # USD per coin, multiplier removed
    turnover_usd: float | None = None  # 24 h


@dataclass(frozen=True, slots=True)
class Settlement:
    """One funding payment that has happened."""

    exchange: str
    symbol: str
    base_coin: str
    rate: float  # decimal per interval
    interval_hours: float
    settled_at: datetime
    provisional: bool = False  # the last estimate before it; the exchange's own row replaces it


@dataclass(frozen=True, slots=True)
class Held:
    """A value of an exchange that is not believed, and waits in quarantine for a second cycle or a second source."""

    exchange: str
    symbol: str
    base_coin: str
    reason: str  # in words, for people: "beyond its cap of 3 %"
    value: float  # the rate, decimal per interval; NaN where there was no number
    since: datetime  # when it was first seen so
    cycles: int  # refreshes in a row that saw it so, 1 or more


@dataclass(frozen=True, slots=True)
class Coin:
    """A base coin with its CoinGecko-style slug and display name."""

    coin_id: str
    symbol: str
    name: str
    market_cap_rank: int | None


@dataclass(frozen=True, slots=True)
class PriceChanges:
    """Trailing price changes of a coin in percent; None where unknown."""

    pct_24h: float | None
    pct_7d: float | None
    price: float | None  # USD, the latest within the tolerance
    source: str = ""  # where pct_7d came from, else pct_24h: "coingecko", "marks", "import", a hosted service


@dataclass(frozen=True, slots=True)
class ExchangeAverage:
    """One exchange's vote on a coin's 72-hour average."""

    exchange: str
    symbol: str
    rate_8h: float  # decimal per 8 hours
    hours: float  # hours covered inside the window
    settlements: int


@dataclass(frozen=True, slots=True)
class CoinFunding:
    """What the settlements of a coin say at one instant (DESIGN, the method, 2 and 3)."""

    base_coin: str
    avg_72h: float  # decimal per 8 hours, mean over exchanges
    median_72h: float  # decimal per 8 hours
    exchanges: tuple[ExchangeAverage, ...]  # ordered by exchange name; never empty
    negative_exchanges: int
    streak: int  # complete UTC days with a negative average, back from yesterday
    signal_start: datetime | None  # start of the streak, or first negative settlement in the window
    streak_open: bool = False  # the day before the streak is unknown: it may have begun earlier


@dataclass(frozen=True, slots=True)
class CoinScore:
    """A coin's score for one signal, with every part it was made of (full precision)."""

    signal: Signal  # PUMP or SELLING
    base_coin: str
    score: float  # 0-10
    funding_magnitude: float  # PUMP: 0-1, SELLING: 0-10
    persistence: float  # PUMP: divergence_persistence 0-1, SELLING: funding_persistence 0-10
    pump_magnitude: float | None  # PUMP only, 0-1
    funding: CoinFunding
    prices: PriceChanges
    formula_version: int
    source: str = "own"  # whose formula: ours, or the name of a hosted service


class Side(StrEnum):
    """The direction of insider trades."""

    BUY = "BUY"
    SELL = "SELL"


@dataclass(frozen=True, slots=True)
class Filer:
    """A reporting owner of a filing."""

    cik: str  # ten digits
    name: str
    is_director: bool = False
    is_officer: bool = False
    is_ten_percent_owner: bool = False
    is_other: bool = False
    officer_title: str | None = None


@dataclass(frozen=True, slots=True)
class InsiderTransaction:
    """One row of the non-derivative table of a Form 4."""

    row: int  # position in the table, from 0
    security_title: str
    date: date
    code: str  # SEC transaction code, P and S the open market
    acquired_disposed: str  # A or D
    shares: float
    price: float | None  # USD per share
    shares_after: float | None = None
    direct: bool = True
    nature: str | None = None  # nature of indirect ownership


# What stands for an accession number begins so where a file names none.
UNNUMBERED = "xml-"


@dataclass(frozen=True, slots=True)
class Filing:
    """A Form 4 or 4/A as filed."""

    accession: str
    form: str  # "4" or "4/A"
    issuer_cik: str  # ten digits
    issuer_name: str
    ticker: str | None  # cleaned; None for NONE, N/A, ...
    accepted_at: datetime
    period: date | None
    original_filed: date | None  # dateOfOriginalSubmission of a 4/A
    plan_10b5_1: bool  # the filing-level 10b5-1 box
    filers: tuple[Filer, ...]
    transactions: tuple[InsiderTransaction, ...]
    sic: str | None = None  # four digits, from the SGML header
    # "xml": as filed, with EDGAR's header; "bulk": from SEC's quarterly data sets, prices rounded to cents;
    # "bare": as filed, without the header, so that the time of acceptance is a guess
    source: str = "xml"


@dataclass(frozen=True, slots=True)
class Aside:
    """A filing that cannot be read, kept aside with its reason."""

    accession: str
    reason: str  # in words, for people
    url: str  # where to look for oneself
    at: datetime  # when it was tried last


@dataclass(frozen=True, slots=True)
class Issuer:
    """The company whose shares are traded."""

    cik: str  # ten digits; empty where a hosted service gives none
    name: str
    ticker: str | None
    sector: str | None
    industry: str | None


@dataclass(frozen=True, slots=True)
class Insider:
    """One beneficial owner in a cluster; a hosted service may give the name alone."""

    name: str
    role: str | None  # e.g. "CEO", "director", "10 % owner"
    filers: tuple[str, ...]  # names of all filers joined into this owner
    joined_because: tuple[str, ...]  # why they are one owner; empty when there is one filer
    shares: float | None  # None here and below: not given
    value: float | None  # USD
    first_date: date | None
    last_date: date | None
    accessions: tuple[str, ...]
    plan_value: float | None  # USD of value traded under a 10b5-1 plan
    late: bool | None  # a filing came more than 30 days after its trade

    @property
    def average_price(self) -> float | None:
        """USD per share; None where it is not given."""
        return self.value / self.shares if self.value is not None and self.shares else None


@dataclass(frozen=True, slots=True)
class Cluster:
    """Several distinct insiders on one side of one issuer within the window."""

    issuer: Issuer
    side: Side
    insiders: tuple[Insider, ...]  # largest value first
    total_value: float  # USD, sum of shares × price
    net_shares: float  # negative for SELL
    transaction_count: int
    first_date: date
    last_date: date
    plan_value: float | None  # USD of total_value traded under a 10b5-1 plan; None: not given
    accessions: tuple[str, ...]  # empty where they are not given
    source: str = "own"  # who found it: we, or the name of a hosted service
    counted: int | None = None  # insiders, as a hosted service counts them; None: those that are named
    uniform_price: int = 0  # insiders who only bought at one price on one day, as five or more did: an allocation

    @property
    def insider_count(self) -> int:
        """Distinct beneficial owners."""
        return len(self.insiders) if self.counted is None else self.counted

    @property
    def key(self) -> str:
        """What identifies the cluster: issuer CIK and side; the ticker only where no CIK is given."""
        return f"{self.issuer.cik or self.issuer.ticker}:{self.side}"


class ChangeKind(StrEnum):
    """What happened, seen from one subscription."""

    NEW = "NEW"
    ESCALATED = "ESCALATED"
    RESOLVED = "RESOLVED"
    GROWN = "GROWN"
