"""Plans: what is to be done, in a file that a second person can read and approve, and that is applied exactly."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from attrs import field, frozen

from zuora_journal_runs._generated import models
from zuora_journal_runs._observations import STAYS, EntryState
from zuora_journal_runs.errors import InvalidArgumentError, PlanError

Operation = Literal["cancel", "delete", "transfer", "rerun"]

FORMAT = 1
_DETAILS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "cancel": {},
    "delete": {},
    "transfer": {"value": str, "notes": (str, type(None)), "entries": list, "inDoubt": list},
    "rerun": {"request": dict, "changes": dict, "allowRemaining": bool, "totals": list},
}
"""The details of each operation, and their types."""
_NUMBER = re.compile(r"JR-[0-9]{8,}")
_NAMED = 10
"""Deviations that a message names."""


@frozen
class PlannedRun:
    """A run as it was when the plan was made."""

    number: str
    """The run's number."""
    status: str
    """The run's status."""
    entries: Mapping[str, EntryState]
    """The state of each entry by its number; empty where entries do not matter, as for a deletion."""

    @classmethod
    def of(cls, run: models.JournalRun, entries: Iterable[models.JournalEntry]) -> Self:
        """Take in a run and its entries as they are now."""
        return cls(
            run.number,
            str(run.status),
            {
                entry.number: (
                    str(entry.status),
                    None if entry.transferred_to_accounting is None else str(entry.transferred_to_accounting),
                )
                for entry in entries
            },
        )


@frozen
class Plan:
    """What is to be done with runs, and how they and their entries were when that was decided.

    Write it to a file, let a second person look at it, read it, and give it to `client.apply`, which refuses before the
    first change if anything is not as it was planned.
    """

    operation: Operation
    """What is to be done with the runs."""
    host: str
    """The host and port of the API."""
    entity: str | None
    """`Zuora-Entity-Ids`."""
    organizations: str | None
    """`Zuora-Org-Ids`."""
    at: str = field(eq=False)
    """When it was made (ISO 8601, UTC)."""
    runs: tuple[PlannedRun, ...]
    """The runs that it is about."""
    details: Mapping[str, Any]
    """For a transfer: value, notes, the entries to mark, and those in doubt, which are left alone. For a rerun: what
    the new run requests, what was changed by the caller, whether entries may remain, and the totals of the entries to
    cancel."""

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers of the runs."""
        return tuple(run.number for run in self.runs)

    def staying(self, run: PlannedRun) -> tuple[str, ...]:
        """Return the entries of a run that a cancellation cannot cancel, or that a transfer leaves since in doubt."""
        return tuple(number for number, state in run.entries.items() if self._action(number, state) == "stay")

    def acted_on(self, run: PlannedRun) -> tuple[str, ...]:
        """Return the entries of a run that are to be cancelled or marked."""
        return tuple(
            number for number, state in run.entries.items() if self._action(number, state) in ("cancel", "mark")
        )

    def _action(self, number: str, state: EntryState) -> str:
        """Return what is to become of an entry: cancel, mark, stay or nothing."""
        status, transferred = state
        if self.operation == "transfer":
            if number in self.details["inDoubt"]:
                return "stay"
            return "mark" if number in self.details["entries"] and transferred != self.details["value"] else "nothing"
        if status == "Cancelled":
            return "nothing"
        return "stay" if transferred in STAYS else "cancel"

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as a JSON object."""
        return {
            "format": FORMAT,
            "operation": self.operation,
            "host": self.host,
            "entity": self.entity,
            "organizations": self.organizations,
            "at": self.at,
            "runs": [
                {
                    "number": run.number,
                    "status": run.status,
                    "entries": [
                        {
                            "number": number,
                            "status": state[0],
                            "transferredToAccounting": state[1],
                            "action": self._action(number, state),
                        }
                        for number, state in run.entries.items()
                    ],
                }
                for run in self.runs
            ],
            "details": dict(self.details),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], name: str = "the plan") -> Self:
        """Read a plan from a JSON object.

        Args:
            data: The object.
            name: What messages call it.

        Raises:
            InvalidArgumentError: It is not a plan of this format, or what is to become of an entry does not fit its
                state.
        """
        try:
            plan = cls(
                data["operation"],
                data["host"],
                data["entity"],
                data["organizations"],
                data["at"],
                tuple(
                    PlannedRun(
                        run["number"],
                        run["status"],
                        {
                            entry["number"]: (entry["status"], entry["transferredToAccounting"])
                            for entry in run["entries"]
                        },
                    )
                    for run in data["runs"]
                ),
                data["details"],
            )
            datetime.fromisoformat(plan.at)
            if plan._is_valid() and plan.to_dict() == data:
                return plan
        except (KeyError, TypeError, ValueError, AttributeError):
            pass
        raise InvalidArgumentError(f"{name} is not a plan of format {FORMAT}, or was changed: make it again")

    def _is_valid(self) -> bool:
        types = _DETAILS[self.operation]
        return (
            self.details.keys() == types.keys()
            and all(isinstance(self.details[name], kind) for name, kind in types.items())
            and 0 < len({*self.numbers}) == len(self.runs)
            and all(_NUMBER.fullmatch(number) for number in self.numbers)
        )

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the plan to a file, as JSON that a person can read.

        Raises:
            OSError: The file exists already, or cannot be written.
        """
        with Path(path).open("x", encoding="utf-8") as file:
            json.dump(self.to_dict(), file, ensure_ascii=False, indent=2)
            file.write("\n")

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Read a plan from a file.

        Raises:
            InvalidArgumentError: It is not a plan of this format.
            OSError: The file cannot be read.
        """
        try:
            data = json.loads(Path(path).read_bytes())
        except (ValueError, RecursionError):
            data = None
        return cls.from_dict(data if isinstance(data, dict) else {}, str(path))

    def check_scope(self, host: str, entity: str | None, organizations: str | None) -> None:
        """Check that a client works where the plan was made.

        Raises:
            PlanError: It is another host, entity or organisation.
        """
        scope = {
            "host": (self.host, host),
            "entity": (self.entity, entity),
            "organisations": (self.organizations, organizations),
        }
        for name, (planned, given) in scope.items():
            if planned != given:
                raise PlanError(f"the plan is for the {name} {planned or 'none'}, not {given or 'none'}")

    def check(self, runs: Iterable[PlannedRun]) -> None:
        """Check that runs and their entries are as they were planned.

        Args:
            runs: The runs as they are now, in the order of the plan.

        Raises:
            PlanError: Something is not; everything that is not is in its `deviations`.
        """
        deviations = tuple(
            deviation for planned, now in zip(self.runs, runs, strict=True) for deviation in _deviations(planned, now)
        )
        if deviations:
            rest = f"; and {len(deviations) - _NAMED:,} more" if len(deviations) > _NAMED else ""
            raise PlanError(
                f"not as planned, and nothing was changed: {'; '.join(deviations[:_NAMED])}{rest}",
                deviations=deviations,
            )


def _deviations(planned: PlannedRun, now: PlannedRun) -> Iterator[str]:
    if planned.status != now.status:
        yield f"{now.number} is {now.status}, not {planned.status}"
    for number in sorted({*planned.entries, *now.entries}):
        before, after = planned.entries.get(number), now.entries.get(number)
        if before == after:
            continue
        if before is None:
            yield f"{number} of {now.number} was not there"
        elif after is None:
            yield f"{number} of {now.number} is not there any more"
        else:
            yield f"{number} of {now.number} is {_said(after)}, not {_said(before)}"


def _said(state: EntryState) -> str:
    return f"{state[0]} and transferred {state[1] or 'nothing'}"
