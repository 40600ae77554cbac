"""Answers written by hand, as people and models write them: right ones pass, nearly all broken ones are found."""

# ruff: noqa: E501 - an answer is easier to read in one line, in its own letters
from __future__ import annotations

from typing import Any

import pytest

from agent_models.completion import Message, Text
from agent_router.verification.verifiers import problem
from tests.router.verification.asking import request, said, tool

NOTE = (
    "Summarise this note in one sentence: " + "the supplier was late again, Ana called twice, and nobody answered. " * 4
)
LOG = "Which test failed? Here is the log: " + "ok ok ok, then a timeout behind line 40, then ok. " * 5

# (ask, right answer)
RIGHT = [
    # What was looked for and is not there is an answer, in every language.
    ("Find TODO comments in the document.", "Sorry, I couldn't find any TODO comments in the document."),
    ("Where is the licence named?", "Unfortunately, I couldn't find any licence in the document."),
    ("Where is it?", "I'm sorry, but I wasn't able to find a match for 'frobnicate'. I searched src/ and tests/."),
    ("Where is parse_date defined?", "I was unable to find `parse_date` in the repository; `read_date` is in dates.py."),
    ("Is there a bug?", "I can't see a bug in this function. It returns early on an empty list, as it should."),
    (LOG, "I can't tell from this log which test failed; it stops before the summary."),
    ("Suche nach TODO im Dokument.", "Leider konnte ich im Dokument keine TODOs finden."),
    ("Suche nach TODO im Dokument.", "Tut mir leid, ich kann in der Datei keine Kommentare dieser Art finden."),
    ("Kann man den Cache abschalten?", "Leider kann man den Cache nicht abschalten, nur verkleinern."),
    ("Wann kommt der Server wieder?", "Leider kann der Server vor Montag nicht neu gestartet werden."),
    ("Busca los TODO en el archivo.", "Lo siento, no puedo encontrar ningún TODO en el archivo."),
    ("¿Se puede desactivar?", "Lamentablemente no se puede desactivar; puede ponerse su tamaño a cero."),
    ("Cherche les TODO.", "Désolé, je n'ai trouvé aucun TODO dans ce fichier."),
    ("Peut-on le désactiver ?", "Malheureusement, cette option ne peut pas être désactivée."),
    ("Procure os TODO.", "Infelizmente, não consigo encontrar nenhum TODO no arquivo."),
    ("O cache pode ser desativado?", "Infelizmente, não é possível desativar o cache; só reduzir o tamanho."),
    ("在文件里找TODO。", "抱歉，我在文件中没有找到任何TODO。"),
    ("这个功能可以关闭吗？", "抱歉，这个功能无法关闭，但可以把大小设为零。"),
    ("फ़ाइल में TODO खोजो।", "क्षमा करें, फ़ाइल में कोई TODO नहीं मिला।"),
    ("ابحث عن TODO في الملف.", "عذرًا، لم أجد أي TODO في الملف."),
    ("Cerca i TODO nel file.", "Mi dispiace, non ho trovato nessun TODO nel file."),
    ("ファイルでTODOを探して。", "申し訳ありませんが、ファイルにTODOは見つかりませんでした。"),
    ("Найди TODO в файле.", "К сожалению, в файле нет ни одного TODO."),
    # A limit of the material is not one of the model.
    ("Can we still support Python 3.7?", "We can't support Python 3.7 any more: the lexer needs match statements."),
    ("Do we hire?", "Unfortunately, we do not have the budget to hire before April."),
    ("Which library?", "Unfortunately, I can't recommend lib-a: it has had no release since 2019. Take lib-b."),
    ("What do you see?", "I can't help but notice that both tests share the same temporary folder."),
    ("Did you reproduce it?", "I couldn't reproduce the crash on 3.12; on 3.11 it happens at every start."),
    ("Is it safe?", "You won't be able to open the file while the other process holds the lock."),
    ("What failed?", "The job cannot access the bucket: its role lacks s3:GetObject."),
    ("What is an LLM?", "A language model predicts the next token of a text. As it is trained on much text, it learns facts."),
    ("How are you?", "I'm well, thank you. Sorry for the wait!"),
    ("Can you review it?", "I can't continue to recommend this pattern; use a context manager."),
    ("Why did the build fail?", "I could not complete the build because `libfoo` is missing."),
    ("Mach weiter.", "Ich kann das Skript nicht ohne Root-Rechte ausführen, starte es also mit sudo."),
    ("¿Qué pasa?", "No puedo procesar pagos con esta tarjeta: está caducada, dice el cliente."),
    ("What does the customer say?", "\"I'm sorry, I can't log in since Monday.\""),
    ("Fasse die Mail zusammen.", "Der Kunde kann am Montag nicht kommen und bittet um einen neuen Termin."),
    # To write, translate or quote a refusal.
    ("Write a reply that declines the invitation.", "Thank you for the invitation. I'm sorry, but I can't come on Friday."),
    ("Übersetze: I'm sorry, I can't help you.", "Es tut mir leid, ich kann Ihnen nicht helfen."),
    ("Schreib eine höfliche Absage.", "Leider kann ich am Freitag nicht kommen. Ich wünsche euch einen schönen Abend!"),
    ("Rédige un refus poli.", "Je suis désolé, mais je ne peux pas venir vendredi."),
    ("写一封婉拒邀请的信。", "很抱歉，我无法参加星期五的聚会，祝大家玩得开心。"),
    ("Correct it: 'sory, i cant do this'", "Sorry, I can't do this."),
    ("Draft a mail to a customer whose order is late.", "I'm sorry that your order is late. It leaves on Monday."),
    # Short and odd, and right.
    ("Which label?", "billing"),
    ("Title?", "🎉"),
    ("Which character ends a sentence?", "."),
    ("Is it done?", "✓"),
    ("What is 6 × 7?", "42"),
    ("Which key quits?", "`q`"),
    ("Which emoji?", "👍"),
    ("What remains?", "[]"),
    ("Draw a line.", "----------------------------------------------------------------"),
    ("Cheer!", "Hooray!!! Yes!!! We did it!!!"),
    ("Strike out the old price in HTML.", "<p><s>20 €</s> 15 €</p>"),
    ("Write F#.", "let total = List.sum <| List.map snd rows"),
    ("Give me a shell loop.", "```sh\nfor f in *.txt; do\n  wc -l \"$f\"\ndone\n```"),
    ("Show the grid.", "| a | b |\n|---|---|\n| 0 | 0 |\n| 0 | 0 |\n| 0 | 0 |\n| 0 | 0 |"),
    ("Write unit tests.", "\n".join(f"def test_{n}() -> None:\n    assert double({n}) == {2 * n}\n" for n in range(12))),
    ("A song with a chorus.", "The road is long and I am tired.\nCarry me home.\n\nThe night is cold and I am far.\nCarry me home.\n\nThe day is new and I am here.\nCarry me home."),
    ("Make a config of six equal workers.", "\n".join("- worker: {queue: default, retries: 3}" for _ in range(6))),
    ("Write a dialogue.", "Ana: Is it late?\nBen: It is.\nAna: Then let us go.\nBen: Yes, let us go."),
    ("Write a dialogue of a user and an assistant.", "Here it is:\n\nUser: Is it late?\nAssistant: It is."),
    ("Document the API.", "## GET /items\n\n### Request:\nNo body.\n\n### Response:\nA list of items."),
    ("Which tools have you?", "Tool: get_weather\nIt tells the weather of a city."),
    ("Who are you?", "I'm an AI assistant that runs on your machine."),
    ("Who are you?", "I am a language model made for short tasks."),
    # In the language that was to be expected.
    ("Translate to German: The meeting is on Monday, and everybody comes.", "Die Besprechung ist am Montag, und alle kommen dorthin, wenn sie nicht krank sind."),
    ("Say in French that the shop is closed.", "Le magasin est fermé pour la journée, et il ne rouvre que demain matin avec une nouvelle carte."),
    ("Recite the first line of Don Quijote.", "En un lugar de la Mancha, de cuyo nombre no quiero acordarme, no ha mucho tiempo que vivía un hidalgo."),
    ("Fasse zusammen: the supplier was late and nobody called.", "Der Lieferant war zu spät, und niemand hat angerufen."),
    ("写一个提交信息。", "Fix the pager: it skipped the last row"),
    ("Schreibe die Commit-Nachricht: die Liste ist nun sortiert, und der Test ist dabei.", "Sort the list and add a test for it"),
    ("Antworte auf Englisch: wie ist das Wetter, und wann wird es besser?", "The weather is bad, and it will not get better until the end of the week."),
    ("Greet the user in his language: Hola, ¿qué tal?", "¡Hola! Muy bien, gracias. ¿Y tú?"),
    ("What does 'thank you' mean in Japanese?", "It is ありがとうございます, said arigatou gozaimasu."),
    ("Name the Greek letters.", "α alpha, β beta, γ gamma, δ delta, ε epsilon, ζ zeta, η eta, θ theta, ι iota, κ kappa"),
    ("Who wrote it?", "Fyodor Dostoevsky (Фёдор Достоевский) wrote it in 1866."),
    ("Add accents: cafe, resume, naive.", "café, résumé, naïve"),
    ("Was steht an?", "Am Montag ist die Besprechung. Am Dienstag kommt der Techniker, und am Mittwoch ist frei."),
    ("The user writes German: answer in his words. Was steht an, und wann ist das alles?", "Am Montag ist die Besprechung, und am Dienstag kommt der Techniker mit dem Gerät."),
    ("Name the file that the tests of the pager are in.", "tests/pager/test_der_und_das.py"),
    ("Show a progress bar.", "▁▂▃▄▅▆▇█ 80 %"),
]  # fmt: skip

