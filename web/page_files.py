"""The page for people: one HTML file, and the scripts and styles that were built for it (scripts/page).

The HTML names its files by their content, so they may be kept for ever and it may not. What the page can reach is
this server and the room server; no script or style runs that did not come as a file of ours.
"""

import json
import mimetypes
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from people.demo_accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from web.services import Served
from web.settings import WebSettings

PREFIX = "/page"
"""Where the built files are served: Vite's `base`."""

router = APIRouter(include_in_schema=False)

# Python knows this one from 3.14 on, or from the system.
mimetypes.add_type("application/manifest+json", ".webmanifest")

_NO_DEMO = '<meta name="voicetasks-demo" content="" />'
_NO_PROVIDER = '<meta name="voicetasks-oidc" content="" />'
_NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>voicetasks</title><link rel="stylesheet" href="/static/status.css">
</head><body><main><h1>The page is not built</h1><p>Run <code>scripts/page</code> and load this page again.</p>
<p><a href="/status">What runs, and how to call from a terminal</a></p></main></body></html>
"""


def content_security_policy(settings: WebSettings) -> str:
    """What the page may load and reach. Blobs are recordings of its own: speech from before the agent came."""
    rooms = " ".join(_origins(settings.livekit_browser_url or settings.livekit_url))
    return (
        "default-src 'none'; script-src 'self'; script-src-attr 'none'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {rooms}; media-src 'self' blob:; manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _origins(livekit_url: str) -> tuple[str, str]:
    """The room server's two origins: its socket, and where it explains why a token was refused."""
    parts = urlsplit(livekit_url)
    safe = parts.scheme in ("wss", "https")
    return (f"{'wss' if safe else 'ws'}://{parts.netloc}", f"{'https' if safe else 'http'}://{parts.netloc}")


def _demo() -> str:
    accounts = {"password": DEMO_PASSWORD, "emails": [account.email for account in DEMO_ACCOUNTS]}
    return f'<meta name="voicetasks-demo" content="{escape(json.dumps(accounts))}" />'


@router.get("/", response_class=HTMLResponse)
def page(services: Served) -> HTMLResponse:
    """Give the page; 503 with what to do while it is not built."""
    settings = services.settings
    try:
        html = (settings.page_dir / "index.html").read_text(encoding="utf-8")
    except OSError:
        return HTMLResponse(_NOT_BUILT, status_code=503)
    if settings.demo:
        html = html.replace(_NO_DEMO, _demo())
    if settings.has_oidc:
        provider = f'<meta name="voicetasks-oidc" content="{escape(settings.oidc_name)}" />'
        html = html.replace(_NO_PROVIDER, provider)
    return HTMLResponse(html, headers={"Content-Security-Policy": content_security_policy(settings)})


class _KeptForEver(StaticFiles):
    """Files whose names change with their content."""

    async def check_config(self) -> None:
        """Do without the check for the folder: it may come later, and until then nothing is found."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        kept = path.startswith("assets") and response.status_code in (200, 304)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        return response


def page_files(page_dir: Path) -> ASGIApp:
    """Serve the built files, compressed. The folder may come, or be replaced, while we run."""
    return GZipMiddleware(_KeptForEver(directory=page_dir, check_dir=False, follow_symlink=True))
