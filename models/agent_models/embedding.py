"""Texts that become vectors, independent of any dialect."""

from __future__ import annotations

import msgspec

Input = str | tuple[int, ...]


class EmbeddingRequest(msgspec.Struct, frozen=True):
    """Vectors asked for. An input is a text, or tokens of the model's own vocabulary, taken as they are: nothing is
    put before or behind them. `dimensions`: how many numbers of each vector; None: all that the model gives."""

    inputs: tuple[Input, ...]
    dimensions: int | None = None


class Embeddings(msgspec.Struct, frozen=True):
    """The vectors of all inputs in their order, each of length 1: `dimensions` little-endian 32-bit floats a vector,
    one behind the other. `prompt_tokens` were read for them."""

    vectors: bytes
    dimensions: int
    prompt_tokens: int
