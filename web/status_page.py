"""A plain page for people: what runs, which vendors are real, and how to make a call from a terminal.

A demo shows it to everybody, elsewhere it is for admins: what is down or short of room is nothing for the world.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from people.demo_accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from tiers.catalogue import STACKS, Stack, is_sandboxed, why_not_configured
from tiers.settings import VendorSettings
from tiers.shutdowns import Shutdown, shutdowns
from web.admin import admin_of
from web.health import Asked
from web.readiness import Part
from web.services import Served
from web.sign_in import signed_in, user_of

router = APIRouter(include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>voicetasks – {title}</title>
<link rel="stylesheet" href="/static/status.css">
</head>
<body>
<header><h1>voicetasks</h1><p class="lead">{lead}</p></header>
<main>
<section aria-labelledby="runs"><h2 id="runs">What runs</h2>
<table><thead><tr><th scope="col">Part</th><th scope="col">State</th><th scope="col">What to do</th></tr></thead>
<tbody>{parts}</tbody></table></section>
<section aria-labelledby="stacks"><h2 id="stacks">What calls are served with</h2>
<table><thead><tr><th scope="col">Stack</th><th scope="col">Tier</th><th scope="col">Vendors and models</th>
<th scope="col">State</th></tr></thead>
<tbody>{stacks}</tbody></table>{shutdowns}</section>
<section aria-labelledby="call"><h2 id="call">Make a call from a terminal</h2>
<pre tabindex="0" aria-label="Command"><code>{command}</code></pre>{accounts}</section>
<nav aria-label="More"><a href="/">The page</a> · <a href="/openapi.json">The API</a>{inside}</nav>
</main>
</body>
</html>
"""
# Behind a proxy only machines inside reach them.
_INSIDE = ' · <a href="/readyz">Readiness</a> · <a href="/metrics">Metrics</a>'
_COMMAND = 'voicetasks call --as {email} --say "Add a task to review the proposal by Friday"'


def _part(part: Part) -> str:
    state = "ok" if part.ok else "missing" if part.needed else "degraded"
    return (
        f'<tr><th scope="row">{escape(part.name)}</th>'
        f'<td><span class="{state}">{state}</span>: {escape(part.detail)}</td><td>{escape(part.fix)}</td></tr>'
    )


def _stack(stack: Stack, vendors: VendorSettings, *, demo: bool) -> str:
    lack = why_not_configured(stack, vendors)
    if lack is not None and not demo:
        state = "known to the workers: they alone have the vendors' keys"
    elif lack is not None:
        state = f'<span class="degraded">not configured</span>: {escape(lack)}'
    elif is_sandboxed(stack, vendors):
        state = '<span class="sandbox">sandbox</span>: stand-ins on this machine, no real money'
    else:
        state = '<span class="ok">real</span>'
    models = ", ".join(
        f"{escape(model.vendor)} {escape(model.name)} ({_kind(model.vendor, vendors)})"
        for _, model in stack.models
    )
    return f'<tr><th scope="row">{escape(stack.name)}</th><td>{stack.tier}</td><td>{models}</td><td>{state}</td></tr>'


def _ending(shutdown: Shutdown) -> str:
    name = escape(shutdown.model.name)
    return f'<p><span class="degraded">{name} ends</span>: {escape(shutdown.told)}.</p>'


def _kind(vendor: str, vendors: VendorSettings) -> str:
    if not vendors.base_url(vendor):
        return "this machine"
    return "sandbox" if vendors.is_stand_in(vendor) else "real"


def render(parts: Iterable[Part], *, demo: bool, vendors: VendorSettings, today: datetime) -> str:
    """Write the page. `today` chooses the models that are served on that day, and of whose end it warns."""
    parts = list(parts)
    ready = all(part.ok for part in parts if part.needed)
    accounts = ", ".join(f"<code>{escape(account.email)}</code>" for account in DEMO_ACCOUNTS)
    return _PAGE.format(
        title="ready" if ready else "not ready",
        lead="A call can be made." if ready else "A call cannot be made yet: see what is missing.",
        parts="".join(_part(part) for part in parts),
        stacks="".join(_stack(stack.on(today.date()), vendors, demo=demo) for stack in STACKS.values()),
        shutdowns="".join(_ending(each) for each in shutdowns(today.date())),
        command=escape(_COMMAND.format(email="economy@example.com" if demo else "YOU@EXAMPLE.ORG")),
        accounts=f"<p>Demo accounts, password <code>{DEMO_PASSWORD}</code>: {accounts}.</p>" if demo else "",
        inside=_INSIDE if demo else "",
    )


@router.get("/status", response_class=HTMLResponse)
async def status_page(request: Request, services: Served, readiness: Asked) -> HTMLResponse:
    """Show it; there is nothing personal on it. Off a demo 401 and 403 for whoever is no admin."""
    if not services.settings.demo:
        await admin_of(await user_of(services, await signed_in(request, services)))
    return HTMLResponse(
        render(
            await readiness.parts(),
            demo=services.settings.demo,
            vendors=VendorSettings(),
            today=datetime.now(UTC),
        )
    )
