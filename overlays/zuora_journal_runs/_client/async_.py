"""The client for programs that use asyncio."""

from __future__ import annotations

import copy
import datetime
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack

import httpx

from zuora_journal_runs._client import environment
from zuora_journal_runs._client._base import (
    DEFAULT_RERUN_TIMEOUT,
    DEFAULT_STALL,
    DEFAULT_TIMEOUT,
    DEFAULT_VERIFICATION_TIMEOUT,
    ClientArguments,
    EvidenceFile,
    EvidenceFolder,
    OnPoll,
    OnProgress,
    OnResult,
    OnTurn,
    Post,
    WasPosted,
    build_pipeline,
    check_transport,
)
from zuora_journal_runs._client.operations import JournalEntries, Operations
from zuora_journal_runs._generated import client, models
from zuora_journal_runs._http import (
    AsyncConnection,
    OptionChanges,
    RunNumber,
    Secret,
    changed,
    default_async_transport,
)

if TYPE_CHECKING:
    from zuora_journal_runs import close, plans, results
    from zuora_journal_runs._client import batch, creation, planning, posting, rerunning, streaming, validation, waiting
else:
    from zuora_journal_runs._lazy import LazyModule

    close = LazyModule("zuora_journal_runs.close")
    plans = LazyModule("zuora_journal_runs.plans")
    results = LazyModule("zuora_journal_runs.results")
    batch = LazyModule("zuora_journal_runs._client.batch")
    creation = LazyModule("zuora_journal_runs._client.creation")
    planning = LazyModule("zuora_journal_runs._client.planning")
    posting = LazyModule("zuora_journal_runs._client.posting")
    rerunning = LazyModule("zuora_journal_runs._client.rerunning")
    streaming = LazyModule("zuora_journal_runs._client.streaming")
    validation = LazyModule("zuora_journal_runs._client.validation")
    waiting = LazyModule("zuora_journal_runs._client.waiting")


