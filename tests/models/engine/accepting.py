"""Whether llama.cpp, following a grammar, takes a text from beginning to end."""

from __future__ import annotations

from agent_models.engine.gbnf import Rules
from agent_models.engine.model import Model
from agent_models.engine.sampling import Grammar


def accepts(model: Model, rule: str, text: str, rules: Rules | None = None) -> bool:
    grammar = Grammar(model, (rules or Rules()).text(rule))
    try:
        for byte in text.encode():
            (token,) = [t for t in _bytes(model) if model.piece(t) == bytes([byte])][:1]
            if not grammar.allows(token):
                return False
            grammar.accept(token)
        return grammar.allows(min(model.ends))
    finally:
        grammar.close()


def _bytes(model: Model) -> range:
    return range(256)
