"""The client for programs that use threads or none."""

from __future__ import annotations

import copy
import datetime
import os
from collections.abc import Callable, Iterable, Mapping
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
    check_synchronous,
    check_transport,
)
from zuora_journal_runs._client.operations import JournalEntries, Operations
from zuora_journal_runs._generated import client, models
from zuora_journal_runs._http import (
    Connection,
    OptionChanges,
    RunNumber,
    Secret,
    changed,
    default_transport,
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


class JournalRunsClient:
    """Journal runs, for programs that use threads or none. It may be shared by threads.

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
        token: str | Callable[[], str] | None = None,
        auth: httpx.Auth | None = None,
        transport: httpx.BaseTransport | None = None,
        **arguments: Unpack[ClientArguments],
    ) -> None:
        # Rebound at once, so that the traceback of a failure does not show them.
        base_url = environment.hidden(base_url)
        client_secret = Secret(client_secret) if isinstance(client_secret, str) else client_secret
        token = Secret(token) if isinstance(token, str) else token
        pipeline, options = build_pipeline(base_url, client_id, client_secret, token, auth, transport, arguments)
        if transport is None:
            transport = default_transport(pipeline.base_url)
        check_transport(transport, httpx.BaseTransport)
        self._use(Connection(pipeline, options, transport))

    def _use(self, connection: Connection) -> None:
        self._connection = connection
        self._operations = Operations(connection.pipeline, connection.call_options)

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        **arguments: Unpack[ClientArguments],
    ) -> Self:
        """Return a client that is configured by environment variables.

        The variables are ZUORA_BASE_URL or ZUORA_ENVIRONMENT, ZUORA_CLIENT_ID, ZUORA_CLIENT_SECRET, and where they are
        needed ZUORA_ENTITY_ID, ZUORA_ORG_IDS and ZUORA_VERSION. Arguments override them.

        Raises:
            InvalidArgumentError: A variable is missing or not valid; the error names it.
        """
        found = environment.read(os.environ if environ is None else environ)
        environ = None  # so that the traceback of a failure does not show its secrets
        return cls(transport=transport, **environment.arguments(found, arguments))

    def with_options(self, **options: Unpack[OptionChanges]) -> Self:
        """Return a client with other options on the same connection; closing either closes both.

        For one call: `client.with_options(track_id="close-2026-04").cancel("JR-00000075")`.

        Raises:
            InvalidArgumentError: There is no such option, or a value is not valid; the error names the option.
        """
        connection = self._connection
        other = copy.copy(self)
        other.__dict__.pop("api", None)
        other._use(connection.with_options(changed(connection.call_options, options)))  # noqa: SLF001 - of this class
        return other

    @property
    def connection(self) -> httpx.Client:
        """The httpx client underneath, for instrumentation; everything that it sends obeys the conventions."""
        return self._connection

    @cached_property
    def api(self) -> client.Client:
        """The client for the generated functions, with the same connection and conventions.

        For example `get_journal_run.sync_detailed("JR-00000075", client=client.api)`, with `get_journal_run` from
        `zuora_journal_runs_api.api.journal_runs`. They raise the errors of the client's own methods; only if a field of
        a successful response is not what the contract says, it is
        `zuora_journal_runs_api.errors.InvalidResponseError`, with the exchange and the body.
        """
        return client.Client(httpx_client=self._connection)

    def request(
        self, method: str, path: str, *, json: Any = None, params: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """Send any other call of Zuora's API over this connection, with all conventions, errors and retries.

        For example `client.request("GET", "/v1/accounting-periods").json()`. A GET is retried freely. A POST or PATCH
        has an `Idempotency-Key` and is retried under it, except for custom objects (`/objects/`), where Zuora may not
        know keys. Everything else is retried only if nothing can have been done.

        A response is a success if its status is 2xx and neither it nor an item of its list says `success: false`.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: The path, such as `/v1/accounting-periods`, or a whole address on the same host, such as a `nextPage`.
            json: What to send as JSON; None for nothing.
            params: The query.

        Raises:
            InvalidArgumentError: it cannot be sent, or would go to another host.
            CallError: the call failed. If `maybe_processed`, check in Zuora what was done before you repeat it.
        """
        return self._connection.execute(self._operations.request(method, path, params, json))

    def create(
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
        """Create a journal run; its number is the response's `journal_run_number`.

        The request has an `Idempotency-Key`, so that it is safe to send it again after a lost response.

        Args:
            transaction_types: The types of transactions to include, such as "Invoice Item".
            journal_entry_date: The date of its entries.
            accounting_period_name: The accounting period of the transactions; or else target dates within one.
            target_start_date: The first date of the transactions.
            target_end_date: The last date of the transactions.
            organization_labels: With Multi-Org, the organisations, each as {"organizationId": ...} or
                {"organizationName": ...}.
            wait_for_turn: Seconds to wait while another run is in progress, whoever started it; None not to wait. The
                creation is sent again after each refusal, under a new idempotency key.
            on_turn: Called with what is waited for, after each refusal.
            evidence: A file to write the evidence to, which can be judged again later. If it exists, it is continued.

        Raises:
            InvalidArgumentError: An argument is not valid; the error names it.
            TurnTimeoutError: Another run was in the way until the time was up; nothing was created.
            CallError: The call failed. If `maybe_processed`, repeat it with the error's `idempotency_key`.

        Source: Zuora, Create a journal run, 2026-04-10.
        """
        body = validation.creation(
            transaction_types,
            journal_entry_date,
            accounting_period_name,
            target_start_date,
            target_end_date,
            organization_labels,
        )
        return self._connection.execute(
            creation.create(self._operations, body, wait_for_turn=wait_for_turn, on_turn=on_turn, evidence=evidence)
        )

    def retrieve(self, number: str) -> models.JournalRun:
        """Retrieve a run.

        Raises:
            InvalidArgumentError: `number` is not a valid run number.
            NotFoundError: The run does not exist.
            CallError: The call failed.

        Source: Zuora, Retrieve a journal run, 2026-04-17.
        """
        return self._connection.execute(self._operations.retrieve(RunNumber(number)))

    def entries(self, number: str) -> JournalEntries:
        """Return all summary journal entries of a run, from all pages.

        Raises:
            InvalidArgumentError: `number` is not a valid run number.
            NotFoundError: The run does not exist.
            CallError: The call failed.

        Source: Zuora's swagger file, 2023-12-15.
        """
        return self._connection.execute(self._operations.entries(RunNumber(number)))

    def iter_entries(self, number: str) -> streaming.EntryStream:
        """Iterate over the entries of a run, page by page: for runs whose entries are too many to hold in memory.

        `for entry in client.iter_entries(number)`: the next page is fetched while you use one. An error is raised where
        it happened, after the entries before it. To go on from there, iterate the stream again.

        The run is retrieved before, for its count of entries, and after them if there are several pages, since entries
        that change meanwhile can move from a page to one that was read already. `entries` does not check this.

        Returns:
            An iterator with `total`, the number of entries, and `close`.

        Raises:
            InvalidArgumentError: `number` is not a valid run number.
            NotFoundError: The run does not exist.
            IncompleteEntriesError: The entries changed while they were listed, or not all of them are listed.
            CallError: A call failed.
        """
        listing = streaming.Listing(self._operations, RunNumber(number))
        return streaming.EntryStream(listing, self._connection)

    def plan_cancellation(self, number: str) -> results.CancellationPlan:
        """Return what a cancellation would do now, without changing anything.

        Raises:
            InvalidArgumentError: `number` is not a valid run number.
            NotFoundError: The run does not exist.
            CallError: The call failed.
        """
        return self._connection.execute(self._operations.plan_cancellation(RunNumber(number)))

    def cancel(self, number: str) -> results.Cancellation:
        """Request the cancellation of a run. That it is accepted says nothing about the outcome: wait for that.

        Raises:
            InvalidArgumentError: `number` is not a valid run number.
            NotFoundError: The run does not exist.
            RuleViolationError: The run's status does not allow it.
            CallError: The call failed. If `maybe_processed`, look at the run before you repeat it.

        Source: Zuora, Cancel a journal run, 2026-02-20.
        """
        return self._connection.execute(self._operations.cancel(RunNumber(number)))

    def cancel_and_wait(
        self,
        number: str,
        *,
        timeout: float | None = DEFAULT_TIMEOUT,
        stall_after: float | None = DEFAULT_STALL,
        on_progress: OnProgress | None = None,
        evidence: EvidenceFile | None = None,
    ) -> results.CancellationOutcome:
        """Cancel a run, and wait until the outcome is known.

        Args:
            number: The run's number.
            timeout: Seconds to wait; None for no limit.
            stall_after: Seconds without any change after which a cancellation that has begun counts as stalled; None
                for never.
            on_progress: Called with what was seen so far, after each poll that does not decide the outcome.
            evidence: A file to write the evidence to, which can be judged again later. If it exists, it is continued: a
                cancellation that is in progress or done is then waited for.

        Returns:
            What the cancellation did. `complete` says whether the run and all of its entries are cancelled;
            `remaining` has the entries that are not, and `blocked` why and what to do. Entries that stay are no
            exception.

        Raises:
            CancellationTimeoutError: The time was up before the outcome was known.
            JournalRunsError: See `cancel`.
        """
        return self._connection.execute(
            waiting.cancel_and_wait(
                self._operations,
                RunNumber(number),
                timeout=timeout,
                stall_after=stall_after,
                on_progress=on_progress,
                evidence=evidence,
            )
        )

    def wait_for_cancellation(
        self,
        cancellation: results.Cancellation | str,
        *,
        timeout: float | None = DEFAULT_TIMEOUT,
        stall_after: float | None = DEFAULT_STALL,
        on_progress: OnProgress | None = None,
        evidence: EvidenceFile | None = None,
    ) -> results.CancellationOutcome:
        """Wait until the outcome of a cancellation is known. To wait again, the run's number is enough.

        What counts as proof is described in the documentation ("What counts as evidence"). After a response that proves
        nothing the wait continues.

        Args:
            cancellation: What `cancel` returned, or the run's number.
            timeout: Seconds to wait; None for no limit.
            stall_after: Seconds without any change after which a cancellation that has begun counts as stalled; None
                for never.
            on_progress: Called with what was seen so far, after each poll that does not decide the outcome.
            evidence: A file to write the evidence to, which can be judged again later. If it exists, it is continued.

        Raises:
            CancellationTimeoutError: The time was up before the outcome was known; it holds what was seen last.
            NotFoundError: The run does not exist.
            CallError: A call failed.
        """
        return self._connection.execute(
            waiting.wait_for_cancellation(
                self._operations,
                cancellation,
                timeout=timeout,
                stall_after=stall_after,
                on_progress=on_progress,
                evidence=evidence,
            )
        )

    def cancel_many(
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
        """Cancel many runs, and wait until the outcome of each is known. One that fails does not stop the others.

        The requests start in the order of the numbers, as many at once as the tenant allows. Zuora cancels entries
        asynchronously, so the runs are then waited for side by side. If only one run may be cancelled at a time, use
        `at_once=1`: then a run is requested only when the outcome of the one before it is known.

        To resume after an interruption, call it again with the same numbers: a run whose cancellation is in progress,
        or done, is waited for and not refused.

        Args:
            numbers: The runs' numbers, each once.
            wait: Whether to wait; if not, each result holds the accepted cancellation, whose outcome is not known.
            timeout: Seconds for all of them together; None for no limit.
            stall_after: Seconds without any change after which a cancellation that has begun counts as stalled; None
                for never.
            at_once: How many runs to cancel at once; all of them by default.
            on_progress: Called with what was seen so far of a run, after each poll that does not decide its outcome.
            on_result: Called with each result as it comes. If it raises an exception, the batch ends with it.
            evidence: A folder to write the evidence to, one file for each run; or a function from a run's number to its
                file.

        Returns:
            A result for each number, in the order of the numbers.

        Raises:
            InvalidArgumentError: `numbers` is empty, or some are not valid or repeated (all of these are named), or
                another argument is not valid. Nothing was sent.
        """
        flow = waiting.cancel_one_of_many(
            self._operations,
            wait=wait,
            timeout=timeout,
            stall_after=stall_after,
            at_once=at_once,
            on_progress=on_progress,
            evidence=evidence,
        )
        connection = self._connection
        return batch.in_threads(numbers, at_once, flow, connection.perform, connection.pipeline.clock, on_result)

    def wait_for_completion(
        self,
        created: models.CreateJournalRunResponse | str,
        *,
        timeout: float | None = DEFAULT_TIMEOUT,
        on_poll: OnPoll | None = None,
        evidence: EvidenceFile | None = None,
    ) -> results.CompletionOutcome:
        """Wait until a created run has ended, successfully or not.

        Args:
            created: What `create` returned, or the run's number.
            timeout: Seconds to wait; None for no limit.
            on_poll: Called with the run, after each poll at which it has not ended.
            evidence: A file to write the evidence to, which can be judged again later. If it exists, it is continued.

        Raises:
            CompletionTimeoutError: The time was up before the run had ended.
            NotFoundError: The run does not exist.
            CallError: A call failed.
        """
        return self._connection.execute(
            waiting.wait_for_completion(self._operations, created, timeout=timeout, on_poll=on_poll, evidence=evidence)
        )

    def delete(
        self,
        number: str,
        *,
        wait: bool = False,
        timeout: float | None = DEFAULT_TIMEOUT,
        on_poll: OnPoll | None = None,
        evidence: EvidenceFile | None = None,
    ) -> results.Deletion:
        """Delete a cancelled run.

        Args:
            number: The run's number.
            wait: Whether to wait until it is gone.
            timeout: Seconds to wait; None for no limit.
            on_poll: Called with the run, after each poll at which it still exists.
            evidence: A file to write the evidence to, which can be judged again later. If it exists, it is continued.

        Raises:
            RunStatusError: The run is not `Cancelled`; nothing was deleted.
            NotFoundError: The run does not exist.
            DeletionTimeoutError: The time was up before the run was gone.
            CallError: The call failed.

        Source: Zuora, Delete a journal run (index page of the tag, 2026).
        """
        return self._connection.execute(
            waiting.delete(
                self._operations, RunNumber(number), wait=wait, timeout=timeout, on_poll=on_poll, evidence=evidence
            )
        )

    def plan(self, operation: Literal["cancel", "delete"], numbers: Iterable[str]) -> plans.Plan:
        """Plan to cancel or delete runs, as they and their entries are now; changes nothing.

        A plan can be written to a file, looked at by a second person, read again and given to `apply`.

        Raises:
            InvalidArgumentError: `numbers` is empty, or some are not valid or come more than once.
            PlanError: the status of a run does not allow it.
            CallError: a call failed.
        """
        return self._connection.execute(planning.plan_runs(self._operations, operation, numbers))

    def plan_rerun(
        self, number: str, *, allow_remaining: bool = False, **changes: Unpack[planning.RunChanges]
    ) -> plans.Plan:
        """Plan what `rerun` would do now; changes nothing. Entries that would stay are in `plan.staying`.

        Raises:
            InvalidArgumentError: as for `rerun`.
            RunStatusError: the run's status does not allow a cancellation.
            CallError: a call failed.
        """
        return self._connection.execute(
            planning.plan_rerun(self._operations, RunNumber(number), changes, allow_remaining=allow_remaining)
        )

    def check_plan(self, plan: plans.Plan) -> None:
        """Check that all runs of a plan, and their entries, are as they were planned; changes nothing.

        Raises:
            PlanError: something is not; its `deviations` say what.
            CallError: a call failed.
        """
        self._connection.execute(planning.check_plan(self._operations, plan))

    def rerun(
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
        """Cancel a run, prove that it is cancelled, and create one in its place, with the same parameters or others.

        It can be interrupted anywhere, and goes on when it is called again with the same evidence file, which holds
        what was planned, what was seen and the idempotency key. It never leaves two live runs. Zuora remembers a key
        for 24 hours: a creation of before then whose outcome is not known is not repeated.

        Args:
            number: The number of the run to cancel.
            evidence: The file to write the evidence to, or to go on with.
            allow_remaining: Whether entries that cannot be cancelled may stay in the old run.
            plan: A plan of `plan_rerun` that was approved; anything that is not as it was planned is refused before the
                first change.
            timeout: Seconds for the whole; None for no limit.
            stall_after: Seconds without any change after which a cancellation that has begun counts as stalled; None
                for never.
            wait_for_turn: Seconds to wait with the creation while another run is in progress; None not to wait.
            on_progress: Called with what was seen of the cancellation, after each poll that did not decide it.
            on_poll: Called with the new run, after each poll that saw one that has not ended.
            on_turn: Called with what a creation waits for, after each refusal.
            changes: What to request otherwise than the run did: the arguments of `create`. The accounting period is
                taken from the run's entries, and has to be given if they do not name one.

        Raises:
            InvalidArgumentError: a change cannot be sent, the period is not known, or the evidence file is about
                something else.
            KeyExpiredError: a creation of a day ago may have been processed, and its key is forgotten.
            RunStatusError: the run's status does not allow a cancellation.
            EntriesRemainError: entries would stay, or did; no run was created in its place.
            PlanError: a run or an entry is not as it was planned; nothing was changed.
            CancellationTimeoutError: the time was up, or the cancellation stalled; call again to go on.
            CompletionTimeoutError: the same, after the new run was created.
            TurnTimeoutError: another run was in the way of the new one until the time was up; call again to go on.
            CallError: a call failed; call again to go on.
        """
        return self._connection.execute(
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

    def post_entries(
        self,
        number: str,
        post: Post,
        *,
        was_posted: WasPosted | None = None,
        notes: str | None = None,
        timeout: float | None = DEFAULT_VERIFICATION_TIMEOUT,
        evidence: EvidenceFile | None = None,
    ) -> close.PostingOutcome:
        """Post each entry of a run to your ledger once, and mark it as transferred.

        Entry by entry: mark it as `Processing`, call `post`, then mark it as `Yes`, or as `Error` if `post` raised. In
        the end all entries are read again. Entries that are `No` or `Error` are posted, those that are `Yes` or
        `Ignore` are left alone.

        An entry that is `Processing` at the beginning is in doubt, since whoever claimed it may have posted it: then
        `was_posted` is called. Without it, or if it does not know, nothing is posted at all, and the outcome names the
        entries. With the same evidence file, a posting that was interrupted after `post` had returned is not in doubt.
        Let only one program post the entries of a run at a time.

        Args:
            number: The run's number.
            post: Posts an entry. What it returns is not used. It must raise if it did not post the entry, and
                `PostingInDoubtError`, or another exception whose `maybe_processed` is true, if it may have. For
                AsyncJournalRunsClient it may be asynchronous.
            was_posted: Returns whether the ledger has an entry: True or False, or None if that cannot be told.
            notes: The notes of the entries that are marked as `Yes`.
            timeout: Seconds to wait in the end until the entries show their marks; None for no limit.
            evidence: A file to write the evidence to, which holds how far the posting is; one that was begun before is
                continued.

        Raises:
            InvalidArgumentError: an argument is not valid.
            RunStatusError: the run is not `Completed`.
            CallError: a call failed; call again to go on.
        """
        check_synchronous(post, was_posted)
        return self._connection.execute(
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

    def plan_transfer(
        self, number: str, *, value: str = "Yes", entries: Iterable[str] | None = None, notes: str | None = None
    ) -> plans.Plan:
        """Plan what `transfer` would do now; changes nothing. Entries that are in doubt are in `plan.staying`.

        Raises:
            InvalidArgumentError: as for `transfer`.
            RunStatusError: the run is cancelled.
            CallError: a call failed.
        """
        return self._connection.execute(
            planning.plan_transfer(self._operations, RunNumber(number), value, entries, notes)
        )

    def transfer(
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
        """Mark entries of a run that were posted by other means, and read them again.

        An entry that has the value already is left alone. So is one that is `Processing`, unless `entries` names it: it
        is in doubt, since somebody may be posting it. The outcome names it, and is not complete.

        Args:
            number: The run's number.
            value: What to set `transferredToAccounting` to: No, Processing, Yes, Error or Ignore.
            entries: The numbers of the entries; by default all that are not cancelled, `Ignore` or in doubt.
            notes: The notes of the entries that are marked, up to 2,000 characters.
            plan: A plan of `plan_transfer` that was approved; anything that is not as it was planned is refused before
                the first change.
            timeout: Seconds to wait in the end until the entries show their marks; None for no limit.
            evidence: A file to write the evidence to, which can be judged again later; one that was begun before is
                continued.

        Raises:
            InvalidArgumentError: the value is none of these, or an entry is cancelled or not of the run.
            RunStatusError: the run is cancelled.
            PlanError: a run or an entry is not as it was planned; nothing was changed.
            CallError: a call failed; call again to go on.
        """
        return self._connection.execute(
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

    def apply(
        self, plan: plans.Plan, *, evidence: EvidenceFile | None = None, timeout: float | None = DEFAULT_TIMEOUT
    ) -> list[results.CancellationResult] | list[results.Deletion] | close.TransferOutcome | close.RerunOutcome:
        """Do exactly what was planned; if a run or an entry is not as it was planned, refuse before the first change.

        Args:
            plan: What `plan`, `plan_transfer` or `plan_rerun` returned, perhaps read from a file.
            evidence: The evidence file of a transfer or rerun, for which a rerun has no default; for cancellations, a
                folder.
            timeout: Seconds to wait, as for `cancel_many`, `delete`, `transfer` and `rerun`; None for no limit.

        Returns:
            What `cancel_many`, `delete` (for each run), `transfer` or `rerun` returns.

        Raises:
            InvalidArgumentError: a rerun has no evidence file.
            PlanError: a run or an entry is not as it was planned; nothing was changed.
            JournalRunsError: as for these methods.
        """
        if planning.parse_plan(plan).operation == "transfer":
            return self.transfer(**planning.plan_arguments(plan), evidence=evidence, timeout=timeout)
        if plan.operation == "rerun":
            return self.rerun(**{**planning.plan_arguments(plan), "evidence": evidence}, timeout=timeout)
        self.check_plan(plan)
        if plan.operation == "cancel":
            return self.cancel_many(plan.numbers, evidence=evidence, timeout=timeout)
        return [self.delete(number, wait=True, timeout=timeout) for number in plan.numbers]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        # A client that could not be made has a repr too, which tracebacks ask for.
        connection = self.__dict__.get("_connection")
        address = "" if connection is None else repr(str(connection.pipeline.base_url).rstrip("/"))
        return f"{type(self).__name__}({address})"
