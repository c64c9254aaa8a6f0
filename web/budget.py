"""What one's own calls have cost and may cost."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import BaseModel

from routing.allowance import Spent, allowance
from tiers.catalogue import MODELS
from tiers.settings import VendorSettings
from web.routing_books import routing_errors
from web.services import Served
from web.sign_in import CurrentUser

router = APIRouter(prefix="/api", tags=["calls"])


class Period(BaseModel):
    """What was spent in it and what may be, µ$. The premium voice's part comes out of the same money."""

    premium_microdollars: int
    premium_cap_microdollars: int
    microdollars: int
    cap_microdollars: int


class MyBudget(BaseModel):
    """One's day and month by one's own clock, and the most that a call may cost. In a sandbox no money is real."""

    sandbox: bool
    day: Period
    month: Period
    call_cap_microdollars: int


@router.get("/budget")
async def budget(services: Served, user: CurrentUser) -> MyBudget:
    """Say what one's own calls have cost, and may cost before a cheaper voice serves them."""
    with routing_errors():
        books = await services.books.open()
        found = await allowance(
            books.journal, books.store, books.link, user_id=user.id, zone=ZoneInfo(user.time_zone)
        )
    vendors = VendorSettings()
    return MyBudget(
        sandbox=any(vendors.is_stand_in(model.vendor) for model in MODELS.values()),
        day=_period(found.day),
        month=_period(found.month),
        call_cap_microdollars=found.call_cap,
    )


def _period(spent: Spent) -> Period:
    return Period(
        premium_microdollars=spent.premium,
        premium_cap_microdollars=spent.premium_cap,
        microdollars=spent.total,
        cap_microdollars=spent.total_cap,
    )
