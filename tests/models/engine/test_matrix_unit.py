"""Which processors have one."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_models.engine.matrix_unit import has_matrix_unit


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx512f amx_bf16 avx512_fp16 amx_tile amx_int8\n", True),
        ("processor\t: 0\nflags\t\t: fpu avx2\n", False),
        ("Features\t: fp asimd amx_tiles\n", False),
        ("", False),
    ],
)
def test_by_the_flags(tmp_path: Path, text: str, has: bool) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    assert has_matrix_unit(path) is has


def test_no_such_file(tmp_path: Path) -> None:
    assert not has_matrix_unit(tmp_path / "cpuinfo")
