"""An entry of the journal in a few words, for lists of them."""

from routing.charges import usage_of
from routing.journal import Entry


def in_brief(entry: Entry) -> str:
    """Say what was used, what happened, what was decided: names and numbers alone."""
    usage = usage_of(entry)
    blind = "blind, " if entry.blind else ""
    if usage is not None:
        units = ", ".join(f"{count} {unit}" for unit, count in usage.units.items())
        return f"{blind}{usage.vendor} {usage.model}, {usage.certainty}: {units}"
    if entry.kind == "event":
        return ", ".join(str(each.get("what")) for each in entry.details.get("events", ()))
    decision = entry.details.get("decision")
    if isinstance(decision, dict):
        return f"{decision.get('stack')}: {decision.get('reason')}"
    return blind + str(entry.details.get("event", ""))
