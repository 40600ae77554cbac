"""How a model is loaded: what the worker process is told on its command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LoadOptions:
    """None leaves a choice to the worker, which looks at the file and the machine.

    `context_window`: the most tokens of one request; `cells`: tokens in the KV cache for all requests together;
    `slots`: requests that are worked on at a time; `parked_bytes`: main memory for sequences that are set aside. Hot
    prefixes are saved under `prefixes`, at most `prefix_bytes` of them.
    """

    context_window: int | None = None
    cells: int | None = None
    slots: int = 8
    threads: int | None = None
    gpu_layers: int | None = None
    flash_attention: bool | None = None
    parked_bytes: int | None = None
    prefixes: Path | None = None
    prefix_bytes: int = 0

    def arguments(self) -> list[str]:
        """For the worker's command line."""
        options = {
            "--n-ctx": self.context_window,
            "--cells": self.cells,
            "--slots": self.slots,
            "--threads": self.threads,
            "--gpu-layers": self.gpu_layers,
            "--flash-attention": None if self.flash_attention is None else int(self.flash_attention),
            "--parked-bytes": self.parked_bytes,
        }
        if self.prefixes is not None and self.prefix_bytes:
            options |= {"--prefix-bytes": self.prefix_bytes}
            return [f"--prefixes={self.prefixes}", *_spelt(options)]
        return _spelt(options)


def _spelt(options: dict[str, int | None]) -> list[str]:
    return [f"{key}={value}" for key, value in options.items() if value is not None]
