"""HTML entities in Markdown."""

from __future__ import annotations

import html
import re
from html.entities import html5

_ENTITY = re.compile(r"&(?:#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|([A-Za-z][A-Za-z0-9]*;))")


def unescape(text: str) -> str:
    """Return a text with its entities replaced by what they stand for.

    As in CommonMark (section 2.5), and other than in HTML, an entity ends with a semicolon: `R&AMP` is what it says.
    """
    return _ENTITY.sub(lambda found: found[0] if found[1] and found[1] not in html5 else html.unescape(found[0]), text)
