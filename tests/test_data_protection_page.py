"""The page for whoever runs the product for others names every vendor and every setting, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from people.settings import PeopleSettings
from sip.trunk import Wanted
from tests.test_settings_documented import read
from tiers.catalogue import MODELS
from web.settings import WebSettings

pytestmark = pytest.mark.unit

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "data-protection.md").read_text(encoding="utf-8")
NAMES = {
    "deepgram": "Deepgram",
    "openai": "OpenAI",
    "cartesia": "Cartesia",
    "elevenlabs": "ElevenLabs",
    "google": "Google",
    "ollama": "Ollama",
    "local": "Whisper",
}


def test_every_vendor_of_the_catalogue_is_in_the_table() -> None:
    vendors = {model.vendor for model in MODELS.values()}
    assert vendors <= NAMES.keys(), "a new vendor gets what people say: name it on the page"
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    assert [name for name in NAMES.values() if not any(name in row for row in rows)] == []


def test_deployers_are_told_that_no_emergency_call_can_be_made() -> None:
    assert "**The product cannot reach emergency services**" in PAGE


def test_every_setting_that_it_names_exists() -> None:
    named = set(re.findall(r"`((?:VOICETASKS|DEEPGRAM)_[A-Z_]+)", PAGE))
    assert len(named) >= 6
    assert named - read() == set()


@pytest.mark.parametrize(
    ("setting", "default"),
    [
        ("VOICETASKS_PEOPLE_TRANSCRIPT_DAYS", PeopleSettings.model_fields["transcript_days"].default),
        ("VOICETASKS_PEOPLE_AUDIT_DAYS", PeopleSettings.model_fields["audit_days"].default),
        ("VOICETASKS_WEB_SESSION_HOURS", WebSettings.model_fields["session_hours"].default),
    ],
)
def test_the_times_that_it_says_are_the_defaults(setting: str, default: int) -> None:
    assert f"`{setting}` ({default})" in PAGE


def test_where_the_bridge_names_rooms_by_numbers_only_our_own_logs_are_said_to_hold_none() -> None:
    rule = Wanted(numbers=("+15550100",), username="u", password="p").rule("t").rule
    assert rule.HasField("dispatch_rule_individual"), "rooms are named otherwise now: say so on the page"
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    (spotless,) = [row for row in rows if "no words, addresses or phone numbers" in row]
    assert spotless.startswith("| Our logs")
    (theirs,) = [row for row in rows if row.startswith("| Logs of the room server and of the phone bridge")]
    assert "number" in theirs
    assert "No erasure reaches them" in theirs
    assert any("number" in row and "Redis" in row and "by telephone" in row for row in rows)


def test_the_article_that_wants_the_disclosure_is_named() -> None:
    assert "Article 50(1)" in PAGE
