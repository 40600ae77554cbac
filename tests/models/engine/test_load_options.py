from __future__ import annotations

from pathlib import Path

from agent_models.engine.load_options import LoadOptions


def test_only_what_is_chosen_is_said() -> None:
    assert LoadOptions().arguments() == ["--slots=8"]
    chosen = LoadOptions(context_window=4096, cells=8192, slots=2, threads=3, gpu_layers=-1).arguments()
    assert chosen == ["--n-ctx=4096", "--cells=8192", "--slots=2", "--threads=3", "--gpu-layers=-1"]


def test_prefixes_need_a_folder_and_a_budget() -> None:
    assert LoadOptions(prefixes=Path("/p")).arguments() == ["--slots=8"]
    assert LoadOptions(prefix_bytes=5).arguments() == ["--slots=8"]
    assert LoadOptions(prefixes=Path("/p q"), prefix_bytes=5).arguments()[:1] == ["--prefixes=/p q"]
    assert "--prefix-bytes=5" in LoadOptions(prefixes=Path("/p"), prefix_bytes=5).arguments()
