"""llama.cpp's context: the KV cache that all sequences share, and the evaluation of batches. Worker process only."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

import llama_cpp as llama
import numpy as np
import numpy.typing as npt

from agent_models.engine.batch import Batch
from agent_models.engine.native_log import last_log
from agent_models.engine.protocol import Adapter
from agent_models.errors import ModelFileError

OUTPUTS = 128
"""The most tokens of a batch whose logits are wanted: memory is set aside for a vocabulary's width of each."""


class DecodeError(RuntimeError):
    """llama.cpp refused to evaluate a batch, for a reason that room does not mend."""


class NoRoomError(RuntimeError):
    """The cache has no cells for the batch; nothing was changed."""


class Context:
    """`cells` tokens of cache for at most `sequences` sequences; batches of at most `batch` tokens."""

    def __init__(
        self,
        model: Any,
        name: str,
        *,
        cells: int,
        sequences: int,
        threads: int,
        batch: int,
        flash_attention: bool | None = None,
        on_card: bool = False,
    ) -> None:
        """`model` is llama.cpp's handle; `flash_attention` None leaves that to llama.cpp; `on_card`: a graphics card
        has some of the layers. ModelFileError if there is not enough memory."""
        self._model = model
        self._adapters: dict[str, Any] = {}
        params = llama.llama_context_default_params()
        params.n_ctx = cells
        params.n_batch = params.n_ubatch = min(batch, cells)
        params.n_seq_max = sequences
        params.kv_unified = True  # one pool of cells, which sequences can share
        params.n_threads = params.n_threads_batch = threads
        params.n_outputs_max = min(batch, OUTPUTS)
        params.swa_full = True  # else a prefix of a sliding-window model could not be branched from
        params.no_perf = True
        if flash_attention is not None:
            params.flash_attn_type = int(flash_attention)
        self._context = llama.llama_init_from_model(model, params)
        if not self._context:
            raise ModelFileError(
                f"llama.cpp could not make a context of {cells} tokens for {name}; "
                f"a smaller context window needs less memory. {last_log()}".strip()
            )
        self.batch = int(llama.llama_n_batch(self._context))
        self.cells = int(llama.llama_n_ctx(self._context))
        self.sequences = int(llama.llama_n_seq_max(self._context))
        self.tiled = flash_attention is not False and not on_card
        """Whether attention takes tokens in tiles (see `pace.TILE`)."""
        self._memory = llama.llama_get_memory(self._context)
        self._vocabulary_size = int(llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model)))
        self._views: dict[int, npt.NDArray[np.float32]] = {}  # of logits, by address: making one takes a while

    @property
    def handle(self) -> Any:
        """llama.cpp's own."""
        return self._context

    def copy(self, source: int, target: int, length: int) -> None:
        """`target` shares the first `length` tokens of `source`, without any of them being moved."""
        llama.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def cut(self, sequence: int, length: int) -> bool:
        """The sequence keeps its first `length` tokens; False if this kind of model cannot be cut there."""
        return bool(llama.llama_memory_seq_rm(self._memory, sequence, length, -1))

    def drop(self, sequence: int) -> None:
        """The sequence keeps nothing."""
        llama.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def clear(self) -> None:
        """No sequence keeps anything."""
        llama.llama_memory_clear(self._memory, True)

    def adapt(self, adapter: Adapter | None) -> None:
        """From now on evaluate with this adapter, or without one. ModelFileError if it does not fit the model."""
        if adapter is None:
            llama.llama_set_adapters_lora(self._context, None, 0, None)
            return
        handle = self.load(adapter)
        array = (llama.llama_adapter_lora_p_ctypes * 1)(handle)
        if llama.llama_set_adapters_lora(self._context, array, 1, (ctypes.c_float * 1)(adapter.scale)):
            raise ModelFileError(f"The adapter {Path(adapter.path).name} does not fit this model. {last_log()}".strip())

    def load(self, adapter: Adapter) -> Any:
        """llama.cpp's handle of an adapter, loaded with its first use. ModelFileError."""
        handle = self._adapters.get(adapter.path)
        if handle is None:
            handle = llama.llama_adapter_lora_init(self._model, os.fsencode(adapter.path))
            if not handle:
                name = Path(adapter.path).name
                raise ModelFileError(f"The adapter {name} cannot be loaded onto this model. {last_log()}".strip())
            self._adapters[adapter.path] = handle
        return handle

    def decode(self, batch: Batch) -> None:
        """Evaluate. NoRoomError, DecodeError."""
        code = llama.llama_decode(self._context, batch.native())
        if code == 1:
            raise NoRoomError
        if code != 0:
            raise DecodeError(f"llama_decode returned {code}. {last_log()}".strip())

    def logits(self, row: int) -> npt.NDArray[np.float32]:
        """The logits behind a token of the last batch: a view that the next `decode` overwrites."""
        pointer = llama.llama_get_logits_ith(self._context, row)
        address = ctypes.addressof(pointer.contents)
        view = self._views.get(address)
        if view is None:
            if len(self._views) >= OUTPUTS:  # llama.cpp has moved its buffer
                self._views.clear()
            view = self._views[address] = np.ctypeslib.as_array(pointer, shape=(self._vocabulary_size,))
        return view

    def state_size(self, sequence: int) -> int:
        """Bytes of the sequence's state."""
        return int(llama.llama_state_seq_get_size(self._context, sequence))

    def state(self, sequence: int) -> bytearray:
        """The sequence's part of the cache, to be kept elsewhere."""
        size = self.state_size(sequence)
        data = bytearray(size)
        view = (ctypes.c_uint8 * size).from_buffer(data)
        written = int(llama.llama_state_seq_get_data(self._context, view, size, sequence))
        del view
        del data[written:]  # usually nothing; a slice would copy it all
        return data

    def restore(self, sequence: int, data: Any, size: int) -> bool:
        """Put a sequence's part back, from a buffer; whether llama.cpp took it. The sequence must be empty."""
        view = (ctypes.c_uint8 * size).from_buffer(data)
        return int(llama.llama_state_seq_set_data(self._context, view, size, sequence)) == size
