"""Makes a tiny llama-architecture GGUF with random weights, a byte-level vocabulary and a ChatML template; a tiny Mamba
of the same vocabulary; and a tiny BERT for embeddings.

Random weights prove that a constraint holds whatever the model wants.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MULTIBYTE = ("\u00e9", "the", " the", "}\n", '{"', '":', "</", "\n</", "call>\n{")


def _byte_characters() -> list[str]:
    """GPT-2's printable stand-in for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(b) if b in printable else chr(next(spare)) for b in range(256)]


def make_tiny_gguf(
    path: Path,
    *,
    template: str | None = CHATML,
    seed: int = 0,
    context: int = 2048,
    scale: float = 0.5,
    architecture: str = "llama",
    calls: bool = True,
    adds_bos: bool = False,
    control: Sequence[str] = (),
    words: Sequence[str] = (),
    pooling: gguf.PoolingType | None = None,
) -> Path:
    """Writes the model to `path` and returns it. `calls`: `<tool_call>` markers are tokens of their own.

    `control`: further control tokens; `words`: further tokens that are parsed wherever their text stands; `pooling`
    makes it one for embeddings.
    """
    rng = np.random.default_rng(seed)
    width, layers, heads, hidden = 64, 2, 4, 128
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_name("Tiny Random")
    writer.add_license("apache-2.0")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // heads)
    size = _add_vocabulary(writer, [*(["<tool_call>", "</tool_call>"] if calls else []), *words], control)
    writer.add_add_bos_token(adds_bos)
    if pooling is not None:
        writer.add_pooling_type(pooling)
    if template is not None:
        writer.add_chat_template(template)

    def tensor(name: str, *shape: int, deviation: float = scale / 8) -> None:
        writer.add_tensor(name, (rng.standard_normal(shape) * deviation).astype(np.float32))

    tensor("token_embd.weight", size, width, deviation=scale)
    for layer in range(layers):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensor(f"blk.{layer}.{name}.weight", width, width, deviation=scale)
        for name in ("ffn_gate", "ffn_up"):
            tensor(f"blk.{layer}.{name}.weight", hidden, width)
        tensor(f"blk.{layer}.ffn_down.weight", width, hidden)
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(width, dtype=np.float32))
    writer.add_tensor("output_norm.weight", np.ones(width, dtype=np.float32))
    tensor("output.weight", size, width, deviation=scale)
    return _written(writer, path)


def make_tiny_mamba(path: Path, *, context: int = 2048, seed: int = 0) -> Path:
    """Writes a recurrent model: its state cannot be cut back to an earlier token."""
    rng = np.random.default_rng(seed)
    width, inner, state, rank, kernel = 64, 128, 8, 4, 4
    writer = gguf.GGUFWriter(str(path), "mamba")
    writer.add_name("Tiny Random Mamba")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(2)
    writer.add_feed_forward_length(0)
    writer.add_head_count(0)
    writer.add_ssm_conv_kernel(kernel)
    writer.add_ssm_inner_size(inner)
    writer.add_ssm_state_size(state)
    writer.add_ssm_time_step_rank(rank)
    writer.add_layer_norm_rms_eps(1e-5)
    size = _add_vocabulary(writer, ["<tool_call>", "</tool_call>"], ())
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHATML)

    def tensor(name: str, *shape: int) -> None:
        writer.add_tensor(name, (rng.standard_normal(shape) * 0.3).astype(np.float32))

    tensor("token_embd.weight", size, width)
    for at in ("blk.0", "blk.1"):
        writer.add_tensor(f"{at}.attn_norm.weight", np.ones(width, dtype=np.float32))
        tensor(f"{at}.ssm_in.weight", 2 * inner, width)
        tensor(f"{at}.ssm_conv1d.weight", inner, kernel)
        tensor(f"{at}.ssm_conv1d.bias", inner)
        tensor(f"{at}.ssm_x.weight", rank + 2 * state, inner)
        tensor(f"{at}.ssm_dt.weight", inner, rank)
        tensor(f"{at}.ssm_dt.bias", inner)
        writer.add_tensor(f"{at}.ssm_a", -rng.random((inner, state), dtype=np.float32))  # it must fade
        writer.add_tensor(f"{at}.ssm_d", np.ones(inner, dtype=np.float32))
        tensor(f"{at}.ssm_out.weight", width, inner)
    writer.add_tensor("output_norm.weight", np.ones(width, dtype=np.float32))
    tensor("output.weight", size, width)
    return _written(writer, path)


