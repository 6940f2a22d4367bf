"""The web page at `/`: how it is sent, and how it works in a browser."""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import httpx
import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium_axe_python.axe import Axe
from tests.emulator import screenshot
from tests.emulator.browser import CHROMIUM, DRIVER, RUN, Page, chromium

from zuora_journal_runs.emulator import (
    DEFAULT_SEED,
    HELD,
    Clock,
    Emulator,
    Fault,
    RefusedError,
    RunStatus,
    SeedRun,
    Transfer,
)
from zuora_journal_runs.emulator.faults import REPLACES_RESPONSE, FaultKind, FaultOperation
from zuora_journal_runs.emulator.faults.kinds import LIMITED_TO
from zuora_journal_runs.emulator.openapi import contract
from zuora_journal_runs.emulator.state.lifecycle import IN_PROGRESS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium import webdriver
    from tests.emulator.conftest import Api

PAGE = (resources.files("zuora_journal_runs.emulator") / "page.html").read_text(encoding="utf-8")
in_a_browser = pytest.mark.skipif(
    not (DRIVER and CHROMIUM),
    reason="there is no Chromium with its driver here (Debian: apt-get install chromium chromium-driver)",
)
ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


# How it is sent


def test_a_browser_gets_the_page(api: Api) -> None:
    accept = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    seen = len(api.emulator.requests)
    page = api.http.get("/", headers=accept)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html;charset=UTF-8")
    assert page.text == PAGE
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    head = api.http.head("/", headers=accept)
    assert (head.content, head.headers["content-length"]) == (b"", page.headers["content-length"])
    assert len(api.emulator.requests) == seen


@pytest.mark.parametrize(
    ("method", "path", "accept"),
    [("GET", "/", "*/*"), ("GET", "/", "application/json"), ("POST", "/", "text/html"), ("GET", "/v1", "text/html")],
)
def test_other_requests_do_not_get_the_page(api: Api, method: str, path: str, accept: str) -> None:
    response = api.http.request(method, path, headers={"Accept": accept})
    assert (response.status_code, response.json()["success"]) == (404, False)
    assert api.emulator.requests[-1].path == path


def test_it_is_one_file_that_builds_nothing_from_text() -> None:
    addresses = set(re.findall(r"\w+://[^'\"\s>]+", PAGE))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\son\w+=|innerHTML|outerHTML|insertAdjacent|document\.write|\bstyle=", PAGE)


def test_it_knows_every_type_operation_fault_and_transfer() -> None:
    def listed(name: str) -> Any:
        found = re.search(rf"const {name} = ([\[{{].*?[\]}}]);\n", PAGE, re.DOTALL)
        assert found
        return json.loads(re.sub(r",\s*([\]}])", r"\1", found[1]))

    enum = re.search(r"\n    TransactionType:\n.*?      enum:\n(.*?)\n\n", contract().text, re.DOTALL)
    assert enum
    assert listed("TYPES") == re.findall(r"- (.+)", enum[1])
    assert [*listed("OPERATIONS")] == [*get_args(FaultOperation)]
    options = re.search(r'<template id="entry">.*?</template>', PAGE, re.DOTALL)
    assert options
    assert re.findall(r"<option>(\w+)", options[0]) == [*Transfer]
    kinds = {kind: about for group in listed("FAULTS").values() for kind, about in group.items()}
    assert {*kinds} == {*get_args(FaultKind)}
    for kind, about in kinds.items():
        value = f"-{about['value'][1]:g}" if "value" in about else ""
        assert Fault.parse(f"any:{kind}{value}").effect == f"{kind}{value}"
        assert ("after" in about) == (kind in REPLACES_RESPONSE)
        assert {*about.get("only", get_args(FaultOperation))} == {
            "any",
            *LIMITED_TO.get(kind, get_args(FaultOperation)),
        }


# In a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture
def opened(browser: webdriver.Chrome) -> Iterator[Callable[..., Page]]:
    """Opens the page of a new emulator, and fails on messages in the browser's console."""
    emulators: list[Emulator] = []

    def opened(**options: Any) -> Page:
        emulators.append(Emulator(**options).start())
        return Page(browser, emulators[-1])

    yield opened
    browser.get("about:blank")
    for emulator in emulators:
        emulator.close()
    # Refused requests are reported there, too.
    said = browser.get_log("browser")  # type: ignore[no-untyped-call]
    assert [each for each in said if each["source"] != "network"] == []


