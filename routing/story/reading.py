"""Reads a call's story: the journal's entries, what admins changed meanwhile, and words where the caller agrees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from people.consent import Line
from routing.journal import Journal
from routing.policy_store import PolicyStore
from routing.story.assembling import assemble, policy_versions
from routing.story.story import PolicyChange, Story, Word

MOST_ENTRIES: Final = 20_000
"""More than a call of some hours has: happenings share entries, and each reply has a few charges."""


async def read_story(
    journal: Journal, store: PolicyStore, call_id: str, *, lines: Sequence[Line] = (), sandbox: bool = False
) -> Story | None:
    """Read the story of a call; None where the journal does not know it. Raises JournalDownError.

    `lines` are what may be shown of what was said (`people.consent.Consents.said_in`).
    """
    entries = await journal.entries(call_id=call_id, limit=MOST_ENTRIES)
    if not entries:
        return None
    policies = {}
    for version in policy_versions(entries):
        found = await store.version(int(version)) if version.isdigit() else None
        if found is not None:
            changes = tuple(str(change) for change in found.changes)
            policies[version] = PolicyChange(version, found.author, found.note, changes)
    story = assemble(entries, policies=policies, sandbox=sandbox)
    story.words = [Word(_ms(line.at) - story.began_ms, line.speaker, line.text) for line in lines]
    return story


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
