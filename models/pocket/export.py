"""Writes the trained network as a GGUF file: `python -m models.pocket.export --from build/pocket`."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import gguf
import numpy as np
from gguf.quants import quantize
from tokenizers import Tokenizer

from . import tokenizer as bpe
from .chat import TEMPLATE
from .network import Network, Shape
from .train import load

_NAMES = {
    "attention_norm": "attn_norm",
    "attention.q": "attn_q",
    "attention.k": "attn_k",
    "attention.v": "attn_v",
    "attention.o": "attn_output",
    "feed_norm": "ffn_norm",
    "gate": "ffn_gate",
    "up": "ffn_up",
    "down": "ffn_down",
}


def gguf_name(name: str) -> str:
    """The GGUF name of a parameter of `Network`."""
    if name == "embedding.weight":
        return "token_embd.weight"
    if name == "norm.weight":
        return "output_norm.weight"
    _, layer, rest = name.split(".", 2)
    return f"blk.{layer}.{_NAMES[rest.removesuffix('.weight')]}.weight"


def _add_shape(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    held = json.loads(tokenizer.to_str())
    ids = {number: token for token, number in tokenizer.get_vocab().items()}
    tokens = [ids[number] for number in range(len(ids))]
    kinds = [gguf.TokenType.NORMAL] * len(tokens)
    for mark in bpe.CONTROL:
        kinds[tokenizer.token_to_id(mark)] = gguf.TokenType.CONTROL
    for mark in bpe.MARKS:
        kinds[tokenizer.token_to_id(mark)] = gguf.TokenType.USER_DEFINED
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in held["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(bpe.PRE)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(tokenizer.token_to_id("<|endoftext|>"))
    writer.add_eos_token_id(tokenizer.token_to_id("<|im_end|>"))
    writer.add_eot_token_id(tokenizer.token_to_id("<|im_end|>"))
    writer.add_pad_token_id(tokenizer.token_to_id("<|endoftext|>"))
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)


def export(network: Network, tokenizer: Tokenizer, path: Path, version: str) -> str:
    """Write the GGUF: matrices in Q8_0, norms in float32. Returns the file's sha256 in hexadecimal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name("agent-router pocket")
    writer.add_basename("pocket")
    writer.add_version(version)
    writer.add_author("agent-router contributors")
    writer.add_license("apache-2.0")
    writer.add_languages(["en"])
    # Labels and JSON, not prose: the likeliest answer is the one to give, unless a caller asks otherwise.
    writer.add_float32("general.sampling.temp", 0.0)
    writer.add_description("A small model for narrow, repeated agent tasks, trained from scratch on generated data.")
    _add_shape(writer, network.shape)
    _add_tokenizer(writer, tokenizer)
    for name, weight in network.state_dict().items():
        values = weight.float().numpy().astype(np.float32)
        if values.ndim == 1:
            writer.add_tensor(gguf_name(name), values)
        else:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(gguf_name(name), quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Read the command line and export."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--from", dest="start", type=Path, default=Path("build/pocket"), help="the run's folder")
    reader.add_argument("--out", type=Path, default=Path("build/pocket/pocket.gguf"))
    reader.add_argument("--version", default="0.1")
    given = reader.parse_args()
    network, facts = load(given.start / "network.pt")
    digest = export(network, bpe.load(given.start / "tokenizer.json"), given.out, given.version)
    print(f"{given.out} {given.out.stat().st_size} bytes, sha256 {digest}")
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