@in_a_browser
def test_the_progress_of_a_cancellation_is_shown(opened: Callable[..., Page]) -> None:
    page = opened(pacing="held")
    run = page.run()
    page.until(lambda: run.entries == ["Created"] * 10)
    with page.emulator.client() as client:
        client.cancel(RUN)
    page.emulator.step(RUN)
    page.emulator.step(RUN)
    page.until(lambda: run.entries == ["Cancelled"] * 2 + ["Created"] * 8)
    run.shows("CancelInprogress")
    page.shows(f"{run.place} .count", "2 of 10 entries cancelled")
    page.shows("#request-list code", f"PUT /v1/journal-runs/{RUN}/cancel")
    assert page.texts(f"{run.place} tfoot th") == ["Total of 10 entries", "Cancelled", "Not cancelled yet"]
    page.emulator.release(RUN)
    page.until(lambda: run.entries == ["Cancelled"] * 6 + ["Created"] + ["Cancelled"] * 3)
    page.until(lambda: page.texts(f"{run.place} tfoot th")[2:] == ["Stays"])


# What a cancellation did, first of all


@in_a_browser
def test_a_partial_cancellation_is_no_success(opened: Callable[..., Page]) -> None:
    page = opened(pacing="at-once")
    run = page.run()
    assert page.texts(f"{run.place} tbody .stays:not([hidden])") == []
    run.do("cancel")
    page.says(f"{RUN} is only partly cancelled: 1 entry stays, transferred to accounting.")
    assert page.find("#done").get_attribute("class") == "stays"
    run.shows("Partly cancelled")
    page.shows(f"{run.place} summary .stays", "1 entry stays, transferred to accounting")
    page.shows(f"{run.place} .count", "9 of 10 entries cancelled; Zuora's status is Completed")
    looks = page.js(
        "return [...document.querySelectorAll(arguments[0])].map((each) => each.dataset.is)", f"{run.place} .status"
    )
    assert looks == ["part", *["gone"] * 6, "part", *["gone"] * 3]
    # The reason is in the row of the entry that stays, and only there.
    assert page.texts(f"{run.place} tbody .stays:not([hidden])") == ["stays: transferred to accounting"]
    assert page.find(f"{run.place} tbody tr:nth-child(7) .stays").is_displayed()


@in_a_browser
def test_what_stays_is_counted_by_its_reason(opened: Callable[..., Page]) -> None:
    page = opened(
        pacing="at-once",
        seed=[SeedRun(entries=5, transfers={1: Transfer.YES, 2: Transfer.PROCESSING, 5: Transfer.YES})],
    )
    run = page.run("JR-00000001")
    run.do("cancel")
    page.shows(
        f"{run.place} summary .stays", "3 entries stay, 1 being transferred to accounting, 2 transferred to accounting"
    )


@in_a_browser
def test_a_cancellation_without_effect_is_no_success(opened: Callable[..., Page]) -> None:
    page = opened(pacing="at-once", seed=[SeedRun(entries=1, transfers={1: Transfer.YES})])
    page.run("JR-00000001").do("cancel")
    page.says("JR-00000001 is Completed: none of its entries was cancelled.")
    assert page.find("#done").get_attribute("class") == "stays"


@in_a_browser
def test_amounts_are_shown_and_add_up(opened: Callable[..., Page]) -> None:
    page = opened(pacing="at-once")
    run = page.run()
    amounts = page.texts(f"{run.place} tbody .amount")
    assert amounts[:2] == ["55,262.89 USD", "183,694.99 USD"]
    assert page.texts(f"{run.place} tbody .kind > :first-child")[:2] == ["Invoice Item", "Taxation Item"]
    assert page.texts(f"{run.place} tfoot th") == ["Total of 10 entries"]
    run.do("cancel")
    page.shows(f"{run.place} tfoot th", "Stays")
    assert page.texts(f"{run.place} tfoot th") == ["Total of 10 entries", "Cancelled", "Stays"]
    total, cancelled, stays = page.texts(f"{run.place} tfoot .amount")
    exact = [Decimal(amount.removesuffix(" USD").replace(",", "")) for amount in (*amounts, total, cancelled, stays)]
    assert sum(exact[:10]) == exact[10] == exact[11] + exact[12]
    assert stays == amounts[6] == "68,570.22 USD"
    assert page.texts(f"{run.place} .period") + page.texts(f"{run.place} .created") == [
        "Oct-2026",
        "created 2026-11-02 22:05",
    ]


