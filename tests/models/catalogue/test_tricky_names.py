"""Names that are easily taken for another's: the lab and the openness that each of them has."""

from __future__ import annotations

import pytest

from agent_models.catalogue import Catalogue

CATALOGUE = Catalogue.load()

# name, lab, openness
NAMES = """
gpt-oss:20b                                            openai      open
gpt-oss:120b-cloud                                     openai      open
openai.gpt-oss-120b-1:0                                openai      open
gpt-5                                                  openai      closed
gpt-5.1-codex-max                                      openai      closed
azure/gpt-4o-2024-08-06                                openai      closed
openai/gpt-6.2-astra-pro:batch                         openai      closed
gpt-4o-mini                                            openai      closed
my-finetune-of-gpt-4o                                  openai      closed
ft:gpt-4o-mini:org::id                                 openai      closed
ft:gpt-3.5-turbo-0613:acme:suffix:abc123               openai      closed
o3                                                     openai      closed
o3-mini                                                openai      closed
openai/o4-mini-high                                    openai      closed
o1-preview                                             openai      closed
text-embedding-3-small                                 openai      closed
omni-moderation-latest                                 openai      closed
dall-e-3                                               openai      closed
sora-2                                                 openai      closed
tts-1-hd                                               openai      closed
gpt-image-1                                            openai      closed
codex-auto-review                                      openai      closed
whisper-1                                              openai      open
whisper-large-v3-turbo                                 openai      open
gpt2                                                   openai      open
gpt-2                                                  openai      open
phi3                                                   microsoft   open
phi3:mini                                              microsoft   open
phi-4                                                  microsoft   open
phi4-mini-reasoning:3.8b                               microsoft   open
phi                                                    microsoft   open
orca2:7b                                               microsoft   open
wizardlm2:8x22b                                        microsoft   open
mai-code-2-flash                                       microsoft   closed
qwen3-max                                              alibaba     closed
qwen3-32b                                              alibaba     open
qwen3:30b-a3b-instruct-2507-q4_K_M                     alibaba     open
qwen/qwen3-coder:free                                  alibaba     open
qwen3-coder-plus                                       alibaba     closed
qwen-max                                               alibaba     closed
qwen                                                   alibaba     open
qwen:72b-chat-v1.5-q4_K_M                              alibaba     open
qwq:32b                                                alibaba     open
qwen2.5vl:7b                                           alibaba     open
Qwen/Qwen3-Embedding-8B                                alibaba     open
qwen3.5:397b-cloud                                     alibaba     open
Qwen3-14B-Claude-4.5-Opus-Distill-GGUF                 alibaba     open
JOSIEFIED-Qwen3:8b                                     alibaba     open
mlx-community/Qwen3.5-9B-4bit                          alibaba     open
unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF:Q4_K_XL       alibaba     open
mistral                                                mistral     open
mistral:latest                                         mistral     open
ollama/mistral                                         mistral     open
mistral/mistral-medium-2505                            mistral     closed
mistral-large-latest                                   mistral     open
mistral-large-2402                                     mistral     closed
mistral-small-3.2                                      mistral     open
mistral-small3.2:24b-instruct-2506-q4_K_M              mistral     open
mistralai/mistral-medium-3                             mistral     closed
mistralai/mistral-medium-3.1                           mistral     closed
mistralai/mistral-medium-3-5                           mistral     open
codestral:22b                                          mistral     open
magistral                                              mistral     open
magistral-medium-2509                                  mistral     closed
devstral:24b                                           mistral     open
devstral-2:123b-cloud                                  mistral     open
mathstral:7b                                           mistral     open
mixtral:8x22b                                          mistral     open
voxtral-small-24b-2507                                 mistral     open
grok-2                                                 xai         open
xai-org/grok-1                                         xai         open
grok-4                                                 xai         closed
x-ai/grok-code-fast-1                                  xai         closed
grok-3-mini                                            xai         closed
gemma3:27b                                             google      open
gemma                                                  google      open
embeddinggemma:300m                                    google      open
hf.co/unsloth/gemma-3-27b-it-GGUF:Q4_K_M               google      open
gemini-3-pro                                           google      closed
gemini-3-flash-preview:cloud                           google      closed
models/gemini-2.5-pro                                  google      closed
google/veo-3.1-generate-preview                        google      closed
imagen-4.0-generate-001                                google      closed
command-r                                              cohere      open
command-r-plus:104b                                    cohere      open
command                                                cohere      closed
rerank-v3.5                                            cohere      closed
aya:8b                                                 cohere      open
kimi-k2                                                moonshotai  open
kimi-k2-thinking:cloud                                 moonshotai  open
kimi-for-coding                                        moonshotai  open
moonshot-v1-128k                                       moonshotai  closed
glm-4.6                                                zhipuai     open
z-ai/glm-4.5-air:free                                  zhipuai     open
glm-4-plus                                             zhipuai     closed
glm-5-turbo                                            zhipuai     closed
glm4:9b                                                zhipuai     open
minimax-m2                                             minimax     open
MiniMax-M2.7-highspeed                                 minimax     open
M2-her                                                 minimax     closed
ernie-4.5-21b-a3b                                      baidu       open
ernie-5.0                                              baidu       closed
nova-pro                                               amazon      closed
us.amazon.nova-2-lite-v1:0                             amazon      closed
mistrallite:7b                                         amazon      open
ai21/jamba-large-1.7                                   ai21        open
jamba-instruct                                         ai21        closed
nomic-embed-text                                       nomic       open
nomic-embed-text:137m-v1.5-fp16                        nomic       open
mxbai-embed-large                                      mixedbread  open
snowflake-arctic-embed2:568m                           snowflake   open
bge-m3                                                 baai        open
all-minilm:33m                                         sentence-transformers       open
black-forest-labs/flux.1-schnell                       black-forest-labs         open
black-forest-labs/flux.1-dev                           black-forest-labs         open
black-forest-labs/flux.2-pro                           black-forest-labs         closed
recraft/recraft-v4-pro                                 recraft     closed
claude-code                                            anthropic   closed
claude-opus-4-8[1m]                                    anthropic   closed
opus[1m]                                               anthropic   closed
anthropic/claude-3.7-sonnet:thinking                   anthropic   closed
us.anthropic.claude-sonnet-4-5-20250929-v1:0           anthropic   closed
claude-3-5-sonnet-v2@20241022                          anthropic   closed
github_copilot/claude-sonnet-4.5                       anthropic   closed
deepseek-r1:8b                                         deepseek    open
deepseek-r1:8b-0528-qwen3-q4_K_M                       deepseek    open
deepseek-r1-distill-qwen-7b                            deepseek    open
DeepSeek-R1-Distill-Llama-70B                          deepseek    open
deepseek.r1-v1:0                                       deepseek    open
accounts/fireworks/models/deepseek-v3p2                deepseek    open
deepseek/deepseek-r1-0528:nitro                        deepseek    open
accounts/fireworks/models/llama-v3p1-8b-instruct       meta        open
us.meta.llama3-3-70b-instruct-v1:0                     meta        open
llama3.2-vision:11b                                    meta        open
Meta-Llama-3.1-8B-Instruct-AWQ-INT4                    meta        open
C:\\Users\\me\\models\\mistral\\Llama-3.2-3B-Q4_K_M.gguf  meta     open
/home/me/models/mistral/Llama-3.2-3B-Q4_K_M.gguf       meta        open
../../models/gemma-2-9b-it.gguf                        google      open
models--Qwen--Qwen3-8B                                 alibaba     open
muse-spark-1.3                                         meta        closed
dolphin3.0-llama3.1-8b                                 meta   open
dolphin-mixtral:8x7b                                   mistral   open
hermes-4-70b                                           nous        open
nous-hermes2-mixtral                                   nous        open
openhermes                                             community        open
starling-lm:7b-beta                                    nexusflow   open
solar:10.7b                                            upstage     open
solar-pro:22b                                          upstage     open
upstage/solar-pro-3                                    upstage     closed
llava-phi3:3.8b                                        microsoft       open
reflection:70b                                         community   open
nvidia/nemotron-3-super-120b-a12b:free                 nvidia      open
sonar-pro                                              perplexity  closed
r1-1776:70b                                            perplexity  open
arcee-ai/trinity-large-thinking                        arcee       open
arcee-ai/virtuoso-large                                arcee       closed
morph/morph-v3-fast                                    morph       closed
groq/compound-mini                                     groq        closed
"""

