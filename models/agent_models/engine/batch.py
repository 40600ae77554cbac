"""The tokens of one `llama_decode`, of any number of sequences."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import llama_cpp as llama
import numpy as np


class Batch:
    """Room for `size` tokens, written in place: llama.cpp reads these arrays as they are."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.count = 0
        self._tokens = np.zeros(size, dtype=np.int32)
        self._positions = np.zeros(size, dtype=np.int32)
        self._sequences = np.zeros(size, dtype=np.int32)
        self._wanted = np.zeros(size, dtype=np.int8)
        ones = np.ones(size, dtype=np.int32)
        pointers = self._sequences.ctypes.data + np.arange(size, dtype=np.uintp) * self._sequences.itemsize
        self._kept = (ones, pointers)  # llama.cpp has only their addresses
        self._native = llama.llama_batch(
            n_tokens=0,
            token=self._tokens.ctypes.data_as(ctypes.POINTER(ctypes.c_int32)),
            embd=None,
            pos=self._positions.ctypes.data_as(ctypes.POINTER(ctypes.c_int32)),
            n_seq_id=ones.ctypes.data_as(ctypes.POINTER(ctypes.c_int32)),
            seq_id=ctypes.cast(pointers.ctypes.data, ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))),
            logits=self._wanted.ctypes.data_as(ctypes.POINTER(ctypes.c_int8)),
        )

    @property
    def room(self) -> int:
        """How many tokens still fit."""
        return self.size - self.count

    def clear(self) -> None:
        """Nothing in it."""
        self.count = 0

    def add(self, sequence: int, position: int, tokens: Sequence[int], wanted: int) -> int:
        """Tokens of a sequence from a position on; the logits behind the last `wanted` of them are wanted.

        Returns the row of the first wanted one: rows count all tokens of the batch.
        """
        start, end = self.count, self.count + len(tokens)
        self._tokens[start:end] = tokens
        self._positions[start:end] = range(position, position + len(tokens))
        self._sequences[start:end] = sequence
        self._wanted[start : end - wanted] = 0
        self._wanted[end - wanted : end] = 1
        self.count = end
        return end - wanted

    def native(self) -> llama.llama_batch:
        """For llama.cpp; valid until the batch changes."""
        self._native.n_tokens = self.count
        return self._native
