"""The client for programs that use asyncio."""

from __future__ import annotations

import copy
import datetime
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Self, Unpack

import httpx

from zuora_journal_runs._client import environment
from zuora_journal_runs._client._base import (
    DEFAULT_STALL,
    DEFAULT_TIMEOUT,
    ClientArguments,
    EvidenceFile,
    EvidenceFolder,
    OnPoll,
    OnProgress,
    OnResult,
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
    from zuora_journal_runs import results
    from zuora_journal_runs._client import batch, waiting
else:
    from zuora_journal_runs._lazy import LazyModule

    results = LazyModule("zuora_journal_runs.results")
    batch = LazyModule("zuora_journal_runs._client.batch")
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
        return cls(transport=transport, **{**environment.arguments(found), **arguments})

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

    async def create(
        self,
        transaction_types: Iterable[models.TransactionType | str],
        journal_entry_date: datetime.date | str,
        *,
        accounting_period_name: str | None = None,
        target_start_date: datetime.date | str | None = None,
        target_end_date: datetime.date | str | None = None,
        organization_labels: Iterable[Mapping[str, str]] = (),
        evidence: EvidenceFile | None = None,
    ) -> models.CreateJournalRunResponse:
        """See `JournalRunsClient.create`."""
        return await self._connection.execute(
            self._operations.create(
                transaction_types,
                journal_entry_date,
                accounting_period_name=accounting_period_name,
                target_start_date=target_start_date,
                target_end_date=target_end_date,
                organization_labels=organization_labels,
                evidence=evidence,
            )
        )

    async def retrieve(self, number: str) -> models.JournalRun:
        """See `JournalRunsClient.retrieve`."""
        return await self._connection.execute(self._operations.retrieve(RunNumber(number)))

    async def entries(self, number: str) -> JournalEntries:
        """See `JournalRunsClient.entries`."""
        return await self._connection.execute(self._operations.entries(RunNumber(number)))

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
