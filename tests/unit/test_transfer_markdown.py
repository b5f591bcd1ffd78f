"""A conversation as Markdown."""

from dataclasses import replace

import pytest

from chatapp.domain.errors import ProviderTimeout
from chatapp.domain.kept import KeptMessage
from chatapp.domain.reply import ReplyState
from chatapp.domain.transfer import markdown
from tests.unit.archives import answered, asked, talk


def written(*messages: KeptMessage, **fields: object) -> str:
    conversation = talk(asked("q")).conversation
    assert conversation is not None
    return "".join(markdown(replace(conversation, **fields), messages))  # type: ignore[arg-type]  # any field


def test_a_conversation_reads_like_a_page() -> None:
    page = written(asked("q", text="How do I *bake*?\n"), answered("a", "q", "# Slowly"))

    assert page == (
        "# Bread\n\n*2026-11-28 12:00 UTC*\n"
        "\n## You · 2026-11-28 12:00 UTC\n\nHow do I *bake*?\n"
        "\n## Assistant (gpt-4o-mini) · 2026-11-28 12:00 UTC\n\n# Slowly\n"
    )


def test_instructions_stand_before_the_messages() -> None:
    assert "UTC*\n\n## Instructions\n\nBe brief.\n\n## You" in written(asked("q"), system="Be brief.")


@pytest.mark.parametrize(("title", "heading"), [("", "# Conversation"), ("Two\nlines", "# Two lines")])
def test_the_title_is_one_line(title: str, heading: str) -> None:
    assert written(title=title).splitlines()[0] == heading


@pytest.mark.parametrize("state", [state for state in ReplyState if state is not ReplyState.COMPLETE])
def test_an_answer_that_is_not_complete_says_so(state: ReplyState) -> None:
    assert "half\n\n> *This answer is not complete. " in written(answered("a", "q", "half", state=state))


def test_an_answer_that_failed_says_why() -> None:
    page = written(answered("a", "q", "", state=ReplyState.FAILED, error=ProviderTimeout()))

    assert page.endswith(
        "UTC\n\n> *This answer is not complete. The model was silent for too long. Please try again.*\n"
    )


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("```python\nx = 1", "```python\nx = 1\n```\n"),
        ("~~~~\nx\n~~~", "~~~~\nx\n~~~\n~~~~\n"),
        ("```\nx\n```", "```\nx\n```\n"),
        ("```one line```", "```one line```\n"),
    ],
)
def test_a_code_block_that_was_cut_off_does_not_swallow_the_rest(text: str, closed: str) -> None:
    assert f"UTC\n\n{closed}\n## You" in written(answered("a", "q", text), asked("q2", "a"))
