"""`GET /v1/models` and `GET /v1/models/{id}`, in OpenAI's shape with a few honest words more."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from agent_models.catalogue import Catalogue
from agent_router.errors import ApiError
from agent_router.routing.decision import Target
from agent_router.routing.names import LOCAL, Names
from agent_router.upstreams.registry import BUNDLED, Registry
from agent_router.wire.chat.render import error_body

_WORDS = {
    "auto": "The router decides: local where the task's family is listed local, else the closed model.",
    "local": "The default local model.",
    "closed": "The configured closed model.",
}
BUNDLED_WORDS = (
    "A very small open model that comes with agent-router, for narrow, repeated tasks: short labels, titles, "
    "small JSON. It is not a chat model. Add a real one with `agent-router models add PATH.gguf`."
)
# OpenAI's `created` is when the model was made; the router does not know that of every model, and says a constant.
_CREATED = 1_760_000_000


def model_objects(names: Names, registry: Registry | None, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Every model that callers may name. Context windows are tokens, and known once a local model has been loaded."""
    objects = []
    for name in names.listed():
        entry: dict[str, Any] = {"id": name, "object": "model", "created": _CREATED, "owned_by": "agent-router"}
        named = names.resolve(name)
        if isinstance(named, Target):
            family = catalogue.find(named.model)
            entry["owned_by"] = (family.lab if family else None) or named.provider
            entry["openness"] = catalogue.openness(named.model)
            entry["place"] = registry.upstreams[named.provider].place if registry else None
            if named.provider == LOCAL:
                info = registry.local.engines[named.model].info if registry else None
                entry["context_window"] = info.context_window if info else None
                if named.model == BUNDLED:
                    entry["description"] = BUNDLED_WORDS
        else:
            target = names.default_local if named == "local" else names.closed if named == "closed" else None
            entry["description"] = _WORDS[named] + (f" Now: {target}." if target else "")
        objects.append(entry)
    return objects


def model_list(names: Names, registry: Registry, catalogue: Catalogue) -> APIRouter:
    """The two endpoints, with and without `/v1`."""
    router = APIRouter()

    @router.get("/v1/models")
    @router.get("/models")
    async def models() -> Response:
        return JSONResponse({"object": "list", "data": model_objects(names, registry, catalogue)})

    @router.get("/v1/models/{name:path}")
    @router.get("/models/{name:path}")
    async def model(name: str) -> Response:
        for entry in model_objects(names, registry, catalogue):
            if entry["id"] == name:
                return JSONResponse(entry)
        error = ApiError(404, f"The model {name[:80]!r} does not exist here.", code="model_not_found", param="model")
        return Response(error_body(error), 404, media_type="application/json")

    return router
