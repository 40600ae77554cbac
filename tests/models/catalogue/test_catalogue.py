from __future__ import annotations

import re
import string
import time
from datetime import date
from pathlib import Path

import pytest
from genai_prices.data import providers
from hypothesis import given
from hypothesis import strategies as st

from agent_models.catalogue import Catalogue, CatalogueError

CATALOGUE = Catalogue.load()

# Where models are called by their makers' own names. Aggregators also sell what hardly anybody has heard of.
MAIN_PROVIDERS = {
    "anthropic", "arcee", "aws", "azure", "cerebras", "cohere", "deepseek", "fireworks", "github-copilot", "google",
    "groq", "meta", "minimax", "mistral", "moonshotai", "novita", "openai", "together", "x-ai", "zai", "zhipuai",
}  # fmt: skip

OPEN = """
openai/gpt-oss-120b gpt-oss:20b openai.gpt-oss-120b-1:0 google/gemma-4-31b-it gemma3n:e4b google.gemma-3-27b-it
llama3.2:3b-instruct-q4_K_M Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf us.meta.llama3-3-70b-instruct-v1:0
accounts/fireworks/models/llama-v3p1-8b-instruct @cf/meta/llama-4-scout-17b-16e-instruct codellama:7b
qwen/qwen3-coder:free qwen2.5-coder:7b Qwen/Qwen2.5-0.5B-Instruct-GGUF qwen3:0.6b qwen3-1.7b qwen3.8:27b my-qwen3-ft
unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF:Q4_K_XL mlx-community/Qwen3.5-9B-4bit qwen3.8-2.4t-a95b qwq:32b
deepseek-chat deepseek-r1:14b deepseek.r1-v1:0 deepseek-ai/DeepSeek-V3.2 deepseek-v4-pro deepseek-v3p2
mistral-7b-instruct-v0.2 mistralai/mistral-small-2603 mistral-small:24b devstral-small:24b mixtral:8x7b ministral-3:8b
mistral-large-2411 mistral-large-2512 mistral-medium-3.5 codestral:22b
command-r:35b cohere/command-r-plus-08-2024 command-a-plus-05-2026
phi4 phi3:3.8b microsoft/phi-4-mini-instruct moonshotai/kimi-k3 kimi-k2-thinking-turbo zai-org/GLM-5.3 glm-4.7
MiniMax-M2 minimax/minimax-m3 XiaomiMiMo/MiMo-V2.6-Pro-RL tencent/hy3-preview nvidia/nemotron-3-super-120b-a12b
xai-org/grok-2 grok-1 ibm-granite/granite-4.0-h-micro granite3.3:8b smollm2:135m tinyllama:1.1b starcoder2:15b
allenai/olmo-3-32b-think falcon3:10b lfm2.5-thinking:1.2b NousResearch/Hermes-4-405B meta/muse-glimmer-30b
meta-models/Muse-Spark-Open-816B-A42B whisper-large-v3-turbo pocket agent-router-pocket local/pocket pocket.gguf
Qwen3.6-35B-A3B-Claude-4.6-Opus-Reasoning-Distilled-GGUF DeepSeek-R1-Distill-Llama-70B marco-o1
mistral codestral:latest codestral:22b-v0.1-q4_K_M mistral-small:latest mistral-large:123b qwen:4b gemma:latest phi
solar
yi:34b falcon aya codestral/codestral-2405 mistralai/mistral-large library/mistral ollama/mistral@sha256:0123
deepseek-r1-distill-qwen-7b dolphin-llama3:8b-v2.9-q4_0 hermes-4-70b nous-hermes2 openhermes wizardlm2:8x22b zephyr:7b
hf.co/bartowski/Llama-3.3-70B-Instruct-GGUF:Q4_K_M unsloth/DeepSeek-R1-0528-Qwen3-8B-GGUF:UD-Q4_K_XL orca-mini
C:\\models\\Mistral-Nemo-Instruct-2407-Q5_K_M.gguf /home/me/models/qwen2.5-coder-32b-instruct-q4_k_m.gguf alfred:40b
mlx-community/Llama-3.2-3B-Instruct-4bit TheBloke/Mixtral-8x7B-Instruct-v0.1-AWQ gpt-oss:120b-cloud kimi-k2:1t-cloud
qwen3-coder:480b-cloud deepseek-v3.1:671b-cloud minimax-m2:cloud glm-4.6:cloud glm4:9b accounts/fireworks/models/glm-4p6
nomic-embed-text mxbai-embed-large all-minilm:22m snowflake-arctic-embed2 bge-m3 embeddinggemma jina-embeddings-v3
qwen2.5vl:7b ernie-4.5 llama deepseek llava:13b moondream starling-lm sqlcoder command-r ernie-4.5-21b-a3b phi-4
whisper-1 flux-dev flux.1-schnell kokoro-82m
stable-diffusion-3.5-large meta.llama3-1-405b-instruct-v1:0 mistral.mixtral-8x7b-instruct-v0:1 ai21.jamba-1-5-large-v1:0
"""

