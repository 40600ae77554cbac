"""A chat completions body as the decision reads it."""

from __future__ import annotations

from agent_router.routing.prompt import Prompt, Turn
from agent_router.wire.chat.body import ChatBody, ChoiceIn
from agent_router.wire.loose import fields, mapping, only, session_in

_TEXT = ("text", "refusal")
_TOOL = Turn("tool", "")  # nothing is asked by it


def prompt(body: ChatBody) -> Prompt:
    """The prompt of a checked body."""
    system: list[str] = []
    turns: list[Turn] = []
    images = opaque = False
    for message in body.messages if isinstance(body.messages, list) else ():
        role, content = message.role, message.content
        if isinstance(content, list):
            images = images or any(part.type not in _TEXT for part in content)
            opaque = opaque or any(part.type == "file" for part in content)
            content = "\n".join(part.text for part in content if part.text)
        if role == "user" or role == "assistant":
            turns.append(Turn(role, content or ""))
        elif role == "tool" or role == "function":
            turns.append(_TOOL)
        elif not turns:
            system.append(content or "")
    tools = tuple(tool.name for tool in body.tools or ())
    choice = body.tool_choice
    demanded = only(tools) if choice == "required" else None
    form = body.response_format
    schema = form.json_schema.schema if form is not None and form.json_schema is not None else None
    return Prompt(
        system="\n".join(system),
        turns=tuple(turns),
        tools=tools,
        schema=fields(schema),
        structured=form is not None and form.type != "text",
        tools_forbidden=choice == "none",
        forced_tool=choice.name if isinstance(choice, ChoiceIn) else demanded,
        images=images,
        output_limit=body.limit,
        opaque=opaque,
        session=session_in(mapping(body.metadata).get("session_id"), body.prompt_cache_key),
    )
