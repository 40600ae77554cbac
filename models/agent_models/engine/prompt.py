"""From a request to the prompt's tokens."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from agent_models.completion import CompletionRequest, Image, Message, Text
from agent_models.engine import tool_calls
from agent_models.engine.abilities import Abilities
from agent_models.engine.model import Model
from agent_models.engine.template import ChatTemplate, TemplateError
from agent_models.errors import ContextOverflowError, UnsupportedRequestError

_NONCHARACTERS = [chr(code) for code in range(0xFDD0, 0xFDF0)]
# A text this many times longer (in characters) than the window (in tokens) is first measured by its beginning.
_LONG = 16


class PromptWriter:
    """Writes the prompts of one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.template = ChatTemplate(
            model.template, bos=model.text(model.bos), eos=model.text(min(model.ends, default=-1))
        )
        spelt = sorted({model.text(token) for token in model.special} - {""}, key=len, reverse=True)
        self._special = re.compile("|".join(map(re.escape, spelt))) if spelt else None

    def tokens(self, request: CompletionRequest) -> list[int]:
        """The prompt's tokens, BOS included where the model has one.

        Control tokens spelt out in the caller's text are read as plain text, never as control tokens.
        Raises UnsupportedRequestError; ContextOverflowError for a text far too long even to tokenise.
        """
        if request.text is not None:
            self._refuse_huge(request.text)
            written = self._model.tokens(request.text, special=False) if request.text else []
            # Something must be read before anything can be written.
            bos = self._model.adds_bos or (not written and self._model.bos >= 0)
            return ([self._model.bos] if bos else []) + written or self._model.tokens("\n", special=False)
        begun = _text_of(request.messages[-1]) if request.continues else ""
        if request.continues:
            request = msgspec.structs.replace(request, messages=request.messages[:-1])
        text, fence = self._text(request)
        self._refuse_huge(text + begun)
        model = self._model
        tokens = [] if not model.adds_bos or text.startswith(model.text(model.bos)) else [model.bos]
        for part, special in fence.parts(text) if fence else [(text, True)]:
            if part:
                tokens += model.tokens(part, special=special)
        return tokens + (model.tokens(begun, special=False) if begun else [])

    def _text(self, request: CompletionRequest) -> tuple[str, _Fence | None]:
        able = self.template.abilities if _has_tools(request) else Abilities()
        try:
            return self._rendered(request, able)
        except TemplateError as error:
            failure = error
        try:
            # Some show one call a turn only, or only results that follow a call.
            if able.calls or able.results:
                return self._rendered(request, Abilities(declares=able.declares))
        except TemplateError:
            pass
        raise UnsupportedRequestError(
            f"The model's chat template does not take these messages: {failure}.", param="messages"
        ) from None

    def _rendered(self, request: CompletionRequest, able: Abilities) -> tuple[str, _Fence | None]:
        form = self.template.form
        tools = request.tools if request.tool_choice != "none" else ()
        declared = [tool_calls.declaration(tool) for tool in tools]
        output = request.output_format
        told: dict[str, Any] = {
            "messages": [self._entry(message, able) for message in request.messages],
            "tools": declared,
            "schema": output.schema if output.kind == "json_schema" else None,
        }
        # Before anything of the template's own language is written among it.
        fence = self._fence(told)
        if fence is not None:
            told = fence.guard(told)
        messages, declared = told["messages"], told["tools"]
        if not able.several:
            messages = tool_calls.one_call_a_turn(messages)
        if not able.calls:
            messages = [tool_calls.calls_as_text(message, form.tools) for message in messages]
        if not able.results:
            messages = [tool_calls.result_as_text(message) for message in messages]
        if declared and not able.declares:
            messages = _with_system(messages, tool_calls.instruction(declared, form.tools))
        if isinstance(told["schema"], dict):
            schema = json.dumps(told["schema"], ensure_ascii=False, separators=(",", ":"))
            messages = _with_system(messages, f"Answer with JSON that fits this JSON Schema:\n{schema}")
        shown = declared if able.declares and declared else None
        return self.template.render(messages, shown, **self._variables(request)), fence

    def _variables(self, request: CompletionRequest) -> dict[str, Any]:
        """How much is to be thought, in the words of the templates that know of it."""
        effort = request.reasoning_effort
        variables: dict[str, Any] = {}
        # An answer that follows a grammar from its beginning leaves no room for thoughts.
        ruled = request.continues or request.output_format.kind != "text" or request.tool_choice not in ("auto", "none")
        if ruled or effort in ("none", "minimal"):
            variables = {"enable_thinking": False, "thinking": False}
        elif effort is not None or request.reasoning_tokens is not None:
            variables = {"enable_thinking": True, "thinking": True}
        if effort is not None:
            variables["reasoning_effort"] = self.template.form.efforts.get(effort, effort)
        return variables

    def _entry(self, message: Message, able: Abilities) -> dict[str, Any]:
        if any(not isinstance(part, Text) for part in message.content):
            what = "it sees no images" if any(isinstance(part, Image) for part in message.content) else "no files"
            raise UnsupportedRequestError(f"The local model reads text only; {what}.", param="messages")
        entry: dict[str, Any] = {"role": message.role, "content": _text_of(message)}
        if message.tool_calls:
            if able.none and not entry["content"]:
                entry["content"] = None
            entry["tool_calls"] = [
                {
                    "id": able.identity(call.id),
                    "type": "function",
                    "function": {"name": call.name, "arguments": able.arguments(call.arguments)},
                }
                for call in message.tool_calls
            ]
        if message.tool_call_id is not None:
            entry["tool_call_id"] = able.identity(message.tool_call_id)
        if message.name is not None:
            entry["name"] = message.name
        if message.reasoning is not None:
            entry[self.template.form.thoughts.field] = message.reasoning
        return entry

    def _fence(self, payload: Any) -> _Fence | None:
        if self._special is None:
            return None
        spelt = json.dumps(payload, ensure_ascii=False)
        if not self._special.search(spelt):
            return None
        free = [mark for mark in _NONCHARACTERS if mark not in spelt]
        if len(free) < 2:
            raise UnsupportedRequestError("The text holds every Unicode noncharacter.", param="messages")
        return _Fence(free[0], free[1], self._special)

    def _refuse_huge(self, text: str) -> None:
        window = self._model.window
        if len(text) <= window * _LONG:
            return
        start = len(self._model.tokens(text[: window * _LONG], special=True))
        if start > window + 64:
            about = start * len(text) // (window * _LONG)
            raise overflow(window, about, about=True)


