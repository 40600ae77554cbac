"""Every name that leaves the router as OpenTelemetry: the GenAI conventions', whose status is Development, so that they
may change, and its own.

https://github.com/open-telemetry/semantic-conventions-genai, https://opentelemetry.io/docs/specs/semconv/http/.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/gen-ai/1.42.0"
SERVICE: Final = "agent-router"
"""The resource's `service.name`, unless the user gives it another."""
SCOPE: Final = "agent_router"
"""The instrumentation scope, by which the router knows its own spans again."""

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"  # seconds
CONVERSATION: Final = "gen_ai.conversation.id"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"  # all of the prompt, cached or not
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"  # with reasoning
CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_CREATION_TOKENS: Final = "gen_ai.usage.cache_creation.input_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
TOKEN_TYPE: Final = "gen_ai.token.type"  # input | output  # noqa: S105

CLIENT_TOKENS: Final = "gen_ai.client.token.usage"
CLIENT_DURATION: Final = "gen_ai.client.operation.duration"
CLIENT_FIRST_CHUNK: Final = "gen_ai.client.operation.time_to_first_chunk"
SERVER_DURATION: Final = "gen_ai.server.request.duration"
SERVER_FIRST_TOKEN: Final = "gen_ai.server.time_to_first_token"  # noqa: S105
SERVER_PER_TOKEN: Final = "gen_ai.server.time_per_output_token"  # noqa: S105

ERROR_TYPE: Final = "error.type"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
HTTP_METHOD: Final = "http.request.method"
HTTP_ROUTE: Final = "http.route"
HTTP_STATUS: Final = "http.response.status_code"

REQUEST_ID: Final = "agent_router.request.id"
REQUESTED: Final = "agent_router.requested_model"
STATUS: Final = "agent_router.status"  # ok | error | cancelled | cut
ROUTE: Final = "agent_router.route"  # local | closed
REASON: Final = "agent_router.reason"
FAMILY: Final = "agent_router.family"
AGENT: Final = "agent_router.agent"
MODEL: Final = "agent_router.model"  # the one that answered
PLACE: Final = "agent_router.place"
OPENNESS: Final = "agent_router.openness"  # open | closed | unknown
UPSTREAM: Final = "agent_router.upstream"  # its name in the configuration
ATTEMPTS: Final = "agent_router.attempts"
VERIFIED: Final = "agent_router.verified"  # ok, or why a local answer was refused
RUNG: Final = "agent_router.rung"
KIND: Final = "agent_router.cost.kind"  # billed | equivalent | avoided
OUTCOME: Final = "agent_router.outcome"
BILLED: Final = "agent_router.cost.billed"  # USD, as the two below
EQUIVALENT: Final = "agent_router.cost.equivalent"
AVOIDED: Final = "agent_router.cost.avoided"

OPERATIONS: Final = {"completions": "text_completion", "embeddings": "embeddings", "gemini": "generate_content"}
"""By wire; of every other it is `chat`."""
ROUTES: Final = {
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
    "messages": "/v1/messages",
    "completions": "/v1/completions",
    "embeddings": "/v1/embeddings",
    "gemini": "/v1beta/models/{model}:generateContent",
}
"""Where each wire is spoken."""
LOCAL_PROVIDER: Final = "llama.cpp"
"""What the local engine runs on, for which the conventions have no name."""

_PROVIDERS: Final = {
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "openai.azure.com": "azure.ai.openai",
    "services.ai.azure.com": "azure.ai.inference",
    "amazonaws.com": "aws.bedrock",
    "api.cohere.com": "cohere",
    "api.cohere.ai": "cohere",
    "ml.cloud.ibm.com": "ibm.watsonx.ai",
    "api.perplexity.ai": "perplexity",
    "api.x.ai": "x_ai",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.moonshot.ai": "moonshot_ai",
    "api.moonshot.cn": "moonshot_ai",
}


def provider(name: str, url: str) -> str:
    """`gen_ai.provider.name` of an upstream: the conventions' where its host is known, else its name here."""
    host = "." + (urlsplit(url).hostname or "").removesuffix(".")
    return next((known for ending, known in _PROVIDERS.items() if host.endswith((f".{ending}", f"-{ending}"))), name)
