"""Model names on the wire: what `auto`, `local`, `closed`, `provider/model` and plain names mean."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal
from urllib.parse import urlsplit

from agent_router.config import PRESETS
from agent_router.errors import ApiError, ConfigError
from agent_router.routing.decision import Target
from agent_router.settings import Settings, Upstream
from agent_telemetry.usage_record import Place

Named = Literal["auto", "local", "closed"] | Target
LOCAL = "local"
OWN = "agent-router/"  # some clients put the provider's own name before every model
LONGEST = 256  # characters; no model's name is longer
_OWN_DIALECT = {"anthropic": "anthropic", "gemini": "google"}  # dialects that are one lab's, and its lab


class Names:
    """Resolves a caller's model name. `local` lists the local models, the default first, and `embedding` those among
    them that make vectors and no text; `lab_of` gives a model's lab by the catalogue, to find the upstream of a plain
    name. ConfigError if `fallback` names a local model that is not there, or that writes no text."""

    def __init__(
        self,
        settings: Settings,
        local: list[str],
        lab_of: Callable[[str], str | None],
        embedding: Collection[str] = (),
    ) -> None:
        self._upstreams = settings.upstreams
        self._local = local
        self._embedding = [name for name in local if name in embedding]
        self._text = [name for name in local if name not in embedding]
        self._lab_of = lab_of
        self.closed = closed_side(settings)
        named = settings.routing.closed_embedding
        self.closed_embedding = _split(named) if named else None
        self.fallback = [target for name in settings.routing.fallback if (target := self._fallback(name))]

    @property
    def default_local(self) -> Target | None:
        """What `local` means."""
        return Target(LOCAL, self._text[0]) if self._text else None

    @property
    def local_embedding(self) -> Target | None:
        """What `local` means where vectors are asked for."""
        return Target(LOCAL, self._embedding[0]) if self._embedding else None

    def makes_vectors(self, target: Target) -> bool | None:
        """Whether a local model makes vectors and no text; None for what is elsewhere, where nobody knows."""
        return target.model in self._embedding if target.provider == LOCAL else None

    def _fallback(self, name: str) -> Target | None:
        if name == LOCAL:
            return self.default_local
        target = _split(name)
        if target.provider == LOCAL and target.model not in self._local:
            there = ", ".join(self._local) or "none"
            raise ConfigError(f"routing.fallback: there is no local model {target.model!r}. Local models: {there}.")
        if self.makes_vectors(target):
            raise ConfigError(f"routing.fallback: {target} is an embedding model, which writes no text.")
        return target

    def resolve(self, name: str) -> Named:
        """The meaning of a name; ApiError 404 if it has none."""
        plain = name.removeprefix(OWN)
        if plain in ("auto", "local", "closed"):
            return plain  # type: ignore[return-value]
        target = self._target(plain) if _is_name(plain) else None
        if target is None:
            raise self._unknown(name)
        return target

    def _target(self, name: str) -> Target | None:
        provider, slash, model = name.partition("/")
        if slash and model and provider == LOCAL and model in self._local:
            return Target(LOCAL, model)
        if slash and model and provider in self._upstreams:
            return Target(provider, model)
        if name in self._local:
            return Target(LOCAL, name)
        owner = self._owner(name)
        return Target(owner, name) if owner else None

    def _owner(self, name: str) -> str | None:
        """The upstream that a plain name belongs to: one that lists it, else its lab's own, else the closed side's if
        its list is not the user's, else the only one without a list."""
        for provider, upstream in self._upstreams.items():
            if name in upstream.models:
                return provider
        for closed in (self.closed, self.closed_embedding):
            if closed is not None and name == closed.model:
                return closed.provider
        if not name.strip() or "/" in name or "\\" in name or ".." in name:
            return None
        lab = self._lab_of(name)
        for provider, upstream in self._upstreams.items():
            if lab is not None and _is_labs_own(lab, provider, upstream):
                return provider
        open_ended = [provider for provider, upstream in self._upstreams.items() if _is_open_ended(provider, upstream)]
        if self.closed is not None and self.closed.provider in open_ended:
            return self.closed.provider
        return open_ended[0] if len(open_ended) == 1 else None

    def place(self, provider: str) -> Place:
        """Where a provider's models run."""
        return "device" if provider == LOCAL else self._upstreams[provider].place

    def listed(self) -> list[str]:
        """Every name that callers may use, as `GET /v1/models` shows them."""
        names = ["auto"]
        names += ["local"] if self._local else []
        names += ["closed"] if self.closed else []
        names += [f"{LOCAL}/{model}" for model in self._local]
        for provider, upstream in self._upstreams.items():
            names += [f"{provider}/{model}" for model in upstream.models]
        names += [str(closed) for closed in (self.closed, self.closed_embedding) if closed]
        return [name for name in dict.fromkeys(names) if _is_name(name)]

    def id_of(self, name: str) -> str | None:
        """A name as the list has it; None if it means nothing that is listed."""
        try:
            id = str(self.resolve(name))
        except ApiError:
            return None
        return id if id in self.listed() else None

    def _unknown(self, name: str) -> ApiError:
        shown = name[:80] + ("…" if len(name) > 80 else "")
        return ApiError(
            404,
            f"The model {shown!r} does not exist here. Use one of: {', '.join(self.listed()[:20])}.",
            code="model_not_found",
            param="model",
        )


def _is_name(name: str) -> bool:
    return len(name) <= LONGEST and name.isprintable()


def closed_side(settings: Settings) -> Target | None:
    """What `closed` means: as configured, else the first model that an upstream elsewhere lists, else any."""
    if settings.routing.closed:
        return _split(settings.routing.closed)
    listing = [(provider, upstream) for provider, upstream in settings.upstreams.items() if upstream.models]
    listing.sort(key=lambda item: item[1].place in ("device", "lan"))
    return Target(listing[0][0], listing[0][1].models[0]) if listing else None


def _split(name: str) -> Target:
    """`provider/model` as a target. The configuration has been checked, so both parts are there."""
    provider, _, model = name.partition("/")
    return Target(provider, model)


def _is_labs_own(lab: str, provider: str, upstream: Upstream) -> bool:
    """Whether a lab's own models are found there: by its name, its dialect, or its address (api.mistral.ai)."""
    host = urlsplit(upstream.address).hostname or ""
    return lab == provider.lower() or lab == _OWN_DIALECT.get(upstream.kind) or lab in host.split(".")


def _is_open_ended(provider: str, upstream: Upstream) -> bool:
    """Whether it may have models that it does not list: it lists none, or what the preset knows."""
    return not upstream.models or (provider in PRESETS and upstream == Upstream(**PRESETS[provider]))
