"""Fetching updates so that one that cannot be read does not keep all others."""

from __future__ import annotations

import logging
from typing import Any

from telegram import Update
from telegram.request import HTTPXRequest

log = logging.getLogger("tocsin.telegram")


class CarefulRequest(HTTPXRequest):
    """Leaves of an update that PTB cannot read its number, with which it is acknowledged.

    PTB fails at the whole answer instead, and would be given the same one for ever.
    """

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer with updates that can be read."""
        facts = HTTPXRequest.parse_json_payload(payload)
        found = facts.get("result")
        if isinstance(found, list):
            facts["result"] = [readable(one) for one in found]
        return facts


def readable(raw: Any) -> Any:
    """An update as it came, or its number alone."""
    try:
        Update.de_json(dict(raw), None)
    except Exception:
        log.exception("an update of Telegram could not be read and is left out")
        return {"update_id": raw["update_id"]}
    return raw
