"""What a GGUF file holds, looked at in a short-lived process of its own."""

from __future__ import annotations

import struct
import subprocess
import threading
from pathlib import Path

import msgspec

from agent_models.engine import protocol
from agent_models.engine.protocol import ModelInfo
from agent_models.engine.worker_process import command
from agent_models.errors import ModelFileError

_SECONDS = 60


def inspect_model(path: Path) -> ModelInfo:
    """What the file says of itself; only its vocabulary is loaded. Blocks for about a second.

    Raises ModelFileError with a sentence: missing, not a GGUF, truncated, an unknown architecture, or one
    that crashes llama.cpp.
    """
    process = subprocess.Popen(
        command(path, ["--inspect"]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with process:
        assert process.stdout is not None
        timer = threading.Timer(_SECONDS, process.kill)
        timer.start()
        try:
            # stdin stays open meanwhile: its end would end the worker.
            header = process.stdout.read(protocol.HEADER.size)
            message = protocol.from_worker(process.stdout.read(protocol.body_length(header)))
        except (struct.error, ValueError, msgspec.DecodeError):
            message = None
        finally:
            timer.cancel()
            process.kill()
    if isinstance(message, protocol.Ready):
        return message.info
    if isinstance(message, protocol.Failed):
        raise ModelFileError(message.message)
    raise ModelFileError(f"{path.name} cannot be read: llama.cpp crashed or did not end on it.")