def _add_vocabulary(writer: gguf.GGUFWriter, words: Sequence[str], control: Sequence[str]) -> int:
    """Bytes, some longer tokens, ChatML's control tokens and these; returns how many they are."""
    characters = _byte_characters()
    extra = ["".join(characters[b] for b in word.encode()) for word in MULTIBYTE]
    control = [token for token in control if token not in CONTROL]
    tokens = [*characters, *extra, *CONTROL, *words, *control]
    kinds = (
        [gguf.TokenType.NORMAL] * (256 + len(extra))
        + [gguf.TokenType.CONTROL] * len(CONTROL)
        + [gguf.TokenType.USER_DEFINED] * len(words)
        + [gguf.TokenType.CONTROL] * len(control)
    )
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(_merges(characters))
    writer.add_bos_token_id(tokens.index("<|endoftext|>"))
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    return len(tokens)


def _written(writer: gguf.GGUFWriter, path: Path) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def make_tiny_bert(
    path: Path, *, pooling: gguf.PoolingType | None = gguf.PoolingType.MEAN, context: int = 512, seed: int = 0
) -> Path:
    """Writes an encoder of 32 numbers a vector, whose vocabulary is letters, digits and a few words."""
    rng = np.random.default_rng(seed)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,!?-"
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    # As the converters write it: a word's beginning with a mark before it, what goes on inside a word without.
    tokens = [*special, *(f"\u2581{c}" for c in letters), *letters, *(f"\u2581{w}" for w in ("the", "cat", "hello"))]
    width, layers, heads, hidden = 32, 2, 4, 64
    writer = gguf.GGUFWriter(str(path), "bert")
    writer.add_name("Tiny Random BERT")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(heads)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    if pooling is not None:
        writer.add_pooling_type(pooling)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("bert")
    writer.add_token_list(tokens)
    writer.add_token_scores([-1000.0] * len(tokens))
    writer.add_token_types([gguf.TokenType.CONTROL] * len(special) + [gguf.TokenType.NORMAL] * (len(tokens) - 5))
    writer.add_token_type_count(2)
    writer.add_pad_token_id(0)
    writer.add_unk_token_id(1)
    writer.add_sep_token_id(3)
    writer.add_mask_token_id(4)
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(3)

    def tensor(name: str, *shape: int) -> None:
        writer.add_tensor(name, (rng.standard_normal(shape) * 0.5).astype(np.float32))

    def norm(name: str) -> None:
        writer.add_tensor(f"{name}.weight", np.ones(width, dtype=np.float32))
        writer.add_tensor(f"{name}.bias", np.zeros(width, dtype=np.float32))

    tensor("token_embd.weight", len(tokens), width)
    tensor("token_types.weight", 2, width)
    tensor("position_embd.weight", context, width)
    norm("token_embd_norm")
    for layer in range(layers):
        at = f"blk.{layer}"
        for name, rows, columns in (
            *((f"attn_{part}", width, width) for part in ("q", "k", "v", "output")),
            ("ffn_up", hidden, width),
            ("ffn_down", width, hidden),
        ):
            tensor(f"{at}.{name}.weight", rows, columns)
            tensor(f"{at}.{name}.bias", rows)
        norm(f"{at}.attn_output_norm")
        norm(f"{at}.layer_output_norm")
    return _written(writer, path)


def _merges(characters: list[str]) -> list[str]:
    """Merges that build `MULTIBYTE` from bytes, left to right, so that the words are reached as tokens."""
    merges: list[str] = []
    for word in ("é", "the"):
        pieces = [characters[b] for b in word.encode()]
        left = pieces[0]
        for right in pieces[1:]:
            if f"{left} {right}" not in merges:
                merges.append(f"{left} {right}")
            left += right
    return merges
