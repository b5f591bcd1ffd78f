"""A place where one can chat, as a person sees it: the chat page or the widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
    def note(self) -> Locator:
        """Return what stands quietly under the last answer."""
        return self.answer.get_by_test_id("note")

    @property
    def messages(self) -> Locator:
        """Return the part that scrolls."""
        return self.root.get_by_role("region", name="Messages")

    @property
    def is_widget(self) -> bool:
        """Tell whether it is the widget."""
        return self.root.get_attribute("data-testid") == "widget"

    def begin_anew(self) -> None:
        """Begin a new chat."""
        self.page.get_by_role("button", name="New chat").click()

    def tool(self, name: str, of: Locator | None = None) -> Locator:
        """Return a button under the last answer, or under another message."""
        return (of or self.answer).get_by_role("button", name=name, exact=True)

    def kept(self) -> list[dict[str, Any]]:
        """Return the messages that the server shows of this visitor's newest conversation."""
        request, site = self.page.request, self.page.url.split("/", 3)
        api, headers = f"{site[0]}//{site[2]}/api/conversations", self._identity()
        newest = request.get(api, headers=headers).json()["conversations"][0]["id"]
        messages: list[dict[str, Any]] = request.get(f"{api}/{newest}", headers=headers).json()["messages"]
        return messages

    def _identity(self) -> dict[str, str]:
        """Return what the widget says of its visitor; the chat page's has a cookie."""
        if not self.is_widget:
            return {}
        token = self.page.evaluate("Object.entries(localStorage).find(([name]) => name.endsWith(' token'))[1]")
        return {"Authorization": f"Bearer {token}"}

    def ask(self, message: str, until: str | None = "done") -> None:
        """Send a message; return when its answer has come to the state ``until``."""
        expect(self.button).to_be_enabled()  # nobody listens to the box before
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
