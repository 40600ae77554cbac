"""Whether an answer declines to answer."""

from __future__ import annotations

import re

from agent_models.completion import CompletionRequest
from agent_router.verification.answer import Answer

_OPENING = 240  # characters in which a refusal shows itself
_LONGEST = 700  # a text longer than that does more than refuse
# How refusals begin, by language. An inability must concern the asking ("help", "answer", "do that"), not the material:
# "I can't find any TODO" is an answer.
_ACTS = (
    r"(?:help|assist|answer|do (?:that|this)|comply|fulfil?l|provide|generate|create|write|complete|process|access|"
    r"browse|open|execute|perform|engage|discuss|support|continue|respond|understand|read (?:files|your)|"
    r"see (?:your|any))"
)
# What was looked for and is not there is an answer, however sorry.
_NOT_FOUND = r"(?! (?:to )?(?:find|locate|identify|detect|spot|see|confirm|verify|match|determine)\b)"
_REFUSALS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\W*(?:i'?m |i am |we'?re )?(?:very |so |really )?(?:sorry|afraid)\b[^.!\n]{0,60}\b(?:i|we)\b[^.!\n]{0,30}"
        rf"(?:can'?t|can ?not|unable|not able|won'?t|couldn'?t|do(?:n'?t| not) (?:have|understand|know))\b{_NOT_FOUND}",
        r"\W*(?:unfortunately|apologies|my apologies|i apologi[sz]e)\b[^.!\n]{0,60}\b(?:i|we)\b[^.!\n]{0,30}"
        rf"(?:can'?t|can ?not|unable|not able|won'?t|do(?:n'?t| not) have)\b{_NOT_FOUND}",
        rf"\W*(?:i|we) (?:can'?t|can ?not|won'?t|will not|could ?n'?t|am unable to|am not able to|'?m unable to|"
        rf"'?m not able to|must decline to|have to decline to) (?:\w+ ){{0,2}}?{_ACTS}\b",
        r"\W*(?:i'?m|i am) (?:unable|not able|not allowed|not permitted|not designed|not programmed) to\b",
        r"\W*as an? (?:ai|artificial|large language|language) (?:language )?(?:model|assistant)\b",
        r"\W*(?:i am|i'?m) (?:just |only )?an? (?:ai|artificial intelligence|language model|large language model)\b",
        r"\W*(?:i am|i'?m) [^.!\n]{0,40}\bmodel\b[^.!\n]{0,10}\b(?:can ?not|can'?t|unable)\b",
        r"\W*i (?:do not|don'?t) have (?:the ability|access to|enough information|the capability|real-time)\b",
        r"\W*(?:lo siento|lamento|disculpa|perdón|me temo)\b[^.!\n]{0,60}\bno (?:puedo|podemos|me es posible|tengo)",
        r"\W*no puedo (?:ayudar|responder|hacer eso|proporcionar|cumplir|asistir|realizar|procesar)",
        r"\W*como (?:un |una )?(?:modelo de (?:lenguaje|ia)|inteligencia artificial|ia|asistente de ia)\b",
        r"\W*(?:es tut mir leid|entschuldigung|leider|tut mir leid)\b[^.!\n]{0,60}\b(?:kann|könnte|darf)\b[^.!\n]{0,60}"
        r"\b(?:nicht|keine?n?)\b",
        r"\W*ich kann (?:dir |ihnen |euch )?(?:dabei |das |diese \w+ |darauf )?(?:leider )?(?:nicht|keine?n?)\b"
        r"[^.!\n]{0,40}(?:helfen|antworten|beantworten|tun|erfüllen|ausführen|verarbeiten)",
        r"\W*als (?:ki|künstliche intelligenz|sprachmodell|ki-\w+)\b",
        r"\W*(?:désolé|je suis désolé|je regrette|malheureusement)\w*\b[^.!\n]{0,60}\bje (?:ne|n')",
        r"\W*je ne (?:peux|suis) pas (?:en mesure |capable )?(?:de |d')?(?:vous |t')?(?:aider|répondre|faire|fournir)",
        r"\W*en tant qu(?:e modèle de langage|'ia|'intelligence artificielle|'assistant)",
        r"\W*(?:desculpe|sinto muito|lamento|infelizmente)\b[^.!\n]{0,60}\bnão (?:posso|consigo|tenho|é possível)",
        r"\W*não posso (?:ajudar|responder|fazer isso|fornecer|atender)",
        r"\W*como (?:um |uma )?(?:modelo de linguagem|ia|inteligência artificial)\b",
        r"\W*(?:抱歉|对不起|很抱歉|非常抱歉|不好意思)[^。\n]{0,40}(?:无法|不能|不可以|没有办法|没办法)",
        r"\W*(?:我)?(?:无法|不能)(?:回答|帮助|协助|提供|完成|满足|处理)",
        r"\W*(?:作为|身为)(?:一个|一名)?(?:人工智能|AI|大?语言模型)",
        r"\W*(?:क्षमा करें|माफ़? ?कीजिए|माफ़? करें|मुझे खेद है|खेद है)[^।\n]{0,80}(?:नहीं|असमर्थ)",
        r"\W*(?:मैं|हम)[^।\n]{0,60}(?:मदद|उत्तर|सहायता)[^।\n]{0,30}(?:नहीं कर|नहीं दे|असमर्थ)",
        r"\W*(?:عذرا|عذرًا|آسف|أعتذر|للأسف|نأسف)[^.\n]{0,80}(?:لا أستطيع|لا يمكنني|لا أقدر|غير قادر|لن أتمكن)",
        r"\W*(?:لا أستطيع|لا يمكنني) (?:المساعدة|مساعدتك|الإجابة|تقديم|تنفيذ|القيام)",
        r"\W*(?:كنموذج لغ|بصفتي نموذج|أنا نموذج لغ|بصفتي ذكاء)",
    )
)


def refuses(answer: Answer, request: CompletionRequest) -> bool:
    """Whether its opening declines, in one of eight languages, and little follows."""
    if answer.calls or request.output_format.kind != "text":
        return False
    if answer.length > _LONGEST:
        return False
    opening = answer.text.lstrip()[:_OPENING].replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    if not any(pattern.match(opening) for pattern in _REFUSALS):
        return False
    # To translate, correct or write a refusal is no refusing: then the prompt speaks of one.
    asked = next((message.text for message in reversed(request.messages) if message.role == "user"), "")
    asked = _POLITE.sub(" ", asked[-4000:].lower())
    return not any(word in asked for word in _SPOKEN_OF)


# With which an ask begins: then it is the asker who is sorry.
_POLITE = re.compile(
    r"\A\W*(?:hi|hello|hey|hallo|hola|olá|bonjour|你好)?\W*(?:i'?m |i am )?(?:so |very )?(?:sorry|leider|"
    r"entschuldig\w*|excuse me|disculp\w*|désolé\w*|desculp\w*|抱歉|对不起|माफ़?\S*|क्षमा|عذرا\S*|آسف)[^.!?\n]{0,60}"
)
_SPOKEN_OF = (
    *("sorry", "apolog", "decline", "refus", "unfortunately", "unable", "regret", "lo siento", "disculp", "rechaz"),
    *(
        "leider",
        "absage",
        "entschuldig",
        "absagen",
        "désolé",
        "refuser",
        "excuse",
        "desculp",
        "recus",
        "抱歉",
        "对不起",
    ),
    *("拒绝", "婉拒", "क्षमा", "माफ", "اعتذار", "عذر", "آسف", "language model", "an ai"),
)
