"""A GGUF file loaded by llama.cpp: its vocabulary, its metadata, and its context. Worker process only."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp as llama

from agent_models.engine import native_log
from agent_models.engine.context import Context
from agent_models.engine.embedding_context import EmbeddingContext
from agent_models.engine.matrix_unit import has_matrix_unit
from agent_models.engine.memory import USUAL_WINDOW, trained_window
from agent_models.engine.pooling import RANK, pooling
from agent_models.engine.protocol import ModelInfo
from agent_models.engine.threads import default_threads
from agent_models.errors import ModelFileError

BATCH = 512
"""The most tokens evaluated at a time."""
SEQUENCES = 64
"""Running and kept ones together."""
RECURRENT_SEQUENCES = 16
"""Each has a state of its own in memory."""
_MAGIC = b"GGUF"


class Model:
    """A loaded model; with `vocab_only` its vocabulary alone. `window` is the most tokens of one request, prompt and
    answer together."""

    def __init__(
        self, path: Path, *, window: int | None, threads: int | None, gpu_layers: int | None, vocab_only: bool = False
    ) -> None:
        """Raises ModelFileError with a sentence for a person."""
        self._model = _load(path, vocab_only=vocab_only, gpu_layers=gpu_layers)
        self.vocabulary = llama.llama_model_get_vocab(self._model)
        self.metadata = _metadata(self._model)
        self.vocabulary_size = int(llama.llama_vocab_n_tokens(self.vocabulary))
        if not self.vocabulary_size:
            raise ModelFileError(f"{path.name} holds no vocabulary, so it cannot read or write text.")
        # From the metadata, because llama.cpp says 0 while only the vocabulary is loaded.
        self.trained_context = trained_window(self.metadata)
        self.window = window or min(self.trained_context or USUAL_WINDOW, USUAL_WINDOW)
        self.pooling = self._pooling()
        if self.pooling == RANK:
            raise ModelFileError(
                f"{path.name} is a reranker: it scores pairs of texts, and gives neither text nor vectors."
            )
        if self.pooling is not None and self.trained_context:
            self.window = min(self.window, self.trained_context)  # an encoder has no positions beyond
        self._path = path
        self._on_card = bool(llama.llama_supports_gpu_offload()) and gpu_layers != 0
        self._threads = threads or default_threads(int(llama.llama_model_size(self._model)))
        self._pieces: dict[int, bytes] = {}
        self._surveys: dict[str, Any] = {}
        attributes = [llama.llama_vocab_get_attr(self.vocabulary, t) for t in range(self.vocabulary_size)]
        hidden = llama.LLAMA_TOKEN_ATTR_CONTROL | llama.LLAMA_TOKEN_ATTR_UNKNOWN
        self.special = {t for t, attribute in enumerate(attributes) if attribute & hidden}
        ends = [t for t in range(self.vocabulary_size) if llama.llama_vocab_is_eog(self.vocabulary, t)]
        self.ends = frozenset(ends)
        self.bos = int(llama.llama_vocab_bos(self.vocabulary))
        self.adds_bos = bool(llama.llama_vocab_get_add_bos(self.vocabulary)) and self.bos >= 0

    def open_context(
        self, *, cells: int | None = None, sequences: int = SEQUENCES, flash_attention: bool | None = None
    ) -> Context:
        """A context of `cells` tokens for all sequences together (see `Context`). ModelFileError where there is none to
        be had."""
        if not llama.llama_model_has_decoder(self._model) or llama.llama_model_has_encoder(self._model):
            raise ModelFileError(f"{self._path.name} is not a text-generating (decoder-only) model.")
        if self.pooling is not None:
            raise ModelFileError(f"{self._path.name} is an embedding model, which writes no text.")
        context = Context(
            self._model,
            self._path.name,
            cells=max(cells or 0, self.window),
            sequences=RECURRENT_SEQUENCES if self.recurrent else sequences,
            threads=self._threads,
            batch=BATCH,
            flash_attention=flash_attention,
            on_card=self._on_card,
        )
        self.window = min(self.window, context.cells)
        return context

    def open_embedding_context(self, *, tokens: int, unwanted: Callable[[], bool]) -> EmbeddingContext:
        """A context for batches of so many tokens (see `EmbeddingContext`). ModelFileError where there is none."""
        if self.pooling is None or not llama.llama_model_has_decoder(self._model):
            raise ModelFileError(f"{self._path.name} is not an embedding model that can be used here.")
        return EmbeddingContext(
            self._model,
            self._path.name,
            tokens=tokens,
            sequences=RECURRENT_SEQUENCES if self.recurrent else SEQUENCES,
            threads=self._threads,
            pooling=self.pooling,
            unwanted=unwanted,
        )

    @property
    def embedding_size(self) -> int | None:
        """How many numbers a vector has; None for a text model."""
        if self.pooling is None:
            return None
        # From the metadata, because llama.cpp says 0 while only the vocabulary is loaded.
        stated = self._stated("embedding_length_out") or self._stated("embedding_length")
        return int(llama.llama_model_n_embd_out(self._model)) or stated or 0

    def _stated(self, key: str) -> int | None:
        value = self.metadata.get(f"{self.metadata.get('general.architecture')}.{key}", "")
        return int(value) if value.isdigit() else None

    def _pooling(self) -> int | None:
        return pooling(self.metadata.get("general.architecture", ""), self._stated("pooling_type"))

    @property
    def recurrent(self) -> bool:
        """Whether it has a state that cannot be cut back to an earlier token."""
        return bool(llama.llama_model_is_recurrent(self._model) or llama.llama_model_is_hybrid(self._model))

    @property
    def template(self) -> str | None:
        """The file's own chat template (Jinja), if it has one."""
        return self.metadata.get("tokenizer.chat_template") or None

    def info(self, slots: int = 1) -> ModelInfo:
        """What the front end is told about this model. `slots`: how many requests it may be given at a time."""
        general = {
            key.removeprefix("general."): value
            for key, value in self.metadata.items()
            if key.startswith("general.") and len(value) <= 200
        }
        return ModelInfo(
            name=general.get("name") or self._path.stem,
            architecture=general.get("architecture", "unknown"),
            parameters=int(llama.llama_model_n_params(self._model)),
            size=int(llama.llama_model_size(self._model)),
            context_window=self.window,
            trained_context=self.trained_context,
            has_template=self.template is not None,
            metadata=general,
            slots=slots,
            embedding_size=self.embedding_size,
        )

    def tokens(self, text: str, *, special: bool, enclosed: bool = False) -> list[int]:
        """The text's tokens. With `special`, control tokens in it are parsed as such; `enclosed`: with what the
        vocabulary puts before and behind a text (BOS, [CLS], [SEP] ...)."""
        data = text.encode()
        room = len(data) + 16
        buffer = (llama.llama_token * room)()
        count = llama.llama_tokenize(self.vocabulary, data, len(data), buffer, room, enclosed, special)
        if count < 0:
            buffer = (llama.llama_token * -count)()
            count = llama.llama_tokenize(self.vocabulary, data, len(data), buffer, -count, enclosed, special)
        return buffer[: max(count, 0)]

    def piece(self, token: int) -> bytes:
        """The token's bytes, control tokens spelt out."""
        known = self._pieces.get(token)
        if known is None:
            buffer = ctypes.create_string_buffer(256)
            size = llama.llama_token_to_piece(self.vocabulary, token, buffer, len(buffer), 0, True)
            if size < 0:
                buffer = ctypes.create_string_buffer(-size)
                size = llama.llama_token_to_piece(self.vocabulary, token, buffer, len(buffer), 0, True)
            known = self._pieces[token] = buffer.raw[: max(size, 0)]
        return known

    def remember(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` returned the first time: for surveys of the vocabulary."""
        if name not in self._surveys:
            self._surveys[name] = make()
        return self._surveys[name]

    def text(self, token: int) -> str:
        """How the vocabulary spells the token; "" for a negative one (no such token)."""
        return self.piece(token).decode("utf-8", "replace") if token >= 0 else ""


def metadata(path: Path) -> dict[str, str]:
    """What a file says of itself, at little cost. ModelFileError."""
    model = _load(path, vocab_only=True, gpu_layers=None)
    found = _metadata(model)
    llama.llama_model_free(model)
    return found


def _load(path: Path, *, vocab_only: bool, gpu_layers: int | None) -> Any:
    check_file(path)
    params = llama.llama_model_default_params()
    params.vocab_only = vocab_only
    # llama.cpp loads the matrix unit with a configuration of which it has not set all bytes: whether that is a general
    # protection fault depends on what lay on the stack. Without rearranged weights it leaves the unit alone.
    params.use_extra_bufts = not has_matrix_unit()
    if gpu_layers is not None:
        params.n_gpu_layers = gpu_layers
    native_log.lines.clear()
    model = llama.llama_model_load_from_file(os.fsencode(path), params)
    if not model:
        raise ModelFileError(_why_not(path))
    return model


def check_file(path: Path) -> None:
    """Raises ModelFileError for what can be told without llama.cpp."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except FileNotFoundError:
        raise ModelFileError(f"There is no model file at {path}.") from None
    except OSError as error:
        raise ModelFileError(f"The model file {path} cannot be read: {error.strerror}.") from None
    if magic != _MAGIC:
        raise ModelFileError(f"{path.name} is not a GGUF file: it does not begin with the letters GGUF.")


def _why_not(path: Path) -> str:
    log = " ".join(native_log.lines)
    if unknown := re.search(r"unknown model architecture: '([^']*)'", log):
        return f"{path.name} has the architecture '{unknown[1]}', which the installed llama.cpp does not know."
    if "corrupted or incomplete" in log or "within the file bounds" in log or "failed to read" in log:
        return f"{path.name} is truncated or damaged: its data ends too early. Download it again."
    return f"llama.cpp cannot load {path.name}. {native_log.last_log()}".strip()


def _metadata(model: Any) -> dict[str, str]:
    def read(function: Any, index: int) -> str:
        size = 1024
        while True:
            buffer = ctypes.create_string_buffer(size)
            length = function(model, index, buffer, size)
            if length < size:
                return buffer.value.decode("utf-8", "replace")
            size = length + 1

    count = llama.llama_model_meta_count(model)
    key, value = llama.llama_model_meta_key_by_index, llama.llama_model_meta_val_str_by_index
    return {read(key, i): read(value, i) for i in range(count)}
