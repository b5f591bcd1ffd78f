"""What comes of ChatGPT's own export."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatapp.adapters.memory import MemoryArchive
from chatapp.domain.entities import Role
from chatapp.domain.errors import Detail, InvalidRequest, NotFound
from chatapp.domain.reply import ReplyState
from chatapp.domain.transfer import Imported, Limits, import_chatgpt
from tests.chatgpt_files import BEGIN_SECONDS, Talk, exported, file_of, image, write
from tests.unit.archives import ME, archive_of, chunked, kept, texts

BEGIN = datetime.fromtimestamp(BEGIN_SECONDS, UTC)


def imported(archive: MemoryArchive, content: bytes, limits: Limits | None = None) -> Imported:
    return import_chatgpt(archive, ME, chunked(content, 1000), limits or Limits())


def left_out(*talks: Talk) -> list[tuple[str, str]]:
    return [(each.path, each.reason) for each in imported(archive_of(), file_of(*talks)).left_out]


def shape(archive: MemoryArchive) -> list[tuple[str, str | None]]:
    """Return what all messages say, each with what the one above it says."""
    [(_, messages)] = kept(archive)
    said = {message.id: message.text for message in messages}
    return [(message.text, said[message.parent_id] if message.parent_id else None) for message in messages]


def imported_talk(talk: Talk) -> MemoryArchive:
    there = archive_of()
    imported(there, file_of(talk))
    return there


def test_a_conversation_comes_with_title_times_roles_and_models() -> None:
    talk = Talk("Bread")
    talk.hide()
    talk.user("How?", create_time=BEGIN_SECONDS + 1.2345)
    talk.assistant("So.", model="gpt-4")

    [(conversation, [question, answer])] = kept(imported_talk(talk))

    assert (conversation.id, conversation.title, conversation.created_at) == (talk.id, "Bread", BEGIN)
    assert conversation.leaf_id == answer.id
    assert (conversation.model_id, conversation.system, conversation.pinned) == (None, None, False)
    assert (question.role, question.text, question.parent_id) == (Role.USER, "How?", None)
    assert question.created_at == BEGIN + timedelta(milliseconds=1234)
    assert (answer.role, answer.text, answer.parent_id) == (Role.ASSISTANT, "So.", question.id)
    assert (answer.model_id, answer.state) == ("gpt-4", ReplyState.COMPLETE)


def test_branches_come_in_their_order_and_the_one_shown_is_shown() -> None:
    talk = Talk()
    question = talk.user("q")
    first = talk.assistant("a1")
    talk.assistant("a2", under=question)
    talk.user("edited", under=talk.nodes[question]["parent"])
    talk.last = first
    there = imported_talk(talk)

    assert shape(there) == [("q", None), ("a1", "q"), ("a2", "q"), ("edited", None)]
    assert kept(there)[0][0].leaf_id == kept(there)[0][1][1].id


def test_the_branch_shown_goes_on_to_its_end() -> None:
    talk = Talk()
    question = talk.user("q")
    talk.assistant("a")
    talk.last = question
    [(conversation, [_, answer])] = kept(imported_talk(talk))

    assert conversation.leaf_id == answer.id


def test_steps_of_one_answer_stay_messages_one_under_the_other() -> None:
    talk = Talk()
    talk.user("q")
    talk.assistant("Let me see.")
    talk.assistant(content={"content_type": "code", "text": "1 + 1"}, recipient="python")
    talk.say("tool", content={"content_type": "execution_output", "text": "2"})
    talk.hide("assistant", "never shown")
    talk.assistant("It is 2.")
    there = imported_talk(talk)

    assert shape(there) == [("q", None), ("Let me see.", "q"), ("It is 2.", "Let me see.")]


def test_what_cannot_be_carried_is_told_for_each_conversation() -> None:
    talk = Talk("Bread")
    pdf = {"id": "f", "name": "a.pdf", "mime_type": "application/pdf"}
    png = {"id": "g", "name": "a.png", "mime_type": "image/png"}
    talk.user(image(), image(), "What is this?", metadata={"attachments": [pdf, png]})
    talk.assistant(content={"content_type": "code", "text": "look()"}, recipient="python")
    talk.say("tool", content={"content_type": "multimodal_text", "parts": [image()]})
    talk.user({"content_type": "audio_transcription", "text": "Spoken."}, {"content_type": "audio_asset_pointer"})
    talk.assistant(content={"content_type": "super_widget", "widget": {}})

    there = archive_of()
    [told, together] = imported(there, file_of(talk)).left_out

    assert texts(there) == ["What is this?", "Spoken."]
    assert told.path == "Bread"
    assert told.reason == (
        "Not taken over: 3 images, 1 audio or video recording, 1 attached file, 1 tool call, 1 result of a tool, "
        "1 part of an unknown kind."
    )
    assert (together.path, together.reason) == ("all conversations together", told.reason)


def test_thoughts_and_custom_instructions_are_told_once_for_all() -> None:
    def thinking(seed: int) -> Talk:
        talk = Talk(seed=seed)
        talk.say("user", content={"content_type": "user_editable_context", "user_profile": "I bake."})
        talk.user("q")
        talk.assistant(content={"content_type": "thoughts", "thoughts": []})
        talk.assistant(content={"content_type": "reasoning_recap", "content": "Thought for 8s"})
        talk.assistant("analysing", channel="analysis")
        talk.assistant("a")
        return talk

    assert left_out(thinking(1), thinking(2)) == [
        (
            "all conversations together",
            "Not taken over: 6 notes of the model's thoughts, 2 sets of custom instructions.",
        )
    ]


def test_a_system_message_that_was_shown_becomes_the_instructions() -> None:
    talk = Talk()
    talk.say("system", "Be brief.")
    talk.user("q")

    [(conversation, [question])] = kept(imported_talk(talk))

    assert (conversation.system, question.parent_id) == ("Be brief.", None)


def test_a_conversation_without_a_text_is_told() -> None:
    talk = Talk("Pictures")
    talk.user(image())

    assert left_out(talk)[:2] == [
        ("Pictures", "Not taken over: 1 image."),
        ("Pictures", "It has no message that can be taken over."),
    ]


@pytest.mark.parametrize(
    ("fields", "state", "finish_reason"),
    [
        ({"status": "in_progress"}, ReplyState.STOPPED, None),
        ({"metadata": {"finish_details": {"type": "interrupted"}}}, ReplyState.STOPPED, None),
        ({"metadata": {"finish_details": {"type": "max_tokens"}}}, ReplyState.TRUNCATED, "length"),
        ({"status": "finished_partial_completion"}, ReplyState.TRUNCATED, "length"),
        ({"status": 7, "metadata": {"finish_details": None}}, ReplyState.COMPLETE, None),
    ],
)
def test_an_answer_that_is_not_whole_is_marked(
    fields: dict[str, Any], state: ReplyState, finish_reason: str | None
) -> None:
    talk = Talk()
    talk.assistant("half", **fields)

    [(_, [answer])] = kept(imported_talk(talk))

    assert (answer.state, answer.finish_reason) == (state, finish_reason)


def test_importing_twice_changes_nothing() -> None:
    there, content = archive_of(), b"".join(exported(5))
    first = imported(there, content)
    before = kept(there)

    second = imported(there, content)

    assert (second.conversations, second.messages) == (0, 0)
    assert second.known == first.conversations + first.messages
    assert kept(there) == before


def test_an_export_of_a_conversation_that_has_grown_adds_to_it() -> None:
    talk = Talk()
    talk.user("q")
    talk.assistant("Let me see.")
    there = imported_talk(talk)
    talk.assistant("So.")
    talk.user("q2")

    assert imported(there, file_of(talk)) == Imported(0, 2, 3, ())
    assert [text for text, _ in shape(there)] == ["q", "Let me see.", "So.", "q2"]
    assert kept(there)[0][0].leaf_id == kept(there)[0][1][-1].id


def test_nodes_that_conversations_share_come_in_each_of_them() -> None:
    talk, copy = Talk(seed=1), Talk(seed=1)
    for each in (talk, copy):
        each.user("q")
    copy.id = "another"

    there = archive_of()

    assert imported(there, file_of(talk, copy)) == Imported(2, 2, 0, ())


def test_ids_that_are_missing_are_always_the_same() -> None:
    talk = Talk()
    talk.user("q")
    talk.fields = {"id": None, "conversation_id": "not an id"}
    there = imported_talk(talk)

    assert imported(there, file_of(talk)) == Imported(0, 0, 2, ())


def test_times_that_are_missing_are_those_above() -> None:
    talk = Talk()
    first = talk.user("q", create_time=BEGIN_SECONDS + 9)
    talk.assistant("a", create_time=None)
    talk.fields = {"create_time": float("1e300"), "update_time": "yesterday"}
    there = imported_talk(talk)
    [(conversation, messages)] = kept(there)

    assert first in talk.nodes
    assert {message.created_at for message in messages} == {BEGIN + timedelta(seconds=9)}
    assert conversation.created_at == conversation.updated_at == messages[0].created_at


def test_a_circle_loses_no_text() -> None:
    talk = Talk()
    first = talk.user("a")
    second = talk.assistant("b")
    talk.nodes[first]["parent"] = second
    talk.nodes[second]["children"] = [first]

    assert shape(imported_talk(talk)) == [("a", None), ("b", "a")]


def test_nodes_without_a_parent_stand_under_the_one_that_lists_them() -> None:
    talk = Talk()
    talk.user("q")
    answer = talk.assistant("a")
    talk.nodes[answer]["parent"] = "gone"

    assert shape(imported_talk(talk)) == [("q", None), ("a", "q")]


def test_messages_that_are_missing_are_counted() -> None:
    talk = Talk("Bread")
    question = talk.user("q")
    talk.nodes[question]["children"] = ["gone", "lost", 7]

    assert left_out(talk)[0] == ("Bread", "Not taken over: 2 messages that are missing in the file.")


@pytest.mark.parametrize("text", ["a\0b", "half \ud83d", "x" * 101])
def test_a_text_that_cannot_be_kept_is_told_and_the_rest_comes(text: str) -> None:
    talk = Talk(text)
    talk.user("q")
    talk.assistant(text)
    talk.user("q2")
    there = archive_of()

    result = imported(there, file_of(talk), Limits(message_characters=100))

    assert "cannot be kept" in result.left_out[0].reason
    assert shape(there) == [("q", None), ("q2", "q")]


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("x" * 10_001, "This is too long: 10,001 characters, where 10,000 are allowed."),
        ("a\0b", "This must not hold the character NUL."),
        (7, "This must be text."),
        (["Bread"], "This must be text."),
    ],
)
def test_a_title_that_cannot_be_kept_is_told_and_the_rest_comes(title: Any, reason: str) -> None:
    talk = Talk(title)
    talk.user("q")
    there = archive_of()

    result = imported(there, file_of(talk))

    assert result == Imported(1, 1, 0, (Detail("conversation 1, title", reason),))
    assert kept(there)[0][0].title == ""


@pytest.mark.parametrize("title", [None, "", " "])
def test_without_a_title_nothing_is_told(title: str | None) -> None:
    talk = Talk(title)
    talk.user("q")

    assert left_out(talk) == []


@pytest.mark.parametrize(
    "message",
    [
        {"content": {"content_type": "text", "parts": "Plain words."}},
        {"content": {"content_type": "text", "parts": {"0": "Words."}}},
        {"content": {"content_type": "text", "text": "Words elsewhere."}},
        {"content": "Words alone."},
        {"content": {"content_type": "text", "parts": [7]}},
        {"content": {"content_type": "text", "parts": [{}]}},
    ],
)
def test_what_is_of_another_shape_is_counted(message: dict[str, Any]) -> None:
    talk = Talk("Bread")
    talk.user("q")
    talk.assistant("a", **message)

    assert left_out(talk)[0] == ("Bread", "Not taken over: 1 part of an unknown kind.")


def test_nodes_and_messages_that_are_no_objects_are_counted() -> None:
    talk = Talk("Bread")
    talk.nodes[talk.user("q")]["message"] = "Words alone."
    talk.user("q2")
    talk.nodes["odd"] = "Words alone."  # type: ignore[assignment]  # as no real export has it

    assert left_out(talk)[0] == ("Bread", "Not taken over: 2 parts of an unknown kind.")


def test_a_conversation_of_very_many_values_is_told_and_the_rest_comes() -> None:
    flood, talk, there = b'{"mapping": {"a": [' + b"[]," * 200_000 + b"0]}}", Talk(), archive_of()
    talk.user("q")

    [told] = imported(there, b"[" + flood + b"," + file_of(talk)[1:]).left_out

    assert (told.path, told.reason) == ("conversation 1", "It holds too many values: 200,000 are allowed.")
    assert texts(there) == ["q"]


def test_parts_that_are_too_long_together_are_told() -> None:
    talk = Talk("Bread")
    talk.user("q")
    talk.assistant("x" * 60, "y" * 60)

    [told, _] = imported(archive_of(), file_of(talk), Limits(message_characters=100)).left_out

    assert told == Detail("Bread", "Not taken over: 1 text with characters that cannot be kept, or too long.")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b" " * 100, "empty"),
        (b"PK\x03\x04", "unpack"),
        (b'{"mapping": {}}', "begins with a list"),
        (b"<html>", "begins with a list"),
        (b'[{"uuid": "x", "chat_messages": []}]', "none of its parts is a conversation"),
        (b"[1, 2, 3]", "none of its parts is a conversation"),
        (b'{"type":"header","format":"chatapp-conversations","version":1}\n', "as JSON Lines"),
    ],
)
def test_a_file_that_is_not_chatgpts_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        imported(archive_of(), content)


def test_an_empty_list_and_a_byte_order_mark_are_no_matter() -> None:
    assert imported(archive_of(), b"\xef\xbb\xbf []\n") == Imported(0, 0, 0, ())


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b'{"mapping": {"a": tru}}', "It is not JSON"),
        (b'{"mapping": {"a": "\xff"}}', "not UTF-8"),
        (b'{"mapping": ' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deeply"),
        (b'{"mapping": {}, "create_time": ' + b"9" * 5000 + b"}", "a number is too large"),
        (b'{"mapping": {}, "mapping": {}}', "same key"),
        (b'{"mapping": "' + b"x" * 30_000 + b'"}', "too large"),
        (b'{"mapping": []}', "it has no “mapping”"),
        (b"{}", "it has no “mapping”"),
        (b"[[]]", "it has no “mapping”"),
        (b"7", "not a conversation"),
    ],
)
def test_a_broken_conversation_is_told_and_the_rest_comes(broken: bytes, reason: str) -> None:
    talk = Talk()
    talk.user("q")
    there = archive_of()

    result = imported(there, b"[" + broken + b"," + file_of(talk)[1:], Limits(element_bytes=20_000))

    assert [each.path for each in result.left_out] == ["conversation 1"]
    assert reason in result.left_out[0].reason
    assert texts(there) == ["q"]


def test_of_a_file_that_was_cut_off_comes_what_there_is() -> None:
    there, content = archive_of(), b"".join(exported(4))

    result = imported(there, content[:-1000])

    assert result.conversations == 3
    assert ("conversation 4", True) in [(each.path, "ends in the middle" in each.reason) for each in result.left_out]
    assert imported(there, content).conversations == 1


def test_others_may_run_while_a_long_conversation_is_taken_over() -> None:
    talk = Talk()
    for number in range(1000):
        talk.user(str(number))
    content, told = file_of(talk), list[int]()

    import_chatgpt(archive_of(), ME, [content], progress=told.append)

    assert told == sorted(told)
    assert told.count(len(content)) > 1000 // 100


def test_others_may_run_while_a_conversation_is_parsed_or_has_many_parts() -> None:
    talk, told = Talk(), list[int]()
    talk.user(*({"content_type": "text", "text": "x"} for _ in range(10_000)))
    content = file_of(talk)

    import_chatgpt(archive_of(), ME, [content], progress=told.append)

    assert told.count(len(content)) > 10_000 // 100


def test_a_visitor_who_is_gone_gets_an_error() -> None:
    with pytest.raises(NotFound):
        import_chatgpt(archive_of(), "gone", exported(1))


def test_the_made_up_files_are_what_they_are_said_to_be(tmp_path: Path) -> None:
    size = write(tmp_path / "conversations.json", 30, messages=10)
    content = (tmp_path / "conversations.json").read_bytes()

    result = imported(archive_of(), content)

    assert size == len(content)
    assert len(json.loads(content)) == result.conversations == 30
    assert 150 < result.messages < 600
