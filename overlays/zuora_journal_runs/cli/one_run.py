"""What `zjr transfer` and `zjr rerun` share: they show a plan, ask, and can be continued after an interruption."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import click

from zuora_journal_runs.errors import JournalRunsError

from . import records
from .confirmation import confirm
from .error_messages import CommandError, add_continuation
from .evidence_files import EvidenceFiles, begun_plan
from .exit_status import ExitStatus
from .formatting import count_entries
from .plan_files import NOTHING_CHANGED, check_plan_file, read_plan, write_plan
from .run_numbers import required_number
from .session import repetition
from .terminal import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from zuora_journal_runs import JournalRunsClient, Plan

    from .record_types import RerunPlanRecord, TransferPlanRecord
    from .session import Session

    Record = TransferPlanRecord | RerunPlanRecord


class PlanOptions(TypedDict):
    """The parameters that both commands have."""

    number: str | None
    dry_run: bool
    plan_file: str | None
    plan_to_apply: str | None
    evidence: str | None
    yes: bool
    as_json: bool


@dataclass(frozen=True)
class OneRun:
    """A command for one run.

    Args:
        session: The execution of the command.
        operation: Its name, and what is planned.
        options: Its parameters.
        decided: The names of further parameters, which a plan decides.
        given: Their values, as arguments of the client.
    """

    session: Session
    operation: Literal["transfer", "rerun"]
    options: PlanOptions
    decided: Sequence[str]
    given: dict[str, Any]

    def approved(self) -> tuple[str, Plan | None]:
        """Return the number of the run, and the plan to apply if there is one.

        Raises:
            UsageError: Parameters are missing or contradict each other.
        """
        check_plan_file(self.options["plan_file"], dry_run=self.options["dry_run"])
        plan = read_plan(self.options["plan_to_apply"], self.operation, "number", *self.decided)
        return (required_number(self.options["number"]), None) if plan is None else (plan.numbers[0], plan)

    def dry_run(self, run: str) -> int:
        """Report what would be done with a run, write the plan if there is a file for it, and return the exit status.

        Raises:
            CommandError: The plan was not written, since it would be refused.
        """
        with self.session.client() as client:
            plan = self._plan(client, run)
        record, plan_file, as_json = _record(plan), self.options["plan_file"], self.options["as_json"]
        if as_json:
            click.echo(records.line(record))
        else:
            _show([record], sys.stdout)
            click.echo(NOTHING_CHANGED)
        if plan_file is not None and record["exitStatus"] != ExitStatus.DONE:
            raise CommandError("no plan was written, since it would be refused")
        if plan_file is not None:
            write_plan(plan, plan_file, as_json=as_json)
        return record["exitStatus"]

    @contextmanager
    def confirmed(
        self, run: str, approved: Plan | None, known: str, again: str | None = None
    ) -> Iterator[tuple[JournalRunsClient, dict[str, Any]]]:
        """Ask for confirmation; yield a client, and the arguments with which its method does what was confirmed.

        Args:
            run: The run's number.
            approved: The plan to apply; None if there is none.
            known: What is known if the command is interrupted.
            again: The command that continues; by default the same one.
        """
        from zuora_journal_runs._client import plan_arguments

        evidence, plan = self.options["evidence"], approved
        begun = begun_plan(evidence, self.operation, run)
        again = again or repetition(*self.decided, "plan_to_apply")(self.options["number"])
        with EvidenceFiles(evidence, [run]), self.session.client() as client:
            if not self.options["yes"]:
                if plan is not None and begun is None:
                    client.check_plan(plan)
                shown = begun or plan or self._plan(client, run)
                question = _question(_record(shown)) if begun is None else f"This was begun at {begun.at}. Continue?"
                confirm([_record(shown)], _show, lambda _: question, as_json=self.options["as_json"])
                # Nothing else is done than what was shown.
                plan = plan if begun else shown
            self.session.known = f"{known}; to continue: `{again}`"
            arguments = {"number": run, **self.given} if plan is None else plan_arguments(plan)
            try:
                yield client, {**arguments, "evidence": evidence}
            except JournalRunsError as error:
                if begun is not None or self.session.changed:
                    add_continuation(error, again)
                raise

    def _plan(self, client: JournalRunsClient, run: str) -> Plan:
        plan = client.plan_transfer if self.operation == "transfer" else client.plan_rerun
        return plan(run, **self.given)


def _record(plan: Plan) -> Record:
    return records.transfer_plan(plan) if plan.operation == "transfer" else records.rerun_plan(plan)


def _show(plans: list[Record], screen: TextIO) -> None:
    from . import render

    (plan,) = plans
    show(render.transfer_plan(plan) if plan["kind"] == "transferPlan" else render.rerun_plan(plan), to=screen)


def _question(plan: Record) -> str | None:
    """Return the question whether to do what is planned; None if that is nothing, or would be refused."""
    if plan["kind"] == "transferPlan":
        return f"Mark {count_entries(len(plan['marked']))} as {plan['value']}?" if plan["marked"] else None
    return f"Cancel {plan['number']}, and create a run in its place?" if plan["allowed"] else None
