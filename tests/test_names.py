"""Names in sentences of many languages, and whether a text has them."""

import pytest

from assistant.names import folded, missing_names, names_in


@pytest.mark.parametrize(
    ("claim", "language", "expected"),
    [
        ("Saskia Dorrestein leads the work.", "en", ["Saskia", "Dorrestein"]),
        ("The work is led by Saskia.", "en", ["Saskia"]),
        ("Work has begun. Roads are closed.", "en", []),
        ("THE COST IS HIGH", "en", []),
        ("Le directeur est l'ami d'Alain.", "fr", ["Alain"]),
        # Every German noun has a capital; two side by side, or in one word, make a name.
        ("Die Regierung hat das Gesetz im Januar beschlossen.", "de", []),
        ("Laut Gesetz leitet Peter Müller das Amt der EU.", "de", ["Peter", "Müller", "EU"]),
        ("Saskia Dorrestein leitet die Arbeiten.", "de", ["Saskia", "Dorrestein"]),
        ("В Москве живёт Иван Петров.", "ru", ["Москве", "Иван", "Петров"]),
        # No case, no names, but for those in another script.
        ("宝马BMW的总部在慕尼黑。", "zh", ["BMW"]),
        ("الرئيس يقود العمل", "ar", []),
        ("मंत्री ने कहा", "hi", []),
        ("ผู้จัดการนำทีม", "th", []),
    ],
)
def test_names_in(claim, language, expected):
    assert list(names_in(claim, language)) == expected


@pytest.mark.parametrize(
    ("claim", "language", "text", "expected"),
    [
        ("The work is led by Saskia Dorrestein.", "en", "Saskia Dorrestein leidt het", 0),
        ("The work is led by Saskia Jansen.", "en", "Saskia Dorrestein leidt het", 0.5),
        ("Es liegt in Nordrhein Westfalen.", "de", "North Rhine-Westphalia", 1),
        ("In France, Beyoncé sang.", "en", "beyonce chanta en France", 0),
        # Russian declines its names; a Russian text writes others in its own letters.
        ("Он живёт в Москве.", "ru", "Москва велика", 0),
        ("He lives near Moscow.", "en", "Москва велика", 0),
        ("Nobody.", "en", "", 0),
    ],
)
def test_missing_names(claim, language, text, expected):
    assert missing_names(claim, language, folded(text)) == expected