@in_a_browser
def test_failures_are_red_whatever_their_status(opened: Callable[..., Page]) -> None:
    page = opened(faults=["get:2:false-50", "get:3:reset"])
    with page.emulator.client() as client:
        client.retrieve(RUN)
        client.retrieve(RUN)
    page.shows("#request-list .status", "no response")
    shown = page.js(
        "return [...document.querySelectorAll('#request-list .status')].map((each) => [each.textContent, each.dataset.is])"
    )
    assert shown == [
        ["200", "good"],
        ["no response", "bad"],
        ["200, success: false", "bad"],
        ["200", "good"],
        ["200", "good"],
    ]


# Using it


@in_a_browser
def test_the_page_does_not_count_as_a_read_and_is_not_logged(opened: Callable[..., Page]) -> None:
    page = opened(pacing="polls:1", clock=Clock(NOON, running=False))
    run = page.run()
    run.do("cancel")
    run.shows("CancelInprogress")
    for second in range(1, 6):
        page.emulator.clock.advance(1)
        page.shows("#now", f"2026-11-22 12:00:0{second} UTC")
    assert run.entries == ["Created"] * 10
    assert page.emulator.requests == ()


@in_a_browser
def test_a_run_is_created_cancelled_and_deleted_by_hand(opened: Callable[..., Page]) -> None:
    page = opened(pacing="at-once")
    page.click(".folded summary")
    page.fill("#create", accountingPeriodName="Nov-2026")
    page.says("JR-00000076 was created.")
    run = page.run("JR-00000076")
    run.shows("Completed")
    page.shows(f"{run.place} .period", "Nov-2026")
    run.do("cancel")
    page.says("JR-00000076 is now Cancelled.")
    run.shows("Cancelled")
    run.do("delete")
    page.says("JR-00000076 is deleted.")
    assert "JR-00000076" not in page.texts(".runs .number")
    assert page.js("return document.activeElement.id") == "runs-title"
    assert page.emulator.requests == ()


@in_a_browser
def test_buttons_are_there_where_they_can_work(opened: Callable[..., Page]) -> None:
    statuses = [status for status in RunStatus for _ in range(2)]
    page = opened(pacing="held", seed=[SeedRun(status=status, entries=1) for status in statuses])
    for number, status in enumerate(statuses, 1):
        run = page.run(f"JR-{number:08}")
        able = run.uses
        assert able
        for use in ("cancel", "delete"):
            emulator = page.emulator
            try:
                (emulator.cancel_run if use == "cancel" else emulator.delete_run)(f"JR-{number:08}")
            except RefusedError:
                assert use not in able
            else:
                assert use in able
                break
        assert ("step" in able) == ("release" in able) == (status in IN_PROGRESS)


@in_a_browser
def test_the_focus_moves_to_the_run_when_a_button_disappears(opened: Callable[..., Page]) -> None:
    page = opened(pacing="held")
    run = page.run()
    page.find(f"{run.place} [data-do=cancel]").send_keys(Keys.ENTER)
    run.shows("CancelInprogress")
    assert page.browser.switch_to.active_element == page.find(f"{run.place} summary")
    assert page.js("return getComputedStyle(document.querySelector('[data-do=cancel]')).borderColor") != page.js(
        "return getComputedStyle(document.querySelector('[data-do=step]')).borderColor"
    )


@in_a_browser
def test_steps_are_taken_by_hand(opened: Callable[..., Page]) -> None:
    page = opened(pacing="held")
    run = page.run()
    run.do("cancel")
    page.says(f"{RUN} is now CancelInprogress.")
    run.do("step")
    page.until(lambda: run.entries == ["Cancelled"] + ["Created"] * 9)
    run.do("release")
    page.says(f"{RUN} is only partly cancelled")
    assert run.entries.count("Cancelled") == 9