# (ask, broken answer)
BROKEN = [
    # Refusals.
    (NOTE, "I'm sorry, but I can't assist with that request."),
    (NOTE, "I can’t help with that."),
    (NOTE, "I must decline this request."),
    (NOTE, "I won't be able to help you with this."),
    (NOTE, "As a large language model, I have no opinion on suppliers."),
    (NOTE, "As an AI assistant, I am not able to read notes."),
    (NOTE, "Sure! Unfortunately, I am unable to process this note."),
    (NOTE, "Hello! I'm sorry, but I cannot provide a summary."),
    (NOTE, "I understand your request, but I'm unable to help with it."),
    (NOTE, "**I'm sorry, but I can't do that.**"),
    (NOTE, "Sorry, but I don't have enough information to answer."),
    (NOTE, "That is beyond my capabilities."),
    (NOTE, "This request goes against my guidelines."),
    (NOTE, "I'm not comfortable answering this."),
    (NOTE, "It is not possible for me to summarise this."),
    (NOTE, "Please provide the text you would like me to summarise."),
    (NOTE, "My programming does not allow me to do that."),
    (NOTE, "I regret to inform you that I cannot help."),
    (NOTE, "This question cannot be answered."),
    (NOTE, "I apologize for the inconvenience, but I cannot fulfill this request."),
    ("Fasse das zusammen.", "Das kann ich leider nicht beantworten."),
    ("Fasse das zusammen.", "Ich bin nur ein Sprachmodell und kann das nicht."),
    ("Resume esto.", "No tengo la capacidad de ayudarte con eso."),
    ("Fasse das zusammen.", "Leider kann ich Ihnen dabei nicht weiterhelfen."),
    ("Fasse das zusammen.", "Es tut mir leid, aber diese Anfrage kann ich nicht bearbeiten."),
    ("Fasse das zusammen.", "Leider ist es mir nicht möglich, diese Frage zu beantworten."),
    ("Resume esto.", "Lo siento, no puedo ayudarte con esa solicitud."),
    ("Resume esto.", "Como asistente de IA, no tengo acceso a tus notas."),
    ("Résume ceci.", "Désolé, je ne peux pas répondre à cette demande."),
    ("Résume ceci.", "Malheureusement, je ne suis pas en mesure de vous aider."),
    ("Resuma isto.", "Infelizmente, não posso ajudar com este pedido."),
    ("Riassumi questo.", "Mi dispiace, ma non posso aiutarti con questa richiesta."),
    ("Vat dit samen.", "Het spijt me, maar ik kan je daar niet mee helpen."),
    ("总结一下。", "很抱歉，我无法协助处理这个请求。"),
    ("总结一下。", "作为AI助手，我不能回答这个问题。"),
    ("要約して。", "申し訳ありませんが、そのリクエストにはお応えできません。"),
    ("요약해 줘.", "죄송하지만 그 요청은 도와드릴 수 없습니다."),
    ("Подведи итог.", "Извините, но я не могу помочь с этим запросом."),
    ("सारांश दो।", "क्षमा करें, मैं इस अनुरोध में सहायता नहीं कर सकता।"),
    ("لخص هذا.", "عذرًا، لا يمكنني المساعدة في هذا الطلب."),
    # An ask that is polite, or speaks of something sorry, excuses none.
    ("My order came late, sorry for the long text below. Which label fits?", "I'm sorry, but I can't help with that."),
    ("Fasse zusammen: Leider kam die Lieferung zu spät.", "Es tut mir leid, aber ich kann dabei nicht helfen."),
    ("Write a title for: unfortunately the trip was cancelled", "I'm sorry, but I cannot assist with that."),
    ("Which label fits? 'I am sorry to say that the app crashes.'", "As an AI language model, I cannot label this."),
    # Loops.
    (NOTE, "The supplier was late, and then the supplier was late, " + "and then the supplier was late, " * 12),
    (NOTE, "Late. " * 60),
    (NOTE, "the" + " the" * 30),
    # What nobody can tell from an answer without knowing what was asked.
    (NOTE, "null"),
    (NOTE, "The note says that the supplier was late once more. I will now say it again, in other words and with more care for what Ana has done on that day, because it matters to everybody who has ever waited for a delivery. " * 4),
    (NOTE, "The supplier was late. " * 20 + "That is the summary."),
    (NOTE, "!" * 300),
    (NOTE, "是的是的" * 60),
    (NOTE, "1. Ana called the supplier.\n" + "".join(f"{n}. Ana called the supplier again.\n" for n in range(2, 40))),
    # Tokens that nobody should see.
    (NOTE, "The supplier was late.<|eot_id|>"),
    (NOTE, "The supplier was late.</s>"),
    (NOTE, "The supplier was late.<|im_end|>\n<|im_start|>user"),
    (NOTE, "<bos>The supplier was late."),
    (NOTE, "<s> The supplier was late."),
    (NOTE, "The supplier was late.<|reserved_special_token_12|>"),
    (NOTE, "The supplier was late<0xE2><0x80><0x99>s."),
    (NOTE, "The supplier was late.\n\n### Human: And what about Ana?\n### Assistant: She called."),
    (NOTE, "The supplier was late.\nUser: And Ana?\nAssistant: She called twice."),
    (NOTE, "I should be brief.\n</think>\nThe supplier was late."),
    (NOTE, "<<SYS>> You are helpful. <</SYS>> The supplier was late."),
    # Calls written as text.
    ("Weather in Graz?", '<tool_call>{"name": "get_weather", "arguments": {"city": "Graz"}}</tool_call>'),
    ("Weather in Graz?", '{"name": "get_weather", "parameters": {"city": "Graz"}}'),
    ("Weather in Graz?", '[get_weather(city="Graz")]'),
    ("Weather in Graz?", '```tool_code\nprint(default_api.get_weather(city="Graz"))\n```'),
    ("Weather in Graz?", 'functions.get_weather({"city": "Graz"})'),
    ("Weather in Graz?", 'get_weather\n{"city": "Graz"}'),
    ("Weather in Graz?", 'Thought: I need the weather.\nAction: get_weather\nAction Input: {"city": "Graz"}'),
    ("Weather in Graz?", '<function_calls>\n<invoke name="get_weather">\n<parameter name="city">Graz</parameter>'),
    ("Weather in Graz?", '<get_weather>\n<city>Graz</city>\n</get_weather>'),
    ("Weather in Graz?", 'I will call it: `{"tool": "get_weather", "args": {"city": "Graz"}}`'),
    # Another language.
    (NOTE, "供应商又迟到了，安娜打了两次电话，没有人接听。"),
    (NOTE, "Поставщик снова опоздал, и никто не ответил."),
    (NOTE, "The supplier was late, 安娜打了两次电话，但是没有人接听她的电话。"),
    (NOTE, "El proveedor llegó tarde otra vez, y Ana llamó dos veces, pero nadie contestó a sus llamadas."),
    (NOTE, "Der Lieferant war wieder zu spät, und Ana hat zweimal angerufen, aber niemand hat geantwortet."),
    ("Fasse zusammen: Der Lieferant kam zu spät, und niemand hat bei Ana angerufen.", "The supplier was late, and it is clear that nobody called Ana, who was waiting for them."),
    # Nothing, and no language.
    (NOTE, ""),
    (NOTE, "\n \n"),
    (NOTE, "..."),
    (NOTE, '""'),
    (NOTE, "```\n```"),
    (NOTE, "[Your summary here]"),
    (NOTE, NOTE),
    (NOTE, "The supplierâ€™s van was late, and Ana didnâ€™t mind."),
    (NOTE, "Ð\x9fÐ¾ÑÑ‚Ð°Ð²Ñ‰Ð¸Ðº Ð¾Ð¿Ð¾Ð·Ð´Ð°Ð» was late"),
    (NOTE, "ThĠsupplier ĠwasĠlateĠagainĠandĠAnaĠcalled"),
    (NOTE, "▁The▁supplier▁was▁late▁again▁and▁Ana▁called"),
    (NOTE, "The s\ufffdpplier w\ufffds l\ufffdte."),
    (NOTE, "The 供应 supplier опозд was 늦었다 late คนส่ง again العميل and so"),
    (NOTE, "Here is the code:\n```python\nprint('late')"),
]  # fmt: skip
TOOLS = (tool("get_weather"),)
MAY_BE_MISSED = 0.02


