"""Free text, right and broken: answers in eight languages, odd-looking right ones, and what goes wrong in small models."""

# ruff: noqa: E501 - an answer is easier to read in one line, in its own letters
from __future__ import annotations

import random
from collections.abc import Iterator

from agent_models.completion import Signals
from tests.router.verification.asking import request, said, tool
from tests.router.verification.structured_corpus import Case

# (ask, right answers)
RIGHT: list[tuple[str, list[str]]] = [
    ("Title this chat in at most six words.", ["Trip to Graz", "Invoices", "Fixing the flaky login test", "🎉 Launch party", "Q3"]),
    ("Classify: urgent, normal or ignore.", ["urgent", "normal", "ignore", "Urgent.", "IGNORE"]),
    ("Is the disk full? Answer yes or no.", ["yes", "No", "No.", "Yes, it is."]),
    ("How many files are there?", ["3", "12", "There are 3.", "0"]),
    ("[OpenClaw heartbeat poll]", ["HEARTBEAT_OK", "HEARTBEAT_OK.", "Backup on crawler failed at 03:10."]),
    ("Reply only if needed, else NO_REPLY.", ["NO_REPLY", "No urgent items."]),
    ("Find TODO comments in this file.", ["I can't find any TODO in this file.", "I couldn't find any TODO comments.", "I found none.", "There are no TODOs here, sorry."]),
    ("Can the cache be disabled?", ["You cannot disable it, but you can set its size to 0.", "Unfortunately that flag was removed in 2.0; use --no-store instead."]),
    ("Write the commit message.", ["Fix off-by-one in pager", "feat(api): add /v1/feedback\n\n- takes a score\n- 202 on success", "Revert \"Add cache\""]),
    ("Give me a regex for dates.", [r"^\d{4}-\d{2}-\d{2}$", r"`\b\d{4}-\d{2}-\d{2}\b`"]),
    ("Encode hello in base64.", ["aGVsbG8=", "`aGVsbG8=`"]),
    ("Write a Python loop that prints 0 to 9.", ["```python\nfor i in range(10):\n    print(i)\n```", "for i in range(10):\n    print(i)", "Use this:\n\n```python\nprint(*range(10), sep='\\n')\n```\n\nIt prints one number a line."]),
    ("Write HTML for a list of three items.", ["<ul>\n  <li>One</li>\n  <li>Two</li>\n  <li>Three</li>\n</ul>"]),
    ("Make a CSV of ten users.", ["id,name,active\n" + "\n".join(f"{i},user{i},true" for i in range(10))]),
    ("Show the table.", ["| a | b |\n|---|---|\n" + "\n".join("| x | yes |" for _ in range(12))]),
    ("List the even numbers up to 60.", ["\n".join(f"- {i}" for i in range(0, 60, 2)), ", ".join(map(str, range(0, 60, 2)))]),
    ("Print the log.", ["\n".join(f"2026-11-27 10:{i:02}:00 INFO worker {i % 3} finished job {i}" for i in range(40))]),
    ("List all tests.", ["\n".join(f"tests/test_{name}.py::test_it_works_{i} PASSED" for name in ("a", "b") for i in range(20))]),
    ("Write a poem with a refrain.", ["The rain is on the roof tonight,\nand I am far from home.\n\n" * 3 + "Goodnight."]),
    ("Laugh.", ["ha ha ha ha", "hahaha", "😂😂😂😂"]),
    ("Draw a line.", ["-" * 60, "=" * 40, "+-----+\n|     |\n+-----+"]),
    ("A haiku please.", ["Old pond,\na frog leaps in:\nwater's sound."]),
    ("Explain the tide.", ["The tide follows the moon. Its pull raises the sea on both sides of the earth, and as the earth turns beneath, the water rises and falls twice a day.", "Tides:\n\n1. The moon pulls.\n2. The sea rises.\n3. The earth turns."]),
    ("Explícame la marea.", ["La marea sigue a la luna: su atracción levanta el mar dos veces al día.", "Lo siento por la demora: la marea sube y baja dos veces al día."]),
    ("Erkläre die Gezeiten.", ["Die Gezeiten folgen dem Mond. Seine Anziehung hebt das Meer zweimal am Tag.", "Leider gibt es keine kurze Antwort, aber im Kern: der Mond zieht das Wasser an."]),
    ("Explique la marée.", ["La marée suit la lune, qui attire la mer deux fois par jour."]),
    ("Explique a maré.", ["A maré segue a lua, que puxa o mar duas vezes por dia."]),
    ("解释一下潮汐。", ["潮汐是由月球的引力引起的，每天涨落两次。", "月球吸引海水，所以会有涨潮和退潮。"]),
    ("ज्वार-भाटा समझाओ।", ["ज्वार-भाटा चंद्रमा के आकर्षण से होता है, दिन में दो बार।"]),
    ("اشرح المد والجزر.", ["المد والجزر يسببهما القمر، ويحدثان مرتين في اليوم."]),
    ("Translate to Chinese: good morning, my dear friend and colleague", ["早上好，我亲爱的朋友和同事"]),
    ("Translate to Spanish: I'm sorry, I can't help you with that.", ["Lo siento, no puedo ayudarte con eso."]),
    ("Write a polite refusal of the invitation.", ["I'm sorry, but I can't make it on Friday. Thank you so much for the invitation!"]),
    ("Draft an e-mail that says we are unable to deliver.", ["Unfortunately, we are unable to deliver your order before Monday. We apologise for the delay."]),
    ("What does <tool_call> mean in Qwen's template?", ["`<tool_call>` begins a tool call: the JSON with name and arguments follows, then `</tool_call>`."]),
    ("What is <|im_end|>?", ["<|im_end|> marks the end of a turn in ChatML."]),
    ("Fix the encoding of 'cafÃ©'.", ["The text is 'café'; 'cafÃ©' is UTF-8 read as Latin-1."]),
    ("Repeat after me: the quick brown fox jumps over the lazy dog near the river", ["the quick brown fox jumps over the lazy dog near the river"]),
    ("Summarise the meeting.", ["The team moved the launch to Monday. Ana fixes the login, Ben writes the notes.", "- Launch: Monday\n- Ana: login\n- Ben: notes"]),
    ("Show the JSON of the config.", ['{"port": 8484, "host": "127.0.0.1"}', "```json\n{}\n```", "null", "[]", "true"]),
    ("LaTeX for the sum of squares.", [r"\sum_{i=1}^{n} i^2 = \frac{n(n+1)(2n+1)}{6}"]),
    ("Show the diff.", ["--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n import os\n-print(1)\n+print(2)\n exit()"]),
    ("Which shell command?", ["ls -la", "git rebase -i HEAD~3", "find . -name '*.py' | xargs wc -l"]),
    ("Who are you?", ["I am a small bundled model that answers short tasks.", "I'm an assistant on your machine."]),
    ("What is the capital of Greece, in Greek?", ["Αθήνα"]),
]  # fmt: skip

