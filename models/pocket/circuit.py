"""Starts the network with copying already in place, instead of waiting for training to find it.

Most of the tasks copy: a value, a name, a line. Networks learn that as an "induction" circuit of two attention layers,
but a small one on a few million tokens does not get there. So it is written into the first weights: a head of the
first layer hands each token the identity of the token before it, and heads of the second look for the place whose
token before equals the present token, and predict what stands there. Training may then bend it as it needs.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .network import Network

TOKEN_SCALE = 0.1  # standard deviation of the embedding
CONSTANT = 3.0  # dimension 0 of every embedding, in standard deviations: what a head looks at that knows only places
SHARPNESS = 7.0  # of the look at the token before
MATCH = 3.0  # of the look for an equal token
HAND_OVER = 2.0  # strength of the note on the token before, in embeddings
COPY = 6.0  # strength of the copied token, in embeddings
COPYING_HEADS = 3
PLACE_PAIRS = 3  # fast rotary pairs that tell neighbours apart
SLOWEST_MEANT = 0.012  # radians a token: slower pairs hardly know the place, and serve to compare content


def _rows(count: int, width: int, seed: torch.Generator) -> Tensor:
    """Random orthonormal rows."""
    return torch.linalg.qr(torch.randn(width, width, generator=seed))[0][:count]


@torch.no_grad()
def plant(network: Network, seed: int = 0) -> None:
    """Write the circuit into a fresh network whose keys and values have as many heads as its queries."""
    shape, random = network.shape, torch.Generator().manual_seed(seed)
    head = shape.head_width
    tokens = slice(1, shape.width - head)  # dimensions of the present token; behind them the note on the one before
    note = slice(shape.width - head, shape.width)
    embedding = network.embedding.weight
    embedding.normal_(0, TOKEN_SCALE, generator=random)
    embedding[:, 0] = CONSTANT * TOKEN_SCALE
    embedding[:, note] *= 0.03
    for block in network.blocks:
        block.attention.o.weight.zero_()
        block.down.weight.zero_()
    seen = _rows(head, tokens.stop - tokens.start, random)
    _look_back(network, seen, tokens, note)
    _look_for_equal(network, seen, tokens, note, random)


def _turns(network: Network) -> Tensor:
    half = network.shape.head_width // 2
    return network.shape.rope_base ** (-torch.arange(half) / half)


def _look_back(network: Network, seen: Tensor, tokens: slice, note: slice) -> None:
    attention, head = network.blocks[0].attention, network.shape.head_width
    for weight in (attention.q.weight, attention.k.weight, attention.v.weight):
        weight[:head] = 0
    for pair, turn in enumerate(_turns(network)[:PLACE_PAIRS].tolist()):
        # Query and key are the same at every place but for a turn by one, so that their product peaks one back.
        attention.q.weight[2 * pair, 0] = SHARPNESS / CONSTANT
        attention.k.weight[2 * pair, 0] = SHARPNESS / CONSTANT * math.cos(turn)
        attention.k.weight[2 * pair + 1, 0] = SHARPNESS / CONSTANT * math.sin(turn)
    attention.v.weight[:head, tokens] = seen
    attention.o.weight[note, :head] = torch.eye(head) * HAND_OVER * TOKEN_SCALE


def _look_for_equal(network: Network, seen: Tensor, tokens: slice, note: slice, random: torch.Generator) -> None:
    attention, head = network.blocks[1].attention, network.shape.head_width
    first = 2 * int((_turns(network) > SLOWEST_MEANT).sum())
    copied = _rows(tokens.stop - tokens.start, tokens.stop - tokens.start, random)
    for number in range(COPYING_HEADS):
        rows = slice(number * head, (number + 1) * head)
        compared = _rows(head - first, head, random)
        for weight in (attention.q.weight, attention.k.weight, attention.v.weight):
            weight[rows] = 0
        attention.q.weight[rows][first:, tokens] = MATCH * compared @ seen
        attention.k.weight[rows][first:, note] = MATCH * compared
        part = copied[rows]
        attention.v.weight[rows][: len(part), tokens] = part
        attention.o.weight[tokens, number * head : number * head + len(part)] = part.T * COPY * TOKEN_SCALE
