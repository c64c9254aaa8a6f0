"""A secret that is long enough to sign with."""

from typing import Annotated, Final

from pydantic import AfterValidator, SecretStr

MIN_SECRET_BYTES: Final = 32
"""HS256 wants a key as long as its hash: RFC 7518, section 3.2."""


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value().encode()) < MIN_SECRET_BYTES:
        raise ValueError(f"must be at least {MIN_SECRET_BYTES} bytes; `openssl rand -hex 32` makes one")
    return secret


LongSecret = Annotated[SecretStr, AfterValidator(_long_enough)]
"""A setting that holds one. Where it has a default, which is none, the default must be validated, too."""
