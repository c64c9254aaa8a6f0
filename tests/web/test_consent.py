"""The switch for transcripts on the page."""

from datetime import UTC, datetime, timedelta

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


async def test_people_can_read_what_is_kept_of_them_and_nothing_of_others(open_site: OpenSite) -> None:
    site = await open_site()
    ann, bob = await site.signed_in(site.ann), await site.signed_in(site.bob)
    consents, at = Consents(site.services.people.engine), datetime.now(UTC) + timedelta(minutes=1)
    await consents.set(site.ann.id, "browser", given=True)
    await consents.set(site.ann.id, "phone", given=True)
    await consents.keep(
        site.ann.id, "browser", "c1", [(at, "caller", "Add milk."), (at, "assistant", "Done.")]
    )
    await consents.keep(site.ann.id, "phone", "c2", [(at, "caller", "What is due?")])
    first = (await ann.client.get("/api/transcript", params={"limit": 2})).json()
    assert [(line["channel"], line["speaker"], line["text"]) for line in first["lines"]] == [
        ("browser", "caller", "Add milk."),
        ("browser", "assistant", "Done."),
    ]
    rest = (await ann.client.get("/api/transcript", params={"limit": 2, "after": first["next"]})).json()
    assert [(line["call_id"], line["text"]) for line in rest["lines"]] == [("c2", "What is due?")]
    assert rest["next"] is None
    assert (await bob.client.get("/api/transcript")).json() == {"lines": [], "next": None}
    assert (await site.browser().client.get("/api/transcript")).status_code == 401


@pytest.mark.parametrize("asked", [{"limit": 501}, {"limit": 0}, {"after": -1}, {"after": 2**40}])
async def test_a_transcript_is_read_within_bounds(open_site: OpenSite, asked: dict[str, int]) -> None:
    site = await open_site()
    ann = await site.signed_in(site.ann)
    assert (await ann.client.get("/api/transcript", params=asked)).status_code == 422


async def test_a_no_on_the_page_leaves_what_was_said_by_phone(open_site: OpenSite) -> None:
    site = await open_site()
    ann = await site.signed_in(site.ann)
    consents, at = Consents(site.services.people.engine), datetime.now(UTC) + timedelta(minutes=1)
    await consents.set(site.ann.id, "phone", given=True)
    await consents.keep(site.ann.id, "phone", "c1", [(at, "caller", "What is due?")])
    assert (await ann.put("/api/consent", {"transcripts": False})).status_code == 200
    assert len((await ann.client.get("/api/transcript")).json()["lines"]) == 1
