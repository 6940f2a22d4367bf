"""Evidence files: what was observed, written as it happens, and judged again later.

A file is JSON Lines (UTF-8, one object a line; `evidence.schema.json` describes them). Each line ends with the SHA-256
of the line before it and of itself, so that a line that was changed, removed or moved is found. The chain shows
accidents; to show forgery as well, keep the last hash elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, get_args

from attrs import asdict, evolve, frozen

from zuora_journal_runs import spec
from zuora_journal_runs._observations import (
    Accepted,
    CreationNoted,
    CreationStep,
    EntriesListed,
    Note,
    Observation,
    Planned,
    PostingNoted,
    PostingStep,
    Problem,
    ResponseReader,
)
from zuora_journal_runs.errors import EvidenceError, InvalidArgumentError

from . import _closing
from ._verdict import History

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = 1
_START = ""
_HASH = ',"sha256":"'
_HEADER = ("operation", "host", "run", "entity", "organizations", "idempotencyKey", "requestSha256")
_CLOSING = ("rerun", "posting", "transfer")
_OF_THEIR_OWN = ("create", "rerun", "post", "transfer")
"""Operations that only go on with a file that they began themselves."""
_NOTES = {
    Planned: ("plan", {"plan": "plan"}),
    CreationNoted: ("creation", {"step": "step", "idempotencyKey": "key"}),
    PostingNoted: ("posting", {"step": "step", "entry": "entry"}),
}
"""The kind of line of each kind of note, and its members by their names in a file."""
_STEPS = (*get_args(CreationStep), *get_args(PostingStep))
_SUFFIX = len(_HASH) + 64 + len('"}')
_BEYOND = 2**31 - 2
"""Where the last byte is that Windows can lock: after two gigabytes."""


@frozen
class Header:
    """What an evidence file is about."""

    operation: str
    """The method that began it: cancel, delete, create, wait, rerun, post or transfer."""
    host: str
    """The host and port of the API."""
    run: str | None
    """The run's number; None for a creation, whose response has it."""
    entity: str | None = None
    """`Zuora-Entity-Ids`."""
    organizations: str | None = None
    """`Zuora-Org-Ids`."""
    idempotency_key: str | None = None
    """The `Idempotency-Key` of a creation."""
    request: str | None = None
    """The SHA-256 of what a creation requests."""


@frozen
class Step:
    """A response in an evidence file, and what it proves."""

    at: float
    """Seconds since 1970."""
    method: str
    """The HTTP method of the request."""
    path: str
    """The path of the request, with its query."""
    status: int | None
    """The HTTP status; None if there was no response."""
    request_id: str | None
    """Zuora's `Zuora-Request-Id`."""
    track_id: str | None
    """The `Zuora-Track-Id` of the request."""
    observation: Observation | None
    """None for a page of entries that is not the last one."""
    idempotency_key: str | None
    """The key that the request was sent with."""
    line: int
    """The line of the file, counted from 1."""
    body: str | None
    """The body of the response; None if the file does not have it, as it proves nothing."""


@frozen
class Conclusion:
    """A verdict in an evidence file."""

    about: str
    """What was decided: cancellation, completion, deletion, rerun, posting or transfer."""
    facts: Mapping[str, Any]
    """The verdict and what it rests on, as the file has it."""


@frozen
class Evidence:
    """An evidence file that was read and judged again."""

    header: Header
    """What the file is about."""
    started: str
    """When it was begun (ISO 8601, UTC)."""
    package: str
    """The version of the package that wrote it."""
    contract: Mapping[str, str]
    """Version and checksum of the contract."""
    events: tuple[Step | Note, ...]
    """The responses, and what the program noted of its own doing, in order."""
    conclusion: Conclusion | None
    """The verdict at the end; None if the file is unfinished."""
    last_hash: str
    """The hash of the last line."""
    history: History
    """What the observations show; of a rerun, those of the run to cancel, whose `successor` is the new one's."""

    @property
    def run(self) -> str | None:
        """The run's number."""
        return self.header.run

    @property
    def steps(self) -> list[Step]:
        """The responses, in order."""
        return [event for event in self.events if isinstance(event, Step)]

    @property
    def notes(self) -> list[Note]:
        """What the program noted of its own doing, in order."""
        return [event for event in self.events if not isinstance(event, Step)]

    @property
    def observations(self) -> list[Observation]:
        """What the responses prove, in order."""
        return [step.observation for step in self.steps if step.observation is not None]


