"""The worker process: `python -m agent_models.engine.worker PATH [--n-ctx N] ...`.

Speaks `protocol` on stdin and stdout. A thread reads frames, so that cancels act at once and the process ends
as soon as its parent is gone; a second one writes prompts; the main loop loads the model and evaluates.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from agent_models.engine import protocol
from agent_models.errors import ModelFileError, ModelMemoryError

if TYPE_CHECKING:
    from agent_models.engine.model import Model
    from agent_models.engine.saved_prefixes import SavedPrefixes

T = TypeVar("T")
_BEAT_SECONDS = 0.25


class Inbox:
    """The parent's frames, in order; cancels overtake the rest. The process ends with the pipe."""

    def __init__(self, source: protocol.ByteSource) -> None:
        self.waiting: queue.SimpleQueue[protocol.Asked] = queue.SimpleQueue()
        self._source = source
        self._cancelled: set[int] = set()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        # os._exit, because the main thread may be deep inside llama.cpp and nothing is left to be saved.
        with contextlib.suppress(Exception):
            while (message := protocol.read_to_worker(self._source)) is not None:
                if isinstance(message, protocol.Cancel):
                    self._cancelled.add(message.id)
                elif isinstance(message, protocol.Shutdown):
                    break
                else:
                    self.waiting.put(message)
        os._exit(0)

    def is_cancelled(self, identity: int) -> bool:
        """Whether the request is no longer wanted."""
        return identity in self._cancelled

    def done(self, identity: int) -> None:
        """Forgets the request's cancel."""
        self._cancelled.discard(identity)


class Outbox:
    """Writes frames to the parent."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._waiting: list[bytes] = []
        self._last = 0.0

    def put(self, message: protocol.ToFront) -> None:
        """Leaves with the next `flush`."""
        self._waiting.append(protocol.frame(message))

    def flush(self) -> None:
        """Sends what waits, in one write. The process ends when the parent no longer reads."""
        if not self._waiting:
            return
        frames, self._waiting = self._waiting, []
        try:
            self._sink.write(b"".join(frames))
            self._sink.flush()
        except OSError:
            os._exit(0)
        self._last = time.monotonic()

    def beat(self) -> None:
        """Sends a sign of life, unless something was just sent."""
        if time.monotonic() - self._last >= _BEAT_SECONDS:
            self.put(protocol.Beat())
            self.flush()


def main() -> None:
    """Loads the model and serves until the parent goes."""
    options = _options()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the parent, which drains first
    inbox, outbox = _pipes()
    # These load llama.cpp, which prints: only after the redirection.
    from agent_models.engine import native_log

    native_log.quiet_log()
    try:
        model, serve = _load(options, inbox, outbox)
    except (ModelFileError, ModelMemoryError) as error:
        kind: protocol.FailureKind = "memory" if isinstance(error, ModelMemoryError) else "model_file"
        outbox.put(protocol.Failed(id=None, kind=kind, message=str(error)))
        outbox.flush()
        return
    outbox.put(protocol.Ready(model.info(slots=options.slots)))
    outbox.flush()
    if serve is not None:
        serve()


def _load(options: argparse.Namespace, inbox: Inbox, outbox: Outbox) -> tuple[Model, Callable[[], None] | None]:
    """The model and, unless it is only looked at, what serves it. ModelFileError, ModelMemoryError."""
    from agent_models.engine import devices, memory
    from agent_models.engine import model as models

    if options.inspect:
        return models.Model(options.path, window=options.n_ctx, vocab_only=True, threads=None, gpu_layers=None), None
    metadata, weights, cards = models.metadata(options.path), options.path.stat().st_size, devices.free_bytes()
    available = memory.available_bytes() + cards
    room = memory.room(options.path.name, metadata, weights=weights, wanted=options.n_ctx, available=available)
    cells = options.cells or room.cells
    layers = options.gpu_layers
    if layers is None and cards:
        layers = devices.fitting_layers(metadata, weights=weights, cells=cells, free=cards)

    def loaded(gpu_layers: int | None) -> tuple[Model, Callable[[], None]]:
        model = models.Model(options.path, window=room.window, threads=options.threads, gpu_layers=gpu_layers)
        return model, _service(model, options, cells, inbox, outbox)

    try:
        return loaded(layers)
    except ModelFileError:
        # What a card's driver takes for itself cannot be known before.
        if options.gpu_layers is not None or not cards:
            raise
        sys.stderr.write("The model does not fit onto the graphics card after all; it is loaded without.\n")
        return loaded(0)


def _service(model: Model, options: argparse.Namespace, cells: int, inbox: Inbox, outbox: Outbox) -> Callable[[], None]:
    """What serves this kind of model, ready to run. ModelFileError if it cannot."""
    from agent_models.engine import embedding_inputs, memory, preparing
    from agent_models.engine.embedding_serving import EmbeddingServing
    from agent_models.engine.parked import Parked
    from agent_models.engine.prompt import PromptWriter
    from agent_models.engine.serving import Serving

    if model.pooling is not None:
        embedder = EmbeddingServing(model, inbox, outbox)
        tokenised: queue.SimpleQueue[embedding_inputs.Ready] = queue.SimpleQueue()
        _beside(inbox, partial(embedding_inputs.ready, model), tokenised.put)
        return lambda: embedder.serve(tokenised)
    flash = None if options.flash_attention is None else bool(options.flash_attention)
    context = model.open_context(cells=cells, flash_attention=flash)
    parked = Parked(min(options.parked_bytes, memory.available_bytes() // 4))
    serving = Serving(model, context, inbox, outbox, parked, _saved(options))
    prepared: queue.SimpleQueue[preparing.Ready] = queue.SimpleQueue()
    _beside(inbox, partial(preparing.ready, PromptWriter(model)), prepared.put)
    return lambda: serving.serve(prepared)


def _beside(inbox: Inbox, ready: Callable[[protocol.Asked], T], put: Callable[[T], None]) -> None:
    """On a thread of its own, for ever: takes messages and hands on what is to be done about them."""

    def work() -> None:
        while True:
            put(ready(inbox.waiting.get()))

    threading.Thread(target=work, daemon=True).start()


def _saved(options: argparse.Namespace) -> SavedPrefixes | None:
    from agent_models.engine.saved_prefixes import SavedPrefixes

    if options.prefixes is None or not options.prefix_bytes:
        return None
    try:
        return SavedPrefixes(options.prefixes, options.path, options.prefix_bytes)
    except OSError as error:
        sys.stderr.write(f"No prefix will be saved: {options.prefixes} cannot be used ({error.strerror}).\n")
        return None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--n-ctx", type=int)
    parser.add_argument("--cells", type=int)
    parser.add_argument("--flash-attention", type=int, choices=(0, 1))
    parser.add_argument("--parked-bytes", type=int, default=1024**3)
    parser.add_argument("--prefixes", type=Path)
    parser.add_argument("--prefix-bytes", type=int, default=0)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--gpu-layers", type=int)
    parser.add_argument("--inspect", action="store_true", help="say what the file holds, and exit")
    return parser.parse_args()


def _pipes() -> tuple[Inbox, Outbox]:
    """The protocol's pipes; from now on whatever prints to stdout goes to stderr instead."""
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return Inbox(source), Outbox(sink)


if __name__ == "__main__":
    main()
