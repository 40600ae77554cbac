"""The local path: time to first token and tokens a second, ours and `llama_cpp.server`'s, with the same file."""

from __future__ import annotations

import http.client
import json
import site
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.bench.figures import Figures
from tests.bench.peers import Missing, _run
from tests.bench.targets import ROOT, Target, free_port, router_environment

MODEL_FILE = ROOT / "models/agent_models/pocket/pocket.gguf"
PROMPTS = (
    "Hello",
    "What can you do?",
    "Explain what you are.",
    "What is the capital of France?",
    "Count from one to ten.",
    "Tell me about the weather. " + "It was sunny in the morning and it rained at noon. " * 12,
)
MAX_TOKENS = 128
SHORTEST = 16  # tokens of an answer whose speed is counted
THREADS = 2
CONTEXT = 2048


def llama_server(folder: Path, model: Path = MODEL_FILE, *, threads: int = THREADS, context: int = CONTEXT) -> Target:
    """`python -m llama_cpp.server` from our own build of llama.cpp. Missing if its further needs cannot be met."""
    home = folder / "llama-server"
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        _run(sys.executable, "-m", "venv", home)
    library = home / "Lib" if sys.platform == "win32" else next((home / "lib").glob("python*"))
    (library / "site-packages/ours.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    needs = ("starlette-context", "sse-starlette", "pydantic-settings", "fastapi", "uvicorn")
    if subprocess.run([python, "-c", "import llama_cpp.server.app"], capture_output=True, check=False).returncode:
        _run(python, "-m", "pip", "install", "-q", *needs)
    port = free_port()
    command = [str(python), "-m", "llama_cpp.server", "--model", str(model), "--port", str(port)]
    command += ["--n_ctx", str(context), "--n_threads", str(threads), "--n_threads_batch", str(threads)]
    return Target("llama_cpp.server", port, [*command, "--verbose", "False"], model="local", patience=60)


def ours(folder: Path) -> Target:
    """agent-router with the bundled model and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = router_environment(folder) | {
        "AGENT_ROUTER_CONFIG": str(folder / "config.toml"),
        "AGENT_ROUTER_LOCAL__THREADS": str(THREADS),
        "AGENT_ROUTER_LOCAL__CONTEXT_WINDOW": str(CONTEXT),
    }
    (folder / "config.toml").write_text("")
    command = [str(Path(sys.executable).with_name("agent-router")), "serve", "--port", str(port)]
    return Target("agent-router", port, command, environment, model="local", patience=60)


def _ask(target: Target, prompt: str, stream: bool) -> tuple[float, float, int]:
    """Seconds to the first text, seconds to the end, tokens (0 in a stream)."""
    messages = [{"role": "user", "content": prompt}]
    body = {"model": target.model, "messages": messages, "max_tokens": MAX_TOKENS, "temperature": 0, "stream": stream}
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=120)
    connection.connect()
    target.sent += 1
    began = time.perf_counter()
    connection.request("POST", target.path, json.dumps(body), {"content-type": "application/json"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{target.name} answers {answer.status}: {answer.read(300)!r}")
    first, tokens = 0.0, 0
    if stream:
        for line in answer:
            if not first and line.startswith(b"data: {"):
                choices = json.loads(line[6:]).get("choices") or [{}]
                first = time.perf_counter() - began if choices[0].get("delta", {}).get("content") else 0.0
    else:
        tokens = int(json.loads(answer.read())["usage"]["completion_tokens"])
    took = time.perf_counter() - began
    connection.close()
    return first, took, tokens


def measure(figures: Figures, folder: Path, rounds: int) -> None:
    """Interleaved, one request at a time. Missing if the other server is not to be had: then ours alone."""
    targets = [ours(folder / "local")]
    missing: Missing | None = None
    try:
        targets.append(llama_server(folder))
    except Missing as error:
        missing = error
    with ExitStack() as running:
        for target in targets:
            running.enter_context(target.running(folder / f"local-{target.name}.log", core=None))
        _compare(figures, targets, rounds)
    if missing:
        raise missing


def _compare(figures: Figures, targets: Sequence[Target], rounds: int) -> None:
    """Tokens are counted by the same question without a stream; answers are greedy, so that they are the same."""
    tokens = {target.name: [_ask(target, prompt, False)[2] for prompt in PROMPTS] for target in targets}
    firsts: dict[str, list[float]] = {target.name: [] for target in targets}
    speeds: dict[str, list[float]] = {target.name: [] for target in targets}
    for _ in range(rounds):
        for nth, prompt in enumerate(PROMPTS):
            for target in targets:
                first, took, _ = _ask(target, prompt, True)
                count = tokens[target.name][nth]
                if first:
                    firsts[target.name].append(first)
                if first and count >= SHORTEST:
                    speeds[target.name].append((count - 1) / (took - first))
    for target in targets:
        name = target.name
        wait = statistics.median(firsts[name]) * 1000 if firsts[name] else None
        figures.add(name, wait, "local, time to first token", "ms")
        speed = statistics.median(speeds[name]) if speeds[name] else None
        figures.add(name, speed, "local, after the first token", "tokens/s")
        figures.add(name, statistics.mean(tokens[name]), "local, mean length of an answer", "tokens")
