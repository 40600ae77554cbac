"""All configured upstreams and local models, built from the configuration."""

from __future__ import annotations

from pathlib import Path

from agent_models.engine.engine import Engine
from agent_models.engine.load_options import LoadOptions
from agent_models.engine.protocol import Adapter
from agent_router.local_models import local_paths
from agent_router.settings import Settings
from agent_router.upstreams.anthropic.upstream import AnthropicUpstream
from agent_router.upstreams.gemini.upstream import GeminiUpstream
from agent_router.upstreams.http_client import HttpClient
from agent_router.upstreams.keys import Key
from agent_router.upstreams.local import PROVIDER, LocalUpstream
from agent_router.upstreams.openai import OpenAIUpstream
from agent_router.upstreams.reply import Upstream

_Kind = type[OpenAIUpstream] | type[AnthropicUpstream] | type[GeminiUpstream]
_KINDS: dict[str, _Kind] = {"openai": OpenAIUpstream, "anthropic": AnthropicUpstream, "gemini": GeminiUpstream}


class Registry:
    """The upstreams of one running router, whose folder is `data`. Build it on the event loop; `close` frees all."""

    def __init__(self, settings: Settings, data: Path) -> None:
        local = settings.local
        load = LoadOptions(
            context_window=local.context_window,
            cells=local.cache_tokens,
            slots=local.parallel,
            threads=local.threads,
            gpu_layers=local.gpu_layers,
            flash_attention=local.flash_attention,
            parked_bytes=local.prefix_memory_mb * 1024**2,
            prefixes=data / "prefixes",
            prefix_bytes=local.prefix_disk_mb * 1024**2,
        )
        self.local = LocalUpstream(
            {
                name: Engine(
                    path,
                    name=name,
                    load=load,
                    queue_limit=local.queue,
                    idle_seconds=local.idle_seconds,
                    hang_seconds=local.hang_seconds,
                    make_room=lambda engine: self.local.make_room(engine),
                )
                for name, path in local_paths(settings).items()
            },
            {
                name: (adapter.base, Adapter(str(adapter.path.expanduser()), adapter.scale))
                for name, adapter in local.adapters.items()
            },
        )
        self._http = HttpClient(settings.timeouts.connect)
        self.keys = {name: Key(name, upstream) for name, upstream in settings.upstreams.items()}
        self.upstreams: dict[str, Upstream] = {PROVIDER: self.local}
        for name, upstream in settings.upstreams.items():
            speak = _KINDS[upstream.kind]
            self.upstreams[name] = speak(name, upstream, self.keys[name], self._http, settings.timeouts)

    def keyed(self, provider: str) -> bool:
        """Whether the upstream has the key it needs."""
        key = self.keys.get(provider)
        return key is None or not key.missing

    async def close(self) -> None:
        """Stop workers and close connections."""
        for upstream in self.upstreams.values():
            await upstream.close()
        await self._http.close()
