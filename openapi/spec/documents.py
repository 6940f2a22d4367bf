"""The extracted layer: what was read from Zuora's documents, one file for each document."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .model import Document, Source
from .read_index import is_index, read_index
from .read_openapi import is_openapi, read_openapi
from .read_page import is_page, read_page
from .read_text import is_text, read_text
from .yaml_files import FileError, dumps, load

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
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
    """Return the files that are meant by files and folders, linked ones too; hidden ones are nobody's documents.

    Raises:
        OSError: a path is not there.
        ValueError: a folder holds no documents.
    """
    found = []
    for path in paths:
        if not path.is_dir():
            found.append(File(path.name, path.read_bytes()))
            continue
        inside = sorted(_inside(path, set()))
        if not inside:
            raise ValueError(f"{path}: there are no documents in this folder")
        found += [File(each.relative_to(path).as_posix(), each.read_bytes()) for each in inside]
    return found


def _inside(folder: Path, seen: set[Path]) -> Iterator[Path]:
    if (real := folder.resolve()) in seen:
        return
    seen.add(real)
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _inside(path, seen)
        else:
            yield path


def read(found: Sequence[File], known: Documents, wanted: Collection[str], findings: Findings) -> list[Document]:
    """Return what documents state.

    Args:
        found: The documents.
        known: What was read before. Its index pages tell titles and tags, unless newer ones are among the documents.
        wanted: Method and path of each operation that we have, which is looked for in an OpenAPI file.
        findings: Takes what is not understood.
    """
    texts = [each for each in (_text(file, findings) for file in found) if each]
    documents = [
        Document(source=source, index=index)
        for text, source in texts
        if source.form == "index" and (index := read_index(text, source.file, findings))
    ]
    indexes = [each.index for each in [*known.values(), *documents] if each.index]
    titles = {entry.key: entry.title for index in indexes for entry in index.entries}
    tags = {index.tag for index in indexes}
    for text, source in texts:
        if source.form == "openapi":
            version, operations = read_openapi(text, source.file, {*wanted, *titles}, tags, findings)
            documents += [Document(source=replace(source, version=version), operation=each) for each in operations]
        elif source.form != "index":
            operation = (
                read_text(text, source.file, findings)
                if source.form == "text"
                else read_page(text, source.file, titles, findings)
            )
            if operation:
                documents.append(Document(source=replace(source, version=operation.version), operation=operation))
    return documents


def _text(file: File, findings: Findings) -> tuple[str, Source] | None:
    """Return a document's text and form; None if it has none that is known."""
    try:
        text = file.content.decode("utf-8")
    except UnicodeDecodeError as error:
        findings.reject("unknown", file.name, file.name, f"this is no UTF-8 text: {error.reason}")
        return None
    form = _form(text)
    findings.read.append((form, file.name))
    if form == "unknown":
        findings.reject(form, file.name, file.name, "this is no document of a form that is known")
        return None
    return text, Source(form=form, file=file.name, sha256=hashlib.sha256(file.content).hexdigest())


def _form(text: str) -> str:
    """Return the form of a document; "unknown" if it is none of ours."""
    for form, matches in (("index", is_index), ("markdown", is_page), ("text", is_text), ("openapi", is_openapi)):
        if matches(text):
            return form
    return "unknown"


def updated(known: Documents, documents: Sequence[Document], findings: Findings) -> Documents:
    """Return the layer, with new documents in place of older copies.

    An operation that its index page no longer lists is gone, and its pages with it.
    """
    layer = dict(known)
    fresh: Documents = {}
    for document in documents:
        name, source = document.name, document.source
        twin = fresh.setdefault(name, document)
        if (twin.operation, twin.index) != (document.operation, document.index):
            what = f"{twin.source.file} is of the same operation and form, and states something else"
            findings.reject(source.form, source.file, name, what)
        older = known.get(name)
        if older and older.source.version and source.version and source.version < older.source.version:
            what = f"this is version {source.version}, and {older.source.version} was read before"
            findings.reject(source.form, source.file, name, what)
        # A copy under another name is the same document, though it may be better understood by now.
        same = older is not None and older.source.sha256 == source.sha256
        layer[name] = replace(document, source=older.source) if older and same else document
    _expect_again(known, fresh, findings)
    gone = _listed(known) - _listed(layer)
    kept = {name: each for name, each in layer.items() if not each.operation or each.operation.key not in gone}
    listed = _listed(kept)
    for document in documents:
        operation, source = document.operation, document.source
        if operation and source.form in {"markdown", "text"} and operation.key not in listed:
            findings.reject(source.form, source.file, operation.key, "no index page lists this operation")
    return dict(sorted(kept.items()))


def _expect_again(known: Documents, fresh: Documents, findings: Findings) -> None:
    """Report operations that OpenAPI files stated before, if some are read and none has them any more."""
    files = sorted({each.source.file for each in fresh.values() if each.source.form == "openapi"})
    for name, document in known.items():
        if files and document.source.form == "openapi" and document.operation and name not in fresh:
            what = f"this operation was in {document.source.file}; if it is gone, delete documents/{name}"
            findings.reject("openapi", ", ".join(files), document.operation.key, what)


def _listed(documents: Mapping[str, Document]) -> set[str]:
    return {entry.key for each in documents.values() if each.index for entry in each.index.entries}


def load_layer(folder: Path) -> Documents:
    """Return the layer as it is kept.

    Raises:
        FileError: one of its files is not of its form.
    """
    layer = {}
    for path in sorted(folder.glob("*.yaml")):
        data = load(path)
        try:
            layer[path.name] = Document.from_data(data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = (
                f"this is not what `make spec` writes ({error!r}); restore it, or delete it and read its document again"
            )
            raise FileError(path.name, 1, what) from error
    return layer


def layer_files(documents: Documents) -> dict[str, str]:
    """Return the layer's files, by name."""
    return {name: dumps(document.as_data(), NOTICE) for name, document in documents.items()}
