"""The models that callers may name, in OpenAI's shape with a few honest words more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent_models.catalogue import Catalogue
from agent_router.local_models import BUNDLED, BUNDLED_WORDS
from agent_router.routing.decision import Target
from agent_router.routing.names import LOCAL, Names

_WORDS = {
    "auto": "The router decides: local where the task's family is listed local, else the closed model.",
    "local": "The default local model.",
    "closed": "The configured closed model.",
}
# OpenAI's `created` is when the model was made; the router does not know that of every model, and says a constant.
_CREATED = 1_760_000_000


def model_list(
    names: Names, catalogue: Catalogue, window: Callable[[str], int | None] = lambda model: None
) -> list[dict[str, Any]]:
    """Every model that callers may name. `window` gives the context window (tokens) of a local model, None while it is
    not loaded."""
    objects = []
    for name in names.listed():
        entry: dict[str, Any] = {"id": name, "object": "model", "created": _CREATED, "owned_by": "agent-router"}
        named = names.resolve(name)
        if isinstance(named, Target):
            entry["owned_by"] = catalogue.lab(named.model) or named.provider
            entry["openness"] = catalogue.openness(named.model)
            entry["place"] = names.place(named.provider)
            if named.provider == LOCAL:
                entry["context_window"] = window(named.model)
                if names.makes_vectors(named):
                    entry["type"] = "embedding"
                    entry["description"] = "An embedding model: for /v1/embeddings only."
                if named.model == BUNDLED:
                    entry["description"] = BUNDLED_WORDS
        else:
            target = names.default_local if named == "local" else names.closed if named == "closed" else None
            entry["description"] = _WORDS[named] + (f" Now: {target}." if target else "")
        objects.append(entry)
    return objects