class AsyncJournalRunsClient:
    """Journal runs, for programs that use asyncio. It may be shared by the tasks of one event loop.

    Args:
        base_url: The address of the API, such as https://rest.zuora.com.
        client_id: An OAuth client's id.
        client_secret: Its secret.
        token: A bearer token in place of an OAuth client, or a function that returns one for each attempt.
        auth: An `httpx.Auth` in place of both.
        transport: An httpx transport to send requests with, in place of the default one.
        arguments: The options of all calls, the clock and the source of randomness.

    Raises:
        InvalidArgumentError: `base_url` is not a valid https URL, or there is not exactly one kind of credentials.
    """

    def __init__(
        self,
        base_url: str,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        token: str | Callable[[], str | Awaitable[str]] | None = None,
        auth: httpx.Auth | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        **arguments: Unpack[ClientArguments],
    ) -> None:
        # Rebound at once, so that the traceback of a failure does not show them.
        base_url = environment.hidden(base_url)
        client_secret = Secret(client_secret) if isinstance(client_secret, str) else client_secret
        token = Secret(token) if isinstance(token, str) else token
        pipeline, options = build_pipeline(base_url, client_id, client_secret, token, auth, transport, arguments)
        if transport is None:
            transport = default_async_transport(pipeline.base_url)
        check_transport(transport, httpx.AsyncBaseTransport)
        self._use(AsyncConnection(pipeline, options, transport))

    def _use(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._operations = Operations(connection.pipeline, connection.call_options)

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        **arguments: Unpack[ClientArguments],
    ) -> Self:
        """See `JournalRunsClient.from_env`."""
        found = environment.read(os.environ if environ is None else environ)
        environ = None  # so that the traceback of a failure does not show its secrets
        return cls(transport=transport, **environment.arguments(found, arguments))

    def with_options(self, **options: Unpack[OptionChanges]) -> Self:
        """See `JournalRunsClient.with_options`."""
        connection = self._connection
        other = copy.copy(self)
        other.__dict__.pop("api", None)
        other._use(connection.with_options(changed(connection.call_options, options)))  # noqa: SLF001 - of this class
        return other

    @property
    def connection(self) -> httpx.AsyncClient:
        """The httpx client underneath, for instrumentation; everything that it sends obeys the conventions."""
        return self._connection

    @cached_property
    def api(self) -> client.Client:
        """The client for the generated functions, with the same connection and conventions.

        See `JournalRunsClient.api`; for example `await get_journal_run.asyncio_detailed(number, client=client.api)`.
        """
        return client.Client(async_httpx_client=self._connection)

    async def request(
        self, method: str, path: str, *, json: Any = None, params: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """See `JournalRunsClient.request`."""
        return await self._connection.execute(self._operations.request(method, path, params, json))

    async def create(
        self,
        transaction_types: Iterable[models.TransactionType | str],
        journal_entry_date: datetime.date | str,
        *,
        accounting_period_name: str | None = None,
        target_start_date: datetime.date | str | None = None,
        target_end_date: datetime.date | str | None = None,
        organization_labels: Iterable[Mapping[str, str]] = (),
        wait_for_turn: float | None = None,
        on_turn: OnTurn | None = None,
        evidence: EvidenceFile | None = None,
    ) -> models.CreateJournalRunResponse:
        """See `JournalRunsClient.create`."""
        body = validation.creation(
            transaction_types,
            journal_entry_date,
            accounting_period_name,
            target_start_date,
            target_end_date,
            organization_labels,
        )
        return await self._connection.execute(
            creation.create(self._operations, body, wait_for_turn=wait_for_turn, on_turn=on_turn, evidence=evidence)
        )

    async def retrieve(self, number: str) -> models.JournalRun:
        """See `JournalRunsClient.retrieve`."""
        return await self._connection.execute(self._operations.retrieve(RunNumber(number)))

    async def entries(self, number: str) -> JournalEntries:
        """See `JournalRunsClient.entries`."""
        return await self._connection.execute(self._operations.entries(RunNumber(number)))

    def iter_entries(self, number: str) -> streaming.AsyncEntryStream:
        """See `JournalRunsClient.iter_entries`: `async for entry in client.iter_entries(number)`."""
        listing = streaming.Listing(self._operations, RunNumber(number))
        return streaming.AsyncEntryStream(listing, self._connection)

    async def plan_cancellation(self, number: str) -> results.CancellationPlan:
        """See `JournalRunsClient.plan_cancellation`."""
        return await self._connection.execute(self._operations.plan_cancellation(RunNumber(number)))

    async def cancel(self, number: str) -> results.Cancellation:
        """See `JournalRunsClient.cancel`."""
        return await self._connection.execute(self._operations.cancel(RunNumber(number)))

    async def cancel_and_wait(
        self,
        number: str,
        *,
        timeout: float | None = DEFAULT_TIMEOUT,
        stall_after: float | None = DEFAULT_STALL,
        on_progress: OnProgress | None = None,
        evidence: EvidenceFile | None = None,
    ) -> results.CancellationOutcome:
        """See `JournalRunsClient.cancel_and_wait`."""
        return await self._connection.execute(
            waiting.cancel_and_wait(
                self._operations,
                RunNumber(number),
                timeout=timeout,
                stall_after=stall_after,
                on_progress=on_progress,
                evidence=evidence,
            )
        )

    async def wait_for_cancellation(
        self,
        cancellation: results.Cancellation | str,
        *,
        timeout: float | None = DEFAULT_TIMEOUT,
        stall_after: float | None = DEFAULT_STALL,
        on_progress: OnProgress | None = None,
        evidence: EvidenceFile | None = None,
    ) -> results.CancellationOutcome:
        """See `JournalRunsClient.wait_for_cancellation`."""
        return await self._connection.execute(
            waiting.wait_for_cancellation(
                self._operations,
                cancellation,
                timeout=timeout,
                stall_after=stall_after,
                on_progress=on_progress,
                evidence=evidence,
            )
        )

    async def cancel_many(
        self,
        numbers: Iterable[str],
        *,
        wait: bool = True,
        timeout: float | None = DEFAULT_TIMEOUT,
        stall_after: float | None = DEFAULT_STALL,
        at_once: int | None = None,
        on_progress: OnProgress | None = None,
        on_result: OnResult | None = None,
        evidence: EvidenceFolder = None,
    ) -> list[results.CancellationResult]:
        """See `JournalRunsClient.cancel_many`."""
        flow = waiting.cancel_one_of_many(
            self._operations,
            wait=wait,
            timeout=timeout,
            stall_after=stall_after,
            at_once=at_once,
            on_progress=on_progress,
            evidence=evidence,
        )
        return await batch.in_tasks(numbers, at_once, flow, self._connection.execute, on_result)

    async def wait_for_completion(
        self,
        created: models.CreateJournalRunResponse | str,
        *,
        timeout: float | None = DEFAULT_TIMEOUT,
        on_poll: OnPoll | None = None,
        evidence: EvidenceFile | None = None,
    ) -> results.CompletionOutcome:
        """See `JournalRunsClient.wait_for_completion`."""
        return await self._connection.execute(
            waiting.wait_for_completion(self._operations, created, timeout=timeout, on_poll=on_poll, evidence=evidence)
        )

    async def delete(
        self,
        number: str,
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_TIMEOUT,
        on_poll: OnPoll | None = None,
        evidence: EvidenceFile | None = None,
    ) -> results.Deletion:
        """See `JournalRunsClient.delete`."""
        return await self._connection.execute(
            waiting.delete(
                self._operations, RunNumber(number), wait=wait, timeout=timeout, on_poll=on_poll, evidence=evidence
            )
        )

    async def plan(self, operation: Literal["cancel", "delete"], numbers: Iterable[str]) -> plans.Plan:
        """See `JournalRunsClient.plan`."""
        return await self._connection.execute(planning.plan_runs(self._operations, operation, numbers))

    async def plan_rerun(
        self, number: str, *, allow_remaining: bool = False, **changes: Unpack[planning.RunChanges]
    ) -> plans.Plan:
        """See `JournalRunsClient.plan_rerun`."""
        return await self._connection.execute(
            planning.plan_rerun(self._operations, RunNumber(number), changes, allow_remaining=allow_remaining)
        )

    async def check_plan(self, plan: plans.Plan) -> None:
        """See `JournalRunsClient.check_plan`."""
        await self._connection.execute(planning.check_plan(self._operations, plan))

    async def rerun(
        self,
        number: str,
        *,
        evidence: EvidenceFile,
        allow_remaining: bool = False,
        plan: plans.Plan | None = None,
        timeout: float | None = DEFAULT_RERUN_TIMEOUT,
        stall_after: float | None = DEFAULT_STALL,
        wait_for_turn: float | None = None,
        on_progress: OnProgress | None = None,
        on_poll: OnPoll | None = None,
        on_turn: OnTurn | None = None,
        **changes: Unpack[planning.RunChanges],
    ) -> close.RerunOutcome:
        """See `JournalRunsClient.rerun`."""
        return await self._connection.execute(
            rerunning.rerun(
                self._operations,
                RunNumber(number),
                changes=changes,
                allow_remaining=allow_remaining,
                approved=plan,
                evidence=evidence,
                timeout=timeout,
                stall_after=stall_after,
                wait_for_turn=wait_for_turn,
                on_progress=on_progress,
                on_poll=on_poll,
                on_turn=on_turn,
            )
        )

    async def post_entries(
        self,
        number: str,
        post: Post,
        *,
        was_posted: WasPosted | None = None,
        notes: str | None = None,
        timeout: float | None = DEFAULT_VERIFICATION_TIMEOUT,
        evidence: EvidenceFile | None = None,
    ) -> close.PostingOutcome:
        """See `JournalRunsClient.post_entries`."""
        return await self._connection.execute(
            posting.post_entries(
                self._operations,
                RunNumber(number),
                post,
                was_posted=was_posted,
                notes=notes,
                timeout=timeout,
                evidence=evidence,
            )
        )

    async def plan_transfer(
        self, number: str, *, value: str = "Yes", entries: Iterable[str] | None = None, notes: str | None = None
    ) -> plans.Plan:
        """See `JournalRunsClient.plan_transfer`."""
        return await self._connection.execute(
            planning.plan_transfer(self._operations, RunNumber(number), value, entries, notes)
        )

    async def transfer(
        self,
        number: str,
        *,
        value: str = "Yes",
        entries: Iterable[str] | None = None,
        notes: str | None = None,
        plan: plans.Plan | None = None,
        timeout: float | None = DEFAULT_VERIFICATION_TIMEOUT,
        evidence: EvidenceFile | None = None,
    ) -> close.TransferOutcome:
        """See `JournalRunsClient.transfer`."""
        return await self._connection.execute(
            posting.transfer(
                self._operations,
                RunNumber(number),
                value,
                entries=entries,
                notes=notes,
                approved=plan,
                timeout=timeout,
                evidence=evidence,
            )
        )

    async def apply(
        self, plan: plans.Plan, *, evidence: EvidenceFile | None = None, timeout: float | None = DEFAULT_TIMEOUT
    ) -> list[results.CancellationResult] | list[results.Deletion] | close.TransferOutcome | close.RerunOutcome:
        """See `JournalRunsClient.apply`."""
        if planning.parse_plan(plan).operation == "transfer":
            return await self.transfer(**planning.plan_arguments(plan), evidence=evidence, timeout=timeout)
        if plan.operation == "rerun":
            return await self.rerun(**{**planning.plan_arguments(plan), "evidence": evidence}, timeout=timeout)
        await self.check_plan(plan)
        if plan.operation == "cancel":
            return await self.cancel_many(plan.numbers, evidence=evidence, timeout=timeout)
        return [await self.delete(number, wait=True, timeout=timeout) for number in plan.numbers]

    async def aclose(self) -> None:
        """Close the connection."""
        await self._connection.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        # A client that could not be made has a repr too, which tracebacks ask for.
        connection = self.__dict__.get("_connection")
        address = "" if connection is None else repr(str(connection.pipeline.base_url).rstrip("/"))
        return f"{type(self).__name__}({address})"
