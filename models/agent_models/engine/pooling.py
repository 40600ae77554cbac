"""How a model makes one vector of a text's tokens, which is also what tells embedding models from text models.

Source: llama.cpp's `enum llama_pooling_type`, and the metadata key `<architecture>.pooling_type` of GGUF files.
"""

from __future__ import annotations

NONE, MEAN, CLS, LAST, RANK = range(5)

ENCODERS = frozenset(
    {
        "bert",
        "modern-bert",
        "nomic-bert",
        "nomic-bert-moe",
        "neo-bert",
        "jina-bert-v2",
        "jina-bert-v3",
        "eurobert",
        "gemma-embedding",
    }
)
"""Architectures that read a text from both sides, and so cannot write one."""


def pooling(architecture: str, stated: int | None) -> int | None:
    """The pooling of an embedding model whose file states this; None for a text model.

    An encoder whose file says nothing is pooled by the mean, as its libraries do.
    """
    if stated in (MEAN, CLS, LAST, RANK):
        return stated
    return MEAN if architecture in ENCODERS else None
