"""Two DAGs for the closes of many tenants and entities. Copy this file to the folder `dags` of your Airflow.

They are started with the runs that they are about, each with the Airflow Connection of its tenant and entity:

    airflow dags trigger rerun_close --conf '{"runs": [{"conn_id": "zuora_de", "number": "JR-00000075"}]}'

Each run is a task group of its own: one that fails stops none of the others.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

from airflow.sdk import BaseHook, Param, dag, task, task_group
from journal_runs import (
    CancelJournalRunOperator,
    CreateJournalRunOperator,
    RerunJournalRunOperator,
    TransferJournalEntriesOperator,
    environ_of,
)

from zuora_journal_runs import JournalRunsClient

FOLDER = os.environ.get("ZUORA_FOLDER", "/var/lib/airflow/zuora")
"""A folder that all workers share, and that outlives them."""
DEFAULTS = {
    "evidence_folder": f"{FOLDER}/evidence",
    "patience": float(os.environ.get("ZUORA_PATIENCE", "20")),
    "pause": float(os.environ.get("ZUORA_PAUSE", "30")),
    "retries": 5,
}
RUNS = {"runs": Param([], type="array", description="The runs, each with what its task group takes as arguments.")}


@task
def runs(params: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the runs that the DAG was started with."""
    found: list[dict[str, Any]] = params["runs"]
    return found


@task
def post(conn_id: str, number: str) -> str:
    """Stand for the task that posts the entries of a run to your ledger: write them to a file."""
    file = Path(FOLDER, f"{conn_id}-{number}.csv")
    with JournalRunsClient.from_env(environ_of(BaseHook.get_connection(conn_id))) as client:
        entries = client.entries(number)
    with file.open("w", newline="", encoding="utf-8") as output:
        csv.writer(output).writerows(
            (entry.number, item.accounting_code_name, item.type_, item.amount, entry.currency)
            for entry in entries
            for item in entry.journal_entry_items
        )
    return str(file)


@dag(schedule=None, default_args=DEFAULTS, params=RUNS)
def redo_close() -> None:
    """Cancel runs, create others, which request something else, post their entries, and mark them."""

    @task_group
    def redo(conn_id: str, number: str, request: dict[str, Any]) -> None:
        cancelled = CancelJournalRunOperator(task_id="cancel", conn_id=conn_id, number=number)
        created = CreateJournalRunOperator(task_id="create", conn_id=conn_id, request=request)
        transferred = TransferJournalEntriesOperator(task_id="transfer", conn_id=conn_id, number=created.output["run"])
        cancelled >> created >> post(conn_id, created.output["run"]) >> transferred

    redo.expand_kwargs(runs())


@dag(schedule=None, default_args=DEFAULTS, params=RUNS)
def rerun_close() -> None:
    """Run journal runs again, with the same parameters, post their entries, and mark them."""

    @task_group
    def again(conn_id: str, number: str) -> None:
        created = RerunJournalRunOperator(task_id="rerun", conn_id=conn_id, number=number)
        transferred = TransferJournalEntriesOperator(task_id="transfer", conn_id=conn_id, number=created.output["run"])
        post(conn_id, created.output["run"]) >> transferred

    again.expand_kwargs(runs())


redo_close()
rerun_close()
