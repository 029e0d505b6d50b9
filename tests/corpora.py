"""Small corpora of real text with the bundled embedder."""

from assistant.answer_rules import AnswerLimits, Judges
from assistant.answering import Assistant
from assistant.corpora import Collection, Corpora
from assistant.evidence import AnswerabilityModel
from assistant.phrases import PhraseBook
from assistant.support import SupportJudge
from index.corpus import Corpus
from index.embedding import BundledEmbedder
from index.language import LanguageDetector
from index.reading import Reading
from index.types import Document
from index.workspace import ChromaAddress

TEXTS = {
    "kade.txt": (
        "De gemeente Veenrade vernieuwt in het voorjaar van 2026 de kade aan de Havenstraat. "
        "Projectleider Saskia Dorrestein leidt de werkzaamheden. "
        "De kosten bedragen 4,2 miljoen euro. "
        "Tijdens het werk is de Havenstraat afgesloten voor auto's."
    ),
    "library.txt": (
        "The town library opens at nine on weekdays. "
        "On Sundays the library stays closed. "
        "A membership costs 38 euros a year, and children read free of charge."
    ),
    "urlaub.txt": (
        "Die Beschäftigten haben 30 Tage Urlaub im Jahr. "
        "Der Antrag wird spätestens zwei Wochen vor Beginn bei der Leitung gestellt. "
        "Nicht genommene Tage verfallen am 31. März des Folgejahres."
    ),
}


def plain_text(path):
    """Load a text file as it is."""
    return Document(path.stem, path.read_text(encoding="utf-8"))


def write_texts(folder):
    """Write the documents into a folder."""
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def make_corpus(folder, chroma=None):
    """Open an empty corpus with the bundled embedder."""
    reading = Reading({".txt": plain_text}, LanguageDetector(), 1_000_000)
    return Corpus(folder, BundledEmbedder(), reading, chroma or ChromaAddress())


def make_assistant(corpus, collection="documents", **limits):
    """Make an assistant without a language model."""
    book, gate = PhraseBook.bundled(), AnswerabilityModel.bundled()
    judges = Judges(gate, SupportJudge.bundled())
    return Assistant(corpus, book, judges, AnswerLimits(**limits), collection=collection)


def make_corpora(folder, corpus, assistant):
    """Make the collections of a data folder around an open default one."""

    def opener(place, name):
        opened = make_corpus(place)
        return Collection(opened, make_assistant(opened, name))

    return Corpora(folder, Collection(corpus, assistant), opener)


def write_animals(folder, animals):
    """Write a text about each of some animals, which differ in few words."""
    folder.mkdir()
    for animal in animals:
        text = f"De {animal} woont in het park. Hij heet {animal.title()}a en eet graag."
        (folder / f"{animal}.txt").write_text(text, encoding="utf-8")
    return folder
