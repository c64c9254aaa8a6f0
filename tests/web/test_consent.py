"""The switch for transcripts on the page."""

import pytest

from people.consent import Consents
from tests.web.site import OpenSite

pytestmark = pytest.mark.unit


async def test_nobody_has_agreed_before_they_do(open_site: OpenSite) -> None:
    site = await open_site()
    ann = await site.signed_in(site.ann)
    assert (await ann.client.get("/api/consent")).json() == {"transcripts": None, "days": 30}


async def test_a_yes_is_ones_own_and_can_be_taken_back(open_site: OpenSite) -> None:
    site = await open_site()
    ann, bob = await site.signed_in(site.ann), await site.signed_in(site.bob)
    for wish in (True, False):
        answer = await ann.put("/api/consent", {"transcripts": wish})
        assert (answer.status_code, answer.json()["transcripts"]) == (200, wish)
        assert (await ann.client.get("/api/consent")).json()["transcripts"] is wish
        assert await Consents(site.services.people.engine).of(site.ann.id, "browser") is wish
    assert (await bob.client.get("/api/consent")).json()["transcripts"] is None


async def test_strangers_and_foreign_pages_change_nothing(open_site: OpenSite) -> None:
    site = await open_site()
    assert (await site.browser().client.get("/api/consent")).status_code == 401
    ann = await site.signed_in(site.ann)
    without_token = await ann.client.put("/api/consent", json={"transcripts": True})
    assert without_token.status_code == 403
    assert (await ann.put("/api/consent", {"transcripts": True, "channel": "phone"})).status_code == 422
    assert (await ann.client.get("/api/consent")).json()["transcripts"] is None