def conclusion_of(history: History, about: str) -> dict[str, Any]:
    """Return a verdict as a file has it."""
    if about in _CLOSING:
        return dict(_closing.conclusion_of(history, about))
    if about == "cancellation":
        facts = asdict(history.cancellation())
        facts["cancelled"] = len(facts["cancelled"])
        return {**facts, "verdict": str(facts["verdict"])}
    if about == "completion":
        return {"verdict": history.completion()}
    return {"verdict": "gone" if history.deletion() else None}


class EvidenceWriter:
    """Writes an evidence file as responses come, and continues one that was begun before.

    Args:
        path: Where to write it. A new file can be read by its owner alone.
        header: What it is about. A file that exists has to be about the same.
        at: Now, in seconds since 1970.

    Raises:
        InvalidArgumentError: The file is about something else, another program is writing it, or it cannot be opened.
        EvidenceError: The file was changed since it was written.
    """

    def __init__(self, path: str | os.PathLike[str], header: Header, at: float) -> None:
        self.path: Path = Path(path)
        self.header: Header = header
        self.history: History = History()
        """What the responses in the file show."""
        self.last_hash: str = _START
        self.creation: str | None = None
        """The response to a creation that the file has."""
        self.continued: bool = False
        """Whether an earlier process, or an earlier call, began the file."""
        self.unfinished: bool = False
        """Whether it was begun earlier, and has no verdict yet."""
        self.pages: dict[str, str] = {}
        """The last body of each page of entries that the file has, by its path."""
        self._bodies: dict[str, str] = {}
        self._file = _opened(self.path)
        try:
            self._resume(at)
        except BaseException:
            os.close(self._file)
            raise

    def _resume(self, at: float) -> None:
        content = _content(self._file)
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            # The program was killed while it wrote this line.
            os.ftruncate(self._file, len(whole))
        if not whole:
            self.history = _begun(self.header, at)
            self._write(_header_line(self.header, at))
            if self.header.idempotency_key is not None:
                os.fsync(self._file)
            return
        reading = _Reading(str(self.path))
        found = reading.evidence(whole)
        self.continued, self.unfinished = True, found.conclusion is None
        self._check_same(found.header)
        self.header = found.header
        self.history, self.last_hash, self._bodies = found.history, found.last_hash, reading.digests
        self.creation = reading.bodies.get("/v1/journal-runs")
        self.pages = {
            step.path: step.body
            for step in found.steps
            if step.method == "GET" and step.body is not None and isinstance(step.observation, EntriesListed | None)
        }

    def _check_same(self, found: Header) -> None:
        ours, theirs = self.header.operation, found.operation
        if ours == "create" and theirs != "create":
            raise InvalidArgumentError(
                f"{self.path} is evidence for another run, not for a creation: give another file"
            )
        if ours != theirs and (ours in _OF_THEIR_OWN[1:] or theirs in _OF_THEIR_OWN[1:]):
            raise InvalidArgumentError(
                f"{self.path} is evidence for another operation ({theirs}), not for this one ({ours}): "
                "give another file"
            )
        if self.header.request != found.request and self.header.request is not None:
            raise InvalidArgumentError(
                f"{self.path} is evidence for a creation that requests something else: give another file"
            )
        names = {"host": "host", "entity": "entity", "organizations": "organisations", "run": "run"}
        for field, name in names.items():
            theirs, ours = getattr(found, field), getattr(self.header, field)
            if theirs != ours and not (field == "run" and ours is None):
                raise InvalidArgumentError(
                    f"{self.path} is evidence for the {name} {theirs or 'none'}, not {ours or 'none'}: "
                    "give another file"
                )

    def response(
        self,
        at: float,
        method: str,
        path: str,
        status: int,
        body: str,
        request_id: str | None = None,
        track_id: str | None = None,
    ) -> None:
        """Write a response that proves something, or is part of what does; a body that was written before only once."""
        digest = _digest(body)
        line: dict[str, Any] = {
            **_exchange(at, method, path, status, request_id, track_id),
            "kind": "response",
            "bodySha256": digest,
        }
        if self._bodies.get(path) != digest:
            line["body"] = body
        self._write(line)
        self._bodies[path] = digest

    def problem(
        self,
        at: float,
        method: str,
        path: str,
        status: int | None,
        problem: str,
        request_id: str | None = None,
        track_id: str | None = None,
    ) -> None:
        """Write that a response proves nothing, without its body, or that there was no response."""
        self._write(
            {**_exchange(at, method, path, status, request_id, track_id), "kind": "problem", "problem": problem}
        )

    def note(self, note: Note) -> None:
        """Write a note, so that it is on the disk when this returns."""
        kind, names = _NOTES[type(note)]
        members = {name: getattr(note, attribute) for name, attribute in names.items()}
        self._write({"kind": kind, "at": _written(note.at), **members})
        os.fsync(self._file)

    def conclude(self, at: float, about: str, history: History) -> None:
        """Write a verdict."""
        self._write({"kind": "verdict", "at": _written(at), "about": about, **conclusion_of(history, about)})
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file, and let others write it."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, line: Mapping[str, Any]) -> None:
        text, self.last_hash = chained(line, self.last_hash)
        content = text.encode()
        try:
            written = os.write(self._file, content)
            if written < len(content):
                os.write(self._file, content[written:])
        except OSError as error:
            raise EvidenceError(f"{self.path} cannot be written: {error.strerror}") from None