@in_a_browser
def test_refusals_are_shown_where_they_belong(opened: Callable[..., Page]) -> None:
    page = opened()
    run = page.run("JR-00000072")
    page.see(hidden=True)
    page.emulator.delete_run("JR-00000072")
    run.do("delete")
    page.complains(run.place, "JR-00000072 is DeleteInprogress; only a cancelled one can be deleted.")
    page.fill("#add-fault", kind="status", value="200")
    page.complains("#add-fault", "status needs an HTTP status from 400 to 599, not 200")
    page.fill("#advance", amount="")
    page.complains("#advance", "Enter a number of at least 0.")
    page.fill("#advance", amount="9e9", unit="86400")
    page.complains("#advance", "advance: ")
    page.click(".folded summary")
    page.fill("#create", accountingPeriodName="Nov-2099")
    page.complains("#create", "there is no accounting period 'Nov-2099'")
    # What is mended is not complained about any more, and nothing else is.
    page.fill("#create", accountingPeriodName="Nov-2026")
    page.says("was created.")
    assert len([*filter(None, page.texts(".error"))]) == 3
    assert page.texts("#create .error") == [""]


@in_a_browser
def test_messages_expire_and_cover_nothing(opened: Callable[..., Page]) -> None:
    page = opened()
    page.js("""
        const later = window.setTimeout;
        window.setTimeout = (done, milliseconds) => {
            if (milliseconds < 2000) return later(done, milliseconds);
            window.expire = done;
            return 0;
        };
    """)
    before = page.js("return document.getElementById('main').getBoundingClientRect().top")
    page.click("#freeze")
    page.says("The clock is frozen.")
    assert page.js("return document.getElementById('main').getBoundingClientRect().top") == before
    assert page.js("return document.getElementById('done').getBoundingClientRect().bottom") <= before
    page.js("window.expire()")
    assert page.texts("#done") == [""]


@in_a_browser
def test_the_message_of_a_later_action_replaces_the_first(opened: Callable[..., Page]) -> None:
    page = opened(pacing="held")
    run = page.run()
    page.js("""
        const fetched = window.fetch, held = new Promise((go) => { window.letGo = go; });
        window.responses = 0;
        window.fetch = async (path, ...rest) => {
            if (path.includes("search=JR-")) await held;
            const response = await fetched(path, ...rest);
            window.responses += 1;
            return response;
        };
    """)
    run.do("cancel")
    page.click("#freeze")
    page.says("The clock is frozen.")
    page.js("window.responses = 0; window.letGo()")
    page.until(lambda: page.js("return window.responses >= 6"))
    assert page.texts("#done") == ["The clock is frozen."]


@in_a_browser
def test_an_entry_is_marked_as_transferred(opened: Callable[..., Page]) -> None:
    page = opened(pacing="at-once")
    run = page.run()
    run.transfer(1).select_by_visible_text("Yes")
    page.says("JE-00000032: transferred to accounting is now Yes.")
    assert page.emulator.run(RUN).entries[0].transfer is Transfer.YES
    page.emulator.mark_transferred("JE-00000033", "Processing")
    page.refresh()
    page.until(lambda: run.transfer(2).first_selected_option.text == "Processing")
    run.do("cancel")
    page.until(lambda: run.entries[:3] == ["Created", "Created", "Cancelled"])
    assert [run.transfer(position)._el.is_enabled() for position in (1, 2, 3)] == [True, True, False]


@in_a_browser
def test_a_refused_transfer_is_reverted(opened: Callable[..., Page]) -> None:
    page = opened(pacing="at-once")
    choice = page.run().transfer(1)
    # A hidden page does not refresh between the cancellation and the choice.
    page.see(hidden=True)
    page.emulator.cancel_run(RUN)
    choice.select_by_visible_text("Yes")
    page.complains(".runs", "journal entry JE-00000032 is cancelled; it cannot be transferred")
    page.until(lambda: choice.first_selected_option.text == "No")


