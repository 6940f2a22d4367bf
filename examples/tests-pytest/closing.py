"""The code under test: it cancels all runs of a list, and says which of them people have to look at."""

from collections.abc import Iterable

from zuora_journal_runs import JournalRunsClient


def cancel_all(numbers: Iterable[str]) -> list[str]:
    """Cancel runs; return a line for each that is not completely cancelled."""
    with JournalRunsClient.from_env() as client:
        results = client.cancel_many(numbers)
    return [
        f"{result.number}: {result.error or result.unwrap().summary()}" for result in results if not result.complete
    ]
