"""The table of waits and faults, with what has to come of each.

A wait meets each fault of this folder, and each kind of response that proves nothing (tests/histories/odd.py), at several
polls of the run and of its entries, or at all of them from the second on. It goes by a fake clock and without sockets.

- What is met at some polls is survived, and the truth is told in the end.
- What is always met ends at the deadline, at the latest, and nothing false is said then.
- A missing permission, in Zuora's own form, ends a wait; so do credentials that are refused by the token endpoint.
- Whatever error ends a wait says that the change may have been made, if it was.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import httpx
from tests.clock import FakeClock
from tests.histories import odd
from tests.histories.client import CANCELLATIONS, KINDS, VERBS, CredentialsError, DeadlineError, tell
from tests.histories.script import Entry, Script
from tests.histories.server import NUMBER, Odd, Server
from tests.histories.truth import falsehood, shortfall

from .faults import FAULTS, Fault
from .service import Answer, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.histories.odd import Respond
    from tests.histories.server import Call

TIMEOUT = 120.0
RUN_POLLS, ENTRIES_POLLS, TOKENS = (1, 3, 6), (0, 2), (1, 2)
"""The requests that meet a fault, where it is not always met. No two in a row: the rules for such are tested elsewhere."""
ELSEWHERE = "https://elsewhere.example.com"
CREDIBLE = (
    "200 without success",  # a GET may do without it
    "202",  # any 2xx will do
    "track id of another call",
    "truncated gzip",  # all of the JSON may be there
    "fields of other types",  # of a refusal, none that matters
    "429 with a day",  # who is told to come back in a day may do so
)
OUTAGES = {
    "refused": httpx.ConnectError,
    "unresolved": httpx.ConnectError,
    "untrusted": httpx.ConnectError,
    "mute": httpx.ConnectTimeout,
}


@dataclass
class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is read by whoever reads it, so that bounds and decoders are the client's."""

    content: bytes

    def __iter__(self) -> Iterator[bytes]:
        yield self.content

    async def __aiter__(self) -> Any:
        yield self.content


class Tokens:
    """The tokens of a server, which a fault may withdraw."""

    withdrawn = False

    def clear(self) -> None:
        self.withdrawn = True


@dataclass
class Exchange:
    """What an `Exchange` of server.py is to a behaviour, without sockets. It also stands for server and service."""

    histories: Server
    call: Call
    tokens: Tokens = field(default_factory=Tokens)
    sent: Answer | None = None
    written: list[bytes] = field(default_factory=list)
    last: bool = False
    elsewhere: str = ELSEWHERE
    url: str = "https://rest.example.com"

    @property
    def server(self) -> Exchange:
        return self

    @property
    def service(self) -> Exchange:
        return self

    @property
    def request(self) -> Exchange:
        return self

    @property
    def target(self) -> str:
        return self.call.request.url.raw_path.decode()

    async def read(self) -> None:
        """Read nothing: the request is here."""

    def act(self) -> Answer:
        if self.tokens.withdrawn:
            return self.reply(self, 401, refusal("11", "Authentication error", text=True))
        return self.reply(self, *self.histories.act(self.call))

    def reply(self, _: object, status: int, payload: object, headers: dict[str, str] | None = None) -> Answer:
        kind = "text/html" if isinstance(payload, str) else "application/json"
        body = (
            payload
            if isinstance(payload, bytes)
            else payload.encode()
            if isinstance(payload, str)
            else json.dumps(payload).encode()
        )
        return Answer(status, body, {"Content-Type": kind, "Zuora-Request-Id": "1", **(headers or {})})

    async def send(self, answer: Answer) -> None:
        self.sent = answer

    async def write(self, data: bytes) -> None:
        self.written.append(data)

    async def keep_silent(self) -> None:
        self._fail(httpx.ReadTimeout)

    def reset(self) -> None:
        self._fail(httpx.ReadError)

    def _fail(self, failure: type[httpx.TransportError]) -> NoReturn:
        raise failure("it failed", request=self.call.request)

    def ended(self) -> httpx.Response:
        answer = self.sent
        if answer is None or (answer.length or 0) > len(answer.body):
            self._fail(httpx.RemoteProtocolError)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.body[: answer.length]))


def respond_with(fault: Fault) -> Respond:
    """Return what a fault comes to without sockets."""

    def respond(server: Server, call: Call) -> httpx.Response:
        exchange = Exchange(server, call)
        if fault.failure is not None:
            exchange._fail(fault.failure)
        if fault.outage is not None:
            exchange._fail(OUTAGES[fault.outage])
        if fault.slow:
            exchange._fail(httpx.ReadTimeout)
        if fault.name == "endless head":
            exchange._fail(httpx.RemoteProtocolError)
        if fault.name == "endless body":
            return httpx.Response(200, stream=_Body(b" " * 2**22))
        assert fault.behaviour is not None
        behaviour: Any = fault.behaviour(exchange)  # type: ignore[arg-type]
        try:
            behaviour.send(None)
        except StopIteration:
            return exchange.ended()
        raise AssertionError(f"{fault.name} waits")

    return respond