@in_a_browser
def test_the_clock_is_shown_frozen_and_advanced(opened: Callable[..., Page]) -> None:
    page = opened()
    page.shows("#clock-state", "running")
    page.click("#freeze")
    page.shows("#clock-state", "frozen")
    before = page.emulator.clock.timestamp()
    page.fill("#advance", amount="1.5", unit="86400")
    page.says("The clock was advanced by 1.5 days.")
    assert page.emulator.clock.timestamp() == before + 1.5 * 86_400
    page.shows("#now", f"{page.emulator.clock.now():%Y-%m-%d %H:%M:%S} UTC")
    page.emulator.clock.advance_on_poll = 5
    page.shows("#clock-state", "frozen, each read advances it by 5 s")
    page.click("#freeze")
    page.says("The clock is running.")
    assert not page.emulator.clock.frozen


@in_a_browser
def test_faults_are_chosen_from_a_list_that_explains_them(opened: Callable[..., Page]) -> None:
    page = opened()
    page.fill("#add-fault", operation="delete", n="2", after="yes")
    page.shows("#fault-list code", "delete:2:reset-after")
    page.fill("#add-fault", operation="any", which="N%", n="25", kind="too-many", value="7")
    page.shows("#fault-list code", "any:25%:too-many-7-after")
    page.fill("#add-fault", operation="get", which="every-N", n="3", kind="unknown-value")
    page.shows("#fault-list code", "get:every-3:unknown-value")
    assert "one that Zuora does not document" in page.find("#explanation").text
    assert not page.find("#add-fault [name=value]").is_displayed()
    # What does not apply to an operation cannot be chosen.
    Select(page.find("#add-fault [name=operation]")).select_by_value("cancel")
    assert not page.find("#add-fault [value=unknown-value]").is_enabled()
    assert page.find("#fault-text").text == "cancel:every-3:reset-after"
    page.click("#fault-list button")
    page.says("delete:2:reset-after was removed.")
    assert [*map(str, page.emulator.faults.values())] == page.texts("#fault-list code")


@in_a_browser
def test_the_last_requests_are_shown(opened: Callable[..., Page]) -> None:
    page = opened(faults=["get:1:reset"])
    with page.emulator.client() as client:
        client.retrieve(RUN)
    httpx.get(f"{page.emulator.url}/v1/nothing")
    page.shows("#request-list summary code", "GET /v1/nothing")
    assert page.texts("#request-list .status") == ["404", "200", "no response", "200"]
    assert page.texts("#request-list .about")[1:] == ["getJournalRun", "getJournalRun", "createToken"]
    assert page.texts("#request-list .notes") == ["", "", "fault reset", ""]
    with httpx.Client(transport=page.emulator.transport(), base_url=page.emulator.url) as http:
        for _ in range(30):
            http.get("/v1/nothing")
    page.refresh()
    page.until(lambda: len(page.texts("#request-list > li")) == 20)
    page.click("#more-requests")
    page.until(lambda: len(page.texts("#request-list > li")) == 34)


@in_a_browser
def test_a_request_opens_to_headers_and_bodies_without_secrets(opened: Callable[..., Page]) -> None:
    page = opened()
    with page.emulator.client() as client:
        client.create(["Invoice Item"], "2026-11-30", accounting_period_name="Nov-2026")
    page.shows("#request-list .about", "createJournalRun")
    for place in (1, 2):
        page.click(f"#request-list > li:nth-child({place}) summary")
    page.until(lambda: len(page.texts("#request-list pre")) == 8)
    sent, body, _, received, form_headers, form, _, token = page.texts("#request-list pre")
    assert "authorization: Bearer ***" in sent.splitlines()
    assert json.loads(body)["accountingPeriodName"] == "Nov-2026"
    assert '\n  "journalRunNumber": "JR-00000076",\n' in received
    assert "content-type: application/x-www-form-urlencoded" in form_headers
    assert form.split("&")[1:] == ["client_secret=***", "grant_type=client_credentials"]
    assert json.loads(token)["access_token"] == "***"
    assert page.emulator.client_secret not in page.browser.page_source