def _begun(header: Header, at: float) -> History:
    """Return what is known at the beginning of a file: the first key of a creation is in its header."""
    history = History()
    if header.idempotency_key is not None:
        history.observe(CreationNoted(at, "begun", header.idempotency_key))
    return history


def _header_line(header: Header, at: float) -> dict[str, Any]:
    from importlib.metadata import version

    contract = spec.contract_id()
    return {
        "kind": "header",
        "format": FORMAT,
        "at": _written(at),
        "package": version("zuora-journal-runs"),
        "contract": {"version": contract.version, "sha256": contract.sha256},
        "operation": header.operation,
        "host": header.host,
        "entity": header.entity,
        "organizations": header.organizations,
        "run": header.run,
        "idempotencyKey": header.idempotency_key,
        "requestSha256": header.request,
    }


def digest_of(request: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a creation requests, whatever the order of its fields."""
    return _digest(json.dumps(request, sort_keys=True))


def chained(line: Mapping[str, Any], before: str) -> tuple[str, str]:
    """Return a line with its hash, and the hash."""
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
    digest = _digest(before + text)
    return f'{text[:-1]}{_HASH}{digest}"}}\n', digest


def read_evidence(path: str | os.PathLike[str]) -> Evidence:
    """Read an evidence file, check its chain of hashes, and judge what it shows again.

    Raises:
        EvidenceError: A line was changed, removed or moved, or a verdict is not what the lines before it show.
        OSError: The file cannot be read.
    """
    return parse_evidence(Path(path).read_bytes(), str(path))


def parse_evidence(content: bytes, name: str) -> Evidence:
    """Return the same for the content of a file.

    Args:
        content: The content.
        name: What messages call the file.

    Raises:
        EvidenceError: A line was changed, removed or moved, or a verdict is not what the lines before it show.
    """
    return _Reading(name).evidence(content)


class _Reading:
    """Reads the lines of a file in order."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._line = 0
        self._hash = _START
        self._history = History()
        self._root = self._history
        self._events: list[Step | Note] = []
        self._conclusion: Conclusion | None = None
        self.bodies: dict[str, str] = {}
        self.digests: dict[str, str] = {}

    def evidence(self, content: bytes) -> Evidence:
        lines = self._lines(content)
        try:
            first = next(lines, None)
            if first is None:
                raise EvidenceError(f"{self._name} is empty: it is not an evidence file")
            header = Header(*_texts(first, *_HEADER))
            self._root = self._history = _begun(header, datetime.fromisoformat(first["at"]).timestamp())
            if first["kind"] != "header" or first["format"] != FORMAT:
                raise self._broken(f"is not the header of an evidence file of format {FORMAT}")
            self._reader = ResponseReader(header.run or "")
            for line in lines:
                header = self._take(line, header)
            return Evidence(
                header,
                first["at"],
                first["package"],
                first["contract"],
                tuple(self._events),
                self._conclusion,
                self._hash,
                self._root,
            )
        except (KeyError, TypeError, ValueError, RecursionError):
            raise self._broken("is not a line of an evidence file of this format") from None

    def _lines(self, content: bytes) -> Iterator[dict[str, Any]]:
        for raw in content.splitlines(keepends=True):
            self._line += 1
            text = raw.decode(errors="replace")
            body, end = text[: -_SUFFIX - 1] + "}", text[-_SUFFIX - 1 :]
            digest = _digest(self._hash + body)
            if end != f'{_HASH}{digest}"}}\n' or raw != text.encode():
                cut_off = not raw.endswith(b"\n")
                changed = "was changed, or a line before it was removed or moved"
                if self._line == 1:
                    changed = "is not the header of an evidence file, or was changed"
                raise self._broken("is cut off or was changed" if cut_off else changed)
            self._hash = digest
            line: dict[str, Any] = json.loads(body)
            yield line

    def _take(self, line: dict[str, Any], header: Header) -> Header:
        if line["kind"] == "verdict":
            about = line["about"]
            facts = conclusion_of(self._root if about in _CLOSING else self._history, about)
            recorded = {name: line.get(name) for name in facts}
            if json.loads(json.dumps(facts)) != recorded:
                raise self._broken(f"says {recorded['verdict']}, and the lines before it show {facts['verdict']}")
            self._conclusion = Conclusion(about, facts)
            return header
        at = datetime.fromisoformat(line["at"]).timestamp()
        for note, (kind, names) in _NOTES.items():
            if line["kind"] == kind:
                self._take_note(note(at, **{attribute: line[name] for name, attribute in names.items()}))
                return header
        method, path, request_id, track_id = _texts(line, "method", "path", "requestId", "trackId")
        status = line["status"]
        if not (isinstance(status, int | None) and str(path).startswith("/v1/")):
            raise TypeError
        body: str | None = None
        observation: Observation | None
        if line["kind"] == "problem":
            observation = Problem(at, line["problem"])
        else:
            body = self._body(line, path)
            observation = self._reader.read(at, method, path, line["status"], body)
        key = None
        if method == "POST" and self._root.creation is not None:
            key = self._root.creation.key
        if observation is not None:
            self._history.observe(observation)
        if isinstance(observation, Accepted) and observation.request == "create":
            # Its response says which run all that follows is about.
            number = json.loads(body or "")["journalRunNumber"]
            self._reader = ResponseReader(number)
            if header.run is None:
                header = evolve(header, run=number)
            else:
                self._history = self._root.succeed(number)
        self._events.append(Step(at, method, path, status, request_id, track_id, observation, key, self._line, body))
        self._conclusion = None
        return header

    def _take_note(self, note: Note) -> None:
        valid = (
            isinstance(note.plan, dict)
            if isinstance(note, Planned)
            else note.step in _STEPS and isinstance(note.key if isinstance(note, CreationNoted) else note.entry, str)
        )
        if not valid:
            raise TypeError
        self._root.observe(note)
        self._events.append(note)
        self._conclusion = None

    def _body(self, line: Mapping[str, Any], path: str) -> str:
        digest = line["bodySha256"]
        body: str | None
        (body,) = _texts({"body": None, **line}, "body")
        if body is None:
            if self.digests.get(path) != digest:
                raise self._broken("refers to a body that is not in the file")
            return self.bodies[path]
        if _digest(body) != digest:
            raise self._broken("has a body that is not what its checksum says")
        self.bodies[path], self.digests[path] = body, digest
        return body

    def _broken(self, problem: str) -> EvidenceError:
        return EvidenceError(f"{self._name}: line {self._line} {problem}", line=self._line)


def _texts(line: Mapping[str, Any], *names: str) -> list[Any]:
    """Return members of a line, each of which must be text or null."""
    found = [line[name] for name in names]
    if not all(isinstance(each, str | None) for each in found):
        raise TypeError
    return found


def _exchange(
    at: float, method: str, path: str, status: int | None, request_id: str | None, track_id: str | None
) -> dict[str, Any]:
    return {
        "kind": "",
        "at": _written(at),
        "method": method,
        "path": path,
        "status": status,
        "requestId": request_id,
        "trackId": track_id,
    }


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _opened(path: Path) -> int:
    """Open a file to append to, for this process alone.

    Raises:
        InvalidArgumentError: It cannot be opened, or another program is writing it.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    for name in ("O_BINARY", "O_CLOEXEC", "O_NONBLOCK"):  # the first on Windows, the others elsewhere
        flags |= getattr(os, name, 0)
    try:
        file = os.open(path, flags, 0o600)
    except OSError as error:
        problem = f"there is no folder {path.parent}" if isinstance(error, FileNotFoundError) else error.strerror
        raise InvalidArgumentError(f"the evidence file {path} cannot be opened: {problem}") from None
    problem = None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        problem = f"{path} is not a file that evidence can be written to"
    else:
        try:
            _lock(file)
        except OSError:
            problem = f"another program is writing {path}: give another file, or wait for it"
    if problem is not None:
        os.close(file)
        raise InvalidArgumentError(problem)
    return file


def _lock(file: int) -> None:
    """Lock a file for this process; closing the file unlocks it.

    Raises:
        OSError: Another process has locked it.
    """
    try:
        import fcntl
    except ImportError:  # on Windows
        import msvcrt

        # What is locked cannot be read by others there: lock a byte that no file reaches.
        os.lseek(file, _BEYOND, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        os.lseek(file, 0, os.SEEK_SET)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _content(file: int) -> bytes:
    with os.fdopen(os.dup(file), "rb") as reading:
        reading.seek(0)
        return reading.read()
