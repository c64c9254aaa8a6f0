"""One journey seen in every look: at each stop the same tab is large and small, light and dark, and back again."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal

from axe_playwright_python.async_playwright import Axe

from tests.web.page_driver import Tab

SEVERE: Final = ("serious", "critical")
LARGE: Final = (1280, 800)
SMALL: Final = (390, 844)
LOOKS: Final[dict[str, tuple[tuple[int, int], Literal["light", "dark"]]]] = {
    "light": (LARGE, "light"),
    "dark": (LARGE, "dark"),
    "phone-dark": (SMALL, "dark"),
    "phone": (SMALL, "light"),
}
OF_COLOURS: Final = {"runOnly": ["color-contrast"]}
"""The one rule whose outcome hangs on the colours; the others were held in the same size already."""


class AllLooks:
    """A tab whose states are photographed in every look, and held against the rules of accessibility."""

    def __init__(self, tab: Tab, folder: Path, *, at: str = "light") -> None:
        self.tab = tab
        self._folder = folder
        self._at = at

    async def go_on(self, look: str) -> None:
        """Go on with the journey in this look."""
        self._at = look
        await self._turn(look)

    async def holds(self, state: str) -> None:
        """No serious finding in any look, nothing wider than the screen. Leaves the tab in the look that it had."""
        page = self.tab.page
        for name, (_, colours) in LOOKS.items():
            await self._turn(name)
            await page.screenshot(path=self._folder / f"{state}-{name}.png")
            found = await self._violations({} if colours == "light" else OF_COLOURS)
            severe = [
                (one["id"], [node["html"] for node in one["nodes"]])
                for one in found
                if one["impact"] in SEVERE
            ]
            assert severe == [], (state, name)
            overhang = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert overhang <= 0, f"{state} is {overhang} px wider than the screen in {name}"
        await self._turn(self._at)

    async def _violations(self, options: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await Axe().run(self.tab.page, options=options)).response["violations"]
        return found

    async def _turn(self, look: str) -> None:
        page = self.tab.page
        (width, height), colours = LOOKS[look]
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=colours)
        # What is drawn to the size of the screen is drawn anew in the frame after the next.
        await page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
