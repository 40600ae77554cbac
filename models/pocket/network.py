"""The network: llama's architecture with llama.cpp's interleaved rotary positions and tied embeddings."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Shape:
    """Sizes of the network. Each must be a multiple of 32, for Q8_0 blocks; `context` is in tokens."""

    vocabulary: int = 1536
    width: int = 128
    layers: int = 4
    heads: int = 4
    kv_heads: int = 4
    hidden: int = 384
    context: int = 2048
    rope_base: float = 500_000.0
    epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        """Elements of one head."""
        return self.width // self.heads

    def as_dict(self) -> dict[str, int | float]:
        """The fields, for a checkpoint."""
        return asdict(self)


class Norm(nn.Module):
    """Root mean square normalisation with a learned scale."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return functional.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.epsilon)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn pairs (2i, 2i+1), which is llama.cpp's NORM rope. x: (batch, time, heads, head); cos: (time, 1, head/2)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


class Attention(nn.Module):
    """Causal attention with grouped keys and values; explicit softmax, which is the faster one on this kind of CPU."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        keys = shape.kv_heads * shape.head_width
        self.q = nn.Linear(shape.width, shape.width, bias=False)
        self.k = nn.Linear(shape.width, keys, bias=False)
        self.v = nn.Linear(shape.width, keys, bias=False)
        self.o = nn.Linear(shape.width, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        shape = self.shape
        batch, time, _ = x.shape
        groups = shape.heads // shape.kv_heads
        q = self.q(x).view(batch, time, shape.heads, shape.head_width)
        k = self.k(x).view(batch, time, shape.kv_heads, shape.head_width)
        v = self.v(x).view(batch, time, shape.kv_heads, shape.head_width)
        q = rotate(q, cos, sin).transpose(1, 2) * (1 / math.sqrt(shape.head_width))
        k = rotate(k, cos, sin).repeat_interleave(groups, dim=2).transpose(1, 2)
        v = v.repeat_interleave(groups, dim=2).transpose(1, 2)
        mixed = (q @ k.transpose(-1, -2) + mask).softmax(-1, dtype=v.dtype) @ v
        return self.o(mixed.transpose(1, 2).reshape(batch, time, shape.width))


class Block(nn.Module):
    """Attention and a gated feed-forward layer, each behind a norm and around a residual."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention_norm = Norm(shape.width, shape.epsilon)
        self.attention = Attention(shape)
        self.feed_norm = Norm(shape.width, shape.epsilon)
        self.gate = nn.Linear(shape.width, shape.hidden, bias=False)
        self.up = nn.Linear(shape.width, shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x), cos, sin, mask)
        y = self.feed_norm(x)
        return x + self.down(functional.silu(self.gate(y)) * self.up(y))


class Network(nn.Module):
    """Tokens in, hidden states out; `logits` turns these into scores over the vocabulary."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.width, shape.epsilon)
        self._start()

    def _start(self) -> None:
        nn.init.normal_(self.embedding.weight, std=0.02)
        for name, weight in self.named_parameters():
            if weight.ndim == 2 and "embedding" not in name:
                nn.init.normal_(weight, std=1 / math.sqrt(weight.shape[1]) / math.sqrt(2))
                if name.endswith(("o.weight", "down.weight")):
                    weight.data /= math.sqrt(2 * self.shape.layers)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens: (batch, time) -> hidden states (batch, time, width)."""
        time, half = tokens.shape[1], self.shape.head_width // 2
        turns = self.shape.rope_base ** (-torch.arange(half, dtype=torch.float32) / half)
        angles = torch.outer(torch.arange(time, dtype=torch.float32), turns)[:, None]
        kind = torch.bfloat16 if torch.is_autocast_enabled("cpu") else torch.float32
        cos, sin = angles.cos().to(kind), angles.sin().to(kind)
        mask = torch.full((time, time), float("-inf"), dtype=kind).triu(1)
        x = self.embedding(tokens).to(kind)
        for block in self.blocks:
            x = block(x, cos, sin, mask)
        return self.norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores over the vocabulary, by the embedding itself."""
        return functional.linear(hidden, self.embedding.weight)