class _Fence:
    """Encloses control tokens in the caller's text, so that they can be told from the template's own."""

    def __init__(self, left: str, right: str, special: re.Pattern[str]) -> None:
        self._left, self._right, self._special = left, right, special
        self._fenced = re.compile(f"{left}([^{left}{right}]*){right}")

    def guard(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._special.sub(lambda found: f"{self._left}{found[0]}{self._right}", value)
        if isinstance(value, dict):
            return {self.guard(key): self.guard(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.guard(entry) for entry in value]
        return value

    def parts(self, text: str) -> list[tuple[str, bool]]:
        """The rendered text in pieces, and whether control tokens in a piece are the template's own."""
        # A mark left alone is one whose partner the template cut away.
        strays = str.maketrans("", "", self._left + self._right)
        pieces = self._fenced.split(text)
        return [(piece.translate(strays), index % 2 == 0) for index, piece in enumerate(pieces)]


def overflow(window: int, prompt: int, *, about: bool = False) -> ContextOverflowError:
    """The error for a prompt of so many tokens, in the words that clients look for."""
    approximately = "about " if about else ""
    return ContextOverflowError(
        f"This model's maximum context length is {window} tokens. However, your messages resulted in "
        f"{approximately}{prompt} tokens. Please reduce the length of the messages.",
        prompt_tokens=prompt,
        context_window=window,
    )


def _text_of(message: Message) -> str:
    # Templates take one text here; llama.cpp's own server puts parts on lines of their own for those.
    return "\n".join(part.text for part in message.content if isinstance(part, Text))


def _has_tools(request: CompletionRequest) -> bool:
    return bool(request.tools) or any(message.tool_calls or message.role == "tool" for message in request.messages)


def _with_system(messages: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    if messages and messages[0]["role"] == "system":
        first = messages[0]
        joined = f"{first['content']}\n\n{text}" if first["content"] else text
        return [{**first, "content": joined}, *messages[1:]]
    return [{"role": "system", "content": text}, *messages]
