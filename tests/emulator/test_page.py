"""The web page at `/`: how it is sent, and how it works in a browser."""

from __future__ import annotations

import json
import re
import shutil
import socket
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any, get_args

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from zuora_journal_runs.emulator import Clock, Emulator, Fault, SeedRun, Transfer
from zuora_journal_runs.emulator.faults import FaultKind, FaultOperation
from zuora_journal_runs.emulator.openapi import contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium.webdriver.remote.webelement import WebElement
    from tests.emulator.conftest import Api

RUN = "JR-00000075"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--no-proxy-server", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
DRIVER = shutil.which("chromedriver")
CHROMIUM = next(filter(shutil.which, ("chromium", "chromium-browser", "google-chrome")), None)
PAGE = (resources.files("zuora_journal_runs.emulator") / "page.html").read_text(encoding="utf-8")
in_a_browser = pytest.mark.skipif(
    not (DRIVER and CHROMIUM),
    reason="there is no Chromium with its driver here (Debian: apt-get install chromium chromium-driver)",
)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SEEN_SECONDS = 30


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
def test_nobody_else_does(api: Api, method: str, path: str, accept: str) -> None:
    response = api.http.request(method, path, headers={"Accept": accept})
    assert (response.status_code, response.json()["success"]) == (404, False)
    assert api.emulator.requests[-1].path == path


def test_it_is_one_file_that_builds_nothing_from_text() -> None:
    addresses = set(re.findall(r"\w+://[^'\"\s>]+", PAGE))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\son\w+=|innerHTML|outerHTML|insertAdjacent|document\.write|\bstyle=", PAGE)


def test_it_knows_every_type_operation_fault_and_transfer() -> None:
    def listed(name: str) -> list[str]:
        found = re.search(rf"const {name} = (\[.*?\]);", PAGE, re.DOTALL)
        assert found
        names: list[str] = json.loads(re.sub(r",\s*\]", "]", found[1]))
        return names

    enum = re.search(r"\n    TransactionType:\n.*?      enum:\n(.*?)\n\n", contract().text, re.DOTALL)
    assert enum
    assert listed("TYPES") == re.findall(r"- (.+)", enum[1])
    assert listed("OPERATIONS") == [*get_args(FaultOperation)]
    assert {Fault.parse(f"get:{kind}").kind for kind in listed("KINDS")} == {*get_args(FaultKind)}
    options = re.search(r'<template id="entry">.*?</template>', PAGE, re.DOTALL)
    assert options
    assert re.findall(r"<option>(\w+)", options[0]) == [*Transfer]


# In a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    with webdriver.Chrome(options=options, service=Service(DRIVER)) as driver:
        yield driver


