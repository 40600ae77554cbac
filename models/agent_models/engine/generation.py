"""What an answer is made of: thoughts, text, calls, in the order in which the model writes them. Worker only.

A generation is written as if it had the model to itself: it chooses a token, hands it out to be read (a list of tokens
among its events), and goes on when that was done. Who else is read in the same batch is the scheduler's business.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from agent_models.completion import CompletionRequest, Stop, StopReason
from agent_models.engine.calls import calls
from agent_models.engine.chat_form import ChatForm, chat_form
from agent_models.engine.context import Context
from agent_models.engine.free_text import Answer, Found, until
from agent_models.engine.grammar import Constraints, constraints
from agent_models.engine.model import Model
from agent_models.engine.pen import Pen, Step
from agent_models.engine.prompt import overflow
from agent_models.engine.sampling import GrammarError
from agent_models.engine.template import usable
from agent_models.engine.thoughts import Thinking
from agent_models.errors import UnsupportedRequestError

DEFAULT_ANSWER = 2048
"""The longest answer in tokens when the caller names no limit: a small model that rambles must end."""
# Tokens; the longest mark, letter by letter, and some blanks.
_TAIL = 48


class Generation:
    """One answer. `row` is where the logits behind its last token are, in the batch that was evaluated last.

    Raises ContextOverflowError or UnsupportedRequestError before anything is evaluated.
    """

    def __init__(self, model: Model, context: Context, request: CompletionRequest, prompt: Sequence[int]) -> None:
        self._request = request
        room = model.window - len(prompt)
        if room <= 0:
            raise overflow(model.window, len(prompt))
        # Agents ask for their closed model's largest answer with every call; it is a bound, not a demand, and an
        # answer that the window cuts short says so: its reason is `length`.
        limit = min(request.max_tokens or DEFAULT_ANSWER, room)
        self._form: ChatForm = model.remember("chat_form", lambda: chat_form(usable(model.template)))
        self._constraints: Constraints = constraints(request, self._form)
        # The template may have opened the thoughts itself.
        tail = b"".join(map(model.piece, prompt[-_TAIL:])).decode("utf-8", "replace")
        self._thinks_first = tail.rstrip().endswith(self._form.thoughts.open)
        self.reasoned = 0
        self._stopped_at: str | None = None
        self._pen = Pen(model, context, request, limit, model.remember("marks", lambda: _marks(model, self._form)))
        try:
            # The grammars now: what llama.cpp does not take is refused before any work is done.
            for gbnf in (self._constraints.calls.get(self._form.tools.first), self._constraints.start, None):
                self._pen.follow(gbnf)
        except GrammarError as error:
            self.close()
            raise self._unsupported(error) from None

    @property
    def written(self) -> int:
        """Tokens of the answer so far; `reasoned` are those of them that were thoughts."""
        return len(self._pen.output)

    @property
    def left(self) -> int:
        """Tokens that may still be written."""
        return self._pen.left

    @property
    def row(self) -> int:
        """See the class."""
        return self._pen.row

    @row.setter
    def row(self, row: int) -> None:
        self._pen.row = row

    def steps(self) -> Iterator[Step]:
        """The answer from the moment in which the prompt was read: events, the last of them `Stop` and `Signals`, and
        between them the tokens to be read."""
        try:
            reason = yield from self._write()
            yield Stop(reason, self._stopped_at)
            yield self._pen.signals()
        except GrammarError as error:
            raise self._unsupported(error) from None

    def close(self) -> None:
        """Free what llama.cpp holds for it."""
        self._pen.close()

    def _unsupported(self, error: GrammarError) -> UnsupportedRequestError:
        return UnsupportedRequestError(
            f"The local model cannot be held to the schema asked for: {error}.",
            param="response_format" if self._constraints.start else "tools",
        )

    def _write(self) -> Generator[Step, None, StopReason]:
        pen, form = self._pen, self._form
        ruled = self._constraints.call_first or self._constraints.start is not None
        rest = b""
        if self._thinks_first:
            found = yield from self._think(b"")
            if found.mark is None:
                return found.reason
            yield from self._finish(found, cut=ruled)
            rest = b"" if ruled else found.rest
            if ruled and form.thoughts.after:
                yield from pen.write_text(form.thoughts.after)
        if self._constraints.call_first:
            yield from pen.write_text(form.tools.first)
            return (yield from calls(pen, self._constraints, form.tools.first))
        if self._constraints.start is not None:
            if form.answer:
                yield from pen.write_text(form.answer)
            pen.follow(self._constraints.start, marked=bool(self._constraints.calls))
        return (yield from self._talk(rest, after_thoughts=self._thinks_first))

    def _talk(self, rest: bytes, *, after_thoughts: bool) -> Generator[Step, None, StopReason]:
        """Text, with thoughts or calls in between where the form has them."""
        pen, form = self._pen, self._form
        starts = list(self._constraints.calls)
        openers = [start for start in starts if start in form.tools.early]
        if not form.thoughts.anywhere:
            openers.append(form.thoughts.open)
        if pen.ruled:
            # An answer that has begun as JSON is no call; the mark may stand in one of its strings.
            openers = [form.thoughts.open, *starts, *form.dropped]
        stops = self._request.stop
        openers = [mark for mark in openers if mark not in stops]
        answer = Answer(pen, openers)
        answer.skips_blank = after_thoughts
        while True:
            marks = [*stops, *starts, form.thoughts.open, *form.dropped]
            found = yield from until(pen, marks, rest, answer.release, answer.note)
            mark = found.mark
            if mark is None:
                return found.reason
            if mark in stops:
                yield from self._finish(found)
                self._stopped_at = mark
                return "stop"
            if mark in starts:
                yield from self._finish(found, cut=True)
                return (yield from calls(pen, self._constraints, mark))
            yield from self._finish(found)
            rest = found.rest
            answer.again()
            if mark == form.thoughts.open:
                found = yield from self._think(rest)
                if found.mark is None:
                    return found.reason
                yield from self._finish(found)
                rest = found.rest
                answer.skips_blank = True

    def _think(self, rest: bytes) -> Generator[Step, None, Found]:
        """Thoughts, from behind the mark that opens them up to the one that closes them."""
        thoughts, thinking = self._form.thoughts, Thinking()
        before = self.written
        while True:
            # A model whose template has opened them may do so once more.
            found = yield from until(self._pen, [thoughts.close, thoughts.open], rest, thinking.release)
            if found.mark != thoughts.open:
                self.reasoned += self.written - before + (found.token is not None)
                return found
            yield from self._finish(found)
            rest = found.rest

    def _finish(self, found: Found, *, cut: bool = False) -> Iterator[Step]:
        """Writes the last token of a mark; with `cut` only up to the mark's end, because a grammar rules from there."""
        if found.token is None:
            return iter(())
        return self._pen.write_up_to(found.token, len(found.rest) if cut else 0)


def _marks(model: Model, form: ChatForm) -> frozenset[int]:
    text = form.text
    return frozenset(token for token in model.special - model.ends if model.text(token) and model.text(token) in text)
