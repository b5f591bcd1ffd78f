"""The usage page in a browser: opened by a link, read by eyes, screen readers and keyboards, on any screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.integration.browser.conftest import PHONE
from tests.integration.browser.filled_books import FilledBooks, filled_books

TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledBooks]:
    """A server with the fake model that was asked something on each of the last 40 days."""
    with filled_books(tmp_path_factory.mktemp("books")) as running:
        yield running


@pytest.fixture
def usage(page: Page, books: FilledBooks) -> Page:
    """The usage page, open."""
    page.goto(books.link())
    return page


def test_the_link_leaves_no_secret_in_the_address(usage: Page, books: FilledBooks) -> None:
    expect(usage).to_have_url(f"{books.url}/usage")
    assert usage.evaluate("history.length") <= 2
    assert usage.evaluate("document.cookie") == ""


@pytest.mark.parametrize("name", ["Cost by day", "Tokens by day", "Cost by model", "How answers ended"])
def test_every_chart_is_drawn_and_has_the_same_as_a_table(usage: Page, name: str) -> None:
    part = usage.get_by_role("region", name=name, exact=True).first
    chart = part.get_by_role("img", name=re.compile(name))
    expect(chart).to_be_visible()
    bars = chart.locator(".chart__bar")
    assert bars.count() > 1
    assert all((box := bar.bounding_box()) and box["height"] > 0 and box["width"] > 0 for bar in bars.all())

    table = part.get_by_role("table")
    expect(table).to_be_hidden()
    part.get_by_text(f"{name}, as a table").focus()
    usage.keyboard.press("Enter")
    expect(table).to_be_visible()
    place = 1 + table.get_by_role("columnheader").all_inner_texts().index("Calls")
    calls = [int(cell) for cell in table.locator(f"tbody td:nth-child({place})").all_inner_texts()]
    assert sum(calls) == int(table.locator(f"tfoot td:nth-child({place})").inner_text()) == 30


def test_ranges_are_links(usage: Page) -> None:
    days = usage.get_by_role("navigation", name="Days")
    expect(days.get_by_role("link", name="30 days")).to_have_attribute("aria-current", "true")

    days.get_by_role("link", name="7 days").focus()
    usage.keyboard.press("Enter")

    expect(usage).to_have_url(re.compile(r"/usage\?days=7$"))
    expect(usage.get_by_test_id("totals")).to_contain_text("Calls 7 ")
    usage.get_by_role("link", name="Earlier").click()
    expect(usage.get_by_role("link", name="Later")).to_be_visible()
    expect(usage.get_by_test_id("totals")).to_contain_text("Calls 7 ")


def test_any_days_can_be_chosen(usage: Page) -> None:
    usage.get_by_label("From").fill(str(TODAY - timedelta(days=3)))
    usage.get_by_label("to", exact=True).fill(str(TODAY - timedelta(days=2)))
    usage.get_by_role("button", name="Show").click()

    expect(usage).to_have_url(re.compile(rf"\?from={TODAY - timedelta(days=3)}&to={TODAY - timedelta(days=2)}$"))
    expect(usage.get_by_test_id("totals")).to_contain_text("Calls 2 ")


def test_a_day_leads_to_itself(usage: Page) -> None:
    usage.get_by_text("Cost by day, as a table").click()
    usage.get_by_role("link", name=str(TODAY), exact=True).click()

    expect(usage).to_have_url(re.compile(rf"\?from={TODAY}&to={TODAY}$"))
    expect(usage.get_by_test_id("totals")).to_contain_text("Calls 1 ")


def test_the_other_book_is_shown_by_a_choice(usage: Page) -> None:
    usage.get_by_role("navigation", name="Whose answers").get_by_role("link", name="OpenAI").click()

    expect(usage.get_by_test_id("empty")).to_be_visible()
    expect(usage.get_by_role("main")).to_contain_text("not the ones in use now")


def test_what_is_left_is_told_in_words_and_by_a_meter(usage: Page) -> None:
    everybody = usage.get_by_test_id("budgets").get_by_role("listitem").first

    expect(everybody.get_by_role("meter", name="Everybody together")).to_be_visible()
    expect(everybody).to_contain_text("$0.01 of $1,000,000.00 used")


def test_the_calls_are_a_file(usage: Page) -> None:
    with usage.expect_download() as found:
        usage.get_by_role("link", name="All calls as CSV").click()

    assert found.value.suggested_filename == f"usage-fake-{TODAY - timedelta(days=29)}-{TODAY}.csv"
    assert found.value.path().read_bytes().count(b"\r\n") == 31


def test_it_can_be_read_without_javascript(browser: Browser, books: FilledBooks) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(books.link())

        expect(page.get_by_role("img", name="Cost by day")).to_be_visible()
        expect(page.get_by_role("button", name="Show")).to_be_hidden()
        page.get_by_role("link", name="7 days").click()
        expect(page.get_by_test_id("totals")).to_contain_text("Calls 7 ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_bars_stand_out_in_both_schemes(browser: Browser, books: FilledBooks, scheme: str) -> None:
    with browser.new_context(color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(books.link())
        bar = page.locator(".chart__bar").first.evaluate("element => getComputedStyle(element).fill")
        ground = page.locator(".usage__part").first.evaluate("element => getComputedStyle(element).backgroundColor")

        assert contrast(bar, ground) >= 3


def contrast(one: str, other: str) -> float:
    """Return how much two colours differ in lightness, as WCAG counts it."""

    def lightness(colour: str) -> float:
        channels = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
        linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    light, dark = sorted((lightness(one), lightness(other)), reverse=True)
    return light / dark


def test_nothing_is_wider_than_a_phone(phone: Page, books: FilledBooks) -> None:
    phone.goto(books.link())
    phone.get_by_text("Cost by day, as a table").click()

    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_who_is_not_let_in_is_told_how_to_get_in(page: Page, books: FilledBooks) -> None:
    page.goto(f"{books.url}/usage")

    expect(page.get_by_role("main")).to_contain_text("chatapp usage --link")
