"""What the router knows about a request when it decides."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from agent_router.routing.agent import agent, session
from agent_router.routing.ask import ask, system_prompt
from agent_router.routing.estimate.estimator import Seen
from agent_router.routing.estimate.nodes import Asked
from agent_router.routing.family import BACKGROUND, EMBEDDING, Family, family
from agent_router.routing.standing import Standing
from agent_router.wire.chat.body import ChatBody
from agent_router.wire.embeddings.body import EmbeddingBody


class Task(Struct, frozen=True, kw_only=True):
    """One request, as far as the decision needs it.

    `prompt_bytes` is the size of the whole body; `output_limit` the most tokens asked for, if any;
    `private` whether the caller demands that it stays on this machine; `opaque` whether it holds text that cannot be
    read here, such as tokens. The router adds `standing`, what is known of its family, `reading`, what the estimate
    reads in it, and `frugal`: a budget is nearly spent.
    """

    requested_model: str
    family: Family
    agent: str | None
    session: str | None
    stream: bool
    tools: int
    images: bool
    prompt_bytes: int
    output_limit: int | None
    private: bool
    opaque: bool = False
    asked: Asked = Asked("", "")
    continuation: bool = False
    turn: str = ""
    conversation: str = ""
    asks: int = 1
    schema: bool = False
    forced_tool: str | None = None
    background: bool = False
    standing: Standing | None = None
    reading: Seen | None = None
    frugal: bool = False


def task(raw: bytes, body: ChatBody, headers: Mapping[bytes, bytes], salt: bytes) -> Task:
    """The task in a checked body. `headers` are lower-case."""
    messages = body.messages if isinstance(body.messages, list) else []
    fam = family(body, salt)
    return Task(
        requested_model=str(body.model),
        family=fam,
        agent=agent(headers),
        session=session(headers, salt),
        stream=bool(body.stream),
        tools=len(body.tools or ()),
        images=any(
            part.type not in ("text", "refusal")
            for message in messages
            if isinstance(message.content, list)
            for part in message.content
        ),
        prompt_bytes=len(raw),
        output_limit=body.limit,
        private=_private(headers),
        asked=Asked(
            system_prompt(body), ask(body), tuple(sorted(t.function.name for t in body.tools or () if t.function))
        ),
        continuation=bool(messages) and messages[-1].role == "tool",
        turn=str(len(messages)),
        conversation=str(agent(headers)),
        asks=sum(m.role == "user" for m in messages),
        schema=body.response_format is not None and body.response_format.type == "json_schema",
        background=fam.kind in BACKGROUND,
    )


def embedding_task(raw: bytes, body: EmbeddingBody, headers: Mapping[bytes, bytes], salt: bytes) -> Task:
    """The task in a checked body of an embeddings request. `headers` are lower-case."""
    return Task(
        requested_model=str(body.model),
        family=EMBEDDING,
        agent=agent(headers),
        session=session(headers, salt),
        stream=False,
        tools=0,
        images=False,
        prompt_bytes=len(raw),
        output_limit=None,
        private=_private(headers),
        opaque=not all(isinstance(each, str) for each in body.inputs),
    )


def _private(headers: Mapping[bytes, bytes]) -> bool:
    # Anything but "normal" was meant to say something.
    return headers.get(b"x-agent-router-privacy", b"").strip().lower() not in (b"", b"normal")