@pytest.mark.parametrize(("ask", "text"), RIGHT)
@pytest.mark.parametrize("tools", [(), TOOLS], ids=["bare", "tools"])
def test_right_answers_pass(ask: str, text: str, tools: Any) -> None:
    assert problem(said(text), request(ask, tools=tools)) is None


def test_nearly_all_broken_ones_are_found() -> None:
    missed = [(ask, text) for ask, text in BROKEN if problem(said(text), request(ask, tools=TOOLS)) is None]
    for ask, text in missed:
        print(f"missed: {ask[:60]!r} {text[:200]!r}")
    assert len(missed) <= MAY_BE_MISSED * len(BROKEN)


def test_there_are_enough() -> None:
    assert min(len(RIGHT), len(BROKEN)) >= 60


def test_what_the_system_prompt_has_it_say_is_no_refusal() -> None:
    system = "You answer about billing. To all else say: \"I'm sorry, I can only help with billing and can't do that.\""
    text = "I'm sorry, I can only help with billing and can't do that."
    assert problem(said(text), request("What is the weather?", system=system)) is None
    assert problem(said("I'm sorry, I can't help with that."), request("What is the weather?", system=system))


def test_what_a_tool_could_not_do_is_an_answer() -> None:
    asked = request("Read the file.")
    failed = Message("tool", (Text("EACCES"),), tool_call_id="c")
    text = "I can't access /etc/shadow: permission denied. Run it with sudo."
    assert problem(said(text), asked) == "refusal"
    asked = type(asked)(messages=(*asked.messages, failed))
    assert problem(said(text), asked) is None
    assert problem(said("I can't help with that."), asked) == "refusal"
