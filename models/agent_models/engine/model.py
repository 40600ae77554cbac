"""A GGUF file loaded by llama.cpp: its vocabulary, its metadata, and its context. Worker process only."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import llama_cpp as llama
import numpy as np
import numpy.typing as npt

from agent_models.engine.protocol import ModelInfo
from agent_models.engine.threads import default_threads
from agent_models.errors import ModelFileError

CHUNK = 256
"""The most tokens evaluated at a time."""
FIRST_STEP = 32
STEP_SECONDS = 1.0
"""What one step of a prompt should take at most: so long a cancel or a sign of life may wait, on any machine."""
DEFAULT_WINDOW = 8192
"""Context window in tokens when none is asked for: the KV cache's memory grows with it."""
_MAGIC = b"GGUF"
_log_lines: list[str] = []


@llama.llama_log_callback  # type: ignore[untyped-decorator]
def _keep_log(level: int, text: bytes, _data: ctypes.c_void_p) -> None:
    # Only warnings (3) and errors (4), and only the last few: they explain a file that does not load.
    if level in (3, 4):
        _log_lines.append(text.decode("utf-8", "replace").strip())
        del _log_lines[:-20]


def quiet_log() -> None:
    """Turns llama.cpp's chatter into a short tail in memory."""
    llama.llama_log_set(_keep_log, ctypes.c_void_p(0))


class DecodeError(RuntimeError):
    """llama.cpp refused to evaluate a batch."""