@in_a_browser
def test_a_request_is_copied_as_curl(opened: Callable[..., Page], tmp_path: Path) -> None:
    page = opened(faults=["get:1:reset"])
    nasty = 'it\'s "$HOME" `x` \\ \n&é'
    with httpx.Client(transport=page.emulator.transport(), base_url=page.emulator.url) as http:
        form = {"client_id": page.emulator.client_id, "client_secret": "s", "grant_type": "client_credentials"}
        http.post("/oauth/token", data=form)
        http.put("/v1/a'b?c='d", content=nasty.encode(), headers={"Authorization": "Bearer s", "X-Note": "it's"})
    page.shows("#request-list .about", "createToken")
    page.js("""
        window.copied = [];
        navigator.clipboard.writeText = async (text) => { window.copied.push(text); };
    """)
    for place in (1, 2):
        page.click(f"#request-list > li:nth-child({place}) summary")
        page.click(f"#request-list > li:nth-child({place}) button")
        page.until(lambda: len(page.js("return window.copied")) == place)  # noqa: B023
    page.says("Copied.")
    calls = [_shell(command, tmp_path) for command in page.js("return window.copied")]
    assert calls[0][:5] == ["-sS", "-i", "--path-as-is", "-X", "PUT"]
    assert calls[0][5] == f"{page.emulator.url}/v1/a'b?c='d"
    assert {"authorization: Bearer token of mine", "x-note: it's"} <= {*calls[0]}
    assert calls[0][-2:] == ["--data-raw", nasty]
    assert (
        calls[1][-1]
        == f"client_id={page.emulator.client_id}&client_secret=secret of mine&grant_type=client_credentials"
    )


def _shell(command: str, tmp_path: Path) -> list[str]:
    """Return the arguments that a shell passes to curl."""
    curl = tmp_path / "curl"
    python = shlex.join([sys.executable, "-c", "import sys, json; print(json.dumps(sys.argv[1:]))"])
    # The path of the interpreter may have blanks, which the first line of a script may not.
    curl.write_text(f'#!/bin/sh\nexec {python} "$@"\n', encoding="utf-8")
    curl.chmod(0o755)
    environ = {"PATH": str(tmp_path), "ZUORA_TOKEN": "token of mine", "ZUORA_CLIENT_SECRET": "secret of mine"}
    done = subprocess.run(["/bin/sh", "-c", command], env=environ, capture_output=True, check=True)
    arguments: list[str] = json.loads(done.stdout)
    return arguments


@in_a_browser
def test_content_of_requests_is_shown_as_text(opened: Callable[..., Page]) -> None:
    page = opened()
    script, image = "<script>document.title='x'</script>", "<img/src=x/onerror=document.title='y'>"
    host, _, port = page.emulator.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"GET /v1/{script}?{image} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode())
        while connection.recv(4096):
            pass
    page.shows("#request-list code", f"GET /v1/{script}?{image}")
    page.click("#request-list summary")
    page.until(lambda: page.texts("#request-list pre"))
    page.click(".folded summary")
    page.fill("#create", accountingPeriodName=image)
    page.complains("#create", f"there is no accounting period '{image}'")
    assert page.browser.title == "Journal runs emulator"
    assert page.js("return document.querySelectorAll('#request-list script, img').length") == 0


@in_a_browser
def test_focus_and_what_is_open_stay(opened: Callable[..., Page]) -> None:
    page = opened(pacing="held")
    page.find(".runs li:nth-child(1) summary").send_keys(Keys.ENTER)
    run = page.run()
    page.until(lambda: len(run.entries) == 10)
    choice = run.transfer(7)._el
    choice.send_keys("")
    with page.emulator.client() as client:
        client.cancel(RUN)
        page.emulator.release(RUN)
    page.emulator.add_run(SeedRun())
    page.shows(".runs .number", "JR-00000076")
    page.until(lambda: "Cancelled" in page.texts("tbody .status"))
    assert page.browser.switch_to.active_element == choice
    assert page.find(".runs li:nth-child(2) details").get_attribute("open") == "true"


@in_a_browser
def test_nothing_is_touched_where_nothing_changes(opened: Callable[..., Page]) -> None:
    page = opened(clock=Clock(NOON, running=False))
    page.until(lambda: len(page.run().entries) == 10)
    page.js("""
        window.changes = [];
        new MutationObserver((found) => window.changes.push(...found.map((each) => each.target.outerHTML)))
            .observe(document, {attributes: true, characterData: true, childList: true, subtree: true});
        const fetched = window.fetch;
        window.fetch = async (...all) => { const response = await fetched(...all); window.responses += 1; return response; };
    """)
    for _ in range(2):
        page.js("window.responses = 0")
        page.refresh()
        page.until(lambda: page.js("return window.responses >= 5"))
    assert page.js("return window.changes") == []


