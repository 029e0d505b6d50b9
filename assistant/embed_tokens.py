"""Tokens of those who are signed in on the page around an embed, and passes to single documents.

Knows signatures, times and claims; nothing of requests or pages. Both are JWTs (RFC 7519), signed
by HMAC with SHA-256 and a secret that the embed shares with the backend of the page around it; no
other algorithm is taken, whatever a token says. A token is for one embed and is sent in a header.
A link cannot send one, so each source in an answer has a pass of its own in its address: good for
that document, and for as long as reading an answer may take.
"""

import time
from typing import Any

import jwt

from assistant.errors import NotSignedIn

LEAST_SECRET_BYTES = 32
"""As many as the signature has."""

LONGEST_SECONDS = 600
"""A token may end this far ahead at most."""

_PASS_SECONDS = 1800
_ALGORITHM = "HS256"


class EmbedTokens:
    """Checks the tokens of one embed, which asks one collection, and gives passes."""

    def __init__(self, embed: str, collection: str, secret: bytes) -> None:
        self._embed = embed
        self._collection = collection
        self._secret = secret
        # No name of an embed has a slash, so that a pass is no token, nor a token a pass.
        self._pass_audience = f"{embed}/source"

    def check(self, token: str) -> None:
        """Look whether a token lets its reader ask. Raises NotSignedIn, which says why not."""
        claims = self._claims(token, self._embed)
        # A number as text is one too, for what has looked whether it is over.
        if int(claims["exp"]) - time.time() > LONGEST_SECONDS:
            raise NotSignedIn("TooLongLived")
        collections = claims.get("collections", [self._collection])
        if not isinstance(collections, list) or self._collection not in collections:
            raise NotSignedIn("OtherCollection")

    def pass_to(self, document_id: int) -> str:
        """Give a pass to a document."""
        ends = int(time.time()) + _PASS_SECONDS
        claims = {"aud": self._pass_audience, "document": str(document_id), "exp": ends}
        return jwt.encode(claims, self._secret, _ALGORITHM)

    def admits(self, shown: str, document_id: str) -> bool:
        """Say whether a pass is to a document, by its number as an address has it."""
        try:
            return bool(self._claims(shown, self._pass_audience).get("document") == document_id)
        except NotSignedIn:
            return False

    def _claims(self, token: str, audience: str) -> dict[str, Any]:
        options: Any = {"require": ["aud", "exp"], "strict_aud": True}
        try:
            return dict(
                jwt.decode(token, self._secret, [_ALGORITHM], audience=audience, options=options)
            )
        except jwt.PyJWTError as error:
            # Its name alone: what it says can have parts of the token.
            raise NotSignedIn(type(error).__name__) from None
