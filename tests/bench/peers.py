"""LiteLLM's proxy and Portkey's gateway, installed under .bench/ and pointed at the same upstream."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.bodies import MODEL
from tests.bench.targets import KEY, Target, free_port


class Missing(RuntimeError):
    """The peer cannot be installed here."""


def _run(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()[-300:]}")


def litellm(upstream: Target, folder: Path) -> Target:
    """LiteLLM's proxy (PyPI `litellm[proxy]`) as its documentation starts it. Missing if it cannot be installed."""
    home = folder / "litellm"
    scripts = home / ("Scripts" if sys.platform == "win32" else "bin")
    if shutil.which("litellm", path=str(scripts)) is None:
        _run(sys.executable, "-m", "venv", home)
        _run(scripts / "python", "-m", "pip", "install", "-q", "litellm[proxy]")
    config = folder / "litellm.yaml"
    config.write_text(
        f"model_list:\n  - model_name: {MODEL}\n    litellm_params:\n      model: openai/{MODEL}\n"
        f"      api_base: http://127.0.0.1:{upstream.port}/v1\n      api_key: {KEY}\n"
        "litellm_settings:\n  telemetry: false\n"
    )
    port = free_port()
    command = [str(scripts / "litellm"), "--config", str(config), "--port", str(port), "--host", "127.0.0.1"]
    return Target(
        "LiteLLM",
        port,
        command,
        {"LITELLM_LOG": "ERROR", "LITELLM_MASTER_KEY": KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        patience=120,
    )


def portkey(upstream: Target, folder: Path) -> Target:
    """Portkey's gateway (npm `@portkey-ai/gateway`) as its documentation starts it. Missing without Node."""
    home = folder / "node"
    started = home / "node_modules/@portkey-ai/gateway/build/start-server.js"
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise Missing("npm is not installed")
    if not started.exists():
        home.mkdir(parents=True, exist_ok=True)
        _run(npm, "install", "--prefix", home, "--silent", "--no-audit", "--no-fund", "@portkey-ai/gateway")
    port = free_port()
    headers = {"x-portkey-provider": "openai", "x-portkey-custom-host": f"http://127.0.0.1:{upstream.port}/v1"}
    command = [node, str(started), f"--port={port}", "--headless"]
    return Target("Portkey", port, command, {"TRUSTED_CUSTOM_HOSTS": "localhost,127.0.0.1"}, headers, patience=60)
