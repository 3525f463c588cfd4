"""What the made coins cost elsewhere: hourly candles of the four exchanges that we ask, and CoinGecko's list.

    serve_prices(made, server)
    PriceSettings(url=f"{server.url}{PRICES}")

Every coin whose number is divisible by 5 is missing in the list, and three others are wrong: see `WRONG`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from tests.servers.exchange import Asked, Loopback
from tests.servers.universe import Universe
from tests.servers.universe_market import DAY, HOUR, Perpetual, coin_price, ticker

PRICES = "/coingecko"
CANDLE_PATHS = {
    "binance": "/fapi/v1/klines",
    "bybit": "/v5/market/kline",
    "okx": "/api/v5/market/candles",
    "gate": "/api/v4/futures/usdt/candlesticks",
}
ANOTHER, OLD, OFF = ticker(1), ticker(3), ticker(7)
# Another, larger coin bears the ticker too; the price is 5 hours old; the price is not that of the contracts.
WRONG = (ANOTHER, OLD, OFF)
Candle = tuple[int, float]  # unix seconds, open price


def serve_prices(made: Universe, server: Loopback, now: Callable[[], datetime] | None = None) -> None:
    """Answer for candles and the list of coins; `now` None: at the universe's own instant."""
    at = now or (lambda: made.now)
    for exchange, path in CANDLE_PATHS.items():
        listed = {one.symbol: one for one in made.contracts[exchange]}
        server.route(f"/{exchange}{path}", _candles(exchange, listed, at))
    server.route(f"{PRICES}/coins/markets", price_list(made, at))


def price_list(made: Universe, now: Callable[[], datetime]) -> Callable[[Asked], list[Any]]:
    """The list of coins, page by page."""
    coins = max(len(listed) for listed in made.contracts.values())
    return lambda asked: _page(asked, coins, now())


def has_price(number: int) -> bool:
    """Whether the list has the coin's own price, right and new."""
    return number % 5 != 0 and ticker(number) not in (OLD, OFF)


def change_of(number: int, now: datetime, days: int) -> float:
    """The change of a coin's price in percent."""
    price, second = coin_price(number), now.timestamp()
    return (price.at(second) / price.at(second - days * DAY) - 1) * 100


def coin_id(base: str) -> str:
    """The slug of a made coin."""
    return f"{base.lower()}-made"


def _page(asked: Asked, coins: int, now: datetime) -> list[Any]:
    size, page = int(asked.params["per_page"]), int(asked.params["page"])
    return list(_rows(coins, now))[(page - 1) * size : page * size]


def _rows(coins: int, now: datetime) -> Iterator[Any]:
    yield _row(ticker(1), 0, 57 * coin_price(1).at(now.timestamp()), now) | {"id": "another", "name": "Another"}
    yield "no coin at all"
    for number in range(coins):
        base = ticker(number)
        if number % 5:
            row = _row(base, number, coin_price(number).at(now.timestamp()) * (3 if base == OFF else 1), now)
            yield row | ({"last_updated": _iso(now.timestamp() - 5 * HOUR)} if base == OLD else {})


def _row(base: str, number: int, price: float, now: datetime) -> dict[str, Any]:
    return {
        "id": coin_id(base), "symbol": base.lower(), "name": f"{base.title()} Made", "current_price": price,
        "market_cap_rank": number + 1, "last_updated": _iso(now.timestamp() - 60), "image": "https://made.example/1.png",
        "price_change_percentage_24h_in_currency": change_of(number, now, 1),
        "price_change_percentage_7d_in_currency": change_of(number, now, 7),
    }  # fmt: skip


def _candles(exchange: str, listed: dict[str, Perpetual], now: Callable[[], datetime]) -> Callable[[Asked], Any]:
    def serve(asked: Asked) -> Any:
        symbol = asked.params.get("symbol") or asked.params.get("instId") or asked.params["contract"]
        newest = int(now().timestamp()) // HOUR * HOUR
        one = listed[symbol]
        hours = range(newest - (int(asked.params["limit"]) - 1) * HOUR, newest + 1, HOUR)
        return WRITTEN[exchange]([(at, one.price.at(at)) for at in hours if at >= one.listed_at])

    return serve


def _as_text(candles: list[Candle]) -> list[list[str]]:
    return [[str(at * 1000), repr(price), "9", "1", "7", "100", "5"] for at, price in reversed(candles)]


WRITTEN: dict[str, Callable[[list[Candle]], Any]] = {
    "binance": lambda found: [[at * 1000, repr(price), "9", "1", "7", "100"] for at, price in found],
    "bybit": lambda found: {"retCode": 0, "retMsg": "OK", "result": {"category": "linear", "list": _as_text(found)}},
    "okx": lambda found: {"code": "0", "msg": "", "data": _as_text(found)},
    "gate": lambda found: [{"t": at, "o": repr(price), "h": "9", "l": "1", "c": "7", "v": 5} for at, price in found],
}


def _iso(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