@in_a_browser
def test_thousands_of_runs_can_be_found(opened: Callable[..., Page]) -> None:
    page = opened(seed=[SeedRun() for _ in range(3000)])
    assert page.texts(".runs .number")[::49] == ["JR-00003000", "JR-00002951"]
    page.click("#more-runs")
    page.until(lambda: len(page.texts(".runs .number")) == 100)
    field = page.find("#find input")
    field.send_keys(" jr-00000075 ")
    page.until(lambda: page.texts(".runs .number") == ["JR-00000075"])
    field.clear()
    field.send_keys("299", Keys.ENTER)
    page.until(lambda: page.texts(".runs .number")[0] == "JR-00002999")
    assert len(page.texts(".runs .number")) == 13
    field.clear()
    field.send_keys("^JR-[0-9]{8}$")
    page.shows("#no-runs", "No run has “^JR-[0-9]{8}$” in its number, period or status.")
    field.clear()
    field.send_keys("completed")
    page.shows(".runs .number", "JR-00003000")


@in_a_browser
def test_entries_of_a_large_run_are_shown_by_the_hundred(opened: Callable[..., Page]) -> None:
    page = opened(seed=[SeedRun(entries=250)])
    run = page.run("JR-00000001")
    page.until(lambda: len(run.entries) == 100)
    page.click(f"{run.place} .more button")
    page.until(lambda: len(run.entries) == 200)
    page.click(f"{run.place} .more button")
    page.until(lambda: len(run.entries) == 250)
    page.until(lambda: not page.find(f"{run.place} .more button").is_displayed())


@in_a_browser
def test_a_hidden_page_sends_no_requests(opened: Callable[..., Page]) -> None:
    page = opened()
    page.js("""
        window.planned = new Set(); window.count = 0;
        window.setTimeout = (_, milliseconds) => {
            if (milliseconds !== 1000) return 0;
            window.planned.add(++window.count);
            return window.count;
        };
        window.clearTimeout = (each) => window.planned.delete(each);
    """)
    planned = "return window.planned.size"
    page.refresh()
    page.until(lambda: page.js(planned) == 1)
    page.see(hidden=True)
    assert page.js(planned) == 0
    page.click("#freeze")
    page.says("The clock is frozen.")
    assert page.js(planned) == 0
    page.see(hidden=False)
    page.until(lambda: page.js(planned) == 1)


@in_a_browser
def test_an_emulator_that_does_not_respond_is_reported(opened: Callable[..., Page]) -> None:
    page = opened()
    page.command("Network.enable")
    page.command(
        "Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1
    )
    page.refresh()
    page.until(lambda: page.texts("#lost") == ["The emulator is not responding. This page shows its last known state."])
    assert page.find("main.stale").is_displayed()
    page.command("Network.disable")
    page.refresh()
    page.says("The emulator is responding again.")
    page.until(lambda: not page.texts("main.stale"))
    assert page.texts("#lost") == [""]


STATES = ("as it opens", "no runs", "partly cancelled", "in progress", "errors", "an open request", "not responding")


def in_state(opened: Callable[..., Page], state: str) -> Page:
    page = opened(
        seed=[*DEFAULT_SEED[:2], replace(DEFAULT_SEED[2], pacing=HELD), *DEFAULT_SEED[3:]],
        pacing="at-once",
        faults=["entries:every-20x3:real-delay-0.25"],
    )
    httpx.get(f"{page.emulator.url}/v1/{'x' * 500}")
    page.shows("#request-list .status", "404")
    match state:
        case "no runs":
            page.find("#find input").send_keys("nothing")
            page.until(page.find("#no-runs").is_displayed)
        case "partly cancelled":
            page.run().do("cancel")
        case "in progress":
            page.run("JR-00000073").do("cancel")
        case "errors":
            page.click(".folded summary")
            page.fill("#create", accountingPeriodName="Nov-2099")
            page.fill("#add-fault", kind="status", value="1")
            page.complains("#add-fault", "from 400 to 599")
        case "an open request":
            page.click("#request-list summary")
            page.until(lambda: page.texts("#request-list pre"))
        case "not responding":
            page.js("window.fetch = () => Promise.reject(new TypeError('x'))")
            page.refresh()
            page.until(lambda: page.texts("main.stale"))
        case _:
            assert state == "as it opens"
    return page


