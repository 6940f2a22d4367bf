"""Turn the responses about a run into observations and evidence."""

from __future__ import annotations

import contextlib
import json
import uuid
from typing import TYPE_CHECKING, Any, Self

from attrs import evolve

from zuora_journal_runs import errors, evidence
from zuora_journal_runs._client.entry_store import EntryStore

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import httpx

    from zuora_journal_runs._http import Attempt, Clock, Options
    from zuora_journal_runs_api.models import JournalEntry, JournalRun


class Observer:
    """Turns the responses about one run into observations, and writes them to a file if there is one.

    Args:
        number: The run's number; empty for a run that is being created.
        clock: Time.
        writer: Writes the evidence file; None if there is none. What the file holds already is taken into account.
        history: What was observed of the run before; by default, what the file says of the run that it is about.
    """

    def __init__(
        self,
        number: str,
        clock: Clock,
        writer: evidence.EvidenceWriter | None = None,
        history: evidence.History | None = None,
    ) -> None:
        self.number: str = number
        self.history: evidence.History = history or (evidence.History() if writer is None else writer.history)
        self.observations: list[evidence.Observation] = []
        self.run: JournalRun | None = None
        """The run as it was seen last."""
        self.entries: EntryStore = EntryStore()
        """Each entry as it was shown last; once it was shown to be cancelled it stays so."""
        self.error: errors.CallError | None = None
        """Why the last request failed; None if it did not."""
        self._reader = evidence.ResponseReader(number)
        self._clock = clock
        self._epoch = clock.time() - clock.monotonic()
        self._writer = writer
        self.continued: bool = writer is not None and writer.continued
        """Whether there is evidence of what was done before."""
        self.requested: bool = writer is not None and writer.unfinished and "cancel" in self.history.accepted
        """Whether a cancellation was accepted before, and what it did is not known yet."""
        self._request = ("GET", "")
        pages = [] if writer is None else [page for path, page in writer.pages.items() if _is_about(path, number)]
        if pages:
            from zuora_journal_runs_api.models import JournalEntriesPage
            from zuora_journal_runs_api.types import decode

            for page in pages:
                content = page.encode()
                self.entries.take(JournalEntriesPage.from_dict(decode(content)), content)

    @classmethod
    @contextlib.contextmanager
    def opened(
        cls,
        number: str,
        operation: str,
        path: str | os.PathLike[str] | None,
        clock: Clock,
        host: str,
        options: Options,
        creation: Mapping[str, Any] | None = None,
    ) -> Iterator[Self]:
        """Observe a run, with an evidence file if a path is given.

        Raises:
            InvalidArgumentError: The file is about something else, is being written, or cannot be opened.
            EvidenceError: The file was changed since it was written.
        """
        if path is None:
            yield cls(number, clock)
            return
        key = (options.idempotency_key or new_key()) if operation == "create" else None
        requested = None if creation is None else evidence.digest_of(creation)
        header = evidence.Header(operation, host, number or None, options.entity_id, options.org_ids, key, requested)
        with evidence.EvidenceWriter(path, header, clock.time()) as writer:
            yield cls(number, clock, writer)

    def succeeded_by(self, number: str) -> Observer:
        """Return what observes the run that was created in place of this one, and writes to the same file."""
        successor = self.history.successor or self.history.succeed(number)
        return Observer(number, self._clock, self._writer, successor)

    def recorded_creation(self) -> dict[str, Any] | None:
        """Return the response to a creation in the evidence file; None if there is none."""
        recorded = None if self._writer is None else self._writer.creation
        return None if recorded is None else dict(json.loads(recorded))

    def creation_key(self, preferred: str | None) -> str:
        """Return the idempotency key to send a creation with, and note that it is about to be used.

        It is the one that was used before, unless the creation was refused under it: Zuora repeats a refusal as long as
        it remembers the key.

        Args:
            preferred: The key to begin with; None for a new one.

        Raises:
            KeyExpiredError: The outcome under the key used before is not known, and Zuora has forgotten the key.
        """
        creation = self.history.creation
        if creation is not None and creation.step == "begun":
            if self.now() - self.history.key_since >= evidence.KEY_LIFETIME:
                raise errors.KeyExpiredError(
                    "a creation was begun a day ago, its outcome is not known, and Zuora has forgotten its idempotency "
                    "key: look for the run in Zuora; if it is not there, create it with another evidence file"
                )
            return creation.key
        key = new_key() if preferred is None or creation is not None else preferred
        self.begin_creation(key)
        return key

    def begin_creation(self, key: str) -> None:
        """Note that a creation is about to be sent under a key."""
        self.note(evidence.CreationNoted(self.now(), "begun", key))

    def note(self, note: evidence.Note) -> None:
        """Note what this program is doing, so that another process can go on with it."""
        self.history.observe(note)
        if self._writer is not None:
            self._writer.note(note)

    def now(self) -> float:
        """Return the time in seconds since 1970, by a clock that never goes back."""
        return self._epoch + self._clock.monotonic()

    def sending(self, method: str, path: str) -> None:
        """Note which request is being sent."""
        self._request = (method, path)

    def received(self, response: httpx.Response, model: Any) -> None:
        """Take in a successful response that was read as a model."""
        from zuora_journal_runs_api.types import body

        self.error = None
        if self._repeats_token(response):
            self._problem("the response repeats the access token", response.status_code, response)
            return
        observation = self._reader.read_json(self.now(), *self._request, response.status_code, body(response))
        if isinstance(observation, evidence.Problem):
            self._problem(observation.problem, response.status_code, response)
            return
        if isinstance(observation, evidence.RunSeen):
            self.run = model
        elif hasattr(model, "journal_entries"):
            self.entries.take(model, response.content)
        self._record(observation, response.status_code, response)

    def failed(self, error: errors.CallError) -> None:
        """Take in a request that failed: it may still show that the run is not found."""
        self.error = error
        # Without reasons the body could not be read, or is not Zuora's, and proves nothing.
        if isinstance(error, errors.APIError) and error.reasons:
            status, body = error.status_code, error.body
            observation = self._reader.read(self.now(), *self._request, status, body)
            if isinstance(observation, evidence.RunNotFound | evidence.EntriesRefused):
                self._record(observation, status, error)
                return
            assert isinstance(observation, evidence.Problem)
            self._problem(observation.problem, status, error)
            return
        self._problem(_described(error), getattr(error, "status_code", None), error)

    def on_attempt(self, callback: Callable[[Attempt], None] | None) -> Callable[[Attempt], None]:
        """Return a callback that also notes each failed attempt that is tried again."""

        def noted(attempt: Attempt) -> None:
            if attempt.wait is not None and self._writer is not None:
                assert attempt.error is not None  # only a failed attempt is tried again
                self._write_problem(_described(attempt.error), attempt.status_code, attempt.error)
            if callback is not None:
                callback(attempt)

        return noted

    def assume_known(self) -> None:
        """Take in that a request about the run was accepted earlier, so that it exists."""
        self.history.accepted.add("an earlier request")

    def models(self, numbers: Iterable[str]) -> Sequence[JournalEntry]:
        """Return the entries of these numbers, as far as they were shown to this process."""
        return self.entries.of(numbers)

    def conclude(self, about: str) -> None:
        """Write the verdict to the evidence file."""
        if self._writer is not None:
            self._writer.conclude(self.now(), about, self.history)

    def _record(
        self, observation: evidence.Observation | None, status: int, source: httpx.Response | errors.APIError
    ) -> None:
        if self._writer is not None:
            content = source.body if isinstance(source, errors.APIError) else source.content
            at = self.now() if observation is None else observation.at
            text = content.decode(json.detect_encoding(content))
            self._writer.response(at, *self._request, status, text, *_identifiers(source))
        if observation is not None:
            self._observe(observation)

    def _problem(self, problem: str, status: int | None, source: httpx.Response | errors.CallError) -> None:
        observation = evidence.Problem(self.now(), problem)
        self._observe(observation)
        self._write_problem(problem, status, source)

    def _write_problem(self, problem: str, status: int | None, source: httpx.Response | errors.CallError) -> None:
        if self._writer is not None:
            self._writer.problem(self.now(), *self._request, status, problem, *_identifiers(source))

    def _observe(self, observation: evidence.Observation) -> None:
        if isinstance(observation, evidence.EntriesListed):
            # The same listing at many polls is kept once.
            for earlier in reversed(self.observations):
                if isinstance(earlier, evidence.EntriesListed):
                    if earlier.entries == observation.entries:
                        observation = evolve(observation, entries=earlier.entries)
                    break
        self.history.observe(observation)
        self.observations.append(observation)

    def _repeats_token(self, response: httpx.Response) -> bool:
        token = response.request.headers.get("Authorization", "").removeprefix("Bearer ")
        return bool(token) and token.encode() in response.content


def new_key() -> str:
    """Return a new idempotency key."""
    return str(uuid.uuid4())


def _is_about(path: str, number: str) -> bool:
    return path.partition("?")[0].endswith(f"/{number}")


def _described(error: errors.CallError) -> str:
    """Return what is wrong with a response, without repeating what the server sent."""
    if isinstance(error, errors.APIError):
        return f"HTTP {error.status_code} without Zuora's error form"
    if isinstance(error, errors.ResponseError):
        return f"HTTP {error.status_code} with a body that cannot be used"
    return f"no response: {type(error).__name__}"


def _identifiers(source: httpx.Response | errors.CallError) -> tuple[str | None, str | None]:
    """Return Zuora's request id and the track id."""
    if isinstance(source, errors.CallError):
        return source.request_id, source.track_id
    return source.headers.get("Zuora-Request-Id"), source.extensions.get("track_id")
