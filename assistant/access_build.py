"""Puts together what tells readers apart, from the settings.

Knows the settings of access and embeds; nothing of requests.
"""

from pathlib import Path

from assistant.api_keys import ApiKeys
from assistant.embed_tokens import LEAST_SECRET_BYTES, EmbedTokens
from assistant.errors import BadSetting
from assistant.identities import Identities, Proxies
from assistant.settings import Settings


def build_identities(settings: Settings, owner_token: str) -> Identities | None:
    """Make what tells readers apart; None where all are the same."""
    if settings.access == "off":
        return None
    proxies = Proxies(settings.trusted_proxies, settings.user_header, settings.groups_header)
    return Identities(proxies, settings.grants, ApiKeys(settings.data), owner_token)


def build_embed_tokens(settings: Settings) -> dict[str, EmbedTokens]:
    """Make what checks the tokens of embeds that want them, by name. Raises BadSetting."""
    return {
        name: EmbedTokens(name, embed.collection, _secret(name, embed.secret_file))
        for name, embed in settings.embeds.items()
        if embed.signed_in and embed.secret_file is not None
    }


def _secret(name: str, file: Path) -> bytes:
    setting = f"The setting embeds.{name}.secret_file names {file}, which"
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise BadSetting(f"{setting} cannot be read: {error.strerror}.") from None
    if len(secret) < LEAST_SECRET_BYTES:
        raise BadSetting(
            f"{setting} has fewer than {LEAST_SECRET_BYTES} bytes. Make one with: "
            f"openssl rand -hex 32 | install -m 400 -o bronwijzer /dev/stdin {file}"
        )
    return secret
