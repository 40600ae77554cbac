"""The agents whose turns are made to fail: where each is installed, and how it is pointed at an endpoint."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
INSTALLED = Path(os.environ.get("AGENT_ROUTER_CLIENTS", ROOT / ".clients"))
"""A folder per agent, as npm or a virtual environment fills it."""
_NODE_22 = f"{INSTALLED / 'node/node_modules/.bin'}:{os.environ['PATH']}"  # npm's `node`, for those that need one
MODEL = "auto"
"""What every agent asks for. Gemini CLI takes this name for its own, and needs the longer one."""
ASK = "count to 50"


@dataclass(frozen=True)
class Started:
    """A turn as a command. Both settings and files lie in a home of its own."""

    command: list[str]
    environment: dict[str, str]


@dataclass(frozen=True)
class Client:
    """`dialect` is what it speaks to the endpoint; `start` takes an empty home and the endpoint's address without
    `/v1`, and writes the agent's configuration."""

    name: str
    dialect: str
    binary: str
    start: Callable[[Path, str, str], Started]

    @property
    def path(self) -> Path:
        """The program, which may not be there."""
        return INSTALLED / self.binary

    def turn(self, home: Path, url: str) -> Started:
        """One question, asked without a terminal."""
        return self.start(home, url, str(self.path))


def _write(path: Path, what: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(what if isinstance(what, str) else json.dumps(what))


def _pi(home: Path, url: str, binary: str) -> Started:
    model = {"id": MODEL, "name": MODEL, "contextWindow": 128000, "maxTokens": 4096}
    provider = {"baseUrl": f"{url}/v1", "api": "openai-completions", "apiKey": "k", "models": [model]}
    _write(home / ".pi/agent/models.json", {"providers": {"router": provider}})
    command = [binary, "-p", "--provider", "router", "--model", MODEL, ASK]
    return Started(command, {"PI_OFFLINE": "1", "PI_TELEMETRY": "0", "PATH": _NODE_22})


def _codex(home: Path, url: str, binary: str) -> Started:
    _write(
        home / ".codex/config.toml",
        f'model = "{MODEL}"\nmodel_provider = "router"\ncheck_for_update_on_startup = false\n'
        f'[analytics]\nenabled = false\n[model_providers.router]\nname = "router"\nbase_url = "{url}/v1"\n'
        'env_key = "ROUTER_KEY"\nwire_api = "responses"\n',
    )
    command = [binary, "exec", "--skip-git-repo-check", "-s", "read-only", ASK]
    return Started(command, {"CODEX_HOME": str(home / ".codex"), "ROUTER_KEY": "k"})


def _claude_code(home: Path, url: str, binary: str) -> Started:
    names = ("ANTHROPIC_MODEL", "ANTHROPIC_SMALL_FAST_MODEL", "ANTHROPIC_DEFAULT_HAIKU_MODEL")
    quiet = ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_AUTOUPDATER", "DISABLE_TELEMETRY")
    environment = dict.fromkeys(names, MODEL) | dict.fromkeys(quiet, "1")
    return Started([binary, "-p", ASK], environment | {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "k"})


def _opencode(home: Path, url: str, binary: str) -> Started:
    options = {"baseURL": f"{url}/v1", "apiKey": "k"}
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "router", "options": options, "models": {MODEL: {}}}
    _write(
        home / ".config/opencode/opencode.json",
        {"provider": {"router": provider}, "small_model": f"router/{MODEL}", "autoupdate": False, "share": "disabled"},
    )
    quiet = ("OPENCODE_DISABLE_AUTOUPDATE", "OPENCODE_DISABLE_MODELS_FETCH", "OPENCODE_DISABLE_LSP_DOWNLOAD")
    return Started([binary, "run", "-m", f"router/{MODEL}", ASK], dict.fromkeys(quiet, "1"))


