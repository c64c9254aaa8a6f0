import pytest
from redis.asyncio import Redis

from tests.web.site import OpenSite, Site

pytestmark = pytest.mark.system


@pytest.fixture
async def served(redis: Redis, open_site: OpenSite) -> Site:
    return await open_site()


def given(site: Site) -> tuple[float | None, float | None]:
    told = site.services.metrics.registry.get_sample_value
    door = {"channel": "browser"}
    return told("voicetasks_satisfaction_sum", door), told("voicetasks_satisfaction_count", door)


async def test_whoever_called_says_how_it_was_once(served: Site) -> None:
    browser = await served.signed_in(served.ann)
    call = served.services.call_ids.new(served.ann.id)
    assert (await browser.post(f"/api/calls/{call}/rating", {"stars": 4})).status_code == 204
    assert (await browser.post(f"/api/calls/{call}/rating", {"stars": 1})).status_code == 204
    assert given(served) == (4, 1)


async def test_nobody_speaks_for_anothers_call_or_out_of_bounds(served: Site) -> None:
    browser = await served.signed_in(served.ann)
    bobs = served.services.call_ids.new(served.bob.id)
    own = served.services.call_ids.new(served.ann.id)
    assert (await browser.post(f"/api/calls/{bobs}/rating", {"stars": 5})).status_code == 404
    for stars in (0, 6, "5 please", None):
        assert (await browser.post(f"/api/calls/{own}/rating", {"stars": stars})).status_code == 422
    browser.csrf = ""
    assert (await browser.post(f"/api/calls/{own}/rating", {"stars": 5})).status_code == 403
    assert given(served) == (0, 0)
