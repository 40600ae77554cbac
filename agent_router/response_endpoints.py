"""`GET` and `DELETE /v1/responses/{id}`, and the items of its input. Off the hot path."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from agent_router.errors import ApiError
from agent_router.wire.chat.render import error_body
from agent_router.wire.responses.items import Item, listed
from agent_router.wire.responses.replay import replay
from agent_router.wire.responses.store import ResponseStore

_MOST = 100
_DEFAULT = 20
_DIGITS = 18


def response_endpoints(store: ResponseStore) -> APIRouter:
    """The endpoints over the responses in `store`."""
    router = APIRouter()

    @router.get("/v1/responses/{id}")
    @router.get("/responses/{id}")
    async def response(id: str, stream: str = "false", starting_after: str = "") -> Response:
        stored = store.get(id)
        if stored is None:
            return _unknown(id)
        if stream.lower() not in ("true", "false", "1", "0"):
            return _error(ApiError(400, "'stream' must be true or false.", code="invalid_value", param="stream"))
        if starting_after and _number(starting_after) is None:
            said = "'starting_after' must be the number of an event."
            return _error(ApiError(400, said, code="invalid_value", param="starting_after"))
        if stream.lower() in ("true", "1"):
            after = _number(starting_after)
            events = replay(msgspec.json.decode(stored.response), -1 if after is None else after)
            return Response(events, media_type="text/event-stream", headers={"cache-control": "no-cache"})
        return Response(stored.response, media_type="application/json")

    @router.delete("/v1/responses/{id}")
    @router.delete("/responses/{id}")
    async def delete(id: str) -> Response:
        if not store.delete(id):
            return _unknown(id)
        return JSONResponse({"id": id, "object": "response", "deleted": True})

    @router.post("/v1/responses/{id}/cancel")
    @router.post("/responses/{id}/cancel")
    async def cancel(id: str) -> Response:
        if store.get(id) is None:
            return _unknown(id)
        said = "Only a response that runs in the background can be cancelled, and none does here."
        return _error(ApiError(400, said, code="not_in_background"))

    @router.get("/v1/responses/{id}/input_items")
    @router.get("/responses/{id}/input_items")
    async def input_items(id: str, limit: str = str(_DEFAULT), order: str = "desc", after: str = "") -> Response:
        stored = store.get(id)
        if stored is None:
            return _unknown(id)
        most = _number(limit)
        if most is None or not 1 <= most <= _MOST:
            said = f"'limit' must be a number between 1 and {_MOST}."
            return _error(ApiError(400, said, code="invalid_value", param="limit"))
        if order not in ("asc", "desc"):
            return _error(ApiError(400, "'order' must be asc or desc.", code="invalid_value", param="order"))
        return _page(listed((kept.id, kept.item) for kept in stored.input), most, order, after)

    return router


def _page(items: list[Item], limit: int, order: str, after: str) -> Response:
    """A page of the items, which are in the order of the conversation."""
    if order == "desc":
        items = items[::-1]
    if after:
        ids = [item["id"] for item in items]
        if after not in ids:
            said = f"There is no item {after[:80]!r} in this response."
            return _error(ApiError(400, said, code="invalid_value", param="after"))
        items = items[ids.index(after) + 1 :]
    page = items[:limit]
    return JSONResponse(
        {
            "object": "list",
            "data": page,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
            "has_more": len(items) > len(page),
        }
    )


def _number(text: str) -> int | None:
    """A number of a size that makes sense; None for any other text."""
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else None


def _unknown(id: str) -> Response:
    said = f"Response with id {id[:80]!r} not found. Responses are kept for an hour, unless 'store' is false."
    return _error(ApiError(404, said, kind="not_found_error", code="response_not_found", param="id"))


def _error(error: ApiError) -> Response:
    return Response(error_body(error), error.status, media_type="application/json")
