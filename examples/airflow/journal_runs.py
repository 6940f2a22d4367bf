"""Operators and a trigger for Zuora journal runs. Copy this file to the folder `plugins` of your Airflow.

An operator does as much as it can at once. If Zuora needs more time, the task is deferred: it takes no worker slot
until the trigger sees that there may be something to do. The trigger proves nothing and changes nothing. What counts is
what a worker then observes and writes to the task's evidence file. Whatever happens to a task, its next attempt goes on
with that file. No operator has an `on_kill`: to stop or clear a task leaves the journal run as it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow.sdk import BaseHook, BaseOperator, Connection, Context
from airflow.sdk.exceptions import AirflowFailException
from airflow.triggers.base import BaseTrigger, TriggerEvent

from zuora_journal_runs import AsyncJournalRunsClient, JournalEntry, JournalRunsClient, errors
from zuora_journal_runs.evidence import read_evidence
from zuora_journal_runs.results import blocked

Record = dict[str, Any]
IN_PROGRESS = ("Pending", "Processing", "CancelInprogress")
CANCELLING = ("CancelInprogress", "Cancelled", "DeleteInprogress")
LONGEST_PAUSE = 600.0
"""Seconds after which a worker looks at a run in any case."""


def environ_of(connection: Connection) -> dict[str, str]:
    """Return the settings of a client from an Airflow Connection.

    Its host is the address, such as https://rest.zuora.com; login and password are the id and secret of the OAuth
    client. Its extra may have `entity_id`, `org_ids`, and `environment` in place of the host.
    """
    extra = connection.extra_dejson
    settings = {
        "ZUORA_BASE_URL": connection.host,
        "ZUORA_ENVIRONMENT": extra.get("environment"),
        "ZUORA_CLIENT_ID": connection.login,
        "ZUORA_CLIENT_SECRET": connection.password,
        "ZUORA_ENTITY_ID": extra.get("entity_id"),
        "ZUORA_ORG_IDS": extra.get("org_ids"),
    }
    return {name: value for name, value in settings.items() if value}


class JournalRunTrigger(BaseTrigger):
    """Wait until a run is no longer in progress, or for ten minutes.

    Args:
        conn_id: The Airflow Connection. It is resolved in the triggerer, so that the trigger's state has no secret.
        number: The run's number; None to wait for `pause` alone.
        pause: Seconds until the first poll, and between polls.
    """

    def __init__(self, conn_id: str, number: str | None, pause: float) -> None:
        super().__init__()
        self.conn_id, self.number, self.pause = conn_id, number, pause

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what the trigger is made from again, in whichever triggerer."""
        arguments = {"conn_id": self.conn_id, "number": self.number, "pause": self.pause}
        return f"{__name__}.{type(self).__name__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll the run. A poll that fails is repeated: if it goes on failing, the worker reports why."""
        environ = environ_of(await BaseHook.aget_connection(self.conn_id))
        end = time.monotonic() + LONGEST_PAUSE
        status = None
        async with AsyncJournalRunsClient.from_env(environ) as client:
            while True:
                await asyncio.sleep(self.pause)
                if self.number is None:
                    break
                try:
                    status = str((await client.retrieve(self.number)).status)
                except errors.CallError as error:
                    self.log.warning("%s", error)
                if time.monotonic() >= end or (status is not None and status not in IN_PROGRESS):
                    break
        yield TriggerEvent({"status": status})


