"""Whether the money that is shown is real."""

from tiers.catalogue import MODELS
from tiers.settings import VendorSettings


def is_sandbox() -> bool:
    """Whether some vendor is a stand-in: what it costs is not real."""
    vendors = VendorSettings()
    return any(vendors.is_stand_in(model.vendor) for model in MODELS.values())
