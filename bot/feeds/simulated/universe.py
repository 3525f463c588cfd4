"""What exists in the simulated market: coins, contracts and their names. Its villains are all invented."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bot.feeds.exchanges import EXCHANGES
from scoring.model import Coin

# Real coins, which behave: nobody shall take the simulation for a claim about a real project.
QUIET = (
    ("bitcoin", "BTC", "Bitcoin", 97_000.0),
    ("ethereum", "ETH", "Ethereum", 3_400.0),
    ("solana", "SOL", "Solana", 190.0),
    ("ripple", "XRP", "XRP", 2.3),
    ("dogecoin", "DOGE", "Dogecoin", 0.19),
    ("cardano", "ADA", "Cardano", 0.62),
    ("chainlink", "LINK", "Chainlink", 17.5),
    ("avalanche-2", "AVAX", "Avalanche", 24.0),
    ("polkadot", "DOT", "Polkadot", 4.6),
    ("litecoin", "LTC", "Litecoin", 92.0),
    ("bitcoin-cash", "BCH", "Bitcoin Cash", 510.0),
    ("uniswap", "UNI", "Uniswap", 8.8),
    ("aave", "AAVE", "Aave", 240.0),
    ("near", "NEAR", "NEAR Protocol", 2.7),
    ("aptos", "APT", "Aptos", 4.4),
    ("sui", "SUI", "Sui", 2.9),
    ("arbitrum", "ARB", "Arbitrum", 0.41),
    ("optimism", "OP", "Optimism", 0.66),
    ("cosmos", "ATOM", "Cosmos Hub", 4.1),
    ("filecoin", "FIL", "Filecoin", 2.4),
    ("internet-computer", "ICP", "Internet Computer", 5.1),
    ("stellar", "XLM", "Stellar", 0.28),
    ("tron", "TRX", "TRON", 0.31),
    ("toncoin", "TON", "Toncoin", 2.8),
    ("injective-protocol", "INJ", "Injective", 11.0),
    ("sei-network", "SEI", "Sei", 0.23),
    ("celestia", "TIA", "Celestia", 1.6),
    ("render-token", "RENDER", "Render", 3.4),
    ("ethereum-classic", "ETC", "Ethereum Classic", 18.0),
    ("algorand", "ALGO", "Algorand", 0.19),
    ("pepe", "PEPE", "Pepe", 0.0000098),
    ("shiba-inu", "SHIB", "Shiba Inu", 0.0000121),
    ("bonk", "BONK", "Bonk", 0.0000187),
    ("floki", "FLOKI", "FLOKI", 0.0000882),
    ("dogwifcoin", "WIF", "dogwifhat", 0.74),
    ("maker", "MKR", "Maker", 1_650.0),
    ("the-graph", "GRT", "The Graph", 0.088),
    ("lido-dao", "LDO", "Lido DAO", 0.92),
    ("immutable-x", "IMX", "Immutable", 0.55),
    ("jupiter-exchange-solana", "JUP", "Jupiter", 0.47),
)
# Invented coins that are pumped, each in its turn.
PUMPED = (
    ("wagmi-frog", "WGMI", "Wagmi Frog", 0.0412),
    ("moon-llama", "LLAMO", "Moon Llama", 0.87),
    ("rugby-dao", "RUGBY", "Rugby DAO", 1.94),
    ("hodl-hamster", "HAMST", "Hodl Hamster", 0.0063),
    ("lambo-chain", "LAMBO", "Lambo Chain", 12.4),
    ("turbo-snail", "SNAYL", "Turbo Snail", 0.311),
    ("degen-duck", "DUCKY", "Degen Duck", 0.092),
    ("giga-goat", "GOATZ", "Giga Goat", 2.71),
    ("laser-eyes", "LAZER", "Laser Eyes", 0.0157),
    ("paper-hands", "PAPER", "Paper Hands", 0.44),
    ("ape-harbor", "APEHB", "Ape Harbor", 5.05),
    ("yolo-yak", "YOLOY", "Yolo Yak", 0.0231),
)
# Invented coins that are shorted for days.
SHORTED = (
    ("vesting-cliff", "CLIFF", "Vesting Cliff", 3.2),
    ("unlock-labs", "UNLCK", "Unlock Labs", 0.58),
    ("emission-finance", "EMISH", "Emission Finance", 0.129),
    ("dilution-protocol", "DILUT", "Dilution Protocol", 7.7),
)
# Invented coins that drift, slightly negative now and then.
DRIFTING = (
    ("meh-coin", "MEHH", "Meh Coin", 1.0),
    ("flat-earth", "FLATE", "Flat Earth", 0.66),
    ("sideways-swap", "SIDEW", "Sideways Swap", 0.27),
    ("beige-bridge", "BEIGE", "Beige Bridge", 4.8),
)
MEME = {"PEPE": "kPEPE", "SHIB": "kSHIB", "BONK": "kBONK", "FLOKI": "kFLOKI"}
# On Deribit → hours between settlements.
DERIBIT = {"BTC": 8, "ETH": 8, "SOL": 1, "XRP": 1, "AVAX": 1, "LINK": 8}
WITH_USDC = {"BTC", "ETH", "SOL"}


@dataclass(frozen=True, slots=True)
class SimulatedCoin:
    """A coin of the simulation."""

    number: int
    coin: Coin
    price: float  # USD at rest
    pump: int | None  # place among the pumped
    short: int | None  # place among the shorted
    drifts: bool  # around a funding of zero


@dataclass(frozen=True, slots=True)
class Contract:
    """A perpetual of the simulation."""

    number: int
    coin: SimulatedCoin
    exchange: str
    place: int  # of the exchange
    symbol: str
    interval_hours: int
    turnover_usd: float  # 24 h


@cache
def coins() -> tuple[SimulatedCoin, ...]:
    """All 60 coins."""
    kinds = (QUIET, PUMPED, SHORTED, DRIFTING)
    entries = [(kind, place, entry) for kind in kinds for place, entry in enumerate(kind)]
    return tuple(
        SimulatedCoin(
            number=number,
            coin=Coin(slug, symbol, name, number + 1),
            price=price,
            pump=place if kind is PUMPED else None,
            short=place if kind is SHORTED else None,
            drifts=kind is DRIFTING,
        )
        for number, (kind, place, (slug, symbol, name, price)) in enumerate(entries)
    )


@cache
def contracts() -> tuple[Contract, ...]:
    """All perpetuals: most coins on most exchanges, each exchange with its own names and intervals."""
    listed = [
        (coin, place, exchange, symbol)
        for coin in coins()
        for place, exchange in enumerate(EXCHANGES)
        if _is_listed(coin, exchange, place)
        for symbol in _symbols(exchange, coin.coin.symbol)
    ]
    return tuple(
        Contract(
            number=number,
            coin=coin,
            exchange=exchange,
            place=place,
            symbol=symbol,
            interval_hours=_interval(coin, exchange, place),
            turnover_usd=1e9 / (1 + coin.number) / (1 + place) / (10 if symbol.endswith("USDC") else 1),
        )
        for number, (coin, place, exchange, symbol) in enumerate(listed)
    )


def _is_listed(coin: SimulatedCoin, exchange: str, place: int) -> bool:
    if exchange == "deribit":
        return coin.coin.symbol in DERIBIT
    if coin.number < 12:
        return True
    if exchange in {"bitmex", "htx"}:
        return (coin.number + place) % 2 == 0
    return (coin.number * 3 + place) % 7 != 0


def _interval(coin: SimulatedCoin, exchange: str, place: int) -> int:
    if exchange == "hyperliquid":
        return 1
    if exchange == "deribit":
        return DERIBIT[coin.coin.symbol]
    if coin.number < 6:
        return 8
    return 4 if (coin.number * 3 + place) % 5 < 3 else 8


def _symbols(exchange: str, ticker: str) -> tuple[str, ...]:
    """A coin's contracts on an exchange: the usual one, and some in USDC beside it."""
    usual = _symbol(exchange, ticker)
    if exchange in {"binance", "bybit", "mexc"} and ticker in WITH_USDC:
        return (usual, usual.replace("USDT", "USDC"))
    return (usual,)


def _symbol(exchange: str, ticker: str) -> str:  # noqa: PLR0911 - one spelling an exchange
    thousand = f"1000{ticker}" if ticker in MEME else ticker
    match exchange:
        case "hyperliquid":
            return MEME.get(ticker, ticker)
        case "deribit":
            return f"{ticker}-PERPETUAL" if ticker in {"BTC", "ETH"} else f"{ticker}_USDC-PERPETUAL"
        case "okx":
            return f"{ticker}-USDT-SWAP"
        case "gate" | "mexc":
            return f"{ticker}_USDT"
        case "htx":
            return f"{ticker}-USDT"
        case "bingx":
            return f"{thousand}-USDT"
        case "kucoin":
            return f"{'XBT' if ticker == 'BTC' else ticker}USDTM"
        case "bitmex":
            return f"{'XBT' if ticker == 'BTC' else ticker}USDT"
        case _:
            return f"{thousand}USDT"