UNKNOWN = [
    "", " ", "🦙🦙🦙", "x" * 10_240, "../../../../etc/passwd", "..\\..\\windows\\system32", "C:\\models\\mine.gguf",
    "mistral-medium-latest", "mistral/next-model", "glm-9", "gpt-7", "llama-9-turbo-secret",
    "o5", "photo3", "demo1", "flux", "nova", "opus-mt-de-en", "gpt4all", "my-deployment", "<synthetic>",
    "gpt-4o-vs-qwen3", "claude-7b-distill.gguf", "stealth/ox-alpha", "muse-ember-1.0", "default",
    "auto", "\ud800", "\x00\x00",
]  # fmt: skip


@pytest.mark.parametrize("line", NAMES.strip().splitlines())
def test_lab_and_openness(line: str) -> None:
    name, lab, openness = line.replace("\\\\", "\\").split()
    assert (CATALOGUE.lab(name), CATALOGUE.openness(name)) == (lab, openness), CATALOGUE.explain(name)


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_evident_is_not_guessed(name: str) -> None:
    assert CATALOGUE.openness(name) == "unknown", CATALOGUE.explain(name)


def test_a_path_counts_by_its_file_however_long_it_is() -> None:
    assert CATALOGUE.lab("/srv/" + "folder/" * 2_000 + "qwen3-8b.gguf") == "alibaba"
