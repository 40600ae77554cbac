"""Whether an ask begins by saying that the answer before it was wrong."""

from __future__ import annotations

import re

_READ = 160  # characters; a correction comes first
# Polite or content: "no problem", "no, thanks", "nicht schlecht".
_CONTENT = re.compile(
    r"\W*(?:no(?:pe)?\b[\s,]*(?:problem|worries|thank|need|rush|more|further|issues?\b|questions?\b|idea|doubt|one\b|matter)"
    r"|not (?:bad|yet|now|sure|only|really necessary)"
    r"|no(?:,| te| se)? ?(?:pasa nada|hay (?:problema|de qué)|gracias|te preocupes|sé)"
    r"|nein,? (?:danke|alles|passt)|nicht (?:schlecht|nötig)|non,? (?:merci|c'est bon|ça va)"
    r"|pas (?:mal|de (?:problème|souci))"
    r"|não(?:,)? (?:obrigad|há problema|tem problema|precisa)|不用|不客气|没事|没问题|没关系|不错|"
    r"कोई (?:बात|समस्या) नहीं|नहीं,? (?:धन्यवाद|शुक्रिया|तो)|لا (?:شكر|مشكلة|بأس|داعي)"
    r"|wrong (?:number|address) (?:error|message))"
)
_CORRECTION = re.compile(
    r"\W*(?:"
    # English
    r"no[,.!:;—-]+\s|nope\b|no (?:that|this|it|you|i (?:said|meant|asked|wanted|told)|not)\b"
    r"|not (?:that|this|what|like that|quite|right|correct)\b"
    r"|(?:but |hmm,? |sorry,? |well,? |actually,? )?(?:that|this|it|you)(?:'s| is|'re| are| was) (?:still )?"
    r"(?:wrong|incorrect|not (?:what|right|correct|it|working|true|how)|false|broken|mistaken)\b"
    r"|that(?:'s| is)n't"
    r"|(?:that|this|it) (?:isn't|didn't|doesn't|does not|did not|still (?:doesn't|fails|isn't))\b"
    r"|it'?s? still (?:fails|broken|not|wrong|failing|the same)"
    r"|wrong\b|incorrect\b"
    r"|still (?:wrong|failing|fails|broken|not|the same)\b"
    r"|i (?:said(?! thank)|meant|asked (?:for|you)|didn't (?:ask|say|want|mean)|told you|already (?:said|told))\b"
    r"|you (?:misunderstood|forgot|missed|ignored|didn't|did not|broke|made a mistake|got it wrong|were supposed)\b"
    r"|why did you\b"
    r"|(?:please )?(?:try|do it) again\b|(?:please )?(?:undo|revert) (?:that|this|it|your|the last)"
    r"|that (?:broke|failed)"
    r"|stop[,.!]|that makes no sense|actually,? no\b"
    # aider's own words, sent as the user's
    r"|the llm did not conform|\d+ search/replace blocks? failed to match"
    # Spanish, Portuguese
    r"|no[,.]\s|no (?:es|era|quería|quiero|dije|pedí|funciona|funcionó|está bien|así)\b|eso no\b|está mal\b"
    r"|(?:eso )?es incorrecto|te equivoc|sigue (?:sin|fallando)|mal[,.!]|incorrecto\b|así no\b|quise decir"
    r"|otra vez mal"
    r"|não[,.]\s|não (?:é|era|foi|quero|pedi|funciona|funcionou|está)\b|isso não\b|está errado|errado\b"
    r"|isso está errado|você (?:errou|esqueceu)|eu (?:disse|pedi|quis dizer)|continua (?:sem|falhando|errado)"
    # German
    r"|nein[,.!\s]|nicht (?:das|so|richtig|korrekt)\b|falsch\b"
    r"|das (?:ist|war|stimmt|geht|funktioniert)(?: (?:leider|immer noch|so|doch))? (?:falsch|nicht)"
    r"|ich (?:meinte|sagte|wollte (?:doch|eigentlich|nicht))|das (?:stimmt|funktioniert) nicht"
    r"|du hast .{0,40}(?:vergessen|missverstanden|übersehen)|immer noch (?:nicht|falsch|fehler)"
    # French
    r"|non[,.!]|non (?:je|c'est|ce|pas|tu|vous|la|le)\b"
    r"|(?:ce n'est|c'est|ce n’est|c’est) (?:pas|faux|incorrect|toujours pas)|(?:c'est )?faux\b"
    r"|pas (?:ça|ce que|comme)|ça ne (?:marche|fonctionne)|je (?:voulais|t'ai|vous ai) (?:dire|dit|demandé)"
    r"|tu (?:t'es trompé|as oublié)|vous (?:vous êtes trompé|avez oublié)|incorrect\b"
    # Chinese
    r"|不对|不是|错了|不行|不正确|还是不|我(?:说|要|问|指)的(?:是|不是)|你(?:错|搞错|弄错|理解错|忘)|这(?:个)?(?:答案|结果|回答)?(?:不对|不是|错)|重新|答错"
    # Hindi
    r"|नहीं[,।\s]|गलत|ग़लत|यह (?:गलत|सही नहीं)|ये (?:गलत|सही नहीं)|मेरा मतलब|मैंने (?:कहा|पूछा|यह नहीं)"
    r"|फिर से (?:कोशिश|करो)|सही नहीं"
    # Arabic
    r"|لا[،,.]|لا (?:ليس|هذا|أقصد|أريد)|هذا (?:خطأ|غير صحيح|ليس)|خطأ"
    r"|(?:الإجابة|النتيجة) (?:خاطئة|خطأ|غير)|خاطئ|غير صحيح|ليس (?:هذا|كذلك|صحيح)"
    r"|(?:كنت )?أقصد|قلت لك|ما زال لا|لقد (?:أخطأت|نسيت)|أخطأت"
    r")"
)


def corrects(ask: str) -> bool:
    """Whether it does; in English, Spanish, Portuguese, German, French, Chinese, Hindi, Arabic."""
    head = ask[:_READ].lower().replace("’", "'")
    return bool(_CORRECTION.match(head)) and not _CONTENT.match(head)
