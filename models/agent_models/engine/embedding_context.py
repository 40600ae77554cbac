"""llama.cpp's context for embeddings: a batch of token sequences in, a vector of each out. Worker process only."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import llama_cpp as llama
import numpy as np
import numpy.typing as npt

from agent_models.engine.batch import Batch
from agent_models.engine.context import DecodeError
from agent_models.engine.memory import available_bytes
from agent_models.engine.native_log import last_log
from agent_models.errors import ModelFileError

_ABORTED = 2


class AbortedError(Exception):
    """The batch was given up because nobody wants it any more."""


class EmbeddingContext:
    """Takes batches of at most `tokens` tokens in at most `sequences` sequences.

    All of a batch is evaluated in one piece, because an encoder looks at every token of a text at once. `unwanted` is
    asked again and again meanwhile: whether the batch may be given up.
    """

    def __init__(
        self,
        model: Any,
        name: str,
        *,
        tokens: int,
        sequences: int,
        threads: int,
        pooling: int,
        unwanted: Callable[[], bool],
    ) -> None:
        """`model` is llama.cpp's handle. ModelFileError if there is not enough memory."""
        self._size = int(llama.llama_model_n_embd_out(model))
        vocabulary_size = int(llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model)))
        # llama.cpp takes it with the first batch, logits included, which it then leaves empty.
        needed, there = tokens * (vocabulary_size + self._size) * 4, available_bytes()
        if needed > there:
            raise ModelFileError(
                f"For a context of {tokens} tokens {name} needs about {needed / 1e9:.1f} GB of memory, of which "
                f"{there / 1e9:.1f} GB are left. Send a shorter text."
            )
        params = llama.llama_context_default_params()
        params.n_ctx = params.n_batch = params.n_ubatch = tokens
        params.n_seq_max = sequences
        params.kv_unified = True
        params.n_threads = params.n_threads_batch = threads
        params.embeddings = True
        params.pooling_type = pooling
        params.no_perf = True
        self._unwanted = llama.ggml_abort_callback(lambda _: unwanted())  # kept: llama.cpp has only its address
        params.abort_callback = self._unwanted
        self._context = llama.llama_init_from_model(model, params)
        if not self._context:
            raise ModelFileError(
                f"llama.cpp could not make a context of {tokens} tokens for {name}; "
                f"a smaller context window needs less memory. {last_log()}".strip()
            )
        self.tokens = tokens
        self.sequences = sequences
        self._batch = Batch(tokens)

    def close(self) -> None:
        """Gives its memory back."""
        llama.llama_free(self._context)
        self._context = None

    def vectors(self, sequences: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
        """A row for each sequence of tokens, as the model gives it. AbortedError, DecodeError."""
        batch = self._batch
        batch.clear()
        for number, tokens in enumerate(sequences):
            batch.add(number, 0, tokens, wanted=len(tokens))
        llama.llama_memory_clear(llama.llama_get_memory(self._context), False)
        code = llama.llama_decode(self._context, batch.native())
        if code == _ABORTED:
            raise AbortedError
        if code != 0:
            raise DecodeError(f"llama_decode returned {code}. {last_log()}".strip())
        rows = np.empty((len(sequences), self._size), dtype=np.float32)
        for number in range(len(sequences)):
            pointer = llama.llama_get_embeddings_seq(self._context, number)
            ctypes.memmove(rows[number].ctypes.data, pointer, self._size * 4)
        return rows
