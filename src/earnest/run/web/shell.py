"""The one page, as an address and its reader need it.

The built page is the same everywhere. Here it is told what this address will need, so that a
browser asks for all of it at once instead of learning of each file from the one before: the scripts
of the place, its words in the reader's language, the typefaces, and what `GET /api/site` answers.
"""

from http.cookies import CookieError, SimpleCookie
from typing import Final

import msgspec

LANGUAGES: Final = ("en", "de", "ar")
_RIGHT_TO_LEFT: Final = frozenset({"ar"})
_COOKIE: Final = "earnest.language"
_ROOT: Final = b'<html lang="en">'
_PLACE: Final = b"<!-- place -->"


class Place(msgspec.Struct, frozen=True):
    """What an address needs beside what every page names: paths, and catalogs by language."""

    scripts: list[str]
    styles: list[str]
    words: dict[str, list[str]]


class Places(msgspec.Struct, frozen=True):
    """What the build tells (`places.json`): typefaces above the fold, and places by address."""

    fonts: list[str] = []
    places: dict[str, Place] = {}


def read_language(cookies: str, accepted: str) -> str:
    """The language that was chosen on this device, else the first of the browser's that is here."""
    try:
        chosen = SimpleCookie(cookies).get(_COOKIE)
    except CookieError:
        chosen = None
    wanted = [chosen.value] if chosen else []
    for tag in (*wanted, *(part.partition(";")[0] for part in accepted.split(","))):
        if (language := tag.strip().partition("-")[0].lower()) in LANGUAGES:
            return language
    return LANGUAGES[0]


class Shell:
    """Makes the page of an address. `site` is the answer of `GET /api/site`, as JSON."""

    def __init__(self, page: bytes, places: Places, site: bytes) -> None:
        self._page = page
        self._places = places
        # A data block: no script, so the policy lets it be; it must only not end early.
        block = site.replace(b"<", b"\\u003c")
        self._site = b'<script type="application/json" id="site">' + block + b"</script>"

    def place_of(self, path: str) -> str:
        """The longest address that is known and stands at the beginning of this one; else none."""
        at = path.rstrip("/") or "/"
        while at not in self._places.places:
            at = at.rpartition("/")[0]
            if not at:
                return ""
        return at

    def draw(self, place: str, language: str) -> bytes:
        """The page of a place, from `place_of`."""
        direction = "rtl" if language in _RIGHT_TO_LEFT else "ltr"
        root = f'<html lang="{language}" dir="{direction}">'.encode()
        tags = self._tags(self._places.places.get(place), language)
        return self._page.replace(_ROOT, root, 1).replace(_PLACE, tags + self._site, 1)

    def _tags(self, place: Place | None, language: str) -> bytes:
        if place is None:
            return b""
        tags = [f'<link rel="stylesheet" crossorigin href="{path}">' for path in place.styles]
        tags += [
            f'<link rel="modulepreload" crossorigin href="{path}">'
            for path in (*place.scripts, *place.words.get(language, ()))
        ]
        tags += [
            f'<link rel="preload" as="font" type="font/woff2" crossorigin href="{path}">'
            for path in self._places.fonts
        ]
        return "".join(tags).encode()
