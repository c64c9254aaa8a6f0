"""What a call tells the router of itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.invitation import Invitation
from agent.money import _inputs
from agent.settings import AgentSettings
from people.user import Plan, Role, User
from tiers.settings import VendorSettings

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("role", "compared"), [(Role.USER, True), (Role.ADMIN, True), (Role.PROBE, False)])
def test_experiments_compare_everybody_but_the_probe(role: Role, compared: bool) -> None:
    user = User(
        id="usr_1",
        email="ann@example.com",
        time_zone="Etc/UTC",
        plan=Plan.ECONOMY,
        role=role,
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
    )
    invitation = Invitation(call_id="c1", subject=user.id, identity="ann")
    assert _inputs(invitation, user, AgentSettings(), VendorSettings()).compared is compared
