"""Settings of the agent worker, from the environment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from agent.other_servers import OtherServer
from agent.presence import Graces


class AgentSettings(BaseSettings):
    """How many calls a worker takes, and where it finds the servers that a call needs."""

    model_config = SettingsConfigDict(
        env_prefix="VOICETASKS_AGENT_",
        extra="ignore",
        env_ignore_empty=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    livekit_url: Annotated[str, Field(validation_alias="LIVEKIT_URL")] = "ws://127.0.0.1:7880"
    livekit_api_key: Annotated[str, Field(validation_alias="LIVEKIT_API_KEY")] = ""
    livekit_api_secret: Annotated[SecretStr, Field(validation_alias="LIVEKIT_API_SECRET")] = SecretStr("")
    redis_url: Annotated[str, Field(validation_alias="REDIS_URL", repr=False)] = "redis://127.0.0.1:6390/0"

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8084
    """Health (`/`) and metrics (`/metrics`) of the worker, over HTTP."""
    slots: Annotated[int, Field(ge=1, le=500)] = 4
    """Calls served at once."""
    spare_slots: Annotated[int, Field(ge=0, le=50)] = 2
    """Calls beyond the slots that are accepted only to say that all lines are busy."""
    warm_processes: Annotated[int, Field(ge=0, le=16)] = 1
    """Processes kept ready, so that a call is answered at once."""
    tasks_url: Annotated[
        str, Field(validation_alias=AliasChoices("VOICETASKS_AGENT_TASKS_URL", "VOICETASKS_TASKS_URL"))
    ] = "http://127.0.0.1:8081/mcp"
    stack: str = ""
    """Serve every call with this stack if the plan allows it; empty lets the router choose."""
    leave_grace_seconds: Annotated[float, Field(ge=0, le=60)] = 4.0
    """After the caller left on purpose: a reload comes back within it."""
    lost_grace_seconds: Annotated[float, Field(ge=0, le=120)] = 30.0
    """After the line was lost without a word: then nothing is kept open at the vendors, and no money is held."""
    park_seconds: Annotated[float, Field(ge=0, le=140)] = 120.0
    """After the line was lost the call ends; until then it is taken up again. LiveKit's room outlives it."""
    dead_after_seconds: Annotated[float, Field(ge=2, le=60)] = 6.0
    """A call that no worker has said it serves for so long has lost its worker; another one takes it over."""
    takeover_key: Annotated[SecretStr, Field(min_length=32)] | None = None
    """Encrypts, with the caller's consent, what was said, so that another worker can go on. Without it none can."""
    max_message_chars: Annotated[int, Field(ge=100, le=20_000)] = 4_000
    """The longest typed message that is read."""
    drain_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    """How long a stopping worker waits for its calls."""
    mcp_servers: tuple[OtherServer, ...] = ()
    """Other MCP servers, as JSON: [{"name", "title", "url", "tokens"}]. Their tools pass the same gate."""
    complete_asks: bool = True
    """Ask before one task is completed. Without it the task is completed at once, and can be undone by a word."""
    better_after_seconds: Annotated[float, Field(ge=0, le=3600)] = 120.0
    """A live call takes a better stack again not sooner than this after its last change. Admins are followed at once."""
    renew_after_seconds: Annotated[float, Field(ge=60, le=3540)] = 3000.0
    """A session older than this is renewed in the next pause: OpenAI ends one after 60 minutes."""
    watch_patience: Annotated[float, Field(ge=0.5, le=20)] = 1.0
    """Stretches how long a silent vendor is waited for; a busy machine with the sandbox on it may need more."""
    demo_phones: dict[str, str] = {}
    """Whose telephone a number is, by e-mail address, as JSON. In a demo only: a caller's number proves nothing."""
    log_level: str = "INFO"

    def graces(self, channel: Literal["browser", "phone"]) -> Graces:
        """How long a caller may be away. A telephone that hung up or lost its line does not come back into its room."""
        lost = self.lost_grace_seconds
        if channel == "phone":
            return Graces(left=0.0, left_parked=0.0, lost=lost, lost_parked=lost)
        return Graces(
            left=self.leave_grace_seconds,
            left_parked=self.leave_grace_seconds / 2,
            lost=max(lost, self.park_seconds),
            lost_parked=lost,
        )
