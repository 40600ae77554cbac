"""What a model is asked and what it answers, independent of any dialect.

Every wire parses its body into one `CompletionRequest`; every upstream answers with one stream of events.
N dialects and M upstreams therefore need N + M translators. The same structs cross the pipe to the engine's
worker process as msgpack, which is why they are msgspec structs.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Role = Literal["system", "user", "assistant", "tool"]
StopReason = Literal["stop", "length", "tool_calls", "content_filter"]


class Text(msgspec.Struct, frozen=True, tag="text"):
    """A piece of text in a message."""

    text: str


class Image(msgspec.Struct, frozen=True, tag="image"):
    """An image in a message: an `https:` or `data:` URL. `detail` is OpenAI's low | high | auto."""

    url: str
    detail: str | None = None


class File(msgspec.Struct, frozen=True, tag="file"):
    """A document in a message, such as a PDF: an `https:` or `data:` URL, and its name where it has one."""

    url: str
    name: str | None = None


Part = Text | Image | File


class ToolCall(msgspec.Struct, frozen=True):
    """A call that the model asked for. `arguments` is JSON text, as the model wrote it; of a `custom` tool, which takes
    free text, that text."""

    id: str
    name: str
    arguments: str
    custom: bool = False


class Message(msgspec.Struct, frozen=True):
    """One turn. `tool_calls` only on assistant turns, `tool_call_id` and `failed` only on tool turns.

    OpenAI's `developer` role is `system` here. `reasoning` is what an earlier turn of the model thought, where
    the caller sent it back and it may be read. `failed`: the caller says that the tool did.
    """

    role: Role
    content: tuple[Part, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None
    reasoning: str | None = None
    failed: bool = False

    @property
    def text(self) -> str:
        """The message's text parts, joined: as paragraphs, unless there is white space between them already."""
        joined = ""
        for part in self.content:
            if isinstance(part, Text) and part.text:
                apart = not joined or joined[-1].isspace() or part.text[0].isspace()
                joined += part.text if apart else f"\n\n{part.text}"
        return joined


class FreeText(msgspec.Struct, frozen=True):
    """What a custom tool takes: any text, or one of a grammar. `syntax` is OpenAI's: lark or regex."""

    syntax: str | None = None
    definition: str | None = None


class Tool(msgspec.Struct, frozen=True):
    """A function that the model may call. `parameters` is a JSON Schema object; None means no arguments. A tool with
    `custom` takes free text in their place."""

    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    custom: FreeText | None = None


class NamedTool(msgspec.Struct, frozen=True):
    """`tool_choice` that demands one tool by name."""

    name: str


class OutputFormat(msgspec.Struct, frozen=True):
    """What shape the text must have. `schema` (JSON Schema) only with kind `json_schema`."""

    kind: Literal["text", "json_object", "json_schema"] = "text"
    name: str | None = None
    schema: dict[str, Any] | bool | None = None
    strict: bool | None = None
    description: str | None = None


class CompletionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A completion asked for. Counts are tokens; None leaves a choice to the model's own default.

    `top_logprobs` None: no log-probabilities wanted; 0: the chosen token's only; n: n alternatives as well.
    `allowed_tools`: the names of those that may be called this time; None: all. `text` is a bare text to be continued,
    of which no conversation is made; `messages` are empty then. `continues`: the last message is the beginning of the
    answer, to be gone on from. `truncate`: of a conversation that is too long its
    beginning may be left out. `reasoning_tokens` bounds the thoughts. `notes` are fields about billing, caching and
    abuse, which no model sees: OpenAI's dialects share them.
    """

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: Literal["auto", "none", "required"] | NamedTool = "auto"
    allowed_tools: tuple[str, ...] | None = None
    parallel_tool_calls: bool = True
    output_format: OutputFormat = OutputFormat()
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: dict[int, float] | None = None
    top_logprobs: int | None = None
    reasoning_effort: str | None = None
    reasoning_tokens: int | None = None
    verbosity: str | None = None
    user: str | None = None
    text: str | None = None
    continues: bool = False
    truncate: bool = False
    notes: dict[str, Any] = {}


class TopLogprob(msgspec.Struct, frozen=True):
    """An alternative token: its text, natural-log probability, and UTF-8 bytes."""

    token: str
    logprob: float
    bytes: tuple[int, ...]


class TokenLogprob(msgspec.Struct, frozen=True):
    """The chosen token and, most probable first, the alternatives asked for."""

    token: str
    logprob: float
    bytes: tuple[int, ...]
    top: tuple[TopLogprob, ...] = ()


class TextDelta(msgspec.Struct, frozen=True, tag="text"):
    """More of the answer's text."""

    text: str
    logprobs: tuple[TokenLogprob, ...] = ()


class ReasoningDelta(msgspec.Struct, frozen=True, tag="reasoning"):
    """More of the model's reasoning, where it is visible."""

    text: str


class RefusalDelta(msgspec.Struct, frozen=True, tag="refusal"):
    """More of the text with which the model refuses, where a provider tells it from an answer."""

    text: str


class ToolCallDelta(msgspec.Struct, frozen=True, tag="tool_call"):
    """More of the tool call number `index` (from 0). The first delta of a call carries `id` and `name`, and `custom` if
    it is one of a custom tool."""

    index: int
    arguments: str = ""
    id: str | None = None
    name: str | None = None
    custom: bool = False


class Usage(msgspec.Struct, frozen=True, tag="usage"):
    """Tokens in four disjoint buckets. `output` includes `reasoning`; `cache_write` includes `cache_write_1h`, what is
    kept for an hour and not for minutes, which costs more."""

    input: int
    output: int
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0
    cache_write_1h: int = 0

    @property
    def prompt(self) -> int:
        """All tokens of the prompt, cached or not: OpenAI's `prompt_tokens`."""
        return self.input + self.cache_read + self.cache_write


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """The end of an answer. Exactly one ends every complete stream; after it only `Usage` may come. `sequence` is the
    stop sequence that ended it, where that is known."""

    reason: StopReason
    sequence: str | None = None


class Signals(msgspec.Struct, frozen=True, tag="signals", kw_only=True):
    """What a local engine noticed of an answer: for the router, never for the caller. Comes between `Stop` and `Usage`.

    `mean_logprob`, `least_logprob`: of the answer's tokens, natural logarithms by the model's raw logits;
    `first_entropy`: of its first token, in nats; None where nothing was written. `looped`: it repeated itself, and was
    cut or led out of it.
    """

    mean_logprob: float | None = None
    least_logprob: float | None = None
    first_entropy: float | None = None
    looped: bool = False


Event = TextDelta | ReasoningDelta | RefusalDelta | ToolCallDelta | Usage | Stop | Signals