CLOSED = """
gpt-5.4-mini-2026-03-17 gpt-5.4 openai/gpt-6-astra gpt-4o azure/gpt-4o gpt-4 gpt-4.1 gpt-4-0613 gpt-3.5-turbo
ft:gpt-4o-mini:acme::abc123 o1 o3-mini openai/o4-mini o3:free codex-mini-latest text-embedding-3-small
claude-sonnet-4-5-20250929 anthropic/claude-opus-4.5 us.anthropic.claude-sonnet-4-5-20250929-v1:0
claude-opus-4@20250514 claude-3-5-haiku-latest claude-fable-5 claude-mythos-5-2 anthropic.claude-v2:1
gemini-2.5-pro models/gemini-3-flash-preview google/gemini-4-argon gemini-1.5-flash-8b
qwen-max qwen3-max qwen/qwen3.7-plus qwen3-coder-plus qwen3.8-max-0902 qwen-turbo-latest
mistral-large-2402 mistral-medium-2505 magistral-medium-latest codestral-2508 mistral-ocr-latest
amazon.nova-pro-v1:0 us.amazon.nova-2-lite-v1:0 grok-4 x-ai/grok-4.1-fast grok-code-fast-1 grok-3-mini
perplexity/sonar-pro llama-3.1-sonar-large-128k-online muse-spark-1.3 glm-5-turbo moonshot-v1-8k command
doubao-seed-1.6 bytedance-seed/seed-2.0-code inception/mercury-2 composer-2.5 yi-large
codestral-latest codestral/codestral-latest sonnet opus[1m] claude-sonnet-4-5-20250929[1m]
anthropic/claude-opus-4.6:thinking
gpt-5 gpt-5-codex azure/eu/gpt-5.4 vertex_ai/claude-opus-4-6@20260205 gemini-3-pro-preview:cloud mistral-medium-3
openai/gpt-5.4:nitro openai/gpt-4o:extended ft:gpt-4.1-nano-2025-04-14:personal::x my-finetune-of-gpt-4o o3 grok-4
gemini
glm-4-plus ernie-5.0 dall-e-3 sora-2 flux-pro-1.1 recraft-v3 seedream-4.5 text-embedding-ada-002 rerank-v3.5 voyage-4
step-2-16k abab6.5s-chat baichuan4 cohere.command-light-text-v14 anthropic.claude-instant-v1
amazon.titan-embed-text-v2:0 perplexity/sonar-reasoning-pro
"""

UNKNOWN = """
auto local closed gpt-7 qwen3.9-max mistral-small mistral-large mistral-medium codestral ministral-3b marco-o3
llama.cpp ollama/default my-deployment grok grok-9 nobody-has-heard-of-this claude-distill-7b.gguf gpt-4o-exl2
qwen3-vs-gpt-4o gpt4all bedrock commander novation opus-mt-en-de sonnets-4 mini
qwen/qwen3.9-max mistral/some-model gemma/x9 phi/y opus/z llama3o3 flux mistral-medium-latest ../../etc/passwd
<synthetic>
reflections solaris falcons ayahuasca yi9 claudette-free geminix openrouter/auto aio o3de
"""


