"""What can go wrong in this package.

    AssistantError
        BadQuestion         a question that cannot be asked
        BadSetting          a setting, file or environment variable that is wrong
        ModelUnavailable    the language model does not answer
        WeightsUnavailable  weights could not be fetched or verified
        ServerUnavailable   a server of this assistant does not answer
        ServerStopping      the server is being stopped and takes no new questions
        Busy                as many questions are being answered, or wait for it, as may
        TooManyQuestions    more questions came than a setting allows
        BadBackup           a backup that cannot be written, read or restored
        QuestionLogUnavailable questions that could not be read
        BadKey              a key for programs that cannot be made or is not there
        KeysUnavailable     keys for programs that could not be read or written
        NotSignedIn         a token of an embed's reader that is not taken
        LinkOver            a source's address whose pass is missing or over
        FolderInUse         another process owns the data folder and cannot be asked
        FolderUnusable      the data folder cannot be made or written
        OwnerAway           the process that owns the data folder does not answer one that reads
        BadFeedback         feedback with a verdict or reason that there is not
        FeedbackUnavailable feedback that could not be written or read
        BadQuestionSet      gold questions, gates or reports of an evaluation that are wrong

Every message says what happened, with the value, and the command or setting that mends it.
"""


class AssistantError(Exception):
    """Any failure of this package that a user can do something about."""


class BadQuestion(AssistantError):
    """A question that cannot be asked: empty, or too long."""


class BadSetting(AssistantError):
    """A setting, settings file or environment variable that is wrong or unknown."""


class ModelUnavailable(AssistantError):
    """The language model does not answer."""


class WeightsUnavailable(AssistantError):
    """Weights could not be fetched or verified."""


class ServerUnavailable(AssistantError):
    """A server of this assistant does not answer."""


class ServerStopping(AssistantError):
    """The server is being stopped and takes no new questions."""


class Busy(AssistantError):
    """As many questions are being answered, or wait for it, as may; `retry_seconds` is a guess."""

    def __init__(self, message: str, retry_seconds: int) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class TooManyQuestions(AssistantError):
    """More questions came than `setting` allows; the next is taken in `retry_seconds`."""

    def __init__(self, message: str, setting: str, retry_seconds: int) -> None:
        super().__init__(message)
        self.setting = setting
        self.retry_seconds = retry_seconds


class BadBackup(AssistantError):
    """A backup that cannot be written, read or restored."""


class QuestionLogUnavailable(AssistantError):
    """Questions that were kept could not be read."""


class BadKey(AssistantError):
    """A key for programs that cannot be made, or is not there."""


class KeysUnavailable(AssistantError):
    """Keys for programs that could not be read or written."""


class NotSignedIn(AssistantError):
    """A token of an embed's reader that is not taken; the text is one word for the reason."""


class LinkOver(AssistantError):
    """A source's address whose pass is missing, over, or for another document."""


class FolderInUse(AssistantError):
    """Another process owns the data folder and cannot be asked."""


class FolderUnusable(AssistantError):
    """The data folder cannot be made or written."""


class OwnerAway(AssistantError):
    """The process that owns the data folder does not answer one that only reads."""


class UnknownCollection(AssistantError):
    """A collection that is not there."""


class BadCollection(AssistantError):
    """A name that no collection can have, or a collection that cannot be removed."""


class BadQuestionSet(AssistantError):
    """Gold questions, gates or a report of an evaluation that cannot be used."""


class BadFeedback(AssistantError):
    """Feedback with a verdict or a reason that there is not."""


class FeedbackUnavailable(AssistantError):
    """Feedback that could not be written or read."""
