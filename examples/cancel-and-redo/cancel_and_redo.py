"""Cancel a journal run, and create it again if everything was cancelled.

    python cancel_and_redo.py JR-00000073 Sep-2026

Address and credentials come from the environment.
"""

import sys
from pathlib import Path

from zuora_journal_runs import JournalRunsClient, errors


def cancel_and_redo(client: JournalRunsClient, number: str, period: str, folder: Path) -> int:
    """Cancel a run and create another one for the same period; return the exit status."""
    plan = client.plan_cancellation(number)
    for blocked in plan.blocked:
        print(f"{blocked.number} would stay: {blocked.reason}; {blocked.advice}")
    if plan.blocked:
        print("nothing was changed")
        return 3

    # Unlike cancel_and_wait, this can be repeated after an interruption: a cancellation under way is waited for.
    (result,) = client.cancel_many([number], evidence=folder)
    outcome = result.unwrap()
    print(outcome.summary())
    if not outcome.complete:
        return 3

    created = client.create(
        [each.type_ for each in outcome.run.transaction_types],
        outcome.run.journal_entry_date or "",
        accounting_period_name=period,
        evidence=folder / f"{number}-again.jsonl",
    )
    ended = client.wait_for_completion(created, evidence=folder / f"{number}-again.jsonl")
    print(f"{created.journal_run_number} is {ended.ending}")
    return 0 if ended.complete else 1


def main(number: str, period: str, folder: str = ".") -> int:
    """Connect as the environment says, and do it."""
    with JournalRunsClient.from_env() as client:
        try:
            return cancel_and_redo(client, number, period, Path(folder))
        except errors.JournalRunsError as error:
            print(error)
            return 4 if isinstance(error, errors.WaitTimeoutError) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
