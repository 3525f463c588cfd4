"""Every table, a file for each part of the house.

Times are unix seconds (`UnixTime` shows them as UTC datetimes), rates are decimals per the pair's own
interval, money is US dollars. The bulk tables (`settlement`, `funding_day`, `price`) hold integers and
floats only: text stands once, in `exchange`, `base_coin` and `pair`, for three years of 5,500 pairs are
some 30 million settlements. They are `WITHOUT ROWID`, so that a row lives in its primary key's tree and a
pair's history is one run of pages.
"""

from storage.tables.alerts import (
    AlertRow,
    ChatRow,
    DeliveryRow,
    EpisodeRow,
    FindingRow,
    MuteRow,
    PlatformRow,
    SubscriptionRow,
    TallyRow,
)
from storage.tables.base import Table, UnixTime
from storage.tables.filings import (
    AsideRow,
    EdgarDayRow,
    EdgarSetRow,
    FilerRow,
    FilingRow,
    InsiderTransactionRow,
    IssuerRow,
    ListedTickerRow,
)
from storage.tables.markets import (
    BackfillRow,
    BaseCoinRow,
    CoinRow,
    ExchangeRow,
    FundingDayRow,
    FundingWindowRow,
    PairRow,
    PriceChangeRow,
    PriceRow,
    QuarantineRow,
    RateRow,
    SettlementRow,
)
from storage.tables.people import LinkCodeRow, LinkGuessRow, NoteRow, PersonRow
from storage.tables.scores import (
    HostedAccumulatedRow,
    HostedClusterRow,
    HostedScoreRow,
    RefreshRow,
    ScoreRow,
    SourceRow,
)

__all__ = [
    "AlertRow",
    "AsideRow",
    "BackfillRow",
    "BaseCoinRow",
    "ChatRow",
    "CoinRow",
    "DeliveryRow",
    "EdgarDayRow",
    "EdgarSetRow",
    "EpisodeRow",
    "ExchangeRow",
    "FilerRow",
    "FilingRow",
    "FindingRow",
    "FundingDayRow",
    "FundingWindowRow",
    "HostedAccumulatedRow",
    "HostedClusterRow",
    "HostedScoreRow",
    "InsiderTransactionRow",
    "IssuerRow",
    "LinkCodeRow",
    "LinkGuessRow",
    "ListedTickerRow",
    "MuteRow",
    "NoteRow",
    "PairRow",
    "PersonRow",
    "PlatformRow",
    "PriceChangeRow",
    "PriceRow",
    "QuarantineRow",
    "RateRow",
    "RefreshRow",
    "ScoreRow",
    "SettlementRow",
    "SourceRow",
    "SubscriptionRow",
    "Table",
    "TallyRow",
    "UnixTime",
]
