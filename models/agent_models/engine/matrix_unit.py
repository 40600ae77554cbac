"""Intel's matrix unit (AMX), which llama.cpp 0.3.36's kernels for it cannot be trusted with."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

_CPUINFO = Path("/proc/cpuinfo")


@cache
def has_matrix_unit(cpuinfo: Path = _CPUINFO) -> bool:
    """Whether this processor has one (server processors since 2023 do). False where nobody says, as on other systems,
    for which llama.cpp does not use it either."""
    try:
        with cpuinfo.open(encoding="ascii", errors="replace") as file:
            return any("amx_tile" in line.split() for line in file if line.startswith("flags"))
    except OSError:
        return False


@cache
def spare_matrix_unit() -> None:
    """From now on llama.cpp's own Python class leaves the unit alone as well: it has no parameter for that."""
    if not has_matrix_unit():
        return
    from llama_cpp import llama_cpp as native

    given = native.llama_model_default_params

    def without() -> Any:
        params = given()
        params.use_extra_bufts = False
        return params

    native.llama_model_default_params = without
