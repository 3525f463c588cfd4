"""The history endpoints of the made exchanges, each with its own shape, parameters, paging and row limit.

    made = universe(300, NOW)
    made.serve(server)
    serve_history(made, server, clock.now)       # what has settled up to then
    replies = history_replies(made, clock.now)   # path → reply, to be wrapped: policed(replies["gate"], ...)

They know nothing of our adapters: a parameter that is missing, or too large, is refused as the exchange does it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.servers.exchange import Asked, Loopback, Reply, answer
from tests.servers.universe import Universe, choice
from tests.servers.universe_market import Perpetual, Settled

Now = Callable[[], datetime]
MOST_PAGES = 100  # of Bitget


@dataclass(frozen=True, slots=True)
class Books:
    """The settlements of one exchange up to now."""

    listed: Mapping[str, Perpetual]  # by symbol
    now: Now

    def of(
        self, symbol: str, since_ms: int = 0, until_ms: int | None = None, depth: int | None = None
    ) -> list[Settled]:
        """Those in [since, until], oldest first; `depth` in days where no more is served."""
        now = int(self.now().timestamp() * 1000)
        if depth is not None:
            since_ms = max(since_ms, now - depth * 86_400_000)
        return self.listed[symbol].settled(since_ms, now if until_ms is None else min(now, until_ms))

    def page(self, symbol: str, number: int, size: int, depth: int | None = None) -> tuple[list[Settled], int]:
        """One page, newest first, and how many settlements there are."""
        now = int(self.now().timestamp() * 1000)
        return self.listed[symbol].page(0 if depth is None else now - depth * 86_400_000, now, number, size)


def serve_history(made: Universe, server: Loopback, now: Now | None = None) -> None:
    """Answer for the history of all contracts; `now` None: it ends at the universe's own instant."""
    for path, reply in history_replies(made, now).items():
        server.route(path, reply)


def history_replies(made: Universe, now: Now | None = None) -> dict[str, Reply]:
    """Path on the server → how it answers."""
    found: dict[str, Reply] = {}
    for exchange, (path, reply) in ENDPOINTS.items():
        books = Books({one.symbol: one for one in made.contracts[exchange]}, now or (lambda: made.now))
        found[f"/{exchange}{path}"] = _bound(reply, books)
    # Hyperliquid has one path for everything.
    quotes = answer(choice(made.answers["hyperliquid"]["/info"]))
    history = found["/hyperliquid/info"]
    found["/hyperliquid/info"] = lambda asked: history(asked) if asked.body["type"] == "fundingHistory" else quotes
    return found


def _bound(reply: Callable[[Books, Asked], Reply], books: Books) -> Callable[[Asked], Reply]:
    return lambda asked: reply(books, asked)


def _binance(books: Books, asked: Asked) -> Reply:
    """Ascending from the start; 100 unless told, 1,000 at most."""
    given = asked.params
    if given["symbol"] not in books.listed:
        return answer({"code": -1121, "msg": "Invalid symbol."}, 400)
    limit = int(given.get("limit", 100))
    if limit > 1000:
        return answer({"code": -1130, "msg": "Data sent for parameter 'limit' is not valid."}, 400)
    found = books.of(given["symbol"], int(given.get("startTime", 0)), _int(given.get("endTime")))
    rows = found[:limit] if "startTime" in given else found[-limit:]
    return [
        {"symbol": given["symbol"], "fundingTime": one.ms, "fundingRate": _text(one), "markPrice": "1.5"}
        for one in rows
    ]


def _bybit(books: Books, asked: Asked) -> Reply:
    """Newest first, 200 at most; a start without an end is an error."""
    given = asked.params

    def enveloped(rows: list[Any], code: int = 0, told: str = "OK") -> Any:
        result = {"category": given.get("category", ""), "list": rows}
        return {"retCode": code, "retMsg": told, "result": result, "retExtInfo": {}, "time": _ms(books.now())}

    if given.get("category") != "linear" or given["symbol"] not in books.listed:
        return enveloped([], 10001, "params error: symbol invalid")
    if "startTime" in given and "endTime" not in given:
        return enveloped([], 10001, "params error: endTime missing")
    found = books.of(given["symbol"], int(given.get("startTime", 0)), _int(given.get("endTime")))
    rows = found[::-1][: min(200, int(given.get("limit", 200)))]
    return enveloped(
        [{"symbol": given["symbol"], "fundingRate": _text(one), "fundingRateTimestamp": str(one.ms)} for one in rows]
    )


