"""Short sentences in ten languages, put together from parts written for this purpose."""

# ruff: noqa: E501 - a phrase is easier to read in one line
from __future__ import annotations

import random

from . import words

LANGUAGES = {
    "English": "en",
    "German": "de",
    "French": "fr",
    "Spanish": "es",
    "Italian": "it",
    "Portuguese": "pt",
    "Dutch": "nl",
    "Polish": "pl",
    "Russian": "ru",
    "Japanese": "ja",
}
# Openings, subjects, what they do, when: one row a language, any part combined with any other.
_PARTS: dict[str, tuple[str, str, str, str]] = {
    "English": (
        "|Hello, |Please note: |I think |Yes, |Thanks, but |Today ",
        "the train|my sister|the office|our neighbour|the new car|the report|the dog|nobody|the team|this book",
        "arrives late|is very good|needs help|was sent|will be closed|is waiting for you|works well|wants coffee",
        "| tomorrow| on Monday| this week| because it rains| in the morning| with friends| near the house",
    ),
    "German": (
        "|Hallo, |Bitte beachten: |Ich glaube, |Ja, |Danke, aber |Heute: ",
        "der Zug|meine Schwester|das Büro|unser Nachbar|das neue Auto|der Bericht|der Hund|niemand|die Mannschaft",
        "kommt spät|ist sehr gut|braucht Hilfe|wurde verschickt|bleibt geschlossen|wartet auf dich|läuft gut|will Kaffee",
        "| morgen| am Montag| diese Woche| weil es regnet| am Morgen| mit Freunden| bei dem Haus",
    ),
    "French": (
        "|Bonjour, |À noter : |Je crois que |Oui, |Merci, mais |Aujourd'hui ",
        "le train|ma sœur|le bureau|notre voisin|la nouvelle voiture|le rapport|le chien|personne|l'équipe|ce livre",
        "arrive en retard|est très bien|a besoin d'aide|a été envoyé|sera fermé|vous attend|marche bien|veut du café",
        "| demain| lundi| cette semaine| parce qu'il pleut| le matin| avec des amis| près de la maison",
    ),
    "Spanish": (
        "|Hola, |Atención: |Creo que |Sí, |Gracias, pero |Hoy ",
        "el tren|mi hermana|la oficina|nuestro vecino|el coche nuevo|el informe|el perro|nadie|el equipo|este libro",
        "llega tarde|es muy bueno|necesita ayuda|fue enviado|estará cerrado|te espera|funciona bien|quiere café",
        "| mañana| el lunes| esta semana| porque llueve| por la mañana| con amigos| cerca de la casa",
    ),
    "Italian": (
        "|Ciao, |Attenzione: |Credo che |Sì, |Grazie, ma |Oggi ",
        "il treno|mia sorella|l'ufficio|il nostro vicino|la nuova macchina|il rapporto|il cane|nessuno|la squadra",
        "arriva in ritardo|è molto buono|ha bisogno di aiuto|è stato spedito|sarà chiuso|ti aspetta|funziona bene",
        "| domani| lunedì| questa settimana| perché piove| di mattina| con gli amici| vicino alla casa",
    ),
    "Portuguese": (
        "|Olá, |Atenção: |Acho que |Sim, |Obrigado, mas |Hoje ",
        "o trem|minha irmã|o escritório|o nosso vizinho|o carro novo|o relatório|o cachorro|ninguém|a equipe|este livro",
        "chega atrasado|é muito bom|precisa de ajuda|foi enviado|estará fechado|espera por você|funciona bem|quer café",
        "| amanhã| na segunda-feira| esta semana| porque chove| de manhã| com amigos| perto da casa",
    ),
    "Dutch": (
        "|Hallo, |Let op: |Ik denk dat |Ja, |Bedankt, maar |Vandaag: ",
        "de trein|mijn zus|het kantoor|onze buurman|de nieuwe auto|het verslag|de hond|niemand|de ploeg|dit boek",
        "komt te laat|is erg goed|heeft hulp nodig|werd verstuurd|blijft gesloten|wacht op je|werkt goed|wil koffie",
        "| morgen| op maandag| deze week| omdat het regent| in de ochtend| met vrienden| bij het huis",
    ),
    "Polish": (
        "|Cześć, |Uwaga: |Myślę, że |Tak, |Dziękuję, ale |Dzisiaj ",
        "pociąg|moja siostra|biuro|nasz sąsiad|nowy samochód|raport|pies|nikt|zespół|ta książka",
        "przyjeżdża późno|jest bardzo dobry|potrzebuje pomocy|został wysłany|będzie zamknięte|czeka na ciebie|działa dobrze",
        "| jutro| w poniedziałek| w tym tygodniu| bo pada deszcz| rano| z przyjaciółmi| koło domu",
    ),
    "Russian": (
        "|Привет, |Внимание: |Я думаю, |Да, |Спасибо, но |Сегодня ",
        "поезд|моя сестра|офис|наш сосед|новая машина|отчёт|собака|никто|команда|эта книга",
        "опаздывает|очень хороший|нужна помощь|отправлен|будет закрыт|ждёт тебя|хорошо работает|хочет кофе",
        "| завтра| в понедельник| на этой неделе| потому что дождь| утром| с друзьями| возле дома",
    ),
    "Japanese": (
        "|こんにちは、|注意：|はい、|ありがとう、でも|今日は",
        "電車は|姉は|事務所は|隣の人は|新しい車は|報告書は|犬は|チームは|この本は",
        "遅れます|とても良いです|助けが必要です|送られました|閉まります|待っています|よく動きます|コーヒーが欲しい",
        "|、明日|、月曜日に|、今週|、雨だから|、朝に|、友達と|、家の近くで",
    ),
}


def sentence(rng: random.Random, name: str) -> str:
    """One to two short sentences in the named language; now and then with a person's name in front."""
    said = []
    for _ in range(rng.choice((1, 1, 2))):
        text = "".join(
            rng.choice(part.split("|")) + (" " if place == 1 and name != "Japanese" else "")
            for place, part in enumerate(_PARTS[name])
        )
        said.append(text[0].upper() + text[1:] + ("。" if name == "Japanese" else rng.choice([".", ".", "", "!"])))
    start = f"{words.first_name(rng)}, " if rng.random() < 0.1 else ""
    return start + " ".join(said)
