"""A caller's request on its way to an upstream, whatever dialect it came in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agent_models.completion import CompletionRequest
from agent_router.routing.prompt import Prompt
from agent_telemetry.trace import Trace

if TYPE_CHECKING:
    from agent_router.upstreams.reply import Reply, Upstream


@dataclass
class Call:
    """`raw` is the body as it came, in the dialect `wire`. `prompt` is what the decision reads of it; `parse`
    translates it when an upstream needs that, and raises ApiError where it cannot be said. `body` is the checked body,
    for the wire that made it.

    `named_in_body`: the body holds the model's name. `include_usage`: a stream is to tell its tokens. `headers` are
    passed on. `client` tells callers apart, so that each gets its turn where they wait for the same model, and `caller`
    agents whose requests fail; empty where nobody knows which agent it is. `native`
    makes the body for an upstream (by provider) of the same dialect, where that is not always `raw`; `native_whole` one
    that names nothing which the upstream would have to have kept, where the other may.

    `query` is what of the address's query an upstream of the same dialect is to get.

    `trace` notes the calls that are made for it, if anybody wants to know.

    `meant` is all that may be sent on, where that is more than the body says; `private`: it belongs to a conversation
    that must not leave the machine.
    """

    wire: str
    raw: bytes
    model: str
    prompt: Prompt
    parse: Callable[[], CompletionRequest]
    body: Any = None
    stream: bool = False
    include_usage: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    client: str = ""
    caller: str = ""
    named_in_body: bool = True
    native: Callable[[str], bytes] | None = None
    native_whole: Callable[[str], bytes] | None = None
    meant: bytes = b""
    private: bool = False
    query: str = ""
    trace: Trace | None = None

    def __post_init__(self) -> None:
        self.meant = self.meant or self.raw

    @property
    def has_images(self) -> bool:
        """Whether it holds anything but text."""
        return self.prompt.images

    @cached_property
    def completion(self) -> CompletionRequest:
        """The request free of any dialect; ApiError where it cannot be said so."""
        return self.parse()

    def body_for(self, provider: str) -> bytes:
        """The body for an upstream of the same dialect."""
        return self.raw if self.native is None else self.native(provider)

    async def ask(self, upstream: Upstream, model: str) -> Reply:
        """What this upstream answers; see `Upstream.open`."""
        return await upstream.open(self, model)
