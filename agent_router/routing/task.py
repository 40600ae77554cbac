"""What the router knows about a request when it decides."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from msgspec import Struct, structs

from agent_router.routing.agent import agent, session
from agent_router.routing.ask import ask
from agent_router.routing.estimate.estimator import Seen
from agent_router.routing.estimate.nodes import Asked
from agent_router.routing.family import BACKGROUND, EMBEDDING, Family, Kind, instruction, named
from agent_router.routing.prompt import Prompt
from agent_router.routing.standing import Standing
from agent_router.wire.call import Call
from agent_router.wire.embeddings.body import EmbeddingBody

_NOTHING = Asked("", "")


class Task(Struct, frozen=True, kw_only=True):
    """One request, as far as the decision needs it.

    `prompt_bytes` is the size of the whole body; `output_limit` the most tokens asked for, if any;
    `private` whether the caller demands that it stays on this machine; `opaque` whether it holds text that cannot be
    read here, such as tokens; `tools` how many are offered.

    `asked` is the text, in memory only. `continuation` says whether this is a further step of a tool loop: a tool has
    spoken last. `turn` names the loop, the same in all of its requests, and `conversation` the conversation, both as
    salted hashes; `asks` is how many asks the conversation has so far. `schema` says whether the answer has to be
    JSON, `forced_tool` names the tool that has to be called, and `background` says that nobody waits.

    The router adds `standing`, what is known of its family, `reading`, what the estimate reads in it, and `frugal`: a
    budget is nearly spent.
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
    asked: Asked = _NOTHING
    continuation: bool = False
    turn: str = ""
    conversation: str = ""
    asks: int = 0
    schema: bool = False
    forced_tool: str | None = None
    standing: Standing | None = None
    reading: Seen | None = None
    frugal: bool = False

    @property
    def kind(self) -> Kind:
        return self.family.kind

    @property
    def background(self) -> bool:
        return self.family.kind in BACKGROUND


def task(call: Call, headers: Mapping[bytes, bytes], salt: bytes) -> Task:
    """The task in a caller's request. `headers` are lower-case."""
    made = prompted(call.prompt, call.model, call.stream, len(call.meant), headers, salt)
    return structs.replace(made, private=True) if call.private else made


def prompted(
    prompt: Prompt, model: str, stream: bool, prompt_bytes: int, headers: Mapping[bytes, bytes], salt: bytes
) -> Task:
    """The task in a prompt of any dialect. `headers` are lower-case."""
    found = ask(prompt)
    kind, said = instruction(prompt, found)
    opening = prompt.turns[0].text if prompt.turns else ""
    sender, within = agent(headers, prompt.system, prompt.agent, opening), session(headers, salt, prompt.session)
    conversation = _hash(salt, sender or "", within or found.first)
    return Task(
        requested_model=model,
        family=named(kind, said, salt),
        agent=sender,
        session=within,
        stream=stream,
        tools=len(prompt.tools),
        images=prompt.images,
        prompt_bytes=prompt_bytes,
        output_limit=prompt.output_limit,
        private=_private(headers),
        opaque=prompt.opaque,
        # What only looks like a fixed instruction with material may be a template of its own: the estimate tells.
        asked=Asked(prompt.system, found.text if kind == "side" else said, prompt.tools, prompt.schema),
        continuation=found.answered,
        turn=_hash(salt, conversation, str(found.number), found.text),
        conversation=conversation,
        asks=found.number,
        schema=prompt.structured,
        forced_tool=prompt.forced_tool,
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


def _hash(salt: bytes, *parts: str) -> str:
    text = "\x1f".join(parts).encode("utf-8", "replace")
    return hashlib.blake2b(text, digest_size=8, key=salt[:64]).hexdigest()


def _private(headers: Mapping[bytes, bytes]) -> bool:
    # Anything but "normal" was meant to say something.
    return headers.get(b"x-agent-router-privacy", b"").strip().lower() not in (b"", b"normal")
