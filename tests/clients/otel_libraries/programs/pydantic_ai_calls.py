"""pydantic-ai's own instrumentation: an agent's run above its calls and its tools."""

import asyncio

import anthropic
import asking
import exporting
import openai
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

_openai = OpenAIProvider(
    openai_client=openai.AsyncOpenAI(base_url=f"{asking.URL}/v1", api_key=asking.KEY, max_retries=0)
)
_anthropic = AnthropicProvider(
    anthropic_client=anthropic.AsyncAnthropic(base_url=asking.URL, api_key=asking.KEY, max_retries=0)
)
Agent.instrument_all()


def bash(command: str) -> str:
    """Runs a command."""
    return "colour-7"


async def session(model: object) -> None:
    agent = Agent(model, name="writer", tools=[bash])
    await agent.run("SAY pineapple")
    await agent.run("RUN printf 'colour-%s' 7")
    async with agent.run_stream("SAY walrus") as result:
        await result.get_output()
    asking.next_fails()
    try:
        await agent.run("SAY gravel")
    except Exception:
        pass


async def main() -> None:
    await session(OpenAIChatModel("gpt-5.4", provider=_openai))
    await session(OpenAIResponsesModel("gpt-5.4-mini", provider=_openai))
    exporting.flush()
    await session(AnthropicModel(asking.CLAUDE, provider=_anthropic))


asyncio.run(main())
exporting.shutdown()
