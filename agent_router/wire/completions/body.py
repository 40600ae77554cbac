"""The body of `POST /v1/completions`, OpenAI's legacy endpoint: a text to be continued.

Source: OpenAI's API reference, "Create completion (legacy)".
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Struct, UnsetType

from agent_models.completion import CompletionRequest
from agent_router.errors import ApiError
from agent_router.wire.chat.body import StreamOptions
from agent_router.wire.json_body import decoded

DEFAULT_MAX_TOKENS = 16
"""OpenAI's, when the caller names no limit."""


class CompletionsBody(Struct):
    """What the router reads of a body. `prompt` is a text, an array of texts, one prompt's tokens, or an array of
    several prompts' tokens."""

    model: str | UnsetType = UNSET
    prompt: str | list[str | int | list[int]] | None = None
    suffix: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    n: int | None = None
    best_of: int | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    logprobs: int | None = None
    echo: bool | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    user: str | None = None

    @property
    def texts(self) -> list[str]:
        """The prompts that can be read here."""
        given = [self.prompt] if isinstance(self.prompt, str) else self.prompt or []
        return [each for each in given if isinstance(each, str)]

    @property
    def opaque(self) -> bool:
        """Whether a prompt is tokens, which cannot be read here."""
        return isinstance(self.prompt, list) and len(self.texts) < len(self.prompt)


_decoder = msgspec.json.Decoder(CompletionsBody)


def read(raw: bytes) -> CompletionsBody:
    """Decode and check a body. ApiError 400 names the field and what is wrong with it."""
    body = decoded(_decoder, raw)
    if body.model is UNSET or not body.model.strip():
        raise _invalid("model", "You must name a model, for instance 'auto'.", "missing_required_parameter")
    if isinstance(body.prompt, list) and not body.prompt:
        raise _invalid("prompt", "'prompt' is empty; at least one prompt is needed.", "empty_array")
    for name, low, high in (
        ("max_tokens", 0, 2**31 - 1),
        ("temperature", 0, 2),
        ("top_p", 0, 1),
        ("n", 1, 128),
        ("best_of", 1, 20),
        ("logprobs", 0, 5),
        ("presence_penalty", -2, 2),
        ("frequency_penalty", -2, 2),
    ):
        value = getattr(body, name)
        if value is not None and not low <= value <= high:
            raise _invalid(name, f"'{name}' is {str(value)[:40]}; it must be between {low} and {high}.")
    if isinstance(body.stop, list) and len(body.stop) > 4:
        raise _invalid("stop", f"'stop' holds {len(body.stop)} sequences; at most 4 are allowed.")
    for token in body.logit_bias or ():
        if not token.isdecimal() or len(token) > 9:
            raise _invalid("logit_bias", f"'logit_bias' must map token ids to numbers; {token[:20]!r} is no token id.")
    return body


def _invalid(param: str, message: str, code: str = "invalid_value") -> ApiError:
    return ApiError(400, message, code=code, param=param)


def completion_request(body: CompletionsBody) -> CompletionRequest:
    """Translate a checked body. ApiError 400 where it says what no other side can: several prompts or answers, prompts
    of tokens, a suffix, and what a prompt's own tokens are worth."""
    if body.opaque:
        raise _inexpressible("prompt", "This model takes a prompt as text, not as tokens.")
    if len(body.texts) > 1:
        raise _inexpressible("prompt", "This model takes one prompt at a time; send a request for each.")
    if (body.n or 1) > 1 or (body.best_of or 1) > 1:
        raise _inexpressible("n", "Only n = 1 is supported; send the request again for another answer.")
    if body.max_tokens == 0:
        raise _inexpressible("max_tokens", "This model cannot read a prompt without going on from it.")
    if body.echo and body.logprobs is not None:
        raise _inexpressible("logprobs", "This model gives no log-probabilities of the prompt; ask without 'echo'.")
    if body.suffix:
        raise _inexpressible("suffix", "This model cannot write up to a suffix.")
    return CompletionRequest(
        messages=(),
        text=body.texts[0] if body.texts else "",
        max_tokens=DEFAULT_MAX_TOKENS if body.max_tokens is None else body.max_tokens,
        temperature=body.temperature,
        top_p=body.top_p,
        seed=body.seed,
        stop=(body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ()),
        frequency_penalty=body.frequency_penalty,
        presence_penalty=body.presence_penalty,
        logit_bias={int(token): bias for token, bias in body.logit_bias.items()} if body.logit_bias else None,
        top_logprobs=body.logprobs,
        user=body.user,
    )


def _inexpressible(param: str, message: str) -> ApiError:
    return ApiError(400, message, code="unsupported_parameter", param=param)
