"""What a start refuses: things of a demo where others can reach them, and secrets that everybody knows."""

from urllib.parse import urlsplit

from mcp_tasks.known_secrets import is_known, known_secret
from people.demo_accounts import open_demo_accounts
from people.settings import PeopleSettings
from people.store import People
from web.settings import WebSettings, is_loopback


def start_refusals(settings: WebSettings, people_settings: PeopleSettings) -> list[str]:
    """Give a sentence for everything that speaks against starting, each with what to do; none is good."""
    if not settings.livekit_api_key or not settings.livekit_api_secret.get_secret_value():
        return ["LIVEKIT_API_KEY and LIVEKIT_API_SECRET are not both set: set those of your LiveKit server."]
    return _demo(settings) if settings.demo else _production(settings, people_settings)


def _demo(settings: WebSettings) -> list[str]:
    outside = [
        f"{name} is {value}, which others can reach, and VOICETASKS_WEB_DEMO is on: the demo's password is "
        "public. Keep the demo on 127.0.0.1, or switch it off."
        for name, value, host in (
            ("VOICETASKS_WEB_HOST", settings.host, settings.host),
            ("VOICETASKS_WEB_PUBLIC_URL", settings.public_url, urlsplit(settings.public_url).hostname or ""),
        )
        if value and not is_loopback(host)
    ]
    return outside


def _production(settings: WebSettings, people_settings: PeopleSettings) -> list[str]:
    secrets = {
        "LIVEKIT_API_KEY": settings.livekit_api_key,
        "LIVEKIT_API_SECRET": settings.livekit_api_secret.get_secret_value(),
        "VOICETASKS_WEB_SECRET": settings.secret.get_secret_value(),
        "VOICETASKS_TASKS_TOKEN_SECRET": people_settings.tasks_token_secret.get_secret_value(),
    }
    refusals = [known_secret(name) for name, value in secrets.items() if is_known(value)]
    issuer = urlsplit(settings.oidc_issuer)
    if settings.oidc_issuer and issuer.scheme != "https" and not is_loopback(issuer.hostname or ""):
        refusals.append(
            "VOICETASKS_WEB_OIDC_ISSUER is no https address: whoever stands between could sign in as anybody. "
            "Use the provider's https address."
        )
    if people_settings.demo:
        refusals.append("VOICETASKS_PEOPLE_DEMO is on, and VOICETASKS_WEB_DEMO is not: switch it off.")
    if not is_loopback(settings.host) and not settings.https:
        refusals.append(
            "VOICETASKS_WEB_HOST can be reached by others, and VOICETASKS_WEB_PUBLIC_URL is no https address: "
            "passwords would travel in the clear. Put a proxy with TLS before it and name its address there."
        )
    return refusals


def start_warnings(settings: WebSettings) -> list[str]:
    """Give a sentence for everything that a start allows and somebody should know."""
    if not settings.https or settings.trusted_proxies:
        return []
    return [
        "VOICETASKS_WEB_PUBLIC_URL is an https address, so a proxy stands before us, and VOICETASKS_WEB_TRUSTED_PROXIES "
        "names none: everybody seems to come from its address, and all share one count of tries to sign in. Name its "
        "address or network."
    ]


async def account_refusals(settings: WebSettings, people: People) -> list[str]:
    """Refuse accounts that open with the demo's password or PIN. The database is migrated."""
    if settings.demo or not (opened := await open_demo_accounts(people)):
        return []
    return [
        f"The database has demo accounts that anybody can sign in to or telephone as ({len(opened)}): use another "
        "database, or delete them."
    ]
