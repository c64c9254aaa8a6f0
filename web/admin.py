"""Who may run the product: a signed-in user whose role says so."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from people.user import Role, User
from web.errors import ApiError
from web.routing_books import routing_errors
from web.services import Served, Services
from web.sign_in import Changing, CurrentUser


async def admin_of(user: CurrentUser) -> User:
    """Give the admin behind a request; 403 for everybody else who is signed in."""
    if user.role != Role.ADMIN:
        raise ApiError(403, "forbidden", "This is for admins.", "Sign in as one.")
    return user


Admin = Annotated[User, Depends(admin_of)]


async def changing_admin(admin: Admin, _session: Changing) -> User:
    """Give the admin behind a request that changes something: it carries the session's CSRF token too."""
    return admin


ChangingAdmin = Annotated[User, Depends(changing_admin)]


async def author_of(services: Served, admin: ChangingAdmin) -> str:
    """What the policy's history calls an admin who changes something."""
    return await name_of(services, admin)


async def name_of(services: Services, admin: User) -> str:
    """What trail and history call an admin: the id of the journal, which names nobody once they are erased."""
    with routing_errors():
        books = await services.books.open()
        return f"web:{await books.journal.subject_of(admin.id)}"


Author = Annotated[str, Depends(author_of)]
