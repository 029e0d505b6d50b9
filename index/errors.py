"""What can go wrong in this package.

    IndexingError
        UnreadableFile       a file that cannot become a document
        BadPattern           a pattern for files that cannot be used
        UnknownDocument      no document of that path or number
        EmptyCorpus          a question before any document is in the index
        EmbedderMismatch     the stored vectors come from another embedder
        EmbedderUnavailable  the embedder does not answer
        StoreUnavailable     the catalog, Chroma or the lexical index cannot be used
            VectorServerAway     a Chroma server does not answer, and may come back
        ParserUnavailable    no process can be had that reads files
        SyncRunning          another sync holds the corpus
        ReadOnly             a change was asked of a process that only reads
        OriginalUnavailable  the file of a document cannot be handed out as it was indexed
            OriginalGone         it no longer lies there
            OriginalChanged      it says something else now
            OriginalUnreadable   the disk does not give it
        UnknownPage          a document has no page of that number
        UndrawablePage       a page that cannot be made a picture

Every message says what happened, with the value, and the command or setting that mends it.
"""


class IndexingError(Exception):
    """Any failure of this package that a user can do something about."""


class UnreadableFile(IndexingError):
    """A file that cannot become a document; the message is the reason, without the path."""


class BadPattern(IndexingError):
    """A pattern for files that cannot be used."""


class UnknownDocument(IndexingError):
    """No document of that path or number is in the index."""


class EmptyCorpus(IndexingError):
    """A question was asked before any document is in the index."""


class EmbedderMismatch(IndexingError):
    """The stored vectors come from another embedder than the configured one."""


class EmbedderUnavailable(IndexingError):
    """The embedder does not answer, or answers with something else than vectors."""


class StoreUnavailable(IndexingError):
    """The catalog, Chroma or the lexical index cannot be used."""


class VectorServerAway(StoreUnavailable):
    """A Chroma server does not answer; what was asked of it may work once it does."""


class ParserUnavailable(IndexingError):
    """No process can be had that reads files."""


class SyncRunning(IndexingError):
    """Another sync holds the corpus."""


class ReadOnly(IndexingError):
    """A change was asked of a process that only reads; the owner of the data folder changes."""


class OriginalUnavailable(IndexingError):
    """The file of a document cannot be handed out as it was indexed."""


class OriginalGone(OriginalUnavailable):
    """The file no longer lies where it was indexed, below a remembered path."""


class OriginalChanged(OriginalUnavailable):
    """The file is another one than the one that was indexed."""


class OriginalUnreadable(OriginalUnavailable):
    """The disk does not give the file."""


class UnknownPage(IndexingError):
    """The document has no page of that number."""


class UndrawablePage(IndexingError):
    """The page cannot be made a picture."""
