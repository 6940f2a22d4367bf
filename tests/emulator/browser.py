"""The emulator's page in a real browser."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING, Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

    from zuora_journal_runs.emulator import Emulator

RUN = "JR-00000075"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--no-proxy-server", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
DRIVER = shutil.which("chromedriver")
CHROMIUM = next(filter(shutil.which, ("chromium", "chromium-browser", "google-chrome")), None)
SEEN_SECONDS = 30


@contextlib.contextmanager
def chromium(profile: Path) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
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

    def click(self, selector: str) -> None:
        """Click an element, away from the bar at the top."""
        element = self.find(selector)
        self.js("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

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
        self.refresh()
        self.until(lambda: text in self.texts(selector))

    def says(self, text: str) -> None:
        self.until(lambda: any(text in said for said in self.texts("#done")))

    def complains(self, place: str, text: str) -> None:
        """Wait until an error beside a form or in a row contains the text."""
        self.until(lambda: any(text in said for said in self.texts(f"{place} .error, {place} ~ .error")))

    def refresh(self) -> None:
        """Refresh the page immediately."""
        self.js("document.dispatchEvent(new Event('visibilitychange'))")

    def see(self, *, hidden: bool) -> None:
        """Make the page hidden or visible."""
        self.js("Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true})", hidden)
        self.refresh()

    def run(self, number: str = RUN) -> Run:
        index = self.texts(".runs .number").index(number)
        return Run(self, f".runs > li:nth-child({index + 1})")

    def fill(self, form: str, **values: str) -> None:
        for name, value in values.items():
            field = self.find(f"{form} [name={name}]")
            if field.tag_name == "select":
                Select(field).select_by_value(value)
            elif not field.is_displayed():
                raise AssertionError(f"{name} is not shown")
            elif field.get_attribute("type") == "checkbox":
                field.click()
            else:
                field.clear()
                field.send_keys(value)
        self.click(f"{form} button")

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
            page.click(f"{place} summary")
            # Loading the entries moves everything below.
            page.until(lambda: self.entries or page.find(f"{place} .none").is_displayed())

    def do(self, what: str) -> None:
        self.page.click(f"{self.place} [data-do={what}]")

    def shows(self, status: str) -> None:
        self.page.shows(f"{self.place} summary .status", status)

    @property
    def uses(self) -> list[str]:
        """What the buttons of the run can do now."""
        buttons = self.page.browser.find_elements(By.CSS_SELECTOR, f"{self.place} [data-do]")
        return [str(button.get_attribute("data-do")) for button in buttons if button.is_displayed()]

    @property
    def entries(self) -> list[str]:
        return self.page.texts(f"{self.place} tbody .status")

    def transfer(self, position: int) -> Select:
        selector = f"{self.place} tr:nth-child({position}) select"
        self.page.until(lambda: self.page.browser.find_elements(By.CSS_SELECTOR, selector))
        return Select(self.page.find(selector))
