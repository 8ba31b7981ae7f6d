"""What is wrong with a page as it stands: for a machine reading it, on a desk's screen and on a phone's, in Chinese."""

from typing import Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, ViewportSize

LANGUAGES: Final = ("zh_Hans_CN", "en")
LONG_NAME: Final = "Bartholomew Featherstonehaugh"
DESK: Final[ViewportSize] = {"width": 1366, "height": 768}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
# Names that pages say in every language, and words that Chinese itself writes in Latin letters.
SAME_IN_BOTH: Final = (
    LONG_NAME,
    "English",
    "manager",
    "PIN",
    "JPEG",
    "PNG",
    "WebP",
    "MB",
    "QR",
    "sface",
    "dlib",
)
ONLY_WRONG: Final = {"resultTypes": ["violations"]}  # what is right is counted, not described: half the time
TEXTS_SHOWN: Final = """() => {
  const skip = "[translate=no], [lang=en], code, kbd, input, select, textarea, script, style, noscript, svg";
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const words = [];
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (!node.parentElement.closest(skip)) words.push(node.textContent);
  }
  return words.join(" ");
}"""


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and what its console complains of."""
    page, said = context.new_page(), list[str]()
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda wrong: said.append(str(wrong)))
    return page, said


def shortcomings(page: Page, language: str) -> list[str]:
    """What is wrong on every screen: Chinese is light at the desk and dark on the phone, English the other way."""
    found: list[str] = []
    for screen in (DESK, PHONE):
        page.set_viewport_size(screen)
        page.emulate_media(
            reduced_motion="reduce",
            color_scheme="dark" if (screen is DESK) == (language == "en") else "light",
        )
        wide = f"at {screen['width']}: "
        found += [
            wide + f"{one['id']}: {one['nodes'][0]['html'][:160]}"
            for one in Axe().run(page, options=ONLY_WRONG).response["violations"]
        ]
        if page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0:
            found.append(wide + "scrolls sideways")
    return found + ([] if language == "en" else [f"not Chinese: {word}" for word in english_left(page)])


def all_whole(page: Page, addresses: tuple[str, ...], language: str) -> dict[str, list[str]]:
    """What is wrong with each page that is reached at its address; none means all are whole."""
    wrong: dict[str, list[str]] = {}
    for address in addresses:
        page.set_viewport_size(DESK)
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        if found := shortcomings(page, language):
            wrong[address] = found
    return wrong


def english_left(page: Page) -> list[str]:
    """Latin words on a Chinese page that are none of those that belong there."""
    shown = page.evaluate(TEXTS_SHOWN)
    for known in SAME_IN_BOTH:
        shown = shown.replace(known, "")
    return [word for word in shown.split() if word.isascii() and word.isalpha() and len(word) > 2]
