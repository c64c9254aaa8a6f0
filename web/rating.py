"""How good was the call? From the page, by whoever made it, once."""

import logging
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from redis.exceptions import RedisError

from web.errors import ApiError
from web.services import Served
from web.sign_in import Changing, same_site

router = APIRouter(prefix="/api", tags=["calls"])
log = logging.getLogger(__name__)

RATED_KEY: Final = "voicetasks:rated:"
KEEP_SECONDS: Final = 86_400


class Rating(BaseModel):
    """1 is bad, 5 is good."""

    model_config = ConfigDict(extra="forbid")

    stars: Annotated[int, Field(ge=1, le=5)]


@router.post("/calls/{call_id}/rating", status_code=204, dependencies=[Depends(same_site)])
async def rate(call_id: str, rating: Rating, services: Served, session: Changing) -> None:
    """Say how good one's own call was. A second time changes nothing; who it was is kept nowhere."""
    if not services.call_ids.belongs_to(call_id, session.user_id):
        raise ApiError(404, "not_found", "You have no such call.", "Start one with POST /api/calls.")
    try:
        first = await services.redis.set(RATED_KEY + call_id, "1", nx=True, ex=KEEP_SECONDS)
    except RedisError:
        first = True
    if first:
        services.metrics.satisfaction.labels("browser").observe(rating.stars)
        log.info("call rated", extra={"call_id": call_id})
