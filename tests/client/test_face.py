"""The public face: what can be imported, that both clients have the same, and that nothing costs more than it must."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import zuora_journal_runs
from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient, errors

PACKAGE = Path(zuora_journal_runs.__file__).parent
VERBS = (
    "request",
    "create",
    "retrieve",
    "entries",
    "plan_cancellation",
    "cancel",
    "cancel_and_wait",
    "cancel_many",
    "wait_for_cancellation",
    "wait_for_completion",
    "delete",
    "plan",
    "plan_rerun",
    "plan_transfer",
    "check_plan",
    "apply",
    "rerun",
    "post_entries",
    "transfer",
)


def test_everything_that_is_promised_is_there() -> None:
    assert sorted(zuora_journal_runs.__all__) == sorted(set(zuora_journal_runs.__all__))
    for name in zuora_journal_runs.__all__:
        assert getattr(zuora_journal_runs, name) is not None
    homes = {name for names in zuora_journal_runs._HOMES.values() for name in names}
    assert homes | {"errors"} == set(zuora_journal_runs.__all__)
    assert zuora_journal_runs.__version__[0].isdecimal()


def test_what_is_not_there_says_so() -> None:
    with pytest.raises(AttributeError, match="no attribute 'JournalRunClient'"):
        zuora_journal_runs.JournalRunClient  # noqa: B018


def public(cls: type) -> set[str]:
    return {name for name in vars(cls) if not name.startswith("_")}


def test_both_clients_have_the_same_verbs() -> None:
    assert public(JournalRunsClient) - {"close"} == public(AsyncJournalRunsClient) - {"aclose"}
    assert public(JournalRunsClient) - {"close"} == {*VERBS, "from_env", "with_options", "api", "connection"}


@pytest.mark.parametrize("verb", VERBS)
def test_signatures_and_docstrings_agree(verb: str) -> None:
    sync, tasks = getattr(JournalRunsClient, verb), getattr(AsyncJournalRunsClient, verb)
    assert inspect.signature(sync) == inspect.signature(tasks)
    assert inspect.iscoroutinefunction(tasks)
    assert "Raises:" in sync.__doc__
    assert f"`JournalRunsClient.{verb}`" in tasks.__doc__


def kinds(root: type[BaseException]) -> set[type[BaseException]]:
    return {root}.union(*(kinds(kind) for kind in root.__subclasses__()))


def test_all_errors_have_one_root_and_a_place_in_the_tree() -> None:
    ours = {value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, BaseException)}
    assert ours == kinds(errors.JournalRunsError)
    assert errors.__doc__ is not None
    names = {kind.__name__ for kind in ours - {errors.CallError}}
    assert {name for name in names if name not in errors.__doc__} == set()


def test_an_import_costs_no_more_than_what_is_used() -> None:
    code = (
        "import sys, zuora_journal_runs; assert 'httpx' not in sys.modules;"
        "from zuora_journal_runs import JournalRunsClient;"
        "heavy = {'aiohttp', 'attrs', 'zuora_journal_runs_api', 'uvicorn', 'yaml', 'jsonschema_rs'} & sys.modules.keys();"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