REFUSALS = [
    "I'm sorry, but I can't help with that.", "I’m sorry, I cannot assist with this request.", "As an AI language model, I don't have access to files.",
    "I cannot provide that information.", "Sorry, I am unable to process this.", "I'm afraid I can't do that.", "I am not able to answer that question.",
    "I don't have access to real-time data.", "Unfortunately, I cannot complete this task.", "I apologize, but I cannot generate that.", "I'm just an AI and can't open links.",
    "Lo siento, pero no puedo ayudarte con eso.", "Como modelo de lenguaje, no tengo acceso a archivos.", "No puedo responder a esa pregunta.",
    "Es tut mir leid, aber ich kann dabei nicht helfen.", "Als KI-Sprachmodell habe ich keinen Zugriff.", "Ich kann diese Anfrage leider nicht beantworten.",
    "Je suis désolé, mais je ne peux pas vous aider.", "En tant que modèle de langage, je n'ai pas accès.", "Je ne peux pas répondre à cette question.",
    "Desculpe, não posso ajudar com isso.", "Como modelo de linguagem, não tenho acesso.", "抱歉，我无法帮助您完成这个请求。", "作为一个人工智能，我不能提供这些信息。",
    "对不起，我不能回答这个问题。", "क्षमा करें, मैं इसमें मदद नहीं कर सकता।", "मुझे खेद है, मैं इसका उत्तर नहीं दे सकता।", "عذرًا، لا أستطيع مساعدتك في ذلك.", "آسف، لا يمكنني الإجابة على هذا السؤال.",
    "كنموذج لغوي لا أستطيع الوصول إلى الملفات.",
]  # fmt: skip
_ASKS = [
    "Summarise this note.",
    "Which label fits?",
    "Explain the tide.",
    "Fasse das zusammen.",
    "总结一下。",
    "Write a title.",
]
_SENTENCES = [
    "The disk is nearly full",
    "It was sent on Monday",
    "Please check the invoice",
    "The meeting moved again",
    "Nobody answered the call",
]
_FOREIGN = [
    "这个问题的答案是明天上午十点开始的会议安排",
    "Это ответ на ваш вопрос о погоде",
    "هذا هو الجواب على سؤالك عن الطقس",
    "これは質問への答えであり会議は明日です",
    "यह आपके प्रश्न का उत्तर है और बैठक कल है",
]


