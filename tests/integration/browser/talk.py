"""A place where one can chat, as a person sees it: the chat page or the widget."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation inside ``root``."""

    page: Page
    root: Locator

    @property
    def input(self) -> Locator:
        """Return the message box."""
        return self.root.get_by_role("textbox", name="Your message")

    @property
    def button(self) -> Locator:
        """Return the button that sends or stops."""
        return self.root.get_by_test_id("send")

    @property
    def status(self) -> Locator:
        """Return what screen readers hear."""
        return self.root.get_by_test_id("status")

    @property
    def questions(self) -> Locator:
        """Return the bubbles of the person."""
        return self.root.locator("[data-role=user]")

    @property
    def answers(self) -> Locator:
        """Return the bubbles of the model."""
        return self.root.locator("[data-role=assistant]")

    @property
    def answer(self) -> Locator:
        """Return the last bubble of the model."""
        return self.answers.last

    @property
    def text(self) -> Locator:
        """Return the text of the last answer."""
        return self.answer.locator("[data-part=text]")

    @property
    def messages(self) -> Locator:
        """Return the part that scrolls."""
        return self.root.get_by_role("region", name="Messages")

    def ask(self, message: str, until: str | None = "done") -> None:
        """Send a message; return when its answer has come to the state ``until``."""
        self.input.fill(message)
        self.input.press("Enter")
        if until:
            self.wait_for(until)

    def wait_for(self, state: str) -> None:
        """Return when the last answer is in this state."""
        expect(self.answer).to_have_attribute("data-state", state)

    def shows(self, text: str) -> None:
        """Wait until the last answer reads exactly ``text``."""
        expect(self.text).to_have_text(text)
