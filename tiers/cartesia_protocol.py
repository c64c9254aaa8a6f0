"""The version of Cartesia's API that the product speaks, in calls, in probes and in conformance alike.

https://docs.cartesia.ai/use-the-api/api-errors: from 2026-03-01 on an error is an object with an `error_code`, by which
`diagnosis` judges it; older versions may tell it as «Title: Message». https://docs.cartesia.ai/changelog/2026 names
nothing else of the websocket that this version changed. The plugin (livekit-plugins-cartesia 1.8.9) has 2025-04-16.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = "2026-03-01"
"""For `Cartesia-Version`, or `cartesia_version` in a websocket's address."""
