"""The words of dates, in English, Spanish, German, French, Portuguese, Italian, Hindi and Arabic, lower case.

Chinese and Japanese have no such words: there numbers with a unit, which `mask` finds by their form.
"""

from __future__ import annotations

# Always a date.
DAYS = frozenset(
    (  # noqa: SIM905 - a list would fill a page
        "monday tuesday wednesday thursday friday saturday sunday "
        "lunes martes miércoles miercoles jueves viernes sábado sabado domingo "
        "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag "
        "lundi mardi mercredi jeudi vendredi samedi dimanche "
        "segunda-feira terça-feira terca-feira quarta-feira quinta-feira sexta-feira "
        "lunedì martedì mercoledì giovedì venerdì sabato domenica "
        "सोमवार मंगलवार बुधवार गुरुवार बृहस्पतिवार शुक्रवार शनिवार रविवार इतवार "
        "الاثنين الإثنين الثلاثاء الأربعاء الاربعاء الخميس الجمعة السبت الأحد الاحد"
    ).split()
)
# Only beside a number, because some are words of their own.
DATE_WORDS = frozenset(
    (  # noqa: SIM905 - a list would fill a page
        "january february march april may june july august september october november december "
        "jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun st nd rd th am pm utc gmt "
        "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre "
        "ene abr ago dic "
        "januar februar märz mai juni juli oktober dezember jänner okt dez uhr "
        "janvier février fevrier mars avril juin juillet août aout septembre octobre novembre décembre heures "
        "janeiro fevereiro março maio junho julho setembro outubro dezembro horas "
        "gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre "
        "जनवरी फरवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर सितम्बर अक्टूबर अक्तूबर नवंबर नवम्बर दिसंबर दिसम्बर बजे "
        "يناير فبراير مارس أبريل ابريل إبريل مايو يونيو يوليو أغسطس اغسطس سبتمبر أكتوبر اكتوبر نوفمبر ديسمبر "
        "صباحا مساء ظهرا"
    ).split()
)
# Stand between the parts of a date.
CONNECTORS = frozenset(("de", "del", "of"))
