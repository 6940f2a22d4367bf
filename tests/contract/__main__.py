"""What the suite is worth: which mutants it finds, and what it finds in an honest provider.

`python -m tests.contract mutants` tries the whole suite on each of them, until it finds something.
`python -m tests.contract seeds 20` tries it on the emulator with as many seeds.
`python -m tests.contract suite ...` is `zjr contract ...` for an emulator that it starts.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from zuora_journal_runs.cli.app import zjr
from zuora_journal_runs.contract import Options, Outcome, UsageError

from .mutants import ALIKE, MUTANTS
from .provider import ENTITY, FAILURES, OPERATIONS, ORGANISATION, emulator_for_the_suite, report_of, suite_for
from .recorder import IN_RESPONSES, Recorder, judged
from .unsteady import UNSTEADY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .mutants import Mutation

MAX_TIME = 3600.0
"""Seconds on a virtual clock in which each mutant must be found."""

PROVOKE = """
import json, sys, urllib.request
body = json.dumps({"fault": json.loads(sys.argv[2])[sys.argv[3]]}).encode()
urllib.request.urlopen(urllib.request.Request(sys.argv[1], body, {"Content-Type": "application/json"}))
"""


class Kill(NamedTuple):
    """What became of a mutant."""

    killer: str | None
    """The id of the first rule to find it; None if it was not found."""
    seconds: float
    lost: Sequence[tuple[str, str]] = ()
    """What a replay of its recorded traffic should have found too."""


def kill(mutation: Mutation, now: Callable[[], float] = time.perf_counter) -> Kill:
    """Check rules on a mutant until something is found, within its time on the virtual clock."""
    began = now()
    emulator = emulator_for_the_suite()
    recorder = Recorder(mutation(emulator, emulator.transport().handle_request))
    suite = suite_for(emulator, Options(max_time=MAX_TIME), recorder)
    try:
        suite.connect()
    except UsageError:
        return Kill("no token", now() - began)
    for rule in suite.rules:
        if suite.check(rule).outcome is Outcome.FAILED:
            lost = {each.key for each in suite.report().findings if each.check in IN_RESPONSES}
            lost -= {each.key for each in judged(recorder).findings}
            return Kill(rule.id, now() - began, sorted(lost))
    return Kill(None, now() - began)


def mutants() -> int:
    """Print a line for each mutant, and how many of them were found."""
    kills = {}
    cpu = time.process_time()
    every: dict[str, Mutation] = {**{name: mutation for name, (_, mutation) in MUTANTS.items()}, **UNSTEADY}
    for name, mutation in every.items():
        each = kills[name] = kill(mutation)
        print(f"{name:50} {each.killer or 'NOT FOUND':57} {each.seconds:5.2f} s", flush=True)
        for lost in each.lost:
            print(f"    not found in its recorded traffic: {': '.join(lost)}")
    print("\nThe same to any client, and so not counted:")
    for name, reason in ALIKE.items():
        print(f"{name:50} {reason}")
    killed = sum(each.killer is not None for each in kills.values())
    lost_in = sum(bool(each.lost) for each in kills.values())
    seconds = sum(each.seconds for each in kills.values())
    cpu = time.process_time() - cpu
    print(
        f"\n{killed} of {len(kills)} mutants found ({killed / len(kills):.0%}) in {seconds:.0f} s, {cpu:.0f} s of CPU"
    )
    print(f"{len(kills) - lost_in} of {len(kills)} recordings show all that responses can show")
    return int(killed < len(kills) or lost_in > 0)


def seeds(number: int) -> int:
    """Print what is found in the emulator, and in its recorded traffic, with so many seeds."""
    findings = calls = 0
    began, cpu = time.perf_counter(), time.process_time()
    for seed in range(1, number + 1):
        emulator = emulator_for_the_suite()
        recorder = Recorder(emulator.transport().handle_request)
        report = report_of(suite_for(emulator, Options(seed=seed), recorder))
        for finding in (*report.findings, *judged(recorder).findings):
            findings += 1
            print(f"seed {seed}: {', '.join(finding.rules)}: {finding.check}: {finding.title}\n{finding.curl}")
        calls += report.calls
        print(f"seed {seed}: {findings} findings, {calls:,} calls so far", flush=True)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(
        f"\n{findings} findings over {number} seeds, live and recorded, in {calls:,} calls, {seconds:.0f} s, {cpu:.0f} s of CPU"
    )
    return int(findings > 0)


def suite(arguments: list[str]) -> int:
    """Run `zjr contract` on an emulator that it starts."""
    with emulator_for_the_suite() as emulator:
        os.environ |= {**emulator.environ(), "ZUORA_ENTITY_ID": ENTITY, "ZUORA_ORG_IDS": ORGANISATION}
        names = {
            f"{operation}-{failure}": f"{name}:1:{fault}"
            for operation, name in OPERATIONS.items()
            for failure, fault in FAILURES.items()
        }
        provoke = [sys.executable, "-c", PROVOKE, f"{emulator.url}/_emulator/faults", json.dumps(names)]
        command = shlex.join([*provoke, "{operation}-{failure}"])
        options = ["contract", "--provoke", command, *arguments]
        status: int = zjr.main(options, standalone_mode=False)
    return status


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["mutants"]:
            sys.exit(mutants())
        case ["seeds", number]:
            sys.exit(seeds(int(number)))
        case ["suite", *arguments]:
            sys.exit(suite(arguments))
        case _:
            sys.exit(__doc__)
