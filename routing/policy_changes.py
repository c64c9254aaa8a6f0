"""Changes of a policy as data: what was asked for, whether it makes sense, and what is different afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from routing.experiments.rules import phased, why_not
from routing.kinds import StackName, Tier
from routing.policy import DEFAULT_POLICY, Policy
from tiers.catalogue import STACKS

MAX_DOCUMENT_BYTES: Final = 1_000_000
"""A policy is read by every worker: caps of some thousand people fit."""

KNOWN_STACKS: Final = frozenset(STACKS) | frozenset((*DEFAULT_POLICY.premium, *DEFAULT_POLICY.economy))
"""What a policy may name: the catalogue's stacks, and the rungs of the ladder that are none."""

_TIERS: Final[Mapping[StackName, Tier]] = {name: stack.tier for name, stack in STACKS.items()}
_SUBJECT: Final = re.compile(r"^s_[0-9a-f]{24}$")


class PolicyInvalidError(ValueError):
    """The policy cannot be what was asked for; nothing was written. The message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value of a policy that is different. A value that is not there is None."""

    path: str
    """Such as `caps.user_day.premium`."""
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.path}: {_shown(self.before)} → {_shown(self.after)}"


def merged(document: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Apply a JSON merge patch (RFC 7396): objects are merged, null removes, everything else replaces."""
    result = dict(document)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            inner = result.get(name)
            result[name] = merged(inner if isinstance(inner, Mapping) else {}, value)
        else:
            result[name] = value
    return result


def changed(policy: Policy, patch: Mapping[str, Any], *, version: str, at_ms: int) -> Policy:
    """Make the policy that follows from a patch; at `at_ms`, Unix ms, new phases of its experiments begin.

    Raises PolicyInvalidError for a patch that is empty, too long, or makes no policy.
    """
    if not patch:
        raise PolicyInvalidError("no change was given")
    if patch.get("version", policy.version) != policy.version:
        raise PolicyInvalidError("the version is given by the store; leave it out of the change")
    document = merged(policy.model_dump(mode="json"), patch) | {"version": version}
    text = json.dumps(document)
    _refuse_too_long(text)
    try:
        fresh = Policy.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the policy"
        raise PolicyInvalidError(f"{where}: {first['msg']}") from error
    experiments = phased(policy.experiments, fresh.experiments, at_ms=at_ms)
    fresh = fresh.model_copy(update={"experiments": experiments})
    _refuse_too_long(fresh.model_dump_json())
    _refuse_unknown(fresh)
    return fresh


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Compare two documents value by value, in the order of their paths; the version does not count."""
    old, new = dict(_values(before)), dict(_values(after))
    return tuple(
        Change(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if path != "version" and old.get(path) != new.get(path)
    )


def _values(document: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _values(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _refuse_too_long(text: str) -> None:
    size = len(text.encode())
    if size > MAX_DOCUMENT_BYTES:
        raise PolicyInvalidError(
            f"the policy would have {size} bytes; at most {MAX_DOCUMENT_BYTES} are taken"
        )


def _refuse_unknown(policy: Policy) -> None:
    for field in ("premium", "economy", "stacks_off"):
        for stack in getattr(policy, field):
            if stack not in KNOWN_STACKS:
                known = ", ".join(sorted(KNOWN_STACKS))
                raise PolicyInvalidError(f"{field}: there is no stack {stack!r}; there are {known}")
    if wrong := why_not(policy.experiments, _TIERS):
        raise PolicyInvalidError(wrong)
    for subject in policy.user_caps:
        if not _SUBJECT.match(subject):
            # Who it names instead is not repeated: errors are logged.
            raise PolicyInvalidError(
                "user_caps: caps of single people stand under their subject (`s_` and 24 hex digits), "
                "not under a user id or an address; «budget set USER» finds it"
            )


def _shown(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