def text_cases(rng: random.Random, count: int) -> Iterator[Case]:
    """Right and broken texts in turn."""
    for number in range(count):
        ask, answers = RIGHT[number % len(RIGHT)]
        tools = (tool(),) if rng.random() < 0.4 else ()
        yield Case(request(ask, tools=tools), said(rng.choice(answers)), None)
        yield _broken(rng, rng.choice(_ASKS), tools)


def _broken(rng: random.Random, ask: str, tools: tuple[object, ...]) -> Case:
    asked = request(ask, tools=tools, max_tokens=400)  # type: ignore[arg-type]
    prose = " ".join(f"{sentence}." for sentence in rng.sample(_SENTENCES, 3))
    how = rng.randrange(12)
    if how == 0:
        return Case(asked, said(rng.choice(["", " ", "\n\n", "\t"])), "empty")
    if how in (1, 2):
        return Case(asked, said(rng.choice(REFUSALS)), "refusal")
    if how == 3:
        piece = rng.choice([" the the", "ab", " again and again", f" {rng.choice(_SENTENCES)}.", " na", "はい"])
        return Case(asked, said(prose + piece * (1500 // len(piece))), "a loop of words")
    if how == 4:
        line = rng.choice(_SENTENCES)
        lines = "\n".join(f"{line} and nothing more" for _ in range(rng.randint(15, 40)))
        return Case(asked, said(f"{prose}\n{lines}"), "a loop of lines")
    if how == 5:
        answer = said(prose)
        answer.signals = Signals(looped=True)
        return Case(asked, answer, "a loop that the engine noticed")
    if how == 6:
        return Case(asked, said(prose, stop="length"), "cut off")
    if how == 7:
        return Case(asked, said(f"{prose}\n\n```python\nprint(1)\n"), "cut off in code")
    if how == 8:
        english = request(rng.choice(_ASKS[:3]), max_tokens=400)
        return Case(english, said(rng.choice(_FOREIGN)), "another script")
    if how == 9:
        spoilt = rng.choice(
            ["cafÃ© and naÃ¯ve and rÃ©sumÃ©", "It�s the cust�mer�s invoi�e", "don’t worry".encode().decode("latin-1")]
        )
        return Case(asked, said(f"{prose} {spoilt}"), "garbled")
    if how == 10:
        token = rng.choice(
            ["<|im_end|>", "<|eot_id|>", "</s>", "[/INST]", "<|endoftext|>", "<end_of_turn>", "<|start_header_id|>"]
        )
        return Case(
            asked,
            said(rng.choice([f"{prose}{token}", f"{token}{prose}", f"{prose}{token}\n{prose}"])),
            "control tokens",
        )
    long = f"{ask} {prose} {rng.choice(_SENTENCES)}, said {rng.choice(['Ana', 'Ben'])}."
    return Case(request(long), said(long), "an echo")
