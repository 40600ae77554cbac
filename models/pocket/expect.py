"""Writes down what PyTorch says, for llama.cpp to be held against: `python -m models.pocket.expect`.

The file holds token ids, as the `tokenizers` library splits odd strings, and for some prompts the greedy answer with
the last logits. The weights are those of the GGUF (rounded to Q8_0), in float32 arithmetic.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import gguf
import torch
from gguf.quants import dequantize, quantize
from tokenizers import Tokenizer

from . import tokenizer as bpe
from .data import TASKS, items
from .network import Network
from .train import load

STRINGS = (
    "",
    " ",
    "   leading and trailing   ",
    "Hello, World! It's 2026-11-21, 10:45; I'll pay 1,234.50 EUR.",
    '{"name":"Ånna Müller","n":[1,22,333],"ok":true,"x":null}',
    "tabs\tand\r\nline ends\n\n\n and  double  spaces",
    "snake_case CamelCase kebab-case ALLCAPS a1b2c3 x=y+z*(w/2) #tag @me http://a.b/c?d=e&f=%20",
    "日本語のテキスト、한국어, Русский язык, العربية, हिन्दी, ไทย",
    "emoji 🎉👩‍💻🇩🇪 and maths ∑∫√ ½ ² ٣ Ⅷ",
    "<|im_start|>user\nhi<|im_end|>\n<tool_call>\n{}\n</tool_call><|endoftext|>",
    "zero\u200bwidth\u00a0nbsp\u2028line\ufeffbom \u0000nul \u001b[0m",
    "don't DON'T we've they'll I'd you're it's 's 'S",
)


def rounded(network: Network) -> Network:
    """The network with its matrices as Q8_0 holds them."""
    kind = gguf.GGMLQuantizationType.Q8_0
    for weight in network.parameters():
        if weight.ndim == 2:
            weight.data = torch.from_numpy(dequantize(quantize(weight.data.numpy(), kind), kind))
    return network


@torch.no_grad()
def greedy(network: Network, tokenizer: Tokenizer, prompt: list[int], limit: int = 60) -> tuple[list[int], list[float]]:
    """The greedy answer's ids, its end included, and for each step by how much the first beats the second choice."""
    ids, leads = list(prompt), []
    end = tokenizer.token_to_id("<|im_end|>")
    while len(ids) - len(prompt) < limit:
        logits = network.logits(network(torch.tensor([ids]))[0, -1])
        best = logits.topk(2)
        leads.append(float(best.values[0] - best.values[1]))
        ids.append(int(best.indices[0]))
        if ids[-1] == end:
            break
    return ids[len(prompt) :], leads


@torch.no_grad()
def expectations(network: Network, tokenizer: Tokenizer) -> dict[str, Any]:
    """Token ids of `STRINGS`, and the answers to a prompt of each task."""
    prompts = []
    for task in TASKS:
        prompt = items(task, 17, 1)[0].prompt
        ids = tokenizer.encode(prompt).ids
        answer, leads = greedy(network, tokenizer, ids)
        first = network.logits(network(torch.tensor([ids]))[0, -1])
        prompts.append(
            {
                "prompt": prompt,
                "ids": ids,
                "answer": answer,
                "leads": [round(lead, 3) for lead in leads],
                "logits": [round(float(value), 3) for value in first[:256]],
            }
        )
    return {"strings": [[text, tokenizer.encode(text).ids] for text in STRINGS], "prompts": prompts}


def main() -> None:
    """Read the command line and write the file."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--from", dest="start", type=Path, default=Path("build/pocket"))
    reader.add_argument("--out", type=Path, default=Path("build/pocket/expected.json"))
    given = reader.parse_args()
    network = rounded(load(given.start / "network.pt")[0])
    held = expectations(network, bpe.load(given.start / "tokenizer.json"))
    given.out.write_text(json.dumps(held, ensure_ascii=True, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
