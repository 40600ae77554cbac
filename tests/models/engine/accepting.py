"""Whether llama.cpp, following a grammar, takes a text from beginning to end."""

from __future__ import annotations

from agent_models.engine.gbnf import Rules
from agent_models.engine.model import Model
from agent_models.engine.sampling import Grammar


def accepts(model: Model, rule: str, text: str, rules: Rules | None = None) -> bool:
    return follows(model, (rules or Rules()).text(rule), text)


def follows(model: Model, gbnf: str, text: str) -> bool:
    grammar = Grammar(model, gbnf)
    bytes_ = {model.piece(token): token for token in range(256)}
    try:
        for byte in text.encode():
            token = bytes_[bytes([byte])]
            if not grammar.allows(token):
                return False
            grammar.accept(token)
        return grammar.allows(min(model.ends))
    finally:
        grammar.close()