@in_a_browser
@pytest.mark.parametrize("state", STATES)
def test_no_width_scrolls_sideways_and_axe_finds_nothing(opened: Callable[..., Page], state: str) -> None:
    page = in_state(opened, state)
    beyond = """
        return [...document.querySelectorAll("body *")]
            .filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > innerWidth)
            .map((each) => each.outerHTML);
    """
    axe = Axe(page.browser)
    for width, mobile, scheme in (
        (390, True, "dark"),
        (320, True, "light"),
        (768, False, "dark"),
        (1280, False, "light"),
    ):
        page.device(width, 844, mobile=mobile, scheme=scheme)
        assert page.js(beyond) == []
        scrolled, seen = page.js("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert scrolled <= seen <= width
        axe.inject()  # type: ignore[no-untyped-call]
        found = axe.run()
        assert len(found["passes"]) > 20
        assert axe.report(found["violations"]) == axe.report([])


@in_a_browser
def test_the_keyboard_is_enough(opened: Callable[..., Page]) -> None:
    """Everything can be reached with Tab, in the order in which it is shown, and is seen to have the focus."""
    page = in_state(opened, "errors")
    page.find(".runs summary").send_keys(Keys.ENTER)
    page.until(lambda: page.texts("tbody .number"))
    page.find("#request-list summary").send_keys(Keys.ENTER)
    page.until(lambda: page.texts("#request-list pre"))
    usable = """
        return [...document.querySelectorAll("a, button, input, select, summary, pre")]
            .filter((each) => each.checkVisibility() && !each.disabled && each.tabIndex >= 0);
    """
    expected = page.js(usable)
    page.js("arguments[0].focus()", expected[0])
    reached = [expected[0]]
    while reached[-1] != expected[-1] and len(reached) <= len(expected):
        ActionChains(page.browser).send_keys(Keys.TAB).perform()
        element = page.browser.switch_to.active_element
        if element != reached[-1]:  # a date has a stop for each of its parts
            reached.append(element)
            assert page.js("return arguments[0].matches(':focus-visible')", element)
            top, bar = page.js(
                "return [arguments[0].getBoundingClientRect().bottom, document.querySelector('.bar').offsetHeight]",
                element,
            )
            assert top >= bar
    assert reached == expected
    assert page.js("return getComputedStyle(document.activeElement).outlineStyle") == "solid"


@in_a_browser
def test_it_is_light_or_dark_as_its_reader_prefers(opened: Callable[..., Page]) -> None:
    page = opened()
    grounds = []
    for scheme in ("light", "dark"):
        page.device(1280, 900, mobile=False, scheme=scheme)
        ground = page.js("return getComputedStyle(document.body).backgroundColor")
        grounds.append(sum(map(int, re.findall(r"\d+", ground))) / 3)
    assert grounds[0] > 200
    assert grounds[1] < 50


@in_a_browser
def test_everything_that_can_be_used_has_a_name(opened: Callable[..., Page]) -> None:
    page = opened(faults=["cancel:9:reset"])
    page.click(".folded summary")
    page.until(lambda: len(page.run().entries) == 10)
    nodes = page.command("Accessibility.getFullAXTree")["nodes"]
    used = ("button", "textbox", "combobox", "spinbutton", "checkbox", "Date", "DisclosureTriangle", "table", "region")
    named = [
        (node["role"]["value"], node["name"]["value"])
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in used
    ]
    assert ("combobox", "JE-00000032, transferred to accounting") in named
    assert ("button", "Remove cancel:9:reset") in named
    assert {kind for kind, _ in named} >= {"button", "textbox", "combobox", "spinbutton", "checkbox", "table", "region"}
    assert [each for each in named if not each[1]] == []


@in_a_browser
def test_the_readme_shows_it(tmp_path: Path) -> None:
    screenshot.main(tmp_path / "emulator.webp")
    for image in (tmp_path / "emulator.webp", screenshot.TARGET):
        assert image.read_bytes()[8:12] == b"WEBP"
        assert 20_000 < image.stat().st_size < 150_000
    assert f"/docs/{screenshot.TARGET.name}" in (ROOT / "README.md").read_text(encoding="utf-8")
