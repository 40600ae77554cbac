"""Where a call was answered, by what an agent's log tells of it: a provider's name, a model's name, seldom an address.

Logs do not say "on this machine"; they say `ollama`, `vllm`, `zai-coding-plan` or nothing. What follows is what these
names mean where people use them, and None where they mean nothing.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from agent_telemetry.usage_record import Place

_WORD = re.compile(r"[a-z0-9]+")
# fmt: off
# A word of a provider's name is enough ("ollama-mac", "LM Studio (local)"); names of several words are joined, too.
_DEVICE: Final = frozenset({
    "dockermodelrunner", "gpt4all", "jan", "koboldcpp", "lemonade", "llamabarn", "llamacpp", "llamafile", "llamaserver",
    "llamacppserver", "lmstudio", "local", "localai", "localhost", "mlx", "mlxlm", "mlxserver", "msty", "ollama",
    "omlx", "oobabooga", "ramalama", "textgenerationwebui", "transformers",
})
_WHOLE: Final = frozenset({"oss", "dmr", "docker"})  # names of providers, but too short to be one in another name
# These serve many callers from one's own GPUs, and so are seldom on the machine that the agent runs on: lan, unless
# the address or another word says otherwise. Neither is billed, so a wrong guess moves no money.
_LAN: Final = frozenset({
    "aphrodite", "exo", "lan", "lmdeploy", "sglang", "tabbyapi", "tensorrtllm", "textgenerationinference", "tgi",
    "vllm",
})
# Flat-rate plans whose providers' names say so; a bare `anthropic` or `openai` may be either.
_PLANS: Final = frozenset({
    "claude-cli", "codex-cli", "github-copilot", "google-antigravity", "google-gemini-cli", "kimi-code", "kimi-coding",
    "kimi-for-coding", "minimax-portal", "openai-codex", "opencode-go", "qwen-oauth", "qwen-portal", "zai-coding-cn",
})
# fmt: on
_PLAN = re.compile(r"(^|-)(coding|token)-plan(-|$)")  # zai-coding-plan, alibaba-coding-plan-cn, qwen-token-plan
_CUSTOM = re.compile(r"custom-([0-9]{1,3})-([0-9]{1,3})-([0-9]{1,3})-([0-9]{1,3})(-[0-9]{1,5})?")  # OpenClaw's own

# Ollama's tags: a size (7b, 8x7b, e4b, 135m), a quantisation (q4_K_M, iq3, fp16, mxfp4) or `latest`.
_TAG = re.compile(
    r"[^/\\:]+:(latest|(.*-)?(e?[0-9]+(\.[0-9]+)?(x[0-9]+b?)?[bm]|i?q[0-9]|b?f(p)?(16|32|8)|mxfp4|nvfp4)\b.*)"
)
_PATH = re.compile(r"[/~.]*/|~|[a-z]:[\\/]|.*\\|file:")
_FILE = re.compile(r"(hf\.co|huggingface\.co|mlx-community|lmstudio-community)/|.*[.-](gguf|ggml|llamafile)(:[^/]*)?$")
_MOST: Final = 512  # characters; a longer name tells nothing


@lru_cache(maxsize=4096)
def place(provider: str | None, model: str | None, *, openness: str, base_url: str | None = None) -> Place | None:
    """Where a call was answered; None if it cannot be told. `openness` is the model's: open, closed or unknown.

    The address decides where it is known, then the provider's name, then the model's spelling. What Ollama only passes
    on (`…:cloud`, `…-cloud`) is hosted whatever the address is, and so is a closed model at a local address: a proxy.
    """
    provider = (provider or "").strip().lower()[:_MOST]
    model = (model or "").strip().lower()[:_MOST]
    router = provider in ("agent-router", "agent_router", "agentrouter")
    if base_url and not router:
        at = _by_address(base_url)
        if at is not None:
            return "hosted" if at != "hosted" and (openness == "closed" or _is_cloud(model)) else at
    if provider and not router:
        return _by_provider(provider, model)
    if router and (model == "local" or model.startswith("local/")):
        return "device"
    if openness == "closed" or (router and model == "closed"):
        return "hosted"
    if openness != "open":
        return None
    if _is_local(model):
        return "device"
    return None if router else "hosted"  # the router's open model may be its own, which has no spelling of its own


def _by_provider(provider: str, model: str) -> Place:
    words = _WORD.findall(provider)
    dashed = "-".join(words)
    if dashed in _PLANS or _PLAN.search(dashed):
        return "subscription"
    custom = _CUSTOM.fullmatch(dashed)
    if custom:
        return _by_host(".".join(custom.groups()[:4]))
    names = {*words, *("".join(words[i:j]) for i in range(min(len(words), 8)) for j in (i + 2, i + 3))}
    if names & _DEVICE or dashed in _WHOLE:
        return "hosted" if "cloud" in words or _is_cloud(model) else "device"
    return "lan" if names & _LAN else "hosted"


def _by_address(base_url: str) -> Place | None:
    url = base_url.strip()
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname
    except ValueError:
        return None
    return _by_host(host) if host else None


def _by_host(host: str) -> Place:
    host = host.lower().removesuffix(".")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if host == "localhost" or host.endswith((".localhost", "docker.internal")):
            return "device"
        return "lan" if "." not in host or host.endswith((".local", ".lan", ".home.arpa", ".internal")) else "hosted"
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback or address.is_unspecified:
        return "device"
    # Carrier-grade NAT (100.64/10) is neither private nor global; where an agent talks to it, it is a tailnet.
    return "hosted" if address.is_global else "lan"


def _is_cloud(model: str) -> bool:
    """Whether it is one of Ollama's cloud models: `kimi-k2:cloud`, `gpt-oss:120b-cloud`."""
    return ":" in model and model.endswith((":cloud", "-cloud"))


def _is_local(model: str) -> bool:
    """Whether a model is spelled as only programs on this machine spell it: Ollama's tag, a file, a path."""
    if _is_cloud(model):
        return False
    return any(pattern.match(model) for pattern in (_TAG, _PATH, _FILE))
