"""LangChain and LangGraph, instrumented by OpenLLMetry or by OpenInference (the argument)."""

import sys

import asking
import exporting

if sys.argv[1] == "openllmetry":
    from opentelemetry.instrumentation.langchain import LangchainInstrumentor

    LangchainInstrumentor().instrument()
else:
    from openinference.instrumentation.langchain import LangChainInstrumentor

    LangChainInstrumentor().instrument(tracer_provider=exporting.traces)

from langchain.agents import create_agent
from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI


def bash(command: str) -> str:
    """Runs a command."""
    return "colour-7"


def session(model: object) -> None:
    model.invoke("SAY pineapple")
    for _ in model.stream("SAY walrus"):
        pass
    graph = create_agent(model, [bash])
    graph.invoke({"messages": [asking.user("RUN printf 'colour-%s' 7")]})
    asking.next_fails()
    try:
        model.invoke("SAY gravel")
    except Exception:
        pass


session(ChatOpenAI(model="gpt-5.4", base_url=f"{asking.URL}/v1", api_key=asking.KEY, max_retries=0, stream_usage=True))
exporting.flush()
session(ChatAnthropic(model=asking.CLAUDE, base_url=asking.URL, api_key=asking.KEY, max_retries=0, max_tokens=500))
exporting.shutdown()