@pytest.mark.parametrize("model", OPEN.split())
def test_open(model: str) -> None:
    assert CATALOGUE.openness(model) == "open", CATALOGUE.explain(model)


@pytest.mark.parametrize("model", CLOSED.split())
def test_closed(model: str) -> None:
    assert CATALOGUE.openness(model) == "closed", CATALOGUE.explain(model)


@pytest.mark.parametrize("model", ["", " ", "\x00", "🦙", *UNKNOWN.split()])
def test_what_is_not_evident_stays_unknown(model: str) -> None:
    assert CATALOGUE.openness(model) == "unknown", CATALOGUE.explain(model)


def test_the_same_model_has_one_family_however_it_is_spelled() -> None:
    spellings = [
        "claude-sonnet-4-5-20250929",
        "anthropic/claude-sonnet-4.5",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "claude-sonnet-4-5@20250929",
        "openrouter/anthropic/claude-sonnet-4.5:beta",
    ]
    assert {family.slug for spelling in spellings if (family := CATALOGUE.find(spelling))} == {"claude-4"}


def test_at_least_97_percent_of_the_main_providers_models_have_a_class() -> None:
    models = [model.id for provider in providers if provider.id in MAIN_PROVIDERS for model in provider.models]
    known = [model for model in models if CATALOGUE.openness(model) != "unknown"]
    assert len(models) > 700
    assert len(known) / len(models) >= 0.97, sorted(set(models) - set(known))


def test_at_least_93_percent_of_all_priced_models_have_a_class() -> None:
    models = [model.id for provider in providers for model in provider.models]
    assert sum(CATALOGUE.openness(model) != "unknown" for model in models) / len(models) >= 0.93


@pytest.mark.parametrize("lab", ["anthropic", "openai", "amazon"])
def test_labs_with_few_or_no_weights_are_not_called_open(lab: str) -> None:
    provider = {"anthropic": "anthropic", "openai": "openai", "amazon": "aws"}[lab]
    models = [m.id for p in providers if p.id == provider for m in p.models]
    open_here = {
        family.slug
        for model in models
        if (family := CATALOGUE.find(model)) and family.lab == lab and family.openness == "open"
    }
    assert open_here <= {"gpt-oss", "whisper"}


def test_every_entry_is_complete() -> None:
    assert len(CATALOGUE.families) >= 80
    assert date.fromisoformat(CATALOGUE.date) >= date(2026, 11, 21)
    slugs = [family.slug for family in CATALOGUE.families]
    assert len(slugs) == len(set(slugs))
    for family in CATALOGUE.families:
        assert family.name, family.slug
        assert family.lab_name, family.slug
        assert re.fullmatch("([A-Z]{2})?", family.country), family.slug
        assert family.evidence.startswith("https://") or family.lab == "agent-router", family.slug
        # What is not known is not said; a note says why.
        if family.access == "unknown" or not family.licence:
            assert family.note, family.slug
    unstated = [family.slug for family in CATALOGUE.families if not family.licence or not family.released]
    assert len(unstated) / len(CATALOGUE.families) < 0.15, unstated


def test_closed_means_proprietary() -> None:
    for family in CATALOGUE.families:
        assert (family.licence == "Proprietary") == (family.openness == "closed"), family.slug


def test_every_pattern_finds_its_own_family() -> None:
    for family in CATALOGUE.families:
        for pattern in family.patterns:
            found = CATALOGUE.find(pattern.text.strip("^$"))
            # A fine-tune of nobody's in particular is its base's, where its name says which that is.
            assert found is family or (found and family.lab == "community"), (family.slug, pattern.text)


