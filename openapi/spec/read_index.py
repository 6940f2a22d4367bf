"""The index page of a tag, which links to the pages of its operations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .entities import unescape
from .findings import Reader
from .model import METHODS, Entry, Index

if TYPE_CHECKING:
    from .findings import Findings

LINK = rf"- \[(?P<method>{'|'.join(METHODS)}) (?P<path>/[^\]\s]*)\]\((?P<address>https?://[^)\s]+)\)"
ENTRY = re.compile(rf"(?:^|(?<=\s))## (?P<title>[^\n#]+?)\s+{LINK}")


def is_index(text: str) -> bool:
    """Whether a text is the index page of a tag."""
    return ENTRY.search(text) is not None


def read_index(text: str, page: str, findings: Findings) -> Index | None:
    """The operations that an index page lists."""
    reader = Reader("index", page, text.removeprefix("\ufeff").replace("\r\n", "\n"), findings)
    text = reader.text
    entries = list(ENTRY.finditer(text))
    for found in re.finditer(rf"(?:^|(?<=\s))(?:## |- \[|(?:[*+-] )?\[(?:{'|'.join(METHODS)}) /)", text):
        if not any(entry.start() <= found.start() < entry.end() for entry in entries):
            reader.report(found.start(), text[found.start() :].split("\n")[0][:80], "this is no entry of an index")
    read = tuple(
        Entry(
            title=unescape(" ".join(each["title"].split())),
            method=each["method"],
            path=unescape(each["path"]),
            address=unescape(each["address"]),
        )
        for each in entries
    )
    twice = {each.key for each in read if [other.key for other in read].count(each.key) > 1}
    for found, entry in zip(entries, read, strict=True):
        if entry.key in twice:
            reader.report(found.start(), entry.key, "this operation is listed more than once")
    tag = _tag(text, read)
    if tag is None:
        reader.report(0, text[:80], "the name of the tag is not understood")
        return None
    return Index(tag=tag, entries=read)


def _tag(text: str, entries: tuple[Entry, ...]) -> str | None:
    """The tag's name: the words after `#` that make the name of the folder that the pages lie in.

    A page without line breaks shows no other end of the name.
    """
    folders = {each.address.rsplit("/", 2)[-2] for each in entries}
    title = re.match(r"\s*# (.*)", text)
    if len(folders) != 1 or not title:
        return None
    words = unescape(title[1]).split()
    for count in range(1, len(words) + 1):
        name = " ".join(words[:count])
        if "-".join(re.findall(r"\w+", name.lower())) == folders.copy().pop():
            return name
    return None
