"""A line in writing for a caller whom no voice can reach any more: it arrives like a caption of ours."""

from __future__ import annotations

from livekit import rtc
from livekit.agents import utils


async def write(room: rtc.Room, text: str) -> None:
    """Send one finished caption."""
    await room.local_participant.send_text(
        text,
        topic="lk.transcription",
        attributes={"lk.transcription_final": "true", "lk.segment_id": utils.shortuuid("SG_")},
    )
