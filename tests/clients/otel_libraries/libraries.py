"""The libraries by which applications tell of their calls, and what each capture needs."""

from __future__ import annotations

from dataclasses import dataclass

_SDK = ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http", "httpx")
_CLIENTS = ("openai", "anthropic")


@dataclass(frozen=True)
class Library:
    """name: of the capture. program: in `programs`, with its arguments. packages: the newest of each, the library's own
    first. npm: they are Node's. gzip: it compresses what it sends. install: folder of another capture's packages."""

    name: str
    program: tuple[str, ...]
    packages: tuple[str, ...]
    npm: bool = False
    gzip: bool = False
    folder: str = ""

    @property
    def installed_in(self) -> str:
        return self.folder or self.name


_OPENLLMETRY = (
    *("opentelemetry-instrumentation-openai", "opentelemetry-instrumentation-anthropic", "traceloop-sdk"),
    *(*_SDK, *_CLIENTS),
)
_LANGCHAIN = (
    *("langchain", "langgraph", "langchain-openai", "langchain-anthropic"),
    *("opentelemetry-instrumentation-langchain", "openinference-instrumentation-langchain", *_SDK),
)
_LITELLM = ("litellm", "openinference-instrumentation-litellm", *_SDK)
_AI = (
    *("ai@5", "@ai-sdk/openai@2", "@ai-sdk/anthropic@2", "zod", "@opentelemetry/sdk-node", "@opentelemetry/resources"),
    *("@opentelemetry/sdk-trace-base", "@opentelemetry/exporter-trace-otlp-http"),
    "@opentelemetry/exporter-trace-otlp-proto",
)

LIBRARIES = (
    Library("anthropic-sdk", ("anthropic_sdk_calls.py",), ("anthropic", *_SDK), folder="openinference"),
    Library("openllmetry", ("openllmetry_calls.py",), _OPENLLMETRY, gzip=True),
    Library("traceloop", ("traceloop_calls.py",), _OPENLLMETRY, folder="openllmetry"),
    Library(
        "openai-v2",
        ("openai_v2_calls.py",),
        ("opentelemetry-instrumentation-openai-v2", "opentelemetry-util-genai<1", *_SDK, "openai"),  # it fails with 1.3
    ),
    Library(
        "openinference",
        ("openinference_calls.py",),
        ("openinference-instrumentation-openai", "openinference-instrumentation-anthropic", *_SDK, *_CLIENTS),
        gzip=True,
    ),
    Library("openlit", ("openlit_calls.py",), ("openlit", *_CLIENTS), gzip=True),
    Library("logfire", ("logfire_calls.py",), ("logfire", *_CLIENTS)),
    Library("pydantic-ai", ("pydantic_ai_calls.py",), ("pydantic-ai-slim[openai,anthropic]", *_SDK), gzip=True),
    Library("langchain-openllmetry", ("langchain_calls.py", "openllmetry"), _LANGCHAIN, gzip=True, folder="langchain"),
    Library(
        "langchain-openinference", ("langchain_calls.py", "openinference"), _LANGCHAIN, gzip=True, folder="langchain"
    ),
    Library("litellm", ("litellm_calls.py", "callback"), _LITELLM, gzip=True),
    Library("litellm-openinference", ("litellm_calls.py", "openinference"), _LITELLM, gzip=True, folder="litellm"),
    Library("vercel", ("vercel_calls.mjs", "protobuf"), _AI, npm=True),
    Library("vercel-json", ("vercel_calls.mjs", "json"), _AI, npm=True, gzip=True, folder="vercel"),
)
