"""Cancel a journal run, and create it again if everything was cancelled.

    python cancel_and_redo.py JR-00000073

Address and credentials come from the environment. If it is interrupted, start it again: it goes on where it stopped.
"""

import sys

from zuora_journal_runs import JournalRunsClient, errors


def cancel_and_redo(client: JournalRunsClient, number: str) -> int:
    """Cancel a run and create another one in its place; return the exit status."""
    try:
        outcome = client.rerun(number, evidence=f"{number}-rerun.jsonl")
    except errors.EntriesRemainError as error:
        print(error.message)
        return 3
    print(outcome.summary())
    return 0 if outcome.complete else 1


def main(number: str) -> int:
    """Connect as the environment says, and do it."""
    with JournalRunsClient.from_env() as client:
        try:
            return cancel_and_redo(client, number)
        except errors.JournalRunsError as error:
            print(error)
            return 4 if isinstance(error, errors.WaitTimeoutError) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
