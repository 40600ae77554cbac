"""The three servers of one model file: ours, llama.cpp's own `llama-server`, and `llama_cpp.server`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from tests.bench import local
from tests.bench.targets import ROOT, Target, free_port, router_environment

FOLDER = ROOT / ".bench"
THREADS = 1
# Few tokens: what a server keeps of it must not slow down what is measured.
HELLO = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 2}


def ours(folder: Path, model: Path, cells: int) -> Target:
    """agent-router with one local model; its data, saved prefixes among them, stay in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = folder / "config.toml"
    config.write_text(
        f'[local]\nmodels = ["{model}"]\nthreads = {THREADS}\ncontext_window = {min(cells, 32768)}\n'
        f"cache_tokens = {cells}\nparallel = 8\n"
    )
    command = [str(Path(sys.executable).with_name("agent-router")), "serve", "--port", str(port)]
    environment = router_environment(folder) | {"AGENT_ROUTER_CONFIG": str(config)}
    return Target("agent-router", port, command, environment, model="local", patience=60, first=HELLO)


def llama_server(model: Path, cells: int, say: Callable[[str], None]) -> Target:
    """`llama-server` of the llama.cpp that llama-cpp-python brings, built in the bench's own folder."""
    port = free_port()
    command = [str(build(say)), "-m", str(model), "--port", str(port), "--host", "127.0.0.1", "-c", str(cells)]
    command += ["-t", str(THREADS), "-tb", str(THREADS), "-np", "8", "--kv-unified", "-b", "512", "-ub", "512"]
    return Target(
        "llama-server", port, [*command, "--no-webui", "--log-disable"], model="local", patience=120, first=HELLO
    )


def llama_cpp_server(model: Path, cells: int) -> Target:
    """`python -m llama_cpp.server`."""
    target = local.llama_server(FOLDER, model, threads=THREADS, context=cells)
    target.first = HELLO
    return target


def build(say: Callable[[str], None]) -> Path:
    """The binary; made from the source distribution of the installed llama-cpp-python, about ten minutes, once."""
    home = FOLDER / "llama"
    binary = home / "build/bin/llama-server"
    if binary.exists():
        return binary
    home.mkdir(parents=True, exist_ok=True)
    name = f"llama-cpp-python=={version('llama-cpp-python')}"
    say(f"downloading the source of {name}")
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", "llama-cpp-python", "-d", home]
    subprocess.run([*pip, name], check=True)
    with tarfile.open(next(home.glob("llama_cpp_python-*.tar.gz"))) as archive:
        archive.extractall(home, filter="data")
    source = next(path for path in home.glob("llama_cpp_python-*") if path.is_dir()) / "vendor/llama.cpp"
    shutil.rmtree(home / "build", ignore_errors=True)
    off = [f"-DLLAMA_{what}=OFF" for what in ("CURL", "OPENSSL", "BUILD_TESTS", "BUILD_EXAMPLES", "BUILD_WEBUI")]
    say("building llama-server, about ten minutes")
    subprocess.run(
        ["cmake", "-S", source, "-B", home / "build", "-DCMAKE_BUILD_TYPE=Release", *off],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    jobs = str(os.cpu_count() or 1)
    subprocess.run(
        ["cmake", "--build", home / "build", "--target", "llama-server", "-j", jobs],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return binary
