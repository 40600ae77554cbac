"""What the front end and the worker process say to each other, and how it is framed.

A frame is a 4-byte big-endian length and that many bytes of msgpack. Frames travel over the worker's stdin
and stdout, which exist on every system. The front end never imports llama.cpp; the worker never sees HTTP.
Token counts are tokens, sizes bytes.
"""

from __future__ import annotations

import struct
from typing import Literal, Protocol

import msgspec

from agent_models.completion import CompletionRequest, Event
from agent_models.embedding import EmbeddingRequest, Embeddings

HEADER = struct.Struct(">I")
MAX_FRAME = 256 * 1024 * 1024
"""A longer frame can only be noise on the pipe (bytes)."""

FailureKind = Literal["context_overflow", "unsupported", "model_file", "memory", "cancelled", "internal"]


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a loaded (or only inspected) GGUF file.

    `context_window` is the window in use, `trained_context` the one that the model was trained for; both in
    tokens. `size` is the weights' bytes, `parameters` their number. `metadata` holds the file's `general.*`
    strings without the prefix (`basename`, `license`, `size_label` ...). `slots` is how many requests the
    worker takes at a time. `embedding_size` is how many numbers an embedding model's vectors have; None: it is a
    text model.
    """

    name: str
    architecture: str
    parameters: int
    size: int
    context_window: int
    trained_context: int
    has_template: bool
    metadata: dict[str, str]
    slots: int = 1
    embedding_size: int | None = None


class Adapter(msgspec.Struct, frozen=True):
    """A LoRA adapter (GGUF) on top of the model, and how much of it."""

    path: str
    scale: float = 1.0


class Generate(msgspec.Struct, frozen=True, tag="generate"):
    """Answer this request under this id, with an adapter if one is named."""

    id: int
    request: CompletionRequest
    adapter: Adapter | None = None


class Count(msgspec.Struct, frozen=True, tag="count"):
    """Say how many tokens this request's prompt has."""

    id: int
    request: CompletionRequest


class Embed(msgspec.Struct, frozen=True, tag="embed"):
    """Make vectors of these inputs under this id."""

    id: int
    request: EmbeddingRequest


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Stop working on this id. Answered by `Failed(kind="cancelled")`, unless it had just ended."""

    id: int


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    """Answered by `Beat`, from the loop that generates, so that an answer proves that it is alive."""


class Shutdown(msgspec.Struct, frozen=True, tag="shutdown"):
    """Exit at once."""


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The model is loaded."""

    info: ModelInfo


class Emitted(msgspec.Struct, frozen=True, tag="emitted"):
    """The next event of an answer. `Usage` is the last one."""

    id: int
    event: Event


class Counted(msgspec.Struct, frozen=True, tag="counted"):
    """The answer to `Count`."""

    id: int
    tokens: int


class Embedded(msgspec.Struct, frozen=True, tag="embedded"):
    """The answer to `Embed`."""

    id: int
    embeddings: Embeddings


class Failed(msgspec.Struct, frozen=True, tag="failed", kw_only=True):
    """The end of a request without an answer; `id` None: loading failed.

    `param` belongs to `unsupported`, `prompt_tokens` and `context_window` to `context_overflow`.
    """

    id: int | None
    kind: FailureKind
    message: str
    param: str | None = None
    prompt_tokens: int | None = None
    context_window: int | None = None


class Measured(msgspec.Struct, frozen=True, tag="measured"):
    """How fast a request went: tokens evaluated and generated, and the seconds each took."""

    prefilled: int
    prefill_seconds: float
    generated: int
    generation_seconds: float


class Beat(msgspec.Struct, frozen=True, tag="beat"):
    """The worker's loop is alive."""


ToWorker = Generate | Count | Embed | Cancel | Ping | Shutdown
ToFront = Ready | Emitted | Counted | Embedded | Failed | Measured | Beat
Asked = Generate | Count | Embed | Ping
"""What the worker's loop answers, one after the other; the rest acts at once."""

_encoder = msgspec.msgpack.Encoder()
_to_worker: msgspec.msgpack.Decoder[ToWorker] = msgspec.msgpack.Decoder(ToWorker)
_to_front: msgspec.msgpack.Decoder[ToFront] = msgspec.msgpack.Decoder(ToFront)


class ByteSource(Protocol):
    """A blocking binary stream, such as a pipe's buffered reader."""

    def read(self, size: int, /) -> bytes: ...


def frame(message: ToWorker | ToFront) -> bytes:
    """The message as one frame. Raises UnicodeEncodeError for text with lone surrogates, OverflowError for integers
    beyond 64 bits."""
    body = _encoder.encode(message)
    return HEADER.pack(len(body)) + body


def body_length(header: bytes) -> int:
    """The length of the body after this header. Raises ValueError for one that no frame has."""
    (length,) = HEADER.unpack(header)
    if length > MAX_FRAME:
        raise ValueError(f"a frame of {length} bytes: the pipe carries something else than frames")
    return int(length)


def from_worker(body: bytes) -> ToFront:
    """The message in a frame's body. Raises msgspec.DecodeError for anything else."""
    return _to_front.decode(body)


def read_to_worker(source: ByteSource) -> ToWorker | None:
    """The next message to the worker; None at the end of the pipe, also in the middle of a frame."""
    header = source.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    length = body_length(header)
    body = source.read(length)
    return _to_worker.decode(body) if len(body) == length else None