@dataclass(frozen=True)
class Trouble:
    """A fault or a kind of odd response, and what is true of it."""

    name: str
    respond: Respond
    operations: tuple[str, ...]
    ends: bool = False
    """Whether it may end a wait."""
    refuses: bool = False
    """Whether it is how Zuora says that there is no such run, which is to be believed if it always does."""
    authenticates: bool = False
    """Whether it refuses the token, which ends a wait if a new one is refused too."""
    credible: bool = False
    """Whether it may be believed, or heeded: then its being there for ever does not lead to the deadline."""


def _of_fault(fault: Fault) -> Trouble:
    operations = ("token",) if fault.of_token else ("entries",) if "entries" in fault.only else ("run", "entries")
    return Trouble(
        fault.name,
        respond_with(fault),
        operations,
        ends=fault.name.endswith("category 10") or (fault.of_token and not fault.passes),
        refuses=fault.name.endswith("category 40"),
        authenticates=fault.renews,
        credible=fault.name in CREDIBLE,
    )


def _of_kind(name: str, kind: odd.Kind) -> Trouble:
    operations = tuple(operation for operation in kind.operations if operation in ("run", "entries", "token"))
    return Trouble(
        name, kind.respond, operations, kind.may_end, refuses="another entity" in name, authenticates="401" in name
    )


_FAULTS = {fault.name for fault in FAULTS}
PROVING_NOTHING = [
    _of_kind(name, kind)
    for name, kind in odd.KINDS.items()
    if set(kind.operations) & {"run", "entries", "token"} and not name.startswith("stale") and name not in _FAULTS
]
TROUBLES = [
    *(_of_fault(fault) for fault in FAULTS if not fault.only or "entries" in fault.only),
    *PROVING_NOTHING,
]
SCRIPTS = {
    "delete": Script(cancelled_at=-100.0, deleting=20.0),
    "wait_for_completion": Script(pending=10.0, processing=10.0),
    "wait_for_cancellation": Script((Entry(), Entry(after=8.0), Entry("Yes")), cancelled_at=-5.0, finishes=8.0),
    "cancel_and_wait": Script((Entry(), Entry(after=8.0), Entry("Yes")), finishes=8.0),
    "cancel_many": Script((Entry(), Entry(after=8.0), Entry("Yes")), finishes=8.0),
}


@dataclass(frozen=True)
class WaitCell:
    verb: str
    trouble: Trouble
    lasting: bool
    kind: str

    @property
    def name(self) -> str:
        return f"{self.verb} - {self.trouble.name} - {'always' if self.lasting else 'some polls'} - {self.kind}"


CELLS = [
    WaitCell(verb, trouble, lasting, kind)
    for verb in VERBS
    for place, trouble in enumerate(TROUBLES)
    if verb in CANCELLATIONS or trouble.operations != ("entries",)
    for lasting in (False, True)
    # Who is always told that there is no such run has to believe it.
    if not (lasting and trouble.refuses and verb not in CANCELLATIONS)
    # The two ways to wait for one cancellation differ before the wait, and not in how it goes on.
    if not (lasting and verb == "wait_for_cancellation")
    # Long waits are dear: the clients take turns.
    for kind in (KINDS[place % 2 :][:1] if lasting else KINDS)
]


def meet(cell: WaitCell) -> None:
    """Let a wait meet a fault.

    Raises:
        AssertionError: What comes of it is not what has to.
    """
    trouble = cell.trouble
    if cell.lasting:
        odds = [
            Odd(trouble.name, operation, 0 if operation == "entries" else 1, 10**6) for operation in trouble.operations
        ]
    else:
        at = {"run": RUN_POLLS, "entries": ENTRIES_POLLS, "token": TOKENS}
        odds = [Odd(trouble.name, operation, nth) for operation in trouble.operations for nth in at[operation]]
    server = Server(
        FakeClock(),
        {NUMBER: SCRIPTS[cell.verb]},
        tuple(odds),
        token_lifetime=5.0 if trouble.operations == ("token",) else 3600.0,
        more={trouble.name: trouble.respond},
    )
    timeout = TIMEOUT if cell.lasting else 900.0
    (story,) = tell(cell.kind, server, cell.verb, timeout=timeout)
    assert any(kind for *_, kind in server.log), "the fault was not met"
    assert falsehood(server, story) is None, story
    if trouble.ends or trouble.name == "429 with a day":
        return
    if not cell.lasting:
        assert shortfall(server, story) is None, story
        assert story.error is None
    elif trouble.authenticates and story.error is not None:
        assert isinstance(story.error, DeadlineError | CredentialsError), story
    elif "run" in trouble.operations and not (trouble.refuses or trouble.credible):
        assert isinstance(story.error, DeadlineError), story
        assert server.clock.now >= 1000.0 + TIMEOUT, "it gave up early"
