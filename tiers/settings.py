"""Keys and addresses of the vendors, under the names that the vendors' own documents use."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class VendorSettings(BaseSettings):
    """What the environment says about each vendor. An empty key means that the vendor is not configured."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    openai_api_key: Annotated[SecretStr, Field(validation_alias="OPENAI_API_KEY")] = SecretStr("")
    openai_base_url: Annotated[str, Field(validation_alias="OPENAI_BASE_URL")] = "https://api.openai.com/v1"
    deepgram_api_key: Annotated[SecretStr, Field(validation_alias="DEEPGRAM_API_KEY")] = SecretStr("")
    deepgram_base_url: Annotated[str, Field(validation_alias="DEEPGRAM_BASE_URL")] = (
        "https://api.deepgram.com"
    )
    cartesia_api_key: Annotated[SecretStr, Field(validation_alias="CARTESIA_API_KEY")] = SecretStr("")
    cartesia_base_url: Annotated[str, Field(validation_alias="CARTESIA_BASE_URL")] = "https://api.cartesia.ai"
    elevenlabs_api_key: Annotated[SecretStr, Field(validation_alias="ELEVEN_API_KEY")] = SecretStr("")
    elevenlabs_base_url: Annotated[str, Field(validation_alias="ELEVEN_BASE_URL")] = (
        "https://api.elevenlabs.io/v1"
    )
    google_api_key: Annotated[SecretStr, Field(validation_alias="GOOGLE_API_KEY")] = SecretStr("")
    google_base_url: Annotated[str, Field(validation_alias="GOOGLE_BASE_URL")] = (
        "https://generativelanguage.googleapis.com"
    )
    ollama_url: Annotated[str, Field(validation_alias="OLLAMA_URL")] = ""
    """An Ollama server's OpenAI-compatible address, such as http://127.0.0.1:11434/v1."""
    ollama_model: Annotated[str, Field(validation_alias="OLLAMA_MODEL")] = "llama3.1"
    ear_beside: Annotated[bool, Field(validation_alias="VOICETASKS_TIERS_EAR_BESIDE")] = True
    """Whether an ear stands beside a speech-to-speech model (adr/0038): callers' sound then goes to its vendor too."""

    prices_confirmed: Annotated[str, Field(validation_alias="VOICETASKS_TIERS_PRICES_CONFIRMED")] = ""
    """The version of the prices whose moves by more than threefold are no mistake (tiers/confirmed_prices.py)."""

    def key(self, vendor: str) -> str:
        """The key for a vendor, empty where there is none."""
        key = getattr(self, f"{vendor}_api_key", None)
        return key.get_secret_value() if isinstance(key, SecretStr) else ""

    def key_name(self, vendor: str) -> str:
        """The variable that holds a vendor's key."""
        return str(type(self).model_fields[f"{vendor}_api_key"].validation_alias)

    def base_url(self, vendor: str) -> str:
        """The address of a vendor's API without a trailing slash. Without an Ollama, the sandbox is asked to think."""
        if vendor == "ollama":
            return self.ollama_url.rstrip("/") or self._sandbox_brain()
        return str(getattr(self, f"{vendor}_base_url", "")).rstrip("/")

    def is_stand_in(self, vendor: str) -> bool:
        """Whether a vendor's address is one of the sandbox's on this machine; a local Ollama is no stand-in."""
        if vendor == "ollama":
            return not self.ollama_url and bool(self._sandbox_brain())
        return is_loopback(self.base_url(vendor))

    def _sandbox_brain(self) -> str:
        if not is_loopback(self.openai_base_url):
            return ""
        return urlsplit(self.openai_base_url)._replace(path="/ollama/v1", query="", fragment="").geturl()


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine's loopback."""
    return (urlsplit(url).hostname or "") in LOOPBACK
