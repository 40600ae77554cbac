"""LiteLLM, by its own callback or instrumented by OpenInference (the argument)."""

import asyncio
import os
import sys
import time

import asking

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm

litellm.telemetry = False
if sys.argv[1] == "callback":
    os.environ["OTEL_EXPORTER"] = "otlp_http"
    os.environ["OTEL_ENDPOINT"] = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"]
    os.environ["OTEL_SERVICE_NAME"] = "notes-app"
    os.environ["LITELLM_OTEL_INTEGRATION_ENABLE_METRICS"] = "true"
    litellm.callbacks = ["otel"]
else:
    import exporting
    from openinference.instrumentation.litellm import LiteLLMInstrumentor

    LiteLLMInstrumentor().instrument(tracer_provider=exporting.traces)

_TO = {
    "gpt-5.4": {"model": "openai/gpt-5.4", "api_base": f"{asking.URL}/v1", "api_key": asking.KEY},
    "claude": {"model": f"anthropic/{asking.CLAUDE}", "api_base": asking.URL, "api_key": asking.KEY, "max_tokens": 500},
}
_TOOLS = [{"type": "function", "function": asking._BASH}]


async def session(to: dict[str, object]) -> None:
    litellm.completion(messages=[asking.user("SAY pineapple")], **to)
    options = {"include_usage": True}
    for _ in litellm.completion(messages=[asking.user("SAY walrus")], stream=True, stream_options=options, **to):
        pass
    await litellm.acompletion(messages=[asking.user("RUN printf 'colour-%s' 7")], tools=_TOOLS, **to)
    stream = await litellm.acompletion(messages=[asking.user("SAY moss")], stream=True, stream_options=options, **to)
    async for _ in stream:
        pass
    asking.next_fails()
    try:
        litellm.completion(messages=[asking.user("SAY gravel")], num_retries=0, max_retries=0, **to)
    except Exception:
        pass
    await asyncio.sleep(1)


async def main() -> None:
    for to in _TO.values():
        await session(to)
        time.sleep(1)
    await asyncio.sleep(2)


asyncio.run(main())
from opentelemetry import metrics, trace

for provider in (trace.get_tracer_provider(), metrics.get_meter_provider()):
    if hasattr(provider, "force_flush"):
        provider.force_flush()