def _qwen_code(home: Path, url: str, binary: str) -> Started:
    _write(home / ".qwen/settings.json", {"privacy": {"usageStatisticsEnabled": False}})
    environment = {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": "k", "OPENAI_MODEL": MODEL}
    return Started([binary, "--auth-type", "openai", "-p", ASK], environment)


def _gemini_cli(home: Path, url: str, binary: str) -> Started:
    settings = {"privacy": {"usageStatisticsEnabled": False}, "general": {"disableAutoUpdate": True}}
    _write(home / ".gemini/settings.json", {**settings, "security": {"auth": {"selectedType": "gemini-api-key"}}})
    environment = {"GOOGLE_GEMINI_BASE_URL": url, "GEMINI_API_KEY": "k", "GEMINI_CLI_TRUST_WORKSPACE": "true"}
    return Started([binary, "--skip-trust", "-m", f"agent-router/{MODEL}", "-p", ASK], environment)


def _openclaw(home: Path, url: str, binary: str) -> Started:
    model = {"id": MODEL, "name": MODEL, "contextWindow": 128000, "maxTokens": 8192}
    provider = {"baseUrl": f"{url}/v1", "api": "openai-completions", "apiKey": "k", "models": [model]}
    agents = {"workspace": str(home / "work"), "model": {"primary": f"router/{MODEL}"}}
    settings = {
        "models": {"mode": "merge", "providers": {"router": provider}},
        "agents": {"defaults": agents},
        "update": {"checkOnStart": False},
    }
    _write(home / ".openclaw/openclaw.json", settings)
    command = [binary, "agent", "--local", "--session-key", "agent:main:faults", "--message", ASK]
    return Started(command, {"PATH": _NODE_22, "OPENCLAW_NO_UPDATE_CHECK": "1"})


def _cline(home: Path, url: str, binary: str) -> Started:
    quiet = {"telemetryOptOut": True, "autoUpdateEnabled": False}
    _write(home / ".cline/data/settings/global-settings.json", quiet)
    auth = [binary, "auth", "-p", "openai-compatible", "-b", f"{url}/v1", "-k", "k", "-m", MODEL]
    asked = " && ".join((shlex.join(auth), shlex.join([binary, ASK])))
    return Started(["sh", "-c", asked], {"PATH": _NODE_22})


def _aider(home: Path, url: str, binary: str) -> Started:
    _write(home / ".aider/caches/model_prices_and_context_window.json", {})
    options = ["--no-git", "--yes-always", "--no-check-update", "--analytics-disable", "--no-show-model-warnings"]
    command = [binary, *options, "--no-pretty", "--model", f"openai/{MODEL}", "--message", ASK]
    return Started(command, {"OPENAI_API_BASE": f"{url}/v1", "OPENAI_API_KEY": "k"})


def _llm(home: Path, url: str, binary: str) -> Started:
    _write(
        home / "llm/extra-openai-models.yaml",
        f"- model_id: router\n  model_name: {MODEL}\n  api_base: {url}/v1\n  api_key_name: router\n",
    )
    _write(home / "llm/keys.json", {"router": "k"})
    return Started([binary, "-m", "router", ASK], {"LLM_USER_PATH": str(home / "llm")})


CLIENTS = {
    client.name: client
    for client in (
        Client("pi", "chat", "pi/node_modules/.bin/pi", _pi),
        Client("Codex", "responses", "codex/node_modules/.bin/codex", _codex),
        Client("Claude Code", "messages", "claude-code/node_modules/.bin/claude", _claude_code),
        Client("opencode", "chat", "opencode/node_modules/.bin/opencode", _opencode),
        Client("Qwen Code", "chat", "qwen-code/node_modules/.bin/qwen", _qwen_code),
        Client("Gemini CLI", "gemini", "gemini-cli/node_modules/.bin/gemini", _gemini_cli),
        Client("OpenClaw", "chat", "openclaw/node_modules/.bin/openclaw", _openclaw),
        Client("Cline", "chat", "cline/node_modules/.bin/cline", _cline),
        Client("aider", "chat", "aider/venv/bin/aider", _aider),
        Client("llm", "chat", "llm/venv/bin/llm", _llm),
    )
}
