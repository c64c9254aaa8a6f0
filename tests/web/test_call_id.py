import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.site import Site
from web.call_id import CallIds

pytestmark = pytest.mark.unit


async def test_an_id_is_its_users_alone_and_each_is_new(site: Site) -> None:
    ids: CallIds = site.services.call_ids
    made = {ids.new(site.ann.id) for _ in range(1000)}
    assert len(made) == 1000
    one = made.pop()
    assert ids.belongs_to(one, site.ann.id)
    assert not ids.belongs_to(one, site.bob.id)
    changed = one[:-1] + ("0" if one[-1] != "0" else "1")
    assert not ids.belongs_to(changed, site.ann.id)

    @given(st.text() | st.from_regex(r"\A[0-9a-f]{40}\Z"))
    def made_up(text: str) -> None:
        assert not ids.belongs_to(text, site.ann.id)

    made_up()
