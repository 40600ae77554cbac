from __future__ import annotations

import gguf
import llama_cpp
import pytest

from agent_models.engine.pooling import CLS, ENCODERS, LAST, MEAN, NONE, RANK, pooling


def test_the_numbers_are_llama_cpps_and_the_formats() -> None:
    assert (NONE, MEAN, CLS, LAST, RANK) == (
        llama_cpp.LLAMA_POOLING_TYPE_NONE,
        llama_cpp.LLAMA_POOLING_TYPE_MEAN,
        llama_cpp.LLAMA_POOLING_TYPE_CLS,
        llama_cpp.LLAMA_POOLING_TYPE_LAST,
        llama_cpp.LLAMA_POOLING_TYPE_RANK,
    )
    assert [kind.value for kind in gguf.PoolingType] == [NONE, MEAN, CLS, LAST, RANK]


def test_every_encoder_is_an_architecture_of_the_format() -> None:
    assert set(gguf.MODEL_ARCH_NAMES.values()) >= ENCODERS


@pytest.mark.parametrize(
    ("architecture", "stated", "expected"),
    [
        ("llama", None, None),
        ("llama", NONE, None),
        ("llama", 7, None),
        ("llama", LAST, LAST),
        ("qwen3", RANK, RANK),
        ("bert", None, MEAN),
        ("bert", NONE, MEAN),
        ("bert", CLS, CLS),
    ],
)
def test_the_file_says_it_and_an_encoder_that_says_nothing_takes_the_mean(
    architecture: str, stated: int | None, expected: int | None
) -> None:
    assert pooling(architecture, stated) == expected
