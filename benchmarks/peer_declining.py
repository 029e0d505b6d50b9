"""Tells by its words whether a reply declines to answer, for systems that have no flag for it.

The rule: a reply declines when it is empty, or when its first sentence says that the sources do
not tell or that the writer cannot answer, and no sentence behind it goes on to answer under a
mark. A reply that declines and then answers from a source, or answers and then regrets what is
left open, has answered.

It is a rule for figures that are checked by hand, not a judge: it knows how language models
usually decline in English and, more thinly, in ten other languages.

Knows sentences that say so; nothing of systems, sources or scores.
"""

import regex

from assistant.evaluation.types import Sentence

_NOT = r"(?:do|does|did|is|are|was|were|has|have|could|can|would)\s*(?:not|n['’]t)|cannot|can['’]t"
_TELLING = (
    r"contain|mention|provide|state|specif|include|say|give|indicate|discuss|address|cover|"
    r"describe|reveal|offer|list|answer|refer|have|help|relevan|relate|clear|available|found"
)
_SOURCES = r"sources?|documents?|passages?|context|texts?|information|articles?|excerpts?"
_ABLE = r"determine|answer|find|provide|confirm|tell|say|identify|verify|give"

_DECLINING = regex.compile(
    "|".join(
        (
            # "The provided sources do not mention who …", "This information is not available."
            rf"\b(?:{_SOURCES})\b[^.]*?\b(?:{_NOT})\b(?:\s+\w+){{0,3}}?\s+(?:{_TELLING})",
            # "It is not mentioned in any of the sources."
            rf"\b(?:{_NOT}|not)\s+(?:\w+ly\s+)?(?:{_TELLING})\w*\s[^.]*\b(?:{_SOURCES})\b",
            # "None of the sources …", "There is no mention of … in the sources", "No information"
            rf"\bnone of the\b[^.]*\b(?:{_SOURCES})\b",
            r"\bno (?:\w+ )?(?:information|mention|answer|evidence|indication|details?)\b",
            rf"\bno (?:\w+ )?(?:{_SOURCES})\b[^.]*\b(?:{_TELLING})",
            # "I cannot determine …", "It is impossible to say …", "I'm sorry", "I don't know"
            rf"\b(?:cannot|can['’]t|can not|could not|unable to|impossible to)\b"
            rf"(?:\s+be)?(?:\s+\w+)?\s+(?:{_ABLE})",
            r"^(?:i['’]m|i am|we are)?\s*sorry\b",
            r"\b(?:do not|don['’]t) (?:know|have (?:\w+ ){0,2}information)\b",
            r"\b(?:not|n['’]t) (?:enough|sufficient) (?:information|context)\b|\binsufficient\b",
            # Dutch, German, Spanish, Romanian
            r"\b(?:bron(?:nen)?|tekst(?:en)?|informatie)\b.*\b(?:niet|geen)\b",
            r"\bgeen\b.*\b(?:bron(?:nen)?|informatie|antwoord)\b",
            r"\b(?:quellen?|texte?n?|informationen)\b.*\b(?:nicht|kein\w*)\b",
            r"\bkein\w*\b.*\b(?:quellen?|informationen|angaben|antwort)\b",
            r"\b(?:fuentes?|textos?|información)\b.*\bno\b|\bno (?:se|hay|existe)\b.*"
            r"\b(?:fuentes?|información|menciona|especifica)\b",
            r"\b(?:surse\w*|textul|informații\w*)\b.*\bnu\b|\bnu\b.*\b(?:surse\w*|informații\w*)\b",
            # Russian, Turkish, Arabic
            r"\b(?:источник\w*|текст\w*|информаци\w*)\b.*\b(?:не|нет)\b",
            r"\b(?:не|нет)\b.*\b(?:источник\w*|информаци\w*)\b",
            r"\b(?:kaynak\w*|metin\w*|bilgi\w*)\b.*\b(?:yok\w*|değil\w*|\w+m[ae]\w*(?:tır|tir|dı|di))\b",
            r"\b(?:لا|لم|ليس|ليست)\b.*(?:مصادر|المصدر|نص|معلومات)|(?:مصادر|المصدر|النص).*\b(?:لا|لم)\b",
            # Vietnamese, Thai, Chinese
            r"\b(?:nguồn|tài liệu|văn bản|thông tin)\b.*\bkhông\b",
            r"\bkhông\b.*\b(?:nguồn|thông tin)\b",
            r"(?:แหล่ง|ข้อมูล|เอกสาร).*ไม่|ไม่.*(?:แหล่ง|ข้อมูล)",
            r"(?:来源|资料|文本|信息|文中).*(?:没有|未|不)|(?:没有|未|无法).*(?:来源|提到|信息|回答|确定)",
        )
    ),
    regex.IGNORECASE,
)


def declines(sentences: tuple[Sentence, ...]) -> bool:
    """Say whether a reply in these sentences declines."""
    if not sentences:
        return True
    first, *others = sentences
    if not says_so(first.text):
        return False
    return all(says_so(sentence.text) or not sentence.marks for sentence in others)


def says_so(sentence: str) -> bool:
    """Say whether a sentence is about the answer not being there."""
    return bool(_DECLINING.search(sentence))
