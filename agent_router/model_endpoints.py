"""`GET /v1/models` and `GET /v1/models/{id}`, with and without `/v1`, in the shape that the caller's dialect has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from agent_router.errors import ApiError
from agent_router.wire.chat.render import error_body
from agent_router.wire.gemini import errors as gemini
from agent_router.wire.gemini.caller import is_googles
from agent_router.wire.messages import errors as messages

Model = dict[str, Any]
_MOST = 1000


def model_endpoints(listed: Callable[[], list[Model]], id_of: Callable[[str], str | None]) -> APIRouter:
    """The endpoints; `listed` gives the model objects of the moment, in OpenAI's shape, and `id_of` the id among them
    of a name that a request may have, None if it has none."""
    router = APIRouter()

    def find(name: str) -> Model | None:
        id = id_of(name)
        return next(({**entry, "id": name} for entry in listed() if entry["id"] == id), None)

    @router.get("/v1/models")
    @router.get("/models")
    async def models(request: Request) -> Response:
        if "anthropic-version" in request.headers:
            return _anthropic_page(request, listed())
        if _googles(request):
            return _gemini_page(request, listed())
        return JSONResponse({"object": "list", "data": listed()})

    @router.get("/v1/models/{name:path}")
    @router.get("/models/{name:path}")
    async def model(request: Request, name: str) -> Response:
        if "anthropic-version" not in request.headers and _googles(request):
            return _gemini_model(name)
        anthropic = "anthropic-version" in request.headers
        if (entry := find(name)) is not None:
            return JSONResponse(_anthropic(entry) if anthropic else entry)
        body = messages.error_body(_unknown(name)) if anthropic else error_body(_unknown(name))
        return Response(body, 404, media_type="application/json")

    @router.get("/v1beta/models")
    @router.get("/v1alpha/models")
    async def gemini_models(request: Request) -> Response:
        return _gemini_page(request, listed())

    @router.get("/v1beta/models/{name:path}")
    @router.get("/v1alpha/models/{name:path}")
    async def gemini_model(name: str) -> Response:
        return _gemini_model(name)

    def _gemini_model(name: str) -> Response:
        if (entry := find(name)) is not None:
            return JSONResponse(_gemini(entry))
        return Response(gemini.error_body(_unknown(name)), 404, media_type="application/json")

    return router


def _googles(request: Request) -> bool:
    return is_googles(dict(request.headers.raw), request.scope["query_string"])


def _count(text: str) -> int | None:
    """A number of models; None if it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _unknown(name: str) -> ApiError:
    said = f"The model {name[:80]!r} does not exist here."
    return ApiError(404, said, kind="not_found_error", code="model_not_found", param="model")


def _anthropic(entry: Model) -> Model:
    """Anthropic's model object. Source: its API reference, "List Models"."""
    created = datetime.fromtimestamp(entry["created"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "type": "model",
        "id": entry["id"],
        "display_name": entry["id"],
        "created_at": created,
        "lifecycle": "active",
        "max_input_tokens": entry.get("context_window"),
        "max_tokens": None,
    }


def _anthropic_page(request: Request, listed: list[Model]) -> Response:
    query = request.query_params
    limit = _count(query.get("limit", "20"))
    if limit is None or not 1 <= limit <= _MOST:
        error = ApiError(400, f"limit: must be a number between 1 and {_MOST}.", code="invalid_value", param="limit")
        return Response(messages.error_body(error), 400, media_type="application/json")
    ids = [entry["id"] for entry in listed]
    after, before = query.get("after_id"), query.get("before_id")
    start, end = 0, len(ids)
    if after is not None:
        start = ids.index(after) + 1 if after in ids else len(ids)
    if before is not None:
        end = ids.index(before) if before in ids else 0
        start = max(start, end - limit)
    page = listed[start:end][:limit]
    return JSONResponse(
        {
            "data": [_anthropic(entry) for entry in page],
            "has_more": start > 0 if before is not None else start + len(page) < end,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
        }
    )


def _gemini_page(request: Request, listed: list[Model]) -> Response:
    """A page's token is the id of the last model of the one before. Google's own pages hold 50 unless more are asked
    for; all in one serve callers that do not know of pages as well."""
    query = request.query_params
    size = _count(query.get("pageSize", query.get("page_size", "0")))
    token = query.get("pageToken", query.get("page_token", ""))
    ids = [entry["id"] for entry in listed]
    if size is None or (token and token not in ids):
        field = "pageSize" if size is None else "pageToken"
        said = "must be a number of models." if size is None else "is none that was given out here."
        error = ApiError(400, f"{field}: {said}", code="invalid_argument", param=field)
        return Response(gemini.error_body(error), 400, media_type="application/json")
    start = ids.index(token) + 1 if token else 0
    end = start + min(size or _MOST, _MOST)
    more = {"nextPageToken": ids[end - 1]} if end < len(ids) else {}
    return JSONResponse({"models": [_gemini(entry) for entry in listed[start:end]], **more})


def _gemini(entry: Model) -> Model:
    """Google's model object. Source: its reference, "models"."""
    told: Model = {
        "name": f"models/{entry['id']}",
        "version": "1",
        "displayName": entry["id"],
        "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
    }
    if entry.get("description"):
        told["description"] = entry["description"]
    if entry.get("context_window"):
        told["inputTokenLimit"] = entry["context_window"]
    return told
