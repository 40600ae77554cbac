"""Model names on the wire: what `auto`, `local`, `closed`, `provider/model` and plain names mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from agent_router.config import Settings
from agent_router.errors import ApiError
from agent_router.routing.decision import Target

Named = Literal["auto", "local", "closed"] | Target
LOCAL = "local"


class Names:
    """Resolves a caller's model name. `local` lists the local models, the default first; `lab_of` gives a model's
    lab by the catalogue, to find the upstream of a plain name."""

    def __init__(self, settings: Settings, local: list[str], lab_of: Callable[[str], str | None]) -> None:
        self._upstreams = settings.upstreams
        self._local = local
        self._lab_of = lab_of
        self.closed = _closed(settings)
        self.fallback = [target for name in settings.routing.fallback if (target := self._target(name))]

    @property
    def default_local(self) -> Target | None:
        """What `local` means."""
        return Target(LOCAL, self._local[0]) if self._local else None

    def _target(self, name: str) -> Target | None:
        return self.default_local if name == LOCAL else _split(name)

    def resolve(self, name: str) -> Named:
        """The meaning of a name; ApiError 404 if it has none."""
        if name in ("auto", "local", "closed"):
            return name  # type: ignore[return-value]
        if name.startswith("agent-router/"):  # some clients put the provider's own name before every model
            return self.resolve(name.removeprefix("agent-router/"))
        provider, slash, model = name.partition("/")
        if slash and model and provider == LOCAL and model in self._local:
            return Target(LOCAL, model)
        if slash and model and provider in self._upstreams:
            return Target(provider, model)
        if name in self._local:
            return Target(LOCAL, name)
        owner = self._owner(name)
        if owner is None:
            raise self._unknown(name)
        return Target(owner, name)

    def _owner(self, name: str) -> str | None:
        """The upstream that a plain name belongs to: one that lists it, else its lab's own, else the closed side's if
        that lists no models at all."""
        for provider, upstream in self._upstreams.items():
            if name in upstream.models:
                return provider
        if self.closed is not None and name == self.closed.model:
            return self.closed.provider
        if not name.isprintable() or "/" in name or ".." in name:
            return None
        lab = self._lab_of(name)
        if lab is not None:
            for provider, upstream in self._upstreams.items():
                if lab in (provider, upstream.kind):
                    return provider
        open_ended = [provider for provider, upstream in self._upstreams.items() if not upstream.models]
        if self.closed is not None and self.closed.provider in open_ended:
            return self.closed.provider
        return open_ended[0] if len(open_ended) == 1 else None

    def listed(self) -> list[str]:
        """Every name that callers may use, as `GET /v1/models` shows them."""
        names = ["auto"]
        names += ["local"] if self._local else []
        names += ["closed"] if self.closed else []
        names += [f"{LOCAL}/{model}" for model in self._local]
        for provider, upstream in self._upstreams.items():
            names += [f"{provider}/{model}" for model in upstream.models]
        return list(dict.fromkeys([*names, *([str(self.closed)] if self.closed else [])]))

    def _unknown(self, name: str) -> ApiError:
        shown = name[:80] + ("…" if len(name) > 80 else "")
        return ApiError(
            404,
            f"The model {shown!r} does not exist here. Use one of: {', '.join(self.listed()[:20])}.",
            code="model_not_found",
            param="model",
        )


def _closed(settings: Settings) -> Target | None:
    """What `closed` means: as configured, else the first model that any upstream lists."""
    if settings.routing.closed:
        return _split(settings.routing.closed)
    for provider, upstream in settings.upstreams.items():
        if upstream.models:
            return Target(provider, upstream.models[0])
    return None


def _split(name: str) -> Target:
    """`provider/model` as a target. The configuration has been checked, so both parts are there."""
    provider, _, model = name.partition("/")
    return Target(provider, model)
