"""The extracted layer: what was read from Zuora's documents, one file for each document."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .facts import Document, Source
from .read_index import is_index, read_index
from .read_openapi import is_openapi, read_openapi
from .read_page import is_page, read_page
from .read_text import is_text, read_text
from .yaml_files import dumps, load

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from .findings import Findings

NOTICE = """\
Do not edit: `make spec` writes this file, from the document that it names.
What has to be said otherwise is said in corrections.overlay.yaml."""

Documents = dict[str, Document]
"""What was read, by the names of the layer's files."""


@dataclass(frozen=True, slots=True)
class File:
    """A document to be read."""

    name: str
    content: bytes


def files(paths: Sequence[Path]) -> list[File]:
    """The files that are meant by files and folders; hidden ones are nobody's documents."""
    found = []
    for path in paths:
        if path.is_dir():
            listed = [each for each in sorted(path.rglob("*")) if each.is_file()]
            inside = [each.relative_to(path) for each in listed]
            found += [
                File(name.as_posix(), (path / name).read_bytes())
                for name in inside
                if not any(part.startswith(".") for part in name.parts)
            ]
        else:
            found.append(File(path.name, path.read_bytes()))
    return found


def read(found: Sequence[File], known: Documents, wanted: Collection[str], findings: Findings) -> list[Document]:
    """What documents state.

    Args:
        found: The documents.
        known: What was read before. Its index pages tell titles and tags, unless newer ones are among the documents.
        wanted: Method and path of each operation that we have, which is looked for in an OpenAPI file.
        findings: Takes what is not understood.
    """
    texts: list[tuple[str, str, Source]] = []
    for file in found:
        try:
            text = file.content.decode("utf-8")
        except UnicodeDecodeError as error:
            findings.reject("unknown", file.name, file.name, f"this is no UTF-8 text: {error.reason}")
            continue
        form = _form(text)
        findings.read.append((form, file.name))
        if form == "unknown":
            findings.reject(form, file.name, file.name, "this is no document of a form that is known")
        else:
            source = Source(form=form, file=file.name, sha256=hashlib.sha256(file.content).hexdigest())
            texts.append((form, text, source))
    documents = []
    for _, text, source in (each for each in texts if each[0] == "index"):
        if index := read_index(text, source.file, findings):
            documents.append(Document(source=source, index=index))
    indexes = [each.index for each in [*known.values(), *documents] if each.index]
    titles = {entry.key: entry.title for index in indexes for entry in index.entries}
    for form, text, source in texts:
        if form == "openapi":
            keys = {*wanted, *titles}
            version, operations = read_openapi(text, source.file, keys, {index.tag for index in indexes}, findings)
            if operations:
                documents.append(Document(source=replace(source, version=version), operations=operations))
            else:
                findings.reject(form, source.file, source.file, "none of our operations is in this file")
        elif form != "index":
            operation = (
                read_text(text, source.file, findings)
                if form == "text"
                else read_page(text, source.file, titles, findings)
            )
            if operation:
                documents.append(Document(source=replace(source, version=operation.version), operations=(operation,)))
    return documents


def _form(text: str) -> str:
    """The form of a document; "unknown" if it is none of ours."""
    for form, matches in (("index", is_index), ("markdown", is_page), ("text", is_text), ("openapi", is_openapi)):
        if matches(text):
            return form
    return "unknown"


def updated(known: Documents, documents: Sequence[Document], findings: Findings) -> Documents:
    """The layer, with new documents in place of older copies.

    An operation that its index page no longer lists is gone, and its pages with it.
    """
    layer = dict(known)
    for document in documents:
        name, older = document.name, layer.get(document.name)
        version, file = document.source.version, document.source.file
        if document.name in {each.name for each in documents if each is not document}:
            findings.reject(document.source.form, file, name, "two documents are of the same operation and form")
        if older and older.source.version and version and version < older.source.version:
            what = f"this is version {version}, and {older.source.version} was read before"
            findings.reject(document.source.form, file, name, what)
        # A copy under another name is the same document, though it may be better understood by now.
        same = older is not None and older.source.sha256 == document.source.sha256
        layer[name] = replace(document, source=older.source) if older and same else document
    gone = _listed(known) - _listed(layer)
    kept = {}
    for name, document in layer.items():
        operations = tuple(each for each in document.operations if each.key not in gone)
        if document.index or operations:
            kept[name] = replace(document, operations=operations)
    listed = _listed(kept)
    for document in documents:
        for operation in document.operations:
            if document.source.form in {"markdown", "text"} and operation.key not in listed:
                source = document.source
                findings.reject(source.form, source.file, operation.key, "no index page lists this operation")
    return dict(sorted(kept.items()))


def _listed(documents: Mapping[str, Document]) -> set[str]:
    return {entry.key for each in documents.values() if each.index for entry in each.index.entries}


def load_layer(folder: Path) -> Documents:
    """The layer as it is kept."""
    return {path.name: Document.from_data(load(path)) for path in sorted(folder.glob("*.yaml"))}


def layer_files(documents: Documents) -> dict[str, str]:
    """The layer's files, by name."""
    return {name: dumps(document.as_data(), NOTICE) for name, document in documents.items()}
