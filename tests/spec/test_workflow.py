"""The workflow to copy: what it runs is there."""

from __future__ import annotations

import re

import pytest
from openapi.spec.command import ROOT
from openapi.spec.yaml_files import load

WORKFLOW = load(ROOT / "openapi" / "workflow" / "spec.yml")
STEPS = WORKFLOW["jobs"]["spec"]["steps"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_it_runs_by_the_clock_and_by_hand() -> None:
    assert WORKFLOW["on"].keys() == {"schedule", "workflow_dispatch"}


def test_it_may_do_no_more_than_it_must() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert WORKFLOW["jobs"]["spec"]["permissions"] == {"contents": "write", "pull-requests": "write"}


@pytest.mark.parametrize("used", [step["uses"] for step in STEPS if "uses" in step])
def test_actions_are_pinned_as_in_our_own_workflow(used: str) -> None:
    assert f"uses: {used} #" in (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")


def test_what_make_is_asked_for_is_there() -> None:
    asked = re.findall(r"\bmake (\w+)", "\n".join(step.get("run", "") for step in STEPS))
    assert asked == ["fetch", "spec"]
    for target in asked:
        assert re.search(rf"^{target}: ", MAKEFILE, re.MULTILINE)


def test_every_layer_that_spec_writes_is_committed() -> None:
    (added,) = re.findall(r"git add (.*)", "\n".join(step.get("run", "") for step in STEPS))
    assert set(added.split()) == {
        "openapi/documents",
        "openapi/corrections.overlay.yaml",
        "openapi/journal-runs.yaml",
        "generated",
    }