class Model:
    """A loaded model and, unless `vocab_only`, its context of `window` tokens.

    `evaluated` lists the tokens whose keys and values the context holds now, in order.
    """

    def __init__(
        self, path: Path, *, window: int | None, threads: int | None, gpu_layers: int | None, vocab_only: bool = False
    ) -> None:
        """Raises ModelFileError with a sentence for a person."""
        check_file(path)
        params = llama.llama_model_default_params()
        params.vocab_only = vocab_only
        if gpu_layers is not None:
            params.n_gpu_layers = gpu_layers
        _log_lines.clear()
        self._model = llama.llama_model_load_from_file(os.fsencode(path), params)
        if not self._model:
            raise ModelFileError(_why_not(path))
        self.vocabulary = llama.llama_model_get_vocab(self._model)
        self.metadata = _metadata(self._model)
        self.vocabulary_size = int(llama.llama_vocab_n_tokens(self.vocabulary))
        if not self.vocabulary_size:
            raise ModelFileError(f"{path.name} holds no vocabulary, so it cannot read or write text.")
        # From the metadata, because llama.cpp says 0 while only the vocabulary is loaded.
        trained = self.metadata.get(f"{self.metadata.get('general.architecture')}.context_length", "")
        self.trained_context = int(trained) if trained.isdigit() else 0
        self.window = window or min(self.trained_context or DEFAULT_WINDOW, DEFAULT_WINDOW)
        self.evaluated: list[int] = []
        self.step = FIRST_STEP
        """Tokens of a prompt to evaluate at a time, by how long the last step took."""
        self._context: Any = None
        if not vocab_only:
            self._open_context(path, threads)
        self._path = path
        self._pieces: dict[int, bytes] = {}
        self._surveys: dict[str, Any] = {}
        attributes = [llama.llama_vocab_get_attr(self.vocabulary, t) for t in range(self.vocabulary_size)]
        hidden = llama.LLAMA_TOKEN_ATTR_CONTROL | llama.LLAMA_TOKEN_ATTR_UNKNOWN
        self.special = {t for t, attribute in enumerate(attributes) if attribute & hidden}
        ends = [t for t in range(self.vocabulary_size) if llama.llama_vocab_is_eog(self.vocabulary, t)]
        self.ends = frozenset(ends)
        self.bos = int(llama.llama_vocab_bos(self.vocabulary))
        self.adds_bos = bool(llama.llama_vocab_get_add_bos(self.vocabulary)) and self.bos >= 0

    def _open_context(self, path: Path, threads: int | None) -> None:
        if not llama.llama_model_has_decoder(self._model) or llama.llama_model_has_encoder(self._model):
            raise ModelFileError(f"{path.name} is not a text-generating (decoder-only) model.")
        params = llama.llama_context_default_params()
        params.n_ctx = self.window
        params.n_batch = params.n_ubatch = min(CHUNK, self.window)
        threads = threads or default_threads(int(llama.llama_model_size(self._model)))
        params.n_threads = params.n_threads_batch = threads
        params.n_seq_max = 1
        params.no_perf = True
        self._context = llama.llama_init_from_model(self._model, params)
        if not self._context:
            raise ModelFileError(
                f"llama.cpp could not make a context of {self.window} tokens for {path.name}; "
                f"a smaller context window needs less memory. {_last_log()}".strip()
            )
        self.window = min(self.window, int(llama.llama_n_ctx(self._context)))
        self._memory = llama.llama_get_memory(self._context)

    @property
    def context(self) -> Any:
        """llama.cpp's context handle."""
        return self._context

    @property
    def template(self) -> str | None:
        """The file's own chat template (Jinja), if it has one."""
        return self.metadata.get("tokenizer.chat_template") or None

    def info(self) -> ModelInfo:
        """What the front end is told about this model."""
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
        )

    def tokens(self, text: str, *, special: bool) -> list[int]:
        """The text's tokens, without an added BOS. With `special`, control tokens in it are parsed as such."""
        data = text.encode()
        room = len(data) + 16
        buffer = (llama.llama_token * room)()
        count = llama.llama_tokenize(self.vocabulary, data, len(data), buffer, room, False, special)
        if count < 0:
            buffer = (llama.llama_token * -count)()
            count = llama.llama_tokenize(self.vocabulary, data, len(data), buffer, -count, False, special)
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

    def keep_prefix(self, prompt: Sequence[int]) -> int:
        """Drops from the context what does not begin `prompt`; returns how many tokens of it remain.

        At least the last prompt token is left to evaluate, because only that yields logits.
        """
        common = 0
        for held, wanted in zip(self.evaluated, prompt[:-1], strict=False):
            if held != wanted:
                break
            common += 1
        if common < len(self.evaluated):
            # A recurrent state cannot be cut back: then the whole prompt is read again.
            if common == 0 or not llama.llama_memory_seq_rm(self._memory, 0, common, -1):
                llama.llama_memory_clear(self._memory, True)
                common = 0
            del self.evaluated[common:]
        return common

    def evaluate(self, tokens: Sequence[int]) -> None:
        """Reads at most `CHUNK` more tokens into the context. Raises DecodeError."""
        array = (llama.llama_token * len(tokens))(*tokens)
        code = llama.llama_decode(self._context, llama.llama_batch_get_one(array, len(tokens)))
        if code != 0:
            llama.llama_memory_clear(self._memory, True)
            self.evaluated.clear()
            raise DecodeError(f"llama_decode returned {code}. {_last_log()}".strip())
        self.evaluated.extend(tokens)

    def logits(self) -> npt.NDArray[np.float32]:
        """The next token's raw logits: a view that the next `evaluate` overwrites."""
        pointer = llama.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(pointer, shape=(self.vocabulary_size,))


def next_step(step: int, seconds: float) -> int:
    """Tokens of a prompt to evaluate next, after `step` of them took `seconds`."""
    within = step * STEP_SECONDS / max(seconds, 1e-6)
    return max(FIRST_STEP // 4, min(CHUNK, int(within)))


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
    log = " ".join(_log_lines)
    if unknown := re.search(r"unknown model architecture: '([^']*)'", log):
        return f"{path.name} has the architecture '{unknown[1]}', which the installed llama.cpp does not know."
    if "corrupted or incomplete" in log or "within the file bounds" in log or "failed to read" in log:
        return f"{path.name} is truncated or damaged: its data ends too early. Download it again."
    return f"llama.cpp cannot load {path.name}. {_last_log()}".strip()


def _last_log() -> str:
    errors = [line for line in _log_lines if line]
    return f"It said: {errors[-1][:300]}" if errors else ""


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
