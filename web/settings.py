"""Settings of the web room, from the environment."""

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mcp_tasks.long_secret import LongSecret
from people.called_countries import UNLESS_SAID, VARIABLE
from routing.redis_url import RedisUrl

NO_NETWORK: Final = "must be addresses and networks like 10.0.0.0/8; `*` and 0.0.0.0/0 are none, since anybody may write that header"
"""Whoever believed everybody would take the address that a caller made up."""


class WebSettings(BaseSettings):
    """Where the page is served, and the servers it leans on."""

    model_config = SettingsConfigDict(
        env_prefix="VOICETASKS_WEB_", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    secret: Annotated[LongSecret, Field(validate_default=True)] = SecretStr("")
    """Signs sessions, CSRF tokens and call ids. Required: at least 32 bytes. Changing it signs everybody out."""
    demo: bool = False
    public_url: str = ""
    """The address in the browser's bar, when a proxy stands before us: https here makes cookies Secure."""
    trusted_proxies: str = ""
    """Addresses and networks, comma-separated, whose X-Forwarded-For is believed; of anybody else it is ignored."""
    session_hours: Annotated[int, Field(ge=1, le=168)] = 12
    rotate_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    """After so long a signed-in browser gets another cookie."""
    calls_each: Annotated[int, Field(ge=0, le=1000)] = 3
    """Calls that one person may have at once, so that nobody holds every line; 0: any number. The agent reads it, too."""
    oidc_issuer: str = ""
    """An OpenID Connect provider to sign in at, beside local accounts; its discovery document is read from there."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = "your organisation"
    """What the page calls it: «Sign in with …»."""
    oidc_scopes: str = "openid email profile"
    oidc_admin_claim: str = ""
    """The claim that says who is an admin, with dots into what is nested; empty: nobody is by a claim."""
    oidc_admin_value: str = "voicetasks-admin"
    """The claim's value, or one of its values, that says it."""
    oidc_link_by_email: bool = False
    """A local account with the same verified address becomes the provider's person's."""
    page_dir: Path = Path(__file__).resolve().parent.parent / ".voicetasks" / "page"
    """The built page: scripts/page makes it."""
    tasks_url: str = "http://127.0.0.1:8081/mcp"
    livekit_url: str = Field(default="ws://127.0.0.1:7880", validation_alias="LIVEKIT_URL")
    livekit_api_key: str = Field(default="", validation_alias="LIVEKIT_API_KEY")
    livekit_api_secret: SecretStr = Field(default=SecretStr(""), validation_alias="LIVEKIT_API_SECRET")
    livekit_browser_url: str = ""
    """The LiveKit server as browsers reach it, where that is not LIVEKIT_URL."""
    called_countries: frozenset[str] = Field(default=UNLESS_SAID, validation_alias=VARIABLE)
    """Whose numbers are called about tasks, ISO 3166: what the account page says of it. The agent calls by the same."""
    redis_url: RedisUrl = Field(default="redis://127.0.0.1:6390/0", validation_alias="REDIS_URL", repr=False)
    sandbox_host: str = Field(default="127.0.0.1", validation_alias="VOICETASKS_SANDBOX_HOST")
    sandbox_control_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8083, validation_alias="VOICETASKS_SANDBOX_CONTROL_PORT"
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _real_networks(cls, proxies: str) -> str:
        named = [each.strip() for each in proxies.split(",") if each.strip()]
        for each in named:
            try:
                network = ip_network(each)
            except ValueError as error:
                raise ValueError(NO_NETWORK) from error
            if network.prefixlen == 0:
                raise ValueError(NO_NETWORK)
        return ",".join(named)

    @property
    def sandbox_control(self) -> str | None:
        """The address of the sandbox's control port; None where a page may not break vendors: not on a demo's machine."""
        if not (self.demo and is_loopback(self.host) and is_loopback(self.sandbox_host)):
            return None
        host = f"[{self.sandbox_host}]" if ":" in self.sandbox_host else self.sandbox_host
        return f"http://{host}:{self.sandbox_control_port}"

    @property
    def has_oidc(self) -> bool:
        """Whether people can sign in at a provider."""
        return bool(self.oidc_issuer and self.oidc_client_id)

    @property
    def address(self) -> str:
        """The page's address for people."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def https(self) -> bool:
        """Whether browsers reach us by https."""
        return self.address.startswith("https://")

    @property
    def hosts(self) -> tuple[str, ...]:
        """Host headers to answer to: on a loopback no other name may point at us (DNS rebinding)."""
        if is_loopback(self.host):
            own = urlsplit(self.address).hostname or self.host
            return tuple(dict.fromkeys((own, "localhost", "127.0.0.1", "::1")))
        return (urlsplit(self.public_url).hostname or "*",) if self.public_url else ("*",)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host to listen on."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
