"""Whether an answer declines to answer."""

from __future__ import annotations

import re

from agent_models.completion import CompletionRequest
from agent_router.verification.answer import Answer

_OPENING = 240  # characters in which a refusal shows itself
_LONGEST = 700  # a text longer than that does more than refuse
_MATERIAL = 200  # characters of an ask that holds what it speaks of
_QUOTED = 12  # characters of a sentence that nobody repeats by chance


def _compiled(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


_CANT = (
    r"(?:can'?t|can ?not|could ?n[o']?t|won'?t|will not|won'?t be able to|will not be able to|"
    r"(?:am|'?m) (?:unable|not able|not allowed|not permitted) to)"
)
_ACTS = (
    r"(?:help(?! but\b)|assist|answer|do (?:that|this|so)|comply|fulfil?l|provide|engage|discuss|respond|"
    r"(?:generate|complete|continue|support|understand|perform|process)(?: with)? "
    r"(?:that|this|such|your|it|the (?:request|task|question)))\b"
)
# What was looked for and is not there is an answer, however sorry, and so is what the material does not allow.
_NOT_FOUND = (
    r"(?! (?:(?:be )?able )?(?:to )?(?:find|locate|identify|detect|spot|see|confirm|verify|match|determine|recommend|"
    r"reproduce|tell|rule out|guarantee|make out)\b)"
)
_SORRY_EN = (
    r"(?:(?:i'?m |i am |we'?re )?(?:very |so |really )?(?:sorry|afraid)|unfortunately|(?:my )?apologies|"
    r"i apologi[sz]e)\b"
)
_SORRY_DE = r"(?:es tut mir (?:sehr )?leid|entschuldigung|leider|tut mir leid|ich bedaure)\b"
_SORRY_ES = r"(?:lo siento|lamento|lamentablemente|disculp\w+|perdón|me temo|desafortunadamente)\b"
_SORRY_FR = r"(?:(?:je suis )?désolée?|je regrette|malheureusement|navrée?)\b"
_SORRY_PT = r"(?:desculpe|desculpa|sinto muito|lamento|infelizmente)\b"
_SORRY_ZH = r"(?:很|非常|十分)?(?:抱歉|对不起|不好意思|遗憾)"
_SORRY_HI = r"(?:क्षमा (?:करें|कीजिए)|माफ़? ?कीजिए|माफ़? करें|मुझे खेद है|खेद है)"
_SORRY_AR = r"(?:عذرا|عذرًا|آسف|أعتذر|للأسف|نأسف)"

# A refusal of whatever is asked. An inability must concern the asking ("help", "answer", "do that"), not the material.
_PLAIN = _compiled(
    rf"(?:{_SORRY_EN}[^.!\n]{{0,60}}?)?\bi ?{_CANT} (?:\w+ ){{0,2}}?{_ACTS}",
    rf"(?:i'?m|i am) (?:unable|not able|not allowed|not permitted|not designed|not programmed)(?= to\b){_NOT_FOUND}",
    r"(?:i understand|i appreciate|i see|thank)[^.!\n]{0,80}\b(?:but|however|unfortunately)\b[^.!\n]{0,20}"
    rf"\bi ?{_CANT}{_NOT_FOUND}",
    rf"(?:{_SORRY_EN}[^.!\n]{{0,30}})?\bi (?:must|have to|need to|will have to) (?:\w+ )?(?:decline|refuse)\b",
    r"as an? (?:ai|artificial|large language|language) ?(?:intelligence|language)? ?(?:model|assistant)?\b",
    r"(?:i am|i'?m) (?:just |only )?an? (?:ai|artificial intelligence|language model|large language model)\b"
    r"[^.!\n]{0,60}\b(?:can ?not|can'?t|unable|not able|do(?:n'?t| not))\b",
    r"(?:i am|i'?m) [^.!\n]{0,40}\bmodel\b[^.!\n]{0,10}\b(?:can ?not|can'?t|unable)\b",
    r"(?:that|this|it)(?:'s| is| request| question| task| goes| falls)*[^.!\n]{0,20}\b(?:beyond|outside|against) "
    r"(?:the scope of )?my (?:\w+ )?(?:capabilit\w+|abilit\w+|guidelines|polic\w+|scope|expertise|programming|"
    r"knowledge)",
    r"my (?:programming|guidelines|polic\w+|instructions)\b[^.!\n]{0,20}\b(?:not|n't|prevent|forbid|prohibit)",
    rf"i regret[^.!\n]{{0,30}}\bi {_CANT}{_NOT_FOUND}",
    r"(?:this|that|your) (?:question|request|task) (?:can ?not|can'?t) be (?:answered|fulfil?led|processed|completed)",
    r"(?:i'?m|i am) not comfortable\b",
    r"it(?:'s| is)(?:n'?t| not) (?:possible|appropriate|permitted) for me to\b",
    rf"(?:{_SORRY_DE}[^.!\n]{{0,60}})?(?:(?:das|dies\w*(?: \w+)?|darauf|dabei) )?"
    r"\b(?:ich (?:kann|darf|könnte|bin)|(?:kann|darf|könnte|bin) ich)\b[^.!\n]{0,60}\b(?:nicht|keine?\w*)\b"
    r"[^.!\n]{0,40}\b(?:\w*helfen|behilflich|unterstützen|\w*antworten|tun|erfüllen|nachkommen|lage)\b",
    rf"(?:{_SORRY_DE}[^.!\n]{{0,20}})?"
    r"(?:(?:das|dies\w*(?: \w+)?) kann ich|ich kann (?:das|(?:dies|ihre|deine)\w*(?: \w+)?))"
    r" (?:leider )?nicht (?:\w+ )?(?:ausführen|bearbeiten|verarbeiten|erledigen)\b",
    rf"(?:{_SORRY_DE}\W{{0,3}}(?:aber )?)?(?:es ist mir|ist es mir)\b[^.!\n]{{0,20}}\bnicht (?:möglich|erlaubt|"
    rf"gestattet)",
    r"ich bin (?:nur |lediglich )?(?:eine? )?(?:ki|sprachmodell)\b[^.!\n]{0,40}\b(?:nicht|keine?\w*)\b",
    r"als (?:ein )?(?:großes )?(?:ki|künstliche intelligenz|sprachmodell|ki-\w+)\b",
    rf"(?:{_SORRY_ES}[^.!\n]{{0,40}})?\bno (?:puedo|podemos|me es posible|soy capaz de)\b (?:\w+ ){{0,2}}?"
    r"(?:ayudar|responder|hacer eso|proporcionar|cumplir|asistir|contestar|"
    r"(?:realizar|procesar|atender) (?:es[ao]|est[ae]|[ts]u) (?:solicitud|petición|pregunta|tarea))",
    r"no tengo la capacidad de\b",
    r"como (?:un |una )?(?:modelo de (?:lenguaje|ia)|inteligencia artificial|ia|asistente de ia)\b",
    rf"(?:{_SORRY_FR}[^.!\n]{{0,40}})?\bje ne (?:peux|suis|pourrai|saurais) pas (?:en mesure |capable |autorisée? )?"
    r"(?:de |d')?(?:vous |t'|te )?(?:aider|répondre|faire|fournir|traiter|accéder|donner suite)",
    r"en tant qu(?:e modèle de langage|'ia|'intelligence artificielle|'assistant)",
    rf"(?:{_SORRY_PT}[^.!\n]{{0,40}})?\bnão (?:posso|consigo|me é possível|é possível) (?:\w+ ){{0,2}}?"
    r"(?:ajudar|responder|fazer isso|fornecer|atender|cumprir|processar)",
    r"como (?:um |uma )?(?:modelo de linguagem|ia|inteligência artificial|assistente de ia)\b",
    r"(?:(?:mi dispiace|purtroppo|spiacente|scusa\w*)\b[^.!\n]{0,40})?\bnon (?:posso|riesco a|sono in grado di) "
    r"(?:\w+ ){0,2}?(?:aiutar|rispondere|fornire|elaborare|soddisfare|assister|eseguire)",
    r"(?:come|in quanto) (?:modello linguistico|intelligenza artificiale|ia)\b",
    r"(?:(?:het spijt me|sorry|helaas|excuses)\b[^.!\n]{0,40})?\b(?:ik (?:kan|mag|ben)|(?:kan|mag|"
    r"ben) ik)\b[^.!\n]{0,30}"
    r"\b(?:niet|geen)\b[^.!\n]{0,30}\b(?:helpen|beantwoorden|uitvoeren|voldoen|verwerken|staat)\b",
    r"als (?:ai|taalmodel|ai-\w+)\b",
    r"(?:(?:przykro mi|przepraszam|niestety)\b[^.!\n]{0,40})?\bnie mogę (?:\w+ ){0,2}?(?:pomóc|odpowiedzieć|"
    r"spełnić|wykonać)",
    r"(?:üzgünüm|maalesef|özür dilerim)\b[^.!\n]{0,80}(?:yardımcı olam|yanıtlayam|cevaplayam|yapam|yerine getirem)",
    r"(?:(?:извините|простите|к сожалению|прошу прощения|мне жаль)[^.!\n]{0,40})?\b(?:я )?не (?:могу|в состоянии|"
    r"способен) "
    r"(?:\w+ ){0,2}?(?:помочь|ответить|выполнить|предоставить|обработать|обсуждать|это сделать|вам помочь)",
    r"как (?:языковая модель|искусственный интеллект|ии)\b",
    rf"(?:{_SORRY_ZH}[，,。、 ]{{0,2}}(?:但是?)?)?(?:我们?)?(?:暂时|目前|恐怕|实在)?"
    r"(?:无法|不能|没有办法|没办法|不便)[^。，\n]{0,12}?"
    r"(?:帮助|帮到|帮你|帮您|协助|回答|提供|完成|满足|处理|执行|访问|生成|继续|讨论|参与|理解|做到)",
    r"(?:作为|身为)(?:一个|一名)?(?:人工智能|AI|大?型?语言模型)",
    r"(?:申し訳(?:ありません|ございません)|すみません|ごめんなさい|恐れ入ります|残念ながら)[^。\n]{0,50}"
    r"(?:お?応え|お?答え|回答|対応|手伝い|提供|支援|処理|実行|生成)[^。\n]{0,10}(?:でき|出来|かね)",
    r"(?:AI|人工知能|言語モデル)(?:アシスタント)?として",
    r"(?:죄송|미안|유감)[^.\n]{0,40}(?:도와|도움|답변|대답|제공|처리|수행|응답)[^.\n]{0,15}(?:없|못|어렵)",
    r"(?:저는 )?(?:AI|인공지능|언어 모델)(?: 언어 모델)?(?:로서|이기 때문)",
    rf"{_SORRY_HI}[^।\n]{{0,80}}(?:नहीं (?:कर|दे|बता|समझ) ?(?:सक|पा)|असमर्थ|सक्षम नहीं)",
    r"(?:मैं|हम)[^।\n]{0,60}(?:मदद|उत्तर|सहायता)[^।\n]{0,30}(?:नहीं कर|नहीं दे|असमर्थ)",
    rf"(?:{_SORRY_AR}[^.\n]{{0,40}})?(?:لا أستطيع|لا يمكنني|لا أقدر|غير قادر|لن أتمكن)(?: من| على)? "
    r"(?:المساعدة|مساعدتك|الإجابة|تقديم|تنفيذ|القيام|الرد|معالجة|تلبية|فعل|توفير)",
    r"(?:كنموذج لغ|بصفتي نموذج|أنا نموذج لغ|بصفتي ذكاء)",
)
# Sorry that something in particular cannot be.
_SORRY = _compiled(
    rf"{_SORRY_EN}[^.!\n]{{0,60}}\b(?:i ?(?:can'?t|can ?not|am unable|'?m unable|am not able|'?m not able|won'?t|"
    rf"couldn'?t|"
    rf"do(?:n'?t| not) (?:have|understand|know))|we (?:can'?t|can ?not|won'?t))\b{_NOT_FOUND}",
    rf"{_SORRY_DE}[^.!\n]{{0,60}}\b(?:ich (?:kann|könnte|darf|habe)|(?:kann|könnte|darf|habe) ich)\b[^.!\n]{{0,60}}"
    r"\b(?:nicht|keine?n?)\b",
    rf"{_SORRY_ES}[^.!\n]{{0,60}}\bno (?:puedo|podemos|me es posible|tengo)\b",
    rf"{_SORRY_FR}[^.!\n]{{0,60}}\bje (?:ne (?:peux|suis|sais|pourrai|saurais)|n'ai pas (?:accès|la |les |assez))",
    rf"{_SORRY_PT}[^.!\n]{{0,60}}\bnão (?:posso|consigo|tenho)\b",
    rf"{_SORRY_ZH}[^。\n]{{0,40}}我[^。\n]{{0,8}}(?:无法|不能|不可以|没有办法|没办法)",
    rf"{_SORRY_AR}[^.\n]{{0,80}}(?:لا أستطيع|لا يمكنني|لا أقدر|غير قادر|لن أتمكن)",
)
_LOOKED_FOR = re.compile(
    r"\b(?:finden|gefunden|entdeck\w*|erkennen|feststellen|encontr\w*|encuentr\w*|hallar|trouv\w*|repér\w*|localiz\w*|"
    r"achar)\b|找到|发现|看到|العثور|إيجاد|أجد",
    re.IGNORECASE,
)
# What a tool may really have been unable to do: where one was used, that is an answer.
_OF_TOOLS = _compiled(
    rf"(?:{_SORRY_EN}[^.!\n]{{0,60}}?)?\bi ?{_CANT} (?:\w+ ){{0,2}}?"
    r"(?:access|browse|open|execute|process|create|write|read (?:files|your)|see (?:your|any))\b",
    r"i (?:do not|don'?t) have (?:the ability|access to|enough information|the capability|real-time)\b",
)
_ASKS_AGAIN = _compiled(
    r"(?:please|could you|can you|kindly)\b[^.!\n]{0,20}\b(?:provide|share|paste|send)\b[^.!\n]{0,20}\b(?:text|"
    r"document|content|"
    r"file|note|code|message|e-?mail|article|transcript|log)s?\b",
)
# What may stand before it.
_GREETING = re.compile(
    r"\A\W*(?:(?:hello|hi|hey|sure|ok|okay|well|thanks|thank you|certainly|of course|hallo|hola|bonjour|olá|ciao|你好|"
    r"您好|answer|response|assistant|summary|title|label|output)\b(?: there)?\s?[^\w\s]{1,3}\s*)?\W*",
    re.IGNORECASE,
)
_QUOTES = ('"', "“", "„", "«", "「")  # with which somebody else's words begin
_SENTENCE = re.compile(r"[.!?\n。！？।؟]")


def refuses(answer: Answer, request: CompletionRequest) -> bool:
    """Whether its opening declines, in one of many languages, and little follows."""
    if answer.calls or request.output_format.kind != "text":
        return False
    if answer.length > _LONGEST:
        return False
    opening = _GREETING.sub("", _plain_quotes(answer.text.lstrip()[:_OPENING]), count=1)
    plain = _begins(opening, _PLAIN)
    if not plain and not _begins(opening, _SORRY) and not _declines_here(opening, request):
        return False
    sentence = _SENTENCE.split(opening, maxsplit=1)[0]
    if not plain and (_LOOKED_FOR.search(sentence) or answer.text.lstrip()[:1] in _QUOTES):
        return False
    return not _is_asked_for(sentence, request, plain=plain)


def _begins(opening: str, patterns: tuple[re.Pattern[str], ...]) -> bool:
    return any(pattern.match(opening) for pattern in patterns)


def _declines_here(opening: str, request: CompletionRequest) -> bool:
    """Whether it declines, this being asked: what no tool has tried, or for want of what the ask holds."""
    if _begins(opening, _OF_TOOLS):
        return not any(message.role == "tool" for message in request.messages)
    return len(_asked(request)) >= _MATERIAL and _begins(opening, _ASKS_AGAIN)


def _is_asked_for(sentence: str, request: CompletionRequest, *, plain: bool) -> bool:
    """Whether the prompt has this sentence said, or has a refusal written, translated or corrected."""
    if len(sentence) >= _QUOTED and any(sentence in _plain_quotes(message.text) for message in request.messages):
        return True
    asked = _POLITE.sub(" ", _plain_quotes(_asked(request)[-4000:]).lower())
    if not _WRITING.search(asked):
        return False
    return _REFUSAL.search(asked) is not None or (not plain and _APOLOGY.search(asked) is not None)


def _asked(request: CompletionRequest) -> str:
    return next((message.text for message in reversed(request.messages) if message.role == "user"), "")


def _plain_quotes(text: str) -> str:
    return text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


# With which an ask begins: then it is the asker who is sorry.
_POLITE = re.compile(
    r"\A\W*(?:hi|hello|hey|hallo|hola|olá|bonjour|你好)?\W*(?:i'?m |i am )?(?:so |very )?(?:sorry|leider|"
    r"entschuldig\w*|excuse me|disculp\w*|désolé\w*|desculp\w*|抱歉|对不起|माफ़?\S*|क्षमा|عذرا\S*|آسف)[^.!?\n]{0,60}"
)
_WRITING = re.compile(
    r"\b(?:write|draft|compose|translate|rephrase|rewrite|correct|proofread|polish|fix|repeat|say\b|e-?mail|letter|"
    r"decline|"
    r"turn down|schreib|verfass|übersetz|korrigier|formulier|sage? |absage|escrib|redact|traduc|corrig|rédig|écri|"
    r"tradui|escrev|redij|traduz)|\b(?:reply|respond|answer)\b(?! (?:with|only|in|just)\b)|"
    r"写|翻译|起草|回复|润色|改写|लिख|अनुवाद|اكتب|ترجم|رد "
)
_REFUSAL = re.compile(
    r"\b(?:declin|refus|reject|turn down|say no|regret|unable|can'?t\b|can ?not\b|absag|ablehn|kann nicht|rechaz|"
    r"no puedo|"
    r"ne peux|recus|não posso)|拒绝|婉拒|无法|不能|मना कर|अस्वीकार|رفض|اعتذ|لا أستطيع"
)
_APOLOGY = re.compile(
    r"\b(?:sorry|apolog|unfortunately|lo siento|disculp|leider|entschuldig|désolé|excuse|desculp)|抱歉|对不起|क्षमा|माफ|"
    r"عذر|آسف"
)