class Page:
    """The page of an emulator in a browser."""

    def __init__(self, browser: webdriver.Chrome, emulator: Emulator) -> None:
        self.browser = browser
        self.emulator = emulator
        self.device(1280, 900, mobile=False)
        browser.get(emulator.url)
        self.until(lambda: self.texts(".runs .number") or self.find("#no-runs").is_displayed())

    def find(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def js(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def until(self, condition: Callable[[], object]) -> None:
        WebDriverWait(self.browser, SEEN_SECONDS, 0.02).until(lambda _: condition())

    def texts(self, selector: str) -> list[str]:
        found: list[str] = self.js(
            "return [...document.querySelectorAll(arguments[0])].map((each) => each.textContent)", selector
        )
        return found

    def shows(self, selector: str, text: str) -> None:
        """Refresh the page, and wait until it shows the text."""
        self.look()
        self.until(lambda: text in self.texts(selector))

    def says(self, text: str) -> None:
        self.until(lambda: any(text in said for said in self.texts("#done")))

    def complains(self, text: str) -> None:
        self.until(lambda: any(text in said for said in self.texts("#failed")))

    def look(self) -> None:
        """Refresh the page immediately."""
        self.js("document.dispatchEvent(new Event('visibilitychange'))")

    def see(self, *, hidden: bool) -> None:
        """Make the page hidden or visible."""
        self.js("Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true})", hidden)
        self.look()

    def run(self, number: str = RUN) -> Run:
        index = self.texts(".runs .number").index(number)
        return Run(self, f".runs > li:nth-child({index + 1})")

    def fill(self, form: str, **values: str) -> None:
        for name, value in values.items():
            field = self.find(f"{form} [name={name}]")
            if field.tag_name == "select":
                Select(field).select_by_visible_text(value)
            else:
                field.clear()
                field.send_keys(value)
        self.find(f"{form} button").click()

    def device(self, width: int, height: int, *, mobile: bool, scheme: str = "light") -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def command(self, name: str, **parameters: Any) -> Any:
        return self.browser.execute_cdp_cmd(name, parameters)


class Run:
    """A run on the page, with its details open."""

    def __init__(self, page: Page, place: str) -> None:
        self.page = page
        self.place = place
        if page.find(f"{place} details").get_attribute("open") is None:
            page.find(f"{place} summary").click()
            # Loading the entries moves everything below.
            page.until(lambda: self.entries or page.find(f"{place} .none").is_displayed())

    def do(self, what: str) -> None:
        self.page.find(f"{self.place} [data-do={what}]").click()

    def shows(self, status: str) -> None:
        self.page.shows(f"{self.place} summary .status", status)

    @property
    def entries(self) -> list[str]:
        return self.page.texts(f"{self.place} tbody .status")

    def transfer(self, position: int) -> Select:
        selector = f"{self.place} tr:nth-child({position}) select"
        self.page.until(lambda: self.page.browser.find_elements(By.CSS_SELECTOR, selector))
        return Select(self.page.find(selector))


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
    page.emulator.release(RUN)
    page.until(lambda: run.entries == ["Cancelled"] * 6 + ["Created"] + ["Cancelled"] * 3)
    run.shows("Completed")


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
    page.find(".folded summary").click()
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
def test_steps_are_taken_by_hand(opened: Callable[..., Page]) -> None:
    page = opened(pacing="held")
    run = page.run()
    run.do("cancel")
    page.says(f"{RUN} is now CancelInprogress.")
    run.do("step")
    page.until(lambda: run.entries == ["Cancelled"] + ["Created"] * 9)
    run.do("release")
    page.says(f"{RUN} is now Completed.")
    assert run.entries.count("Cancelled") == 9


@in_a_browser
def test_refusals_are_shown_with_their_message(opened: Callable[..., Page]) -> None:
    page = opened()
    page.run().do("delete")
    page.complains(f"The journal run {RUN} is Completed; only a cancelled one can be deleted.")
    page.find("#dismiss").click()
    assert page.texts("#failed") == [""]
    assert page.js("return document.activeElement.dataset.do") == "delete"
    page.fill("#add-fault", kind="boom")
    page.complains("unknown kind of fault 'boom'")
    page.fill("#find", upTo="75")
    page.complains("upTo: ")


@in_a_browser
def test_a_later_action_has_the_last_word(opened: Callable[..., Page]) -> None:
    page = opened(pacing="held")
    run = page.run()
    page.js("""
        const fetched = window.fetch, held = new Promise((go) => { window.letGo = go; });
        window.responses = 0;
        window.fetch = async (path, ...rest) => {
            if (path.endsWith("?limit=1")) await held;
            const response = await fetched(path, ...rest);
            window.responses += 1;
            return response;
        };
    """)
    run.do("cancel")
    run.do("delete")
    page.complains(f"{RUN} is CancelInprogress; only a cancelled one can be deleted.")
    page.js("window.responses = 0; window.letGo()")
    page.until(lambda: page.js("return window.responses >= 11"))
    assert page.texts("#done") == [""]


@in_a_browser
def test_an_entry_is_marked_as_transferred(opened: Callable[..., Page]) -> None:
    page = opened(pacing="at-once")
    run = page.run()
    run.transfer(1).select_by_visible_text("Yes")
    page.says("JE-00000032: transferred to accounting is now Yes.")
    assert page.emulator.run(RUN).entries[0].transfer is Transfer.YES
    page.emulator.mark_transferred("JE-00000033", "Processing")
    page.look()
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
    page.complains("journal entry JE-00000032 is cancelled; it cannot be transferred")
    page.until(lambda: choice.first_selected_option.text == "No")


@in_a_browser
def test_the_clock_is_shown_frozen_and_advanced(opened: Callable[..., Page]) -> None:
    page = opened()
    page.shows("#clock-state", "running")
    page.find("#freeze").click()
    page.shows("#clock-state", "frozen")
    before = page.emulator.clock.timestamp()
    page.fill("#advance", amount="1.5", unit="days")
    page.says("The clock was advanced by 1.5 days.")
    assert page.emulator.clock.timestamp() == before + 1.5 * 86_400
    page.shows("#now", f"{page.emulator.clock.now():%Y-%m-%d %H:%M:%S} UTC")
    page.emulator.clock.advance_on_poll = 5
    page.shows("#clock-state", "frozen, each read advances it by 5 s")
    page.find("#freeze").click()
    page.says("The clock is running.")
    assert not page.emulator.clock.frozen


@in_a_browser
def test_faults_are_added_and_removed(opened: Callable[..., Page]) -> None:
    page = opened()
    page.fill("#add-fault", operation="delete", calls="2", kind="reset-after")
    page.shows("#fault-list code", "delete:2:reset-after")
    page.fill("#add-fault", operation="any", calls="", kind="truncated")
    page.until(lambda: len(page.texts("#fault-list code")) == 2)
    page.find("#fault-list button").click()
    page.says("delete:2:reset-after was removed.")
    assert [*map(str, page.emulator.faults.values())] == page.texts("#fault-list code")


@in_a_browser
def test_the_last_requests_are_shown(opened: Callable[..., Page]) -> None:
    page = opened(faults=["get:1:reset"])
    with page.emulator.client() as client:
        client.retrieve(RUN)
    httpx.get(f"{page.emulator.url}/v1/nothing")
    page.shows("#request-list code", "GET /v1/nothing")
    assert page.texts("#request-list .status") == ["404", "200", "reset", "200"]
    assert page.texts("#request-list .about")[1:] == ["getJournalRun", "getJournalRun", "createToken"]
    assert page.texts("#request-list .notes") == ["", "", "fault reset", ""]
    with httpx.Client(transport=page.emulator.transport(), base_url=page.emulator.url) as http:
        for _ in range(30):
            http.get("/v1/nothing")
    page.look()
    page.until(lambda: len(page.texts("#request-list li")) == 20)
    page.find("#more-requests").click()
    page.until(lambda: len(page.texts("#request-list li")) == 34)


@in_a_browser
def test_foreign_content_is_shown_as_text(opened: Callable[..., Page]) -> None:
    page = opened()
    script, image = "<script>document.title='x'</script>", "<img/src=x/onerror=document.title='y'>"
    host, _, port = page.emulator.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"GET /v1/{script}?{image} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode())
        while connection.recv(4096):
            pass
    page.shows("#request-list code", f"GET /v1/{script}?{image}")
    page.find(".folded summary").click()
    page.fill("#create", accountingPeriodName=image)
    page.complains(f"there is no accounting period '{image}'")
    assert page.browser.title == "Journal runs emulator"
    assert page.js("return document.querySelectorAll('#request-list script, img').length") == 0


@in_a_browser
def test_focus_and_what_is_open_stay(opened: Callable[..., Page]) -> None:
    page = opened(pacing="held")
    page.find(".runs li:nth-child(1) summary").send_keys(Keys.ENTER)
    run = page.run()
    page.until(lambda: len(run.entries) == 10)
    step = page.find(f"{run.place} [data-do=step]")
    step.send_keys("")
    with page.emulator.client() as client:
        client.cancel(RUN)
        page.emulator.release(RUN)
    page.emulator.add_run(SeedRun())
    page.shows(".runs .number", "JR-00000076")
    page.until(lambda: "Cancelled" in page.texts("tbody .status"))
    assert page.browser.switch_to.active_element == step
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
        page.look()
        page.until(lambda: page.js("return window.responses >= 5"))
    assert page.js("return window.changes") == []


@in_a_browser
def test_thousands_of_runs_are_within_reach(opened: Callable[..., Page]) -> None:
    page = opened(seed=[SeedRun() for _ in range(3000)])
    assert page.texts(".runs .number")[::49] == ["JR-00003000", "JR-00002951"]
    page.find("#more-runs").click()
    page.until(lambda: len(page.texts(".runs .number")) == 100)
    page.fill("#find", upTo=" jr-00000075 ")
    page.says("Showing runs up to JR-00000075.")
    assert page.texts(".runs .number")[::49] == ["JR-00000075", "JR-00000026"]
    page.fill("#find", upTo="")
    page.shows(".runs .number", "JR-00003000")


@in_a_browser
def test_entries_of_a_large_run_come_by_the_hundred(opened: Callable[..., Page]) -> None:
    page = opened(seed=[SeedRun(entries=250)])
    run = page.run("JR-00000001")
    page.until(lambda: len(run.entries) == 100)
    page.find(f"{run.place} .more button").click()
    page.until(lambda: len(run.entries) == 200)
    page.find(f"{run.place} .more button").click()
    page.until(lambda: len(run.entries) == 250)
    page.until(lambda: not page.find(f"{run.place} .more button").is_displayed())


@in_a_browser
def test_a_hidden_page_sends_no_requests(opened: Callable[..., Page]) -> None:
    page = opened()
    page.js("""
        window.planned = new Set(); window.count = 0;
        window.setTimeout = () => { window.planned.add(++window.count); return window.count; };
        window.clearTimeout = (each) => window.planned.delete(each);
    """)
    planned = "return window.planned.size"
    page.look()
    page.until(lambda: page.js(planned) == 1)
    page.see(hidden=True)
    assert page.js(planned) == 0
    page.find("#freeze").click()
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
    page.look()
    page.complains("The emulator is not responding.")
    assert page.find("main.stale").is_displayed()
    page.command("Network.disable")
    page.look()
    page.says("The emulator is responding again.")
    page.until(lambda: not page.texts("main.stale"))


@in_a_browser
@pytest.mark.parametrize(("width", "mobile"), [(390, True), (320, True), (768, False), (1280, False)])
def test_no_width_scrolls_sideways(opened: Callable[..., Page], width: int, mobile: bool) -> None:
    page = opened(pacing="held", faults=["entries:every-20x3:real-delay-0.25"])
    httpx.get(f"{page.emulator.url}/v1/{'x' * 500}")
    page.device(width, 844, mobile=mobile)
    page.find(".folded summary").click()
    run = page.run()
    run.do("cancel")
    run.do("delete")
    page.complains(RUN)
    page.until(lambda: len(run.entries) == 10)
    beyond = """
        return [...document.querySelectorAll("body *")]
            .filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > innerWidth)
            .map((each) => each.outerHTML);
    """
    assert page.js(beyond) == []
    scrolled, seen = page.js("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert scrolled <= seen <= width


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
    page.find(".folded summary").click()
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