def _okx(books: Books, asked: Asked) -> Reply:
    """Newest first, 400 at most, three months; `after` means older than, and `before` newer than."""
    given = asked.params
    if given["instId"] not in books.listed:
        return {"code": "51001", "msg": "Instrument ID does not exist", "data": []}
    after, before = _int(given.get("after")), _int(given.get("before"))
    found = books.of(
        given["instId"], 0 if before is None else before + 1, None if after is None else after - 1, depth=92
    )
    rows = found[::-1][: min(400, int(given.get("limit", 400)))]
    return {
        "code": "0",
        "msg": "",
        "data": [
            {"instType": "SWAP", "instId": given["instId"], "fundingRate": _text(one), "realizedRate": _text(one),
             "fundingTime": str(one.ms), "method": "current_period", "formulaType": "withRate"}
            for one in rows
        ],
    }  # fmt: skip


def _gate(books: Books, asked: Asked) -> Reply:
    """Newest first, in seconds; 100 unless told, 1,000 at most."""
    given = asked.params
    if given["contract"] not in books.listed:
        return answer({"label": "CONTRACT_NOT_FOUND", "message": "contract not found"}, 400)
    limit = int(given.get("limit", 100))
    if limit > 1000:
        return answer({"label": "INVALID_PARAM_VALUE", "message": "limit"}, 400)
    until = _int(given.get("to"))
    found = books.of(given["contract"], int(given.get("from", 0)) * 1000, None if until is None else until * 1000 + 999)
    return [{"t": one.ms // 1000, "r": _text(one)} for one in found[::-1][:limit]]


def _bitget(books: Books, asked: Asked) -> Reply:
    """Pages, newest first; 20 rows unless told, 100 at most, and no page beyond the hundredth."""
    given = asked.params

    def enveloped(rows: list[Any] | None, code: str = "00000", told: str = "success") -> Any:
        return {"code": code, "msg": told, "requestTime": _ms(books.now()), "data": rows}

    page = int(given.get("pageNo", 1))
    if page > MOST_PAGES:
        return answer(enveloped(None, "40808", "Parameter verification exception pageNo"), 400)
    if given.get("productType") != "USDT-FUTURES" or given["symbol"] not in books.listed:
        return answer(enveloped(None, "40034", f"Parameter {given['symbol']} does not exist"), 400)
    found, _ = books.page(given["symbol"], page, min(100, int(given.get("pageSize", 20))))
    return enveloped(
        [{"symbol": given["symbol"], "fundingRate": _text(one), "fundingTime": str(one.ms)} for one in found]
    )


def _hyperliquid(books: Books, asked: Asked) -> Reply:
    """Ascending from the start, 500 at most; a POST."""
    given = asked.body
    if given["coin"] not in books.listed or "startTime" not in given:
        return answer("null", 500)
    found = books.of(given["coin"], given["startTime"], given.get("endTime"))[:500]
    return [{"coin": given["coin"], "fundingRate": _text(one), "premium": "0.0001", "time": one.ms} for one in found]


def _deribit(books: Books, asked: Asked) -> Reply:
    """Ascending, 744 hours at most; `interest_8h` looks back over 8 of them."""
    given = asked.params
    if given["instrument_name"] not in books.listed:
        return answer({"jsonrpc": "2.0", "error": {"message": "Invalid params", "code": -32602}, "testnet": False}, 400)
    found = books.of(given["instrument_name"], int(given["start_timestamp"]), int(given["end_timestamp"]))[:744]
    rows = [
        {"timestamp": one.ms, "index_price": 1.5, "prev_index_price": 1.5, "interest_8h": one.rate * 8 + 1e-6,
         "interest_1h": one.rate}
        for one in found
    ]  # fmt: skip
    return {"jsonrpc": "2.0", "result": rows, "usIn": 1, "usOut": 2, "usDiff": 1, "testnet": False}


def _htx(books: Books, asked: Asked) -> Reply:
    """Pages, newest first; 20 rows unless told, 50 at most."""
    given = asked.params
    if given["contract_code"] not in books.listed:
        told = {"err_code": 1332, "err_msg": "The contract doesn't exist."}
        return {"status": "error", **told, "ts": _ms(books.now())}
    page, size = int(given.get("page_index", 1)), min(50, int(given.get("page_size", 20)))
    found, total = books.page(given["contract_code"], page, size)
    rows = [
        {"avg_premium_index": "0", "funding_rate": f"{one.rate:.18f}", "realized_rate": f"{one.rate:.18f}",
         "funding_time": str(one.ms), "contract_code": given["contract_code"], "fee_asset": "USDT"}
        for one in found
    ]  # fmt: skip
    data = {"total_page": -(-total // size), "current_page": page, "total_size": total, "data": rows}
    return {"status": "ok", "data": data, "ts": _ms(books.now())}


def _bingx(books: Books, asked: Asked) -> Reply:
    """Newest first; 100 unless told, 1,000 at most."""
    given = asked.params
    if given["symbol"] not in books.listed:
        return {"code": 109425, "msg": f"{given['symbol']} not exist", "data": {}}
    found = books.of(given["symbol"], int(given.get("startTime", 0)), _int(given.get("endTime")))
    rows = found[::-1][: min(1000, int(given.get("limit", 100)))]
    return {
        "code": 0,
        "msg": "",
        "data": [
            {"symbol": given["symbol"], "fundingRate": _text(one), "fundingTime": one.ms, "markPrice": "1.5"}
            for one in rows
        ],
    }


def _kucoin(books: Books, asked: Asked) -> Reply:
    """Newest first, 100 at most; both ends of the window are required."""
    given = asked.params
    if "from" not in given or "to" not in given:
        return {"code": "400100", "msg": "from and to are required"}
    if given["symbol"] not in books.listed:
        return {"code": "404000", "msg": "contract does not exist"}
    found = books.of(given["symbol"], int(given["from"]), int(given["to"]))[::-1][:100]
    rows = [{"symbol": given["symbol"], "fundingRate": one.rate, "timepoint": one.ms} for one in found]
    return {"code": "200000", "data": rows}


def _mexc(books: Books, asked: Asked) -> Reply:
    """Pages, newest first, of 540 days; 20 rows unless told, 100 at most."""
    given = asked.params
    if given["symbol"] not in books.listed:
        return {"success": False, "code": 1001, "message": "Contract does not exist!"}
    page, size = int(given.get("page_num", 1)), min(100, int(given.get("page_size", 20)))
    found, total = books.page(given["symbol"], page, size, depth=540)
    rows = [
        {"symbol": given["symbol"], "fundingRate": one.rate, "settleTime": one.ms, "collectCycle": one.hours}
        for one in found
    ]
    pages = {"pageSize": size, "totalCount": total, "totalPage": -(-total // size), "currentPage": page}
    return {"success": True, "code": 0, "data": {**pages, "resultList": rows}}


ENDPOINTS: dict[str, tuple[str, Callable[[Books, Asked], Reply]]] = {
    "binance": ("/fapi/v1/fundingRate", _binance),
    "bybit": ("/v5/market/funding/history", _bybit),
    "okx": ("/api/v5/public/funding-rate-history", _okx),
    "gate": ("/api/v4/futures/usdt/funding_rate", _gate),
    "bitget": ("/api/v2/mix/market/history-fund-rate", _bitget),
    "hyperliquid": ("/info", _hyperliquid),
    "deribit": ("/api/v2/public/get_funding_rate_history", _deribit),
    "htx": ("/linear-swap-api/v1/swap_historical_funding_rate", _htx),
    "bingx": ("/openApi/swap/v2/quote/fundingRate", _bingx),
    "kucoin": ("/api/v1/contract/funding-rates", _kucoin),
    "mexc": ("/api/v1/contract/funding_rate/history", _mexc),
}


def symbol_of(asked: Asked) -> str:
    """The contract whose history a request asks for, or nothing."""
    given = {**asked.params, **(asked.body or {})}
    names = ("symbol", "instId", "contract", "coin", "instrument_name", "contract_code")
    return str(next((given[name] for name in names if name in given), ""))


def window_of(asked: Asked) -> str:
    """What a request asks for, its times to the hour: the same text, the same rows."""
    given = {**asked.params, **(asked.body or {})}
    coarse = {
        name: int(value) // 3_600_000 if str(value).isdigit() and int(value) > 1e12 else value
        for name, value in given.items()
    }
    return json.dumps(coarse, sort_keys=True)


def _text(one: Settled) -> str:
    return f"{one.rate:.8f}"


def _int(given: str | int | None) -> int | None:
    return None if given is None else int(given)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