class JournalRunOperator(BaseOperator):
    """What the operators share: the client, the evidence file, and how a task waits.

    Its XCom says what was shown; `run` is one of its own, for the task after it.

    Args:
        conn_id: The Airflow Connection of the tenant and entity.
        evidence_folder: The folder for evidence files, one for each task. All workers share it, and it outlives them.
        timeout: Seconds until the outcome has to be known. If it is not, the task fails, and its next attempt goes on.
        patience: Seconds that a worker waits before the task is deferred.
        pause: Seconds between two polls of the trigger.
        kwargs: As for every operator.
    """

    template_fields: Sequence[str] = ("conn_id", "evidence_folder")

    def __init__(
        self,
        *,
        conn_id: str,
        evidence_folder: str,
        timeout: float = 12 * 3600,
        patience: float = 20,
        pause: float = 30,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_id, self.evidence_folder = conn_id, evidence_folder
        self.timeout, self.patience, self.pause = timeout, patience, pause

    def advance(self, client: JournalRunsClient, evidence: Path) -> Record:
        """Do what is left to be done, and return what was shown.

        Raises:
            WaitTimeoutError: The outcome is not known yet.
            TurnTimeoutError: Another run is in the way.
        """
        raise NotImplementedError

    def execute(self, context: Context) -> Record:
        """Begin, or go on with what an earlier attempt has begun."""
        return self._advance(context, time.time() + self.timeout, 0)

    def resume(self, context: Context, event: Mapping[str, Any], deadline: float, fired: int) -> Record:
        """Go on after the trigger has fired, whatever it has seen."""
        self.log.info("The trigger has seen: %s", event["status"])
        return self._advance(context, deadline, 0 if event["status"] in IN_PROGRESS else fired + 1)

    def _advance(self, context: Context, deadline: float, fired: int) -> Record:
        evidence = self.evidence_file(context)
        try:
            with JournalRunsClient.from_env(environ_of(BaseHook.get_connection(self.conn_id))) as client:
                record = self.advance(client, evidence)
        except (errors.WaitTimeoutError, errors.TurnTimeoutError) as error:
            if time.time() >= deadline:
                raise
            self.log.info("%s", error.message)
            number = getattr(error, "number", None)
        else:
            return self._report(context, {**record, "evidence": str(evidence)})
        # If a run is not in progress and its outcome is not known either, the pauses become longer.
        trigger = JournalRunTrigger(self.conn_id, number, min(self.pause * 1.5 ** min(fired, 20), LONGEST_PAUSE))
        kwargs = {"deadline": deadline, "fired": fired}
        return self.defer(trigger=trigger, method_name=self.resume.__name__, kwargs=kwargs)

    def _report(self, context: Context, record: Record) -> Record:
        """Return what was shown; fail for good if it is settled and not complete, since a retry would not change it."""
        record["sha256"] = read_evidence(record["evidence"]).last_hash
        context["ti"].xcom_push(key="run", value=record["run"])
        if record["complete"]:
            self.log.info("%s", record["summary"])
            return record
        for entry in record["remaining"]:
            self.log.error("%(number)s: %(reason)s; %(advice)s", entry)
        context["ti"].xcom_push(key="return_value", value=record)
        raise AirflowFailException(record["summary"])

    def evidence_file(self, context: Context) -> Path:
        """Return the evidence file, which is the same for all attempts of a task."""
        ti = context["ti"]
        folder = Path(self.evidence_folder, quote(ti.dag_id, ""), quote(ti.run_id, ""))
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{ti.task_id}{'' if ti.map_index in (None, -1) else f'-{ti.map_index}'}.jsonl"


class CreateJournalRunOperator(JournalRunOperator):
    """Create a run, and wait until it has ended. All attempts of a task create one run together.

    Args:
        request: The arguments of `JournalRunsClient.create`.
        kwargs: As for JournalRunOperator.
    """

    template_fields = (*JournalRunOperator.template_fields, "request")

    def __init__(self, *, request: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.request = request

    def advance(self, client: JournalRunsClient, evidence: Path) -> Record:
        """Create the run, unless the evidence has it already, and wait until it has ended."""
        created = client.create(**self.request, wait_for_turn=self.patience, evidence=evidence)
        outcome = client.wait_for_completion(created, timeout=self.patience, evidence=evidence)
        number = outcome.run.number
        return _record(number, f"{number} is {outcome.ending}.", complete=outcome.complete)


class CancelJournalRunOperator(JournalRunOperator):
    """Cancel a run, and wait until it is proven what that did. If entries stay, the task fails and names them.

    Args:
        number: The run's number.
        kwargs: As for JournalRunOperator.
    """

    template_fields = (*JournalRunOperator.template_fields, "number")

    def __init__(self, *, number: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.number = number

    def advance(self, client: JournalRunsClient, evidence: Path) -> Record:
        """Request the cancellation, unless that was done, and wait for the outcome."""
        if _is_complete(evidence):
            return _record(self.number, f"{self.number} is cancelled, as its evidence shows.")
        cancel = client.cancel_and_wait if self._is_to_request(client) else client.wait_for_cancellation
        outcome = cancel(self.number, timeout=self.patience, stall_after=None, evidence=evidence)
        remaining = _staying(outcome.remaining)
        return _record(self.number, outcome.summary(), complete=outcome.complete, remaining=remaining)

    def _is_to_request(self, client: JournalRunsClient) -> bool:
        """Return whether to request the cancellation, if the evidence does not show that it is in progress.

        An earlier attempt may have been killed between its request and the response: then the run shows it. Or only
        entries are left that cannot be cancelled: then a request would change nothing.
        """
        if client.retrieve(self.number).status in CANCELLING:
            return False
        plan = client.plan_cancellation(self.number)
        return bool(plan.cancellable or not plan.blocked)


class RerunJournalRunOperator(JournalRunOperator):
    """Cancel a run, prove that, and create one in its place. If entries would stay, it changes nothing, and fails.

    Args:
        number: The number of the run to cancel.
        changes: Further arguments of `JournalRunsClient.rerun`, such as `journal_entry_date`.
        kwargs: As for JournalRunOperator.
    """

    template_fields = (*JournalRunOperator.template_fields, "number", "changes")

    def __init__(self, *, number: str, changes: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.number, self.changes = number, changes

    def advance(self, client: JournalRunsClient, evidence: Path) -> Record:
        """Go on from what the evidence shows."""
        limits: dict[str, Any] = {"timeout": self.patience, "stall_after": None, "wait_for_turn": self.patience}
        try:
            outcome = client.rerun(self.number, evidence=evidence, **limits, **(self.changes or {}))
        except errors.EntriesRemainError as error:
            return _record(self.number, error.message, complete=False, remaining=_staying(error.entries))
        return _record(outcome.created, outcome.summary(), complete=outcome.complete)


class TransferJournalEntriesOperator(JournalRunOperator):
    """Mark the entries of a run as transferred, once they are posted to the ledger, and read them again.

    Args:
        number: The run's number.
        value: What to set `transferredToAccounting` to.
        kwargs: As for JournalRunOperator.
    """

    template_fields = (*JournalRunOperator.template_fields, "number")

    def __init__(self, *, number: str, value: str = "Yes", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.number, self.value = number, value

    def advance(self, client: JournalRunsClient, evidence: Path) -> Record:
        """Mark the entries that are not marked yet."""
        outcome = client.transfer(self.number, value=self.value, evidence=evidence)
        reasons = {
            number: str(outcome.errors.get(number, "it is not shown to be marked")) for number in outcome.missing
        }
        remaining = [{"number": each, "reason": reasons[each], "advice": "look at it in Zuora"} for each in reasons]
        return _record(self.number, outcome.summary(), complete=outcome.complete, remaining=remaining)


def _is_complete(evidence: Path) -> bool:
    """Return whether a file proves that all is cancelled. That is final: the run may even be deleted since."""
    with contextlib.suppress(OSError, errors.EvidenceError):
        conclusion = read_evidence(evidence).conclusion
        return conclusion is not None and conclusion.facts["verdict"] == "complete"
    return False


def _record(run: str, summary: str, *, complete: bool = True, remaining: Iterable[Record] = ()) -> Record:
    """Return the XCom of a task, as JSON."""
    return {"run": run, "complete": complete, "summary": summary, "remaining": list(remaining)}


def _staying(entries: Sequence[JournalEntry]) -> list[Record]:
    """Return the entries that a cancellation has left, each with the reason and what to do."""
    reasons = {entry.number: (entry.reason, entry.advice) for entry in blocked(entries)}
    other = ("it is not cancelled", "look at it in Zuora; then cancel again")
    found = ((entry.number, *reasons.get(entry.number, other)) for entry in entries)
    return [{"number": number, "reason": reason, "advice": advice} for number, reason, advice in found]
