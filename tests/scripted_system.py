"""A system to evaluate that responds as it is told to."""

from assistant.evaluation.types import GoldQuestion, Response, Retrieved


class ScriptedSystem:
    """Responds with what is queued by question id, or raises it; `history` has what was asked."""

    name = "scripted"

    def __init__(self, outcomes=None):
        self.outcomes = dict(outcomes or {})
        self.history = []

    def retrieve(self, question):
        return self.respond(question)

    def respond(self, question):
        self.history.append(question.id)
        outcome = self.outcomes.get(question.id, found(question.id))
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


def found(text="text", document="d"):
    """A response that found one passage."""
    return Response(retrieved=(Retrieved(document, 0, len(text), text),), shown=1, reply=text)


def asked(*identifiers):
    """Questions of these ids."""
    return [GoldQuestion(name, f"What is {name}?", "en", answerable=True) for name in identifiers]
