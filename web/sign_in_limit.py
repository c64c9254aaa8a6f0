"""How often a password may be guessed: by account and address together, by address, and by account."""

from ipaddress import IPv6Address, ip_address, ip_network

from people.user import normalise_email
from web.keys import Keys
from web.try_limit import Rule, Scope

_MINUTE = 60_000
_DAY = 24 * 60 * _MINUTE
PAIR = Rule(free=5, first_wait_ms=1_000, most_wait_ms=15 * _MINUTE, forget_ms=_DAY)
# Guessing from many addresses, or at many accounts from an address that many share, is slowed, but strangers must not
# be able to lock an owner out: where the right password was given within a month, the pair alone counts.
ADDRESS = Rule(free=40, first_wait_ms=1_000, most_wait_ms=15 * _MINUTE, forget_ms=_DAY)
ACCOUNT = Rule(free=60, first_wait_ms=1_000, most_wait_ms=_MINUTE, forget_ms=_DAY)


def sign_in_scopes(keys: Keys, email: str, address: str) -> list[Scope]:
    """Give what a try is charged to. Redis sees keyed hashes, no addresses of either kind."""
    account, place = normalise_email(email), _network(address)
    pair = keys.tag("tries", account, place)
    known = f"known:{pair}"
    return [
        Scope(f"pair:{pair}", PAIR),
        Scope(f"address:{keys.tag('tries', '', place)}", ADDRESS, spared_by=known),
        Scope(f"account:{keys.tag('tries', account, '')}", ACCOUNT, spared_by=known),
    ]


def _network(address: str) -> str:
    """One household has a whole /64 of IPv6 addresses."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((int(parsed), 64), strict=False))
    return str(parsed)
