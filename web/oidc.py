"""Signing in at an OpenID Connect provider, beside local accounts: code flow with PKCE, state and nonce (Authlib)."""

import logging
from typing import Annotated, Any, Final, cast

import httpx2  # what Authlib speaks HTTP with
from authlib.integrations.starlette_client import OAuth, OAuthError, StarletteOAuth2App
from authlib.oidc.core import UserInfo
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

from people.database import DATABASE_AWAY
from people.identities import AddressInUseError, Identities
from people.user import Role
from web.errors import ApiError
from web.keys import Keys
from web.services import Served, Services
from web.settings import WebSettings
from web.sign_in import begin_session

router = APIRouter(prefix="/api/oidc", tags=["sign-in"])
log = logging.getLogger(__name__)

CALLBACK: Final = "/api/oidc/callback"
UNDER_WAY_SECONDS: Final = 600
"""How long somebody may take at the provider."""
MOST_UNDER_WAY: Final = 4
"""Sign-ins that a browser may have begun at once, in as many tabs."""
PROVIDER_SECONDS: Final = 5.0

SignInUnderWay = SessionMiddleware
"""Holds state, nonce and PKCE verifier in a signed cookie of the browser that began, for the callback alone."""


class SignInRefusedError(Exception):
    """The provider's answer is not enough to sign somebody in; `code` is what the page explains."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def cookie_of(settings: WebSettings) -> dict[str, Any]:
    """Give the cookie's properties."""
    return {
        "secret_key": Keys(settings).tag("oidc", "cookie", length=64),
        "session_cookie": "voicetasks_oidc",
        "max_age": UNDER_WAY_SECONDS,
        "path": "/api/oidc",
        "same_site": "lax",
        "https_only": settings.https,
    }


def provider(settings: WebSettings) -> StarletteOAuth2App:
    """Make the provider's client; its discovery document and keys are fetched on use."""
    return OAuth().register(
        "provider",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value() or None,
        server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": settings.oidc_scopes,
            "code_challenge_method": "S256",
            "timeout": PROVIDER_SECONDS,
            "trust_env": False,
        },
    )


def _provider(request: Request) -> StarletteOAuth2App:
    if request.app.state.provider is None:
        raise ApiError(404, "not_found", "There is nothing here.", "See /openapi.json for what there is.")
    return cast("StarletteOAuth2App", request.app.state.provider)


Provider = Annotated[StarletteOAuth2App, Depends(_provider)]


@router.get("/login", response_class=RedirectResponse, status_code=302)
async def begin(request: Request, services: Served, client: Provider) -> RedirectResponse:
    """Send the browser to the provider."""
    before = dict(request.session)
    try:
        answer = await client.authorize_redirect(request, services.settings.address + CALLBACK)
    except (httpx2.HTTPError, OAuthError, ValueError, KeyError, RuntimeError):
        log.warning("the provider cannot be asked", exc_info=True)
        return _home("provider_away")
    _keep_others(request.session, before)
    return cast("RedirectResponse", answer)


@router.get("/callback", response_class=RedirectResponse, status_code=303)
async def callback(request: Request, services: Served, client: Provider) -> RedirectResponse:
    """Take the provider's answer: sign in and go to the page, or go there and say why not."""
    try:
        claims = await _claims(request, services, client)
        response = await _sign_in(request, services, claims)
    except SignInRefusedError as refusal:
        services.metrics.sign_ins.labels("refused").inc()
        log.warning("sign-in refused", extra={"code": refusal.code})
        response = _home(refusal.code)
    # Its own state alone: another tab's sign-in may be under way.
    await client.framework.clear_state_data(request.session, request.query_params.get("state"))
    return response


def _keep_others(under_way: dict[str, Any], before: dict[str, Any]) -> None:
    """Put back the sign-ins of other tabs, which Authlib forgets, as many as fit in the 4 kB of a cookie."""
    newest_last = list((before | under_way).items())[-MOST_UNDER_WAY:]
    for _, begun in newest_last:
        begun["data"].pop("url", None)  # the browser is there, and nobody reads it again
    under_way.clear()
    under_way.update(newest_last)


async def _claims(request: Request, services: Services, client: StarletteOAuth2App) -> UserInfo:
    """Give what the provider says, its signature, issuer, audience, nonce and time checked. Raises SignInRefusedError."""
    try:
        token = await client.authorize_access_token(request)
        metadata = await client.load_server_metadata()
        claims: UserInfo = token.get("userinfo") or UserInfo({})
        if "email" not in claims and "userinfo_endpoint" in metadata:
            more = await client.userinfo(token=token)
            if more.get("sub") == claims.get("sub"):  # OpenID Connect Core, section 5.3.2
                claims = UserInfo({**more, **claims})
    except OAuthError as error:
        raise SignInRefusedError("denied" if error.error == "access_denied" else "failed") from error
    except httpx2.HTTPError as error:
        raise SignInRefusedError("provider_away") from error
    except Exception as error:  # whatever a library of keys and signatures raises at what a stranger sends
        log.warning("the provider's answer is not believed", exc_info=True)
        raise SignInRefusedError("failed") from error
    if not claims.get("sub") or str(metadata.get("issuer", "")).rstrip(
        "/"
    ) != services.settings.oidc_issuer.rstrip("/"):
        raise SignInRefusedError("failed")
    return claims


async def _sign_in(request: Request, services: Services, claims: UserInfo) -> RedirectResponse:
    settings = services.settings
    if not claims.get("email") or claims.get("email_verified") is not True:
        raise SignInRefusedError("unverified")
    try:
        user = await Identities(services.people.engine).sign_in(
            settings.oidc_issuer.rstrip("/"),
            str(claims["sub"]),
            email=str(claims["email"]),
            role=_role(settings, claims),
            time_zone=claims.get("zoneinfo"),
            link=settings.oidc_link_by_email,
        )
        response = _home()
        await begin_session(request, response, services, user, by="provider")
    except AddressInUseError as error:
        raise SignInRefusedError("in_use") from error
    except DATABASE_AWAY as error:
        raise SignInRefusedError("unavailable") from error
    except ValueError as error:
        raise SignInRefusedError("unverified") from error
    services.metrics.sign_ins.labels("ok").inc()
    return response


def _role(settings: WebSettings, claims: UserInfo) -> Role | None:
    """What a claim says of somebody's role; None where no claim is asked."""
    if not settings.oidc_admin_claim:
        return None
    value: Any = claims
    for part in settings.oidc_admin_claim.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    is_admin = value == settings.oidc_admin_value or (
        isinstance(value, list) and settings.oidc_admin_value in value
    )
    return Role.ADMIN if is_admin else Role.USER


def _home(why: str = "") -> RedirectResponse:
    return RedirectResponse(f"/?sign-in={why}" if why else "/", status_code=303)
