"""`GET /v1/models` and `GET /v1/models/{id}`, with and without `/v1`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from agent_router.errors import ApiError
from agent_router.wire.chat.render import error_body


def model_endpoints(listed: Callable[[], list[dict[str, Any]]]) -> APIRouter:
    """The endpoints; `listed` gives the model objects of the moment."""
    router = APIRouter()

    @router.get("/v1/models")
    @router.get("/models")
    async def models() -> Response:
        return JSONResponse({"object": "list", "data": listed()})

    @router.get("/v1/models/{name:path}")
    @router.get("/models/{name:path}")
    async def model(name: str) -> Response:
        for entry in listed():
            if entry["id"] == name:
                return JSONResponse(entry)
        error = ApiError(404, f"The model {name[:80]!r} does not exist here.", code="model_not_found", param="model")
        return Response(error_body(error), 404, media_type="application/json")

    return router
