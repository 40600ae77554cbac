"""Messages between the router and the process that takes telemetry: a length of four bytes, then MessagePack."""

from __future__ import annotations

from typing import Final

import msgspec

from agent_telemetry.otlp.answer import Answer
from agent_telemetry.otlp.records import Signal

HEAD: Final = 4


class Asked(msgspec.Struct, array_like=True, frozen=True):
    """A request as it came."""

    signal: Signal
    content_type: str
    content_encoding: str
    body: bytes


_encoder: Final = msgspec.msgpack.Encoder()
_asked: Final = msgspec.msgpack.Decoder(Asked)
_answer: Final = msgspec.msgpack.Decoder(Answer)


def framed(message: Asked | Answer) -> bytes:
    """As it is written."""
    content = _encoder.encode(message)
    return len(content).to_bytes(HEAD, "big") + content


def length(head: bytes) -> int:
    """Of what follows a head."""
    return int.from_bytes(head, "big")


def asked(content: bytes) -> Asked:
    """A request, without its head. Raises `msgspec.DecodeError`."""
    return _asked.decode(content)


def answer(content: bytes) -> Answer:
    """An answer, without its head. Raises `msgspec.DecodeError`."""
    return _answer.decode(content)
