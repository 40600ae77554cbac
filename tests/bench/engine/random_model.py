"""A GGUF in the shape of Qwen2.5-0.5B with random weights: its speed does not depend on what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np

LAYERS, WIDTH, HIDDEN, HEADS, KV_HEADS, VOCABULARY = 24, 896, 4864, 14, 2, 151_936
CONTEXT = 32_768
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_QUANTISED = gguf.GGMLQuantizationType.Q4_0


def _bytes_spelt() -> list[str]:
    """GPT-2's printable stand-in for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(b) if b in printable else chr(next(spare)) for b in range(256)]


def make(path: Path, progress: Callable[[str], None] = lambda _: None) -> Path:
    """Writes it (352 MB) unless it is there. Every byte of a text is a token; the other tokens are fillers."""
    if path.exists():
        return path
    chance = np.random.default_rng(0)
    writer = gguf.GGUFWriter(str(path.with_suffix(".part")), "qwen2")
    writer.add_name("Random 0.5B")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1_000_000.0)
    spelt = _bytes_spelt()
    tokens = [*spelt, *_CONTROL]
    kinds = [gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL] * len(_CONTROL)
    fillers = VOCABULARY - len(tokens)
    tokens += [f"x{number:x}" for number in range(fillers)]
    kinds += [gguf.TokenType.NORMAL] * fillers
    writer.add_vocab_size(VOCABULARY)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([f"{spelt[0]} {spelt[1]}"])
    writer.add_bos_token_id(256)
    writer.add_eos_token_id(258)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHATML)

    def matrix(name: str, *shape: int) -> None:
        values = (chance.standard_normal(shape, dtype=np.float32) * 0.02).astype(np.float32)
        writer.add_tensor(name, gguf.quants.quantize(values, _QUANTISED), raw_dtype=_QUANTISED)

    def ones(name: str, size: int) -> None:
        writer.add_tensor(name, np.ones(size, dtype=np.float32))

    matrix("token_embd.weight", VOCABULARY, WIDTH)
    width_kv = WIDTH // HEADS * KV_HEADS
    for layer in range(LAYERS):
        progress(f"layer {layer + 1} of {LAYERS}")
        block = f"blk.{layer}"
        for part, rows in (("attn_q", WIDTH), ("attn_k", width_kv), ("attn_v", width_kv)):
            matrix(f"{block}.{part}.weight", rows, WIDTH)
            writer.add_tensor(f"{block}.{part}.bias", np.zeros(rows, dtype=np.float32))
        matrix(f"{block}.attn_output.weight", WIDTH, WIDTH)
        matrix(f"{block}.ffn_gate.weight", HIDDEN, WIDTH)
        matrix(f"{block}.ffn_up.weight", HIDDEN, WIDTH)
        matrix(f"{block}.ffn_down.weight", WIDTH, HIDDEN)
        ones(f"{block}.attn_norm.weight", WIDTH)
        ones(f"{block}.ffn_norm.weight", WIDTH)
    ones("output_norm.weight", WIDTH)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    path.with_suffix(".part").replace(path)
    return path
