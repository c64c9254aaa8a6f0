"""Keys and addresses of the vendors, under the names that the vendors' own documents use."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class VendorSettings(BaseSettings):
    """What the environment says about each vendor. An empty key means that the vendor is not configured."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    openai_api_key: Annotated[SecretStr, Field(validation_alias="OPENAI_API_KEY")] = SecretStr("")
    openai_base_url: Annotated[str, Field(validation_alias="OPENAI_BASE_URL")] = "https://api.openai.com/v1"
    deepgram_api_key: Annotated[SecretStr, Field(validation_alias="DEEPGRAM_API_KEY")] = SecretStr("")
    deepgram_base_url: Annotated[str, Field(validation_alias="DEEPGRAM_BASE_URL")] = (
        "https://api.deepgram.com"
    )
    cartesia_api_key: Annotated[SecretStr, Field(validation_alias="CARTESIA_API_KEY")] = SecretStr("")
    cartesia_base_url: Annotated[str, Field(validation_alias="CARTESIA_BASE_URL")] = "https://api.cartesia.ai"
    ollama_url: Annotated[str, Field(validation_alias="OLLAMA_URL")] = ""
    """An Ollama server's OpenAI-compatible address, such as http://127.0.0.1:11434/v1."""
    ollama_model: Annotated[str, Field(validation_alias="OLLAMA_MODEL")] = "llama3.1"

    def key(self, vendor: str) -> str:
        """The key for a vendor, empty where there is none."""
        keys = {
            "openai": self.openai_api_key,
            "deepgram": self.deepgram_api_key,
            "cartesia": self.cartesia_api_key,
        }
        return keys[vendor].get_secret_value() if vendor in keys else ""

    def base_url(self, vendor: str) -> str:
        """The address of a vendor's API without a trailing slash."""
        urls = {
            "openai": self.openai_base_url,
            "deepgram": self.deepgram_base_url,
            "cartesia": self.cartesia_base_url,
            "ollama": self.ollama_url,
        }
        return urls.get(vendor, "").rstrip("/")

    def is_stand_in(self, vendor: str) -> bool:
        """Whether a vendor's address is on this machine: a stand-in of the sandbox, not the vendor."""
        return is_loopback(self.base_url(vendor))


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine's loopback."""
    return (urlsplit(url).hostname or "") in LOOPBACK
