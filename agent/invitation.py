"""What a dispatched job says about its call: who, through which door, under which id."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Invitation(BaseModel):
    """The metadata of an explicit dispatch, made by our own server and never by the caller."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    call_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    subject: str = Field(max_length=64)
    """The user's opaque id; empty for a telephone that we do not know whose it is."""
    channel: Literal["browser", "phone"] = "browser"
    identity: str = Field(min_length=1, max_length=128)
    """The caller's identity in the room; nobody else there is listened to."""
    reminder: str = Field(default="", max_length=64)
    """The call about a task that this is, where we called; empty where the caller did."""
    again: bool = False
    """The call lost its worker: it has been admitted before."""
    picked_up_ms: int = Field(default=0, ge=0)
    """Since when a telephone's line is up, Unix ms; 0 while it rings, and where there is none."""


class PhoneDispatch(BaseModel):
    """What a dispatch rule of the telephone bridge says to every call that it sends us."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    channel: Literal["phone"]
    reminder: str = Field(default="", max_length=64)
