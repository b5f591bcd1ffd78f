"""What comes of a file of ours that is imported."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from chatapp.adapters.memory import MemoryArchive
from chatapp.domain.errors import Conflict, Detail, InvalidRequest, NotFound, StorageUnavailable
from chatapp.domain.kept import Batch
from chatapp.domain.transfer import Imported, Limits, import_jsonl
from tests.unit.archives import ME, answered, archive_of, asked, chunked, file_of, kept, talk, texts

TALK = talk(asked("q"), answered("a", "q"), asked("q2", "a"), answered("a2", "q2"))
HEADER, CONVERSATION, *MESSAGES, END, COMPLETE = file_of(archive_of(TALK)).splitlines()


def imported(archive: MemoryArchive, content: bytes, limits: Limits | None = None) -> Imported:
    return import_jsonl(archive, ME, chunked(content), limits or Limits())


def changed(line: bytes, **fields: Any) -> bytes:
    values = json.loads(line) | fields
    return json.dumps({name: value for name, value in values.items() if value != ""}).encode()


def file_with(*lines: bytes) -> bytes:
    count = sum(b'"type":"conversation"' in line.replace(b": ", b":") for line in lines)
    return b"\n".join([HEADER, *lines, changed(COMPLETE, conversations=count), b""])


def left_out(content: bytes, limits: Limits | None = None) -> list[tuple[str, str]]:
    return [(each.path, each.reason) for each in imported(archive_of(), content, limits).left_out]


def test_a_file_brings_everything_to_another_visitor() -> None:
    there = archive_of()

    result = imported(there, file_of(archive_of(TALK)))

    assert result == Imported(1, 4, 0, ())
    assert kept(there) == kept(archive_of(TALK))


def test_importing_twice_changes_nothing() -> None:
    there = archive_of(TALK)

    assert imported(there, file_of(there)) == Imported(0, 0, 5, ())
    assert kept(there) == kept(archive_of(TALK))


def test_a_conversation_that_has_grown_is_added_to() -> None:
    there = archive_of(talk(*TALK.messages[:2]))

    assert imported(there, file_of(archive_of(TALK))) == Imported(0, 2, 3, ())
    assert kept(there) == kept(archive_of(TALK))


def test_the_branch_that_is_shown_stays_when_others_are_added() -> None:
    there = archive_of(talk(*TALK.messages[:2], asked("mine", "a")))

    imported(there, file_of(archive_of(TALK)))

    assert kept(there)[0][0].leaf_id == "mine"


def test_what_belongs_to_somebody_else_is_neither_touched_nor_told() -> None:
    there = archive_of(TALK, visitors=["somebody", ME])

    assert imported(there, file_of(archive_of(TALK))) == Imported(1, 4, 0, ())
    assert kept(there, "somebody") == kept(archive_of(TALK))


def test_a_message_that_stands_in_another_conversation_is_left_out() -> None:
    there = archive_of(TALK)
    content = file_with(
        changed(CONVERSATION, id="c2"),
        changed(MESSAGES[0], conversation_id="c2"),
        changed(END, conversation_id="c2", leaf_id=None),
    )

    result = imported(there, content)

    assert [(each.path, each.reason) for each in result.left_out] == [
        ("line 3, id", "You have a message with this id in another conversation.")
    ]
    assert (result.conversations, result.messages) == (1, 0)


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_batches_of_any_size_make_the_same(batch: int) -> None:
    there = archive_of()

    imported(there, file_of(archive_of(TALK)), Limits(batch_messages=batch, batch_characters=batch * 4))

    assert kept(there) == kept(archive_of(TALK))


class FailingArchive:
    """An archive whose storage fails when something is added for the n-th time."""

    def __init__(self, archive: MemoryArchive, times: int) -> None:
        self._archive = archive
        self._times = times
        self.known_conversations = archive.known_conversations
        self.known_messages = archive.known_messages
        self.conversations = archive.conversations
        self.messages = archive.messages

    def add(self, visitor_id: str, batch: Sequence[Batch]) -> None:
        self._times -= 1
        if self._times < 0:
            raise StorageUnavailable
        self._archive.add(visitor_id, batch)


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_an_import_that_was_cut_short_can_be_repeated(times: int) -> None:
    there = archive_of()
    content = file_of(archive_of(talk(*TALK.messages, leaf_id="q2")))

    with pytest.raises(StorageUnavailable):
        import_jsonl(FailingArchive(there, times), ME, [content], Limits(batch_messages=1))
    imported(there, content)

    assert file_of(there) == content


def test_a_visitor_who_is_gone_gets_an_error() -> None:
    with pytest.raises(NotFound):
        import_jsonl(archive_of(), "gone", [file_of(archive_of(TALK))])


def test_progress_is_told_with_every_piece() -> None:
    content = file_of(archive_of(TALK))
    told: list[int] = []

    import_jsonl(archive_of(), ME, chunked(content, 100), progress=told.append)

    assert told == [*range(100, len(content), 100), len(content)]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"Dear diary,\n", "not a file that chatapp has exported"),
        (b'{"type":"conversation"}\n', "not a file that chatapp has exported"),
        (b'{"type":"header","format":"chatapp-conversations"}', "not a file that chatapp has exported"),
        (b'{"type":"header","format":"chatapp-conversations","version":true}', "not a file that chatapp has exported"),
        (b'{"type":"header","format":"chatapp-conversations","version":2}\n', "newer version"),
        (b"[" * 100_000, "ChatGPT's conversations.json"),
        (b'[{"title": "A"}]', "ChatGPT's conversations.json"),
        (b"PK\x03\x04 conversations.json", "unpack"),
        (b"\x1f\x8b\x08 whatever", "unpack"),
        ("[]".encode("utf-16"), "UTF-8"),
    ],
)
def test_a_file_that_is_not_ours_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        imported(archive_of(), content)


def test_a_byte_order_mark_and_windows_lines_are_no_matter() -> None:
    content = b"\xef\xbb\xbf" + file_of(archive_of(TALK)).replace(b"\n", b"\r\n\r\n")

    assert imported(archive_of(), content) == Imported(1, 4, 0, ())


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"id": "a b"}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"id": 7}, "id"),
        ({"id": ""}, "id"),
        ({"conversation_id": "c2"}, "conversation_id"),
        ({"parent_id": "nobody"}, "parent_id"),
        ({"parent_id": []}, "parent_id"),
        ({"role": "tool"}, "role"),
        ({"role": {}}, "role"),
        ({"text": None}, "text"),
        ({"text": "x" * 51}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"text": "half \ud800"}, "text"),
        ({"created_at": "2026-11-28"}, "created_at"),
        ({"created_at": "2026-02-30T00:00:00.000Z"}, "created_at"),
        ({"created_at": "2026-11-28T12:00:00.000+01:00"}, "created_at"),
        ({"created_at": "9999-11-28T12:00:00.000Z"}, "created_at"),
        ({"created_at": 1}, "created_at"),
        ({"state": "running"}, "state"),
        ({"state": "done"}, "state"),
        ({"role": "user", "state": "stopped"}, "state"),
        ({"model": 4}, "model"),
        ({"finish_reason": "x" * 10_001}, "finish_reason"),
        ({"usage": 7}, "usage"),
        ({"usage": {"prompt_tokens": 1}}, "usage.completion_tokens"),
        ({"usage": {"prompt_tokens": -1, "completion_tokens": 1}}, "usage.prompt_tokens"),
        ({"usage": {"prompt_tokens": 1.5, "completion_tokens": 1}}, "usage.prompt_tokens"),
        ({"usage": {"prompt_tokens": True, "completion_tokens": 1}}, "usage.prompt_tokens"),
        ({"usage": {"prompt_tokens": 1, "completion_tokens": 1 << 60}}, "usage.completion_tokens"),
        ({"usage": {"prompt_tokens": 1, "completion_tokens": 1, "more": 1}}, "usage.more"),
        ({"cost": {"source": "guessed"}}, "cost.source"),
        ({"cost": {"source": "provider", "nano_usd": "1"}}, "cost.nano_usd"),
        ({"cost": {"source": "provider", "price_as_of": "2026-13-01"}}, "cost.price_as_of"),
        ({"error": {"code": "new", "error": "Oh."}}, "error.code"),
        ({"error": {"code": "lost"}}, "error.error"),
        ({"siblings": []}, "siblings"),
        ({"odd name": 1}, "…"),
    ],
)
def test_a_wrong_field_of_a_message_is_told_and_the_rest_comes(fields: dict[str, Any], path: str) -> None:
    there = archive_of()
    content = file_with(CONVERSATION, MESSAGES[0], changed(MESSAGES[1], **fields), changed(END, leaf_id="q"))

    result = imported(there, content, Limits(message_characters=50))

    assert [each.path for each in result.left_out] == [f"line 4, {path}"]
    assert texts(there) == ["How?"]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"id": "ü"}, "id"),
        ({"title": None}, "title"),
        ({"title": "\0"}, "title"),
        ({"pinned": 1}, "pinned"),
        ({"system": "\udc00"}, "system"),
        ({"updated_at": "yesterday"}, "updated_at"),
        ({"leaf_id": "a"}, "leaf_id"),
    ],
)
def test_without_its_conversation_no_message_comes(fields: dict[str, Any], path: str) -> None:
    there = archive_of()

    result = imported(there, file_with(changed(CONVERSATION, **fields), MESSAGES[0], END))

    assert [each.path for each in result.left_out] == [
        f"line 2, {path}",
        "line 3, conversation_id",
        "line 4, conversation_id",
    ]
    assert kept(there) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "It is not JSON"),
        (b"[1]", "no such kind of line"),
        (b'{"type":["message"]}', "no such kind of line"),
        (b'{"type":"message","type":"message"}', "same key stands twice"),
        (b'{"type":NaN}', "NaN is no number"),
        (b'{"type":' + b"9" * 5000 + b"}", "a number is too large"),
        (b'{"type":' + b"[" * 9000, "nested too deeply"),
        (b'{"type":"\xff"}', "not UTF-8"),
        (b'"' + b"x" * 10_000 + b'"', "too large"),
    ],
)
def test_a_broken_line_is_told_and_the_rest_comes(line: bytes, reason: str) -> None:
    there = archive_of()

    result = imported(
        there, file_with(CONVERSATION, line, *MESSAGES, END), Limits(element_bytes=9500, line_values=9500)
    )

    assert [each.path.partition(",")[0] for each in result.left_out] == ["line 3"]
    assert reason in result.left_out[0].reason
    assert result.messages == 4


@pytest.mark.parametrize(
    "line",
    [b"[" + b"[]," * 2000 + b"0]", b'[{"a":0}' + b',{"a":0}' * 2000 + b"]", b"[" * 2000],
    ids=["lists", "objects", "brackets"],
)
def test_a_line_of_very_many_values_is_told_and_the_rest_comes(line: bytes) -> None:
    there = archive_of()

    [told] = imported(there, file_with(CONVERSATION, line, *MESSAGES, END)).left_out

    assert (told.path, told.reason) == ("line 3", "It holds too many values: 1,000 are allowed.")
    assert len(texts(there)) == 4


def test_commas_and_brackets_in_a_text_are_no_values() -> None:
    there, text = archive_of(), '[{"a": [1, 2]}, "\\"],' * 1000

    assert imported(there, file_of(archive_of(talk(asked("q", text=text))))) == Imported(1, 1, 0, ())
    assert texts(there) == [text]


@pytest.mark.parametrize(
    ("fields", "path", "reason"),
    [
        ({"more": 1}, "line 1, more", "There is no such field."),
        ({"odd name": 1}, "line 1, …", "There is no such field."),
    ],
)
def test_what_the_header_should_not_have_is_told_and_the_rest_comes(
    fields: dict[str, Any], path: str, reason: str
) -> None:
    content = file_with(CONVERSATION, *MESSAGES, END).replace(HEADER, changed(HEADER, **fields))

    assert imported(archive_of(), content) == Imported(1, 4, 0, (Detail(path, reason),))


@pytest.mark.parametrize(
    ("fields", "path", "reason"),
    [
        ({"more": 1}, "line 8, more", "There is no such field."),
        ({"conversations": ""}, "line 8, conversations", "This must be a whole number from 0 on."),
        ({"conversations": True}, "line 8, conversations", "This must be a whole number from 0 on."),
        (
            {"conversations": 7},
            "line 8, conversations",
            "The file should hold 7 conversations, but 1 came. Something is missing; please get the whole file.",
        ),
        (
            {"conversations": 0},
            "line 8, conversations",
            "The file should hold 0 conversations, but 1 came. It was put together from others.",
        ),
    ],
)
def test_a_last_line_that_is_not_as_it_should_be_is_told(fields: dict[str, Any], path: str, reason: str) -> None:
    content = b"\n".join([HEADER, CONVERSATION, *MESSAGES, END, changed(COMPLETE, **fields)])

    assert imported(archive_of(), content) == Imported(1, 4, 0, (Detail(path, reason),))


def test_a_file_from_whose_middle_a_conversation_is_missing_says_so() -> None:
    first, second = TALK, Batch("c2", replace(TALK.conversation, id="c2", leaf_id=None), ())  # type: ignore[type-var]  # it has one
    lines = file_of(archive_of(first, second)).splitlines(keepends=True)

    told = left_out(b"".join([lines[0], *lines[-3:]]))

    assert [path for path, _ in told] == ["line 4, conversations"]


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        (-1, "This must be a whole number from 0 on."),
        ("2", "This must be a whole number from 0 on."),
        (1 << 31, "This is too large."),
    ],
)
def test_a_count_that_is_none_is_told(left_out: Any, reason: str) -> None:
    content = file_with(CONVERSATION, *MESSAGES[:3], changed(MESSAGES[3], left_out=left_out), END)

    result = imported(archive_of(), content)

    assert (Detail("line 6, left_out", reason) in result.left_out, result.messages) == (True, 3)


def test_what_only_an_answer_can_have_is_left_out_of_other_messages() -> None:
    there, fields = archive_of(), json.loads(MESSAGES[1])
    strange = {name: fields[name] for name in ("model", "finish_reason", "usage", "cost", "request_id", "left_out")}
    strange["error"] = {"code": "lost", "error": "Oh."}

    told = imported(there, file_with(CONVERSATION, changed(MESSAGES[0], **strange), *MESSAGES[1:], END)).left_out

    assert {each.path for each in told} == {f"line 3, {name}" for name in strange}
    assert {each.reason for each in told} == {"Only an answer can have this. The message is taken over without it."}
    assert kept(there) == kept(archive_of(TALK))


@pytest.mark.parametrize("batch", [1, 50])
def test_of_two_messages_with_one_id_the_second_is_told(batch: int) -> None:
    there, other = archive_of(), changed(MESSAGES[0], text="Another")
    content = file_with(CONVERSATION, MESSAGES[0], other, MESSAGES[0], *MESSAGES[1:], END)

    result = imported(there, content, Limits(batch_messages=batch))

    assert result.left_out == (
        Detail("line 4, id", "Another message with this id stands before it in this file. That one counts."),
    )
    assert (result.messages, result.known) == (4, 1)
    assert kept(there) == kept(archive_of(TALK))


class CrowdedArchive(FailingArchive):
    """An archive into which somebody else brings the same just before something is added, so many times."""

    def add(self, visitor_id: str, batch: Sequence[Batch]) -> None:
        self._times -= 1
        if self._times >= 0:
            self._archive.add(visitor_id, batch)
        self._archive.add(visitor_id, batch)


@pytest.mark.parametrize("batch", [1, 2, 50])
def test_two_may_import_the_same_at_once(batch: int) -> None:
    there = archive_of()

    result = import_jsonl(CrowdedArchive(there, 100), ME, [file_of(archive_of(TALK))], Limits(batch_messages=batch))

    assert result == Imported(0, 0, 5, ())
    assert kept(there) == kept(archive_of(TALK))


class StubbornArchive(FailingArchive):
    """An archive where something else is always kept just before."""

    def add(self, visitor_id: str, batch: Sequence[Batch]) -> None:
        raise Conflict("Something else is being kept under the same ids.")


def test_who_always_comes_too_late_is_told() -> None:
    with pytest.raises(Conflict):
        import_jsonl(StubbornArchive(archive_of(), 0), ME, [file_of(archive_of(TALK))])


class ForgettingArchive(FailingArchive):
    """An archive whose visitor deletes all conversations after something was added for the n-th time."""

    def add(self, visitor_id: str, batch: Sequence[Batch]) -> None:
        super().add(visitor_id, batch)
        if self._times == 0:
            self.known_conversations = self.known_messages = lambda visitor_id, ids: {}


def test_a_conversation_that_is_deleted_meanwhile_is_told_once() -> None:
    content = file_of(archive_of(TALK))

    result = import_jsonl(ForgettingArchive(archive_of(), 2), ME, [content], Limits(batch_messages=1))

    assert result.left_out == (Detail("line 2", "It was deleted while the file was read; the rest is left out."),)


def test_what_stands_under_a_message_that_is_left_out_is_left_out_too() -> None:
    told = left_out(file_with(CONVERSATION, MESSAGES[0], *MESSAGES[2:], changed(END, leaf_id="q")))

    assert [path for path, _ in told] == ["line 4, parent_id", "line 5, parent_id"]


def test_a_parent_may_be_among_the_messages_that_are_there() -> None:
    there = archive_of(talk(*TALK.messages[:2]))

    assert imported(there, file_with(CONVERSATION, *MESSAGES[2:], END)) == Imported(0, 2, 1, ())


def test_a_leaf_that_is_missing_is_the_last_message_instead() -> None:
    there = archive_of()

    result = imported(there, file_with(CONVERSATION, *MESSAGES, changed(END, leaf_id="nobody")))

    assert [each.path for each in result.left_out] == ["line 7, leaf_id"]
    assert kept(there)[0][0].leaf_id == "a2"


@pytest.mark.parametrize("lines", range(2, 7))
def test_of_a_file_that_was_cut_off_comes_what_there_is(lines: int) -> None:
    there = archive_of()
    content = b"\n".join(file_of(archive_of(TALK)).splitlines()[:lines])

    result = imported(there, content)

    assert [each.path for each in result.left_out] == [f"line {lines}", "end of the file"]
    assert kept(there)[0][1] == kept(archive_of(TALK))[0][1][: lines - 2]
    assert imported(there, file_of(archive_of(TALK))).left_out == ()
    assert kept(there) == kept(archive_of(TALK))


def test_what_stands_behind_the_last_line_is_told() -> None:
    assert left_out(file_with(CONVERSATION, *MESSAGES, END) + MESSAGES[0]) == [
        ("line 9", "It stands behind the last line.")
    ]


def test_a_conversation_that_comes_twice_is_known_the_second_time() -> None:
    whole = [CONVERSATION, *MESSAGES, END]

    assert imported(archive_of(), file_with(*whole, *whole)) == Imported(1, 4, 5, ())


def test_a_hundred_complaints_are_enough() -> None:
    told = left_out(file_with(*[b"{}"] * 150))

    assert len(told) == 101
    assert told[-1] == ("…", "50 more were left out.")


class CountingArchive(FailingArchive):
    """An archive that notes how many things it is asked about, and given, in one go."""

    def __init__(self, archive: MemoryArchive) -> None:
        super().__init__(archive, 1 << 30)
        self.most = 0
        self.known_messages = self._known_messages

    def _known_messages(self, visitor_id: str, ids: Collection[str]) -> Mapping[str, str]:
        self.most = max(self.most, len(ids))
        return self._archive.known_messages(visitor_id, ids)

    def add(self, visitor_id: str, batch: Sequence[Batch]) -> None:
        self.most = max(self.most, sum(len(part.messages) for part in batch))
        super().add(visitor_id, batch)


def test_a_conversation_of_any_length_comes_in_small_batches() -> None:
    messages = [asked("m0"), *(asked(f"m{number}", f"m{number - 1}") for number in range(1, 1000))]
    archive = CountingArchive(archive_of())

    result = import_jsonl(archive, ME, [file_of(archive_of(talk(*messages)))], Limits(batch_messages=10))

    assert result == Imported(1, 1000, 0, ())
    assert archive.most <= 2 * 10 + 2
