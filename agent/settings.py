"""Settings of the agent worker, from the environment."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from agent.other_servers import OtherServer
from agent.outbound_rules import Rules
from agent.phone_admission import AdmissionRules, UnknownCallers
from agent.phone_line import Carrier
from agent.presence import Graces
from people.called_countries import UNLESS_SAID
from people.reminder_calls import Caps
from routing.redis_url import RedisUrl


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
    redis_url: Annotated[RedisUrl, Field(validation_alias="REDIS_URL", repr=False)] = (
        "redis://127.0.0.1:6390/0"
    )

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
    """A call that no worker has said it serves for so long has lost its worker; another one takes it over. A process that
    dies is known sooner, by its wire."""
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
    silence_seconds: Annotated[float, Field(ge=3, le=120)] = 10.0
    """By phone: after so long in which neither side says anything the caller is asked whether they are there."""
    phone_survey: bool = True
    """By phone: who says goodbye is asked how good the call was, by one key."""
    phone_carrier: Carrier = "twilio"
    """Whose price each begun minute of a telephone's line is charged by; `none` where nobody bills them."""
    phone_region: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""
    """Whose national spellings of numbers callers come with (ISO 3166, US), where the called number does not say it."""
    unknown_callers: UnknownCallers = "refuse"
    """A telephone that is nobody's: `refuse`, or `guest` for a list of their own in economy, under a PIN they choose."""
    asked_share: Annotated[float, Field(gt=0, le=1)] = 0.75
    """By phone: of all workers' slots, those that calls may hold whose callers have not shown yet who they are; 1: any."""
    calls_each: Annotated[int, Field(ge=0, le=1000, validation_alias="VOICETASKS_WEB_CALLS_EACH")] = 3
    """Calls that one person may have at once, in browsers and by phone together; 0: any number."""
    attestation_is_proof: bool = False
    """A carrier that vouches for a number (STIR/SHAKEN level A, from a trusted trunk) stands for the PIN."""
    guest_time_zone: str = ""
    """The IANA zone of guests whose number is at home in no zone alone; empty is UTC."""
    log_level: str = "INFO"

    @property
    def admission_rules(self) -> AdmissionRules:
        """Who is let in by telephone."""
        return AdmissionRules(self.unknown_callers, self.attestation_is_proof, self.guest_time_zone)

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


class OutboundSettings(BaseSettings):
    """Calls about tasks that are due: by which trunk, whom, when, and how many."""

    model_config = SettingsConfigDict(
        env_prefix="VOICETASKS_OUTBOUND_", extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    trunk_id: str = ""
    """LiveKit's id of an outbound SIP trunk. Without one nobody is called."""
    countries: frozenset[str] = UNLESS_SAID
    """Whose numbers are called, ISO 3166, as JSON: [\"US\", \"DE\"]. The web server reads it, too."""
    quiet_from: time = time(21)
    quiet_until: time = time(8)
    """On the person's clock nobody is called between them; both the same is never."""
    per_minute: Annotated[int, Field(ge=1)] = 30
    """Telephones that ring in a minute, over all processes."""
    per_day: Annotated[int, Field(ge=1)] = 1000
    """In 24 hours. With the longest call (10 minutes) it bounds what the carrier can bill."""
    per_person_day: Annotated[int, Field(ge=1)] = 10
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8087
    """Where it tells whether it goes on, and its metrics."""

    @property
    def rules(self) -> Rules:
        """Whom we may call, and when."""
        return Rules(self.countries, self.quiet_from, self.quiet_until)

    @property
    def caps(self) -> Caps:
        """How often telephones may ring."""
        return Caps(self.per_minute, self.per_day, self.per_person_day)