@pytest.mark.parametrize(
    ("name", "lab"),
    [
        ("dolphin-llama3:8b-q4_K_M", "meta"),
        ("dolphin-mixtral:8x7b", "mistral"),
        ("llava-llama3:8b", "meta"),
        ("dolphin3:8b", "community"),
        ("my-org/Qwen2.5-7B-Instruct-lora", "alibaba"),
        ("nous-hermes2-mixtral", "nous"),
    ],
)
def test_fine_tunes_are_their_bases(name: str, lab: str) -> None:
    assert (CATALOGUE.lab(name), CATALOGUE.openness(name)) == (lab, "open")


def test_no_pattern_is_listed_twice() -> None:
    patterns = [pattern[1:] for family in CATALOGUE.families for pattern in family.patterns]
    assert len(patterns) == len(set(patterns))


def test_explain_says_what_matched_and_why() -> None:
    told = CATALOGUE.explain("gpt-oss:20b")
    for piece in ("gpt-oss", "openai.yaml", "open weights (unrestricted)", "Apache-2.0", "https://huggingface.co/"):
        assert piece in told
    assert "unknown" in CATALOGUE.explain("nobody-has-heard-of-this")
    assert len(CATALOGUE.explain("x" * 100_000)) < 300


def overrides(folder: Path, access: str = "open", pattern: str = "gpt-4o") -> Path:
    path = folder / "catalogue.yaml"
    path.write_text(
        f"labs:\n  - lab: work\n    families:\n"
        f"      - slug: house\n        access: {access}\n        patterns: ['{pattern}']\n",
        encoding="utf-8",
    )
    return path


def test_the_users_file_goes_first_however_short_its_pattern(tmp_path: Path) -> None:
    catalogue = Catalogue.load(overrides(tmp_path, "open", "deploy"))
    assert catalogue.openness("deploy-gpt-4o-mini") == "open"
    assert catalogue.openness("gpt-4o-mini") == "closed"
    assert "catalogue.yaml" in catalogue.explain("deploy-gpt-4o-mini")
    assert catalogue.date == CATALOGUE.date


def test_the_user_may_declare_a_model_unknown(tmp_path: Path) -> None:
    assert Catalogue.load(overrides(tmp_path, "unknown")).openness("gpt-4o") == "unknown"


def test_no_users_file_is_no_overrides(tmp_path: Path) -> None:
    assert len(Catalogue.load(tmp_path / "absent.yaml").families) == len(CATALOGUE.families)


def test_a_broken_users_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = overrides(tmp_path, "freeish")
    with pytest.raises(CatalogueError, match=re.escape(f"{path}, line 4: access is 'freeish'")):
        Catalogue.load(path)


@given(st.text())
def test_find_never_raises(model: str) -> None:
    CATALOGUE.find(model)
    assert CATALOGUE.explain(model)


NAMES = st.one_of(
    st.text(string.ascii_letters + string.digits + "-._:/@ ", max_size=80),
    st.builds(
        lambda before, family, after: before + family.patterns[0].text.strip("^$") + after,
        st.sampled_from(["", "my-", "x/", "us."]),
        st.sampled_from(CATALOGUE.families),
        st.sampled_from(["", "-8b", ":free", "-latest", ".gguf", "-20250101"]),
    ),
)


@given(NAMES)
def test_case_does_not_matter_and_the_answer_does_not_change(model: str) -> None:
    assert CATALOGUE.find(model) is CATALOGUE.find(model.upper()) is CATALOGUE.find(model.lower())
    assert CATALOGUE.find(model) is CATALOGUE.find(model)


@pytest.mark.parametrize("model", ["qwen3-" * 100_000, "gpt-4o/" * 100_000, "\x00" * 1_000_000, "a1" * 120, "1-" * 120])
def test_hostile_names_are_quick(model: str) -> None:
    began = time.perf_counter()
    CATALOGUE.find(model)
    assert time.perf_counter() - began < 0.5
