"""The model behind the router: a closed side that plays its part, and remembers what it was sent."""

from __future__ import annotations

from typing import Any, Self

from tests.clients.real.part import part
from tests.clients.real.turns import Turn, turns
from tests.upstreams.threaded import ThreadedUpstream

NAME = "m"
"""What the model is called."""


class ScriptedModel:
    """``with ScriptedModel() as model: ...``: chat completions, responses and messages on a free port."""

    def __init__(self) -> None:
        self._upstream = ThreadedUpstream(models=(NAME,), says=part)

    def __enter__(self) -> Self:
        self._upstream.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._upstream.__exit__()

    @property
    def base_url(self) -> str:
        """With /v1."""
        return self._upstream.base_url

    @property
    def configuration(self) -> str:
        """The router's, in TOML, that puts this model on its closed side."""
        return f"""
[upstreams.scripted]
kind = "openai"
base_url = "{self.base_url}"
models = ["{NAME}"]

[routing]
closed = "scripted/{NAME}"
"""

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """Of all requests so far, in their order."""
        return [request.json for request in self._upstream.requests]

    @property
    def conversations(self) -> list[list[Turn]]:
        """The same, read."""
        return [turns(body) for body in self.bodies]

    def clear(self) -> None:
        """Forgets what came."""
        self._upstream.clear()
