"""Makes a LoRA adapter with random weights for the tiny model: strong enough to change every answer."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np


def make_tiny_lora(path: Path, *, seed: int = 0, width: int = 64, architecture: str = "llama") -> Path:
    """Writes the adapter to `path` and returns it."""
    chance = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 8.0)
    rank = 4
    for layer in range(2):
        for part in ("attn_q", "attn_v", "attn_output"):
            name = f"blk.{layer}.{part}.weight"
            writer.add_tensor(f"{name}.lora_a", chance.standard_normal((rank, width), dtype=np.float32))
            writer.add_tensor(f"{name}.lora_b", chance.standard_normal((width, rank), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
