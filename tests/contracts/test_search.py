"""What every ``ConversationStore`` finds, and in which order. What a word is stands in ``tests/unit/test_search``."""

import pytest

from chatapp.domain.kept import Changes, Found
from chatapp.domain.search import LONGEST_SEARCHED_CHARACTERS, Query
from tests.contracts.storage import ALICE, BOB, OWNER, Storage, asked, at, conversation, ended, message, opening, whole


def search(
    storage: Storage, text: str, below: int | None = None, limit: int = 10, visitor_id: str = ALICE
) -> list[Found]:
    storage.catch_up()
    return list(storage.conversations.search(visitor_id, Query.parse(text), below, limit))


def found_in(storage: Storage, text: str, visitor_id: str = ALICE) -> list[str]:
    """Return the ids of the conversations that are found."""
    return [each.conversation.id for each in search(storage, text, visitor_id=visitor_id)]


def say(storage: Storage, conversation_id: str, *texts: str, seconds: float = 0, visitor_id: str = ALICE) -> None:
    """Keep a conversation with messages, each a second after the one before."""
    messages = [
        message(f"{conversation_id}-{number}", None, text, created_at=at(seconds + number))
        for number, text in enumerate(texts, 1)
    ]
    storage.archive.add(visitor_id, [whole(conversation(conversation_id, seconds), *messages)])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("How do I bake bread?", "bread"),
        ("How do I bake bread?", "BREAD how"),
        ("How do I bake bread?", '"bake bread"'),
        ("Crème brûlée", "creme BRULEE"),
        ("creme brulee", "crème"),
        ("Straße", "STRASSE"),
        ("Привет, мир", "МИР"),
        ("Ελλάδα", "ελλαδα"),
        ("我喜歡吃北京烤鴨。", "北京"),
        ("我喜歡吃北京烤鴨。", "烤"),
        ("東京タワーに行きました", "タワー"),
        ("오늘 서울에서 만나요", "서울"),
        ("ฉันรักกรุงเทพ", "กรุงเทพ"),
        ("mein iPhone手机很好", "手机"),
        ("snake_case, kebab-case", "snake case kebab"),
        ("Version 3.14 of it's", "3.14 it's"),
        ("'); DROP TABLE messages;--", "'); drop table"),
        ("NEAR AND OR NOT", 'not "near and"'),
        ("a* b^ c: {d}", "a* b^ c: {d}"),
    ],
)
def test_a_message_with_these_words_is_found(kept: Storage, text: str, wanted: str) -> None:
    say(kept, "c2", "something else", text)

    assert [(each.conversation, each.text) for each in search(kept, wanted)] == [(kept.conversation("c2"), text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("How do I bake bread?", "brea"),
        ("How do I bake bread?", "bread butter"),
        ("How do I bake bread?", '"bread bake"'),
        ("How do I bake bread?", '"do bake"'),
        ("我喜歡吃北京烤鴨。", "京北"),
        ("我喜歡吃北京烤鴨。", "上海"),
        ("alpha", "alph*"),
        ("alpha", "alpha OR beta"),
        ("alpha", "NOT beta"),
    ],
)
def test_a_message_without_them_is_not_found(kept: Storage, text: str, wanted: str) -> None:
    say(kept, "c2", text)
    assert found_in(kept, text) == ["c2"]

    assert found_in(kept, wanted) == []


def test_all_words_must_stand_in_one_message(kept: Storage) -> None:
    say(kept, "c2", "apples", "pears")
    say(kept, "c3", "pears and apples")

    assert found_in(kept, "apples pears") == ["c3"]


def test_a_title_is_found(kept: Storage) -> None:
    kept.conversations.create(ALICE, conversation("c2", title="Bread and butter"))

    assert [(each.conversation.id, each.text) for each in search(kept, "butter")] == [("c2", "Bread and butter")]


def test_a_conversation_is_found_by_its_new_title_alone(kept: Storage) -> None:
    kept.conversations.create(ALICE, conversation("c2", title="Bread"))
    assert found_in(kept, "bread") == ["c2"]

    kept.conversations.change(ALICE, "c2", Changes(title="Butter"))

    assert (found_in(kept, "bread"), found_in(kept, "butter")) == ([], ["c2"])


def test_question_and_answer_are_both_found(kept: Storage) -> None:
    kept.answer(opening(1, "Where is the owl?"), "In the barn.")

    assert [each.text for each in search(kept, "owl")] == ["Where is the owl?"]
    assert [each.text for each in search(kept, "barn")] == ["In the barn."]


def test_an_answer_is_not_found_before_it_has_ended(kept: Storage) -> None:
    kept.begin(opening(1, "Where is the owl?"), "In the barn.")
    assert (found_in(kept, "owl"), found_in(kept, "barn")) == (["c1"], [])

    kept.finish(ended(text="In the old barn."), OWNER)

    assert found_in(kept, '"old barn"') == ["c1"]


def test_a_conversation_is_found_once_at_its_newest_match(kept: Storage) -> None:
    kept.conversations.create(ALICE, conversation("c2", title="Owls"))
    kept.answer(opening(1, "first owl", conversation_id="c2", title="owl"), "second owl")
    kept.answer(opening(2, "no bird", conversation_id="c2"), "none")

    assert [each.text for each in search(kept, "owl")] == ["second owl"]


def test_the_newest_match_comes_first(kept: Storage) -> None:
    say(kept, "c2", "owl", seconds=200)
    say(kept, "c3", "owl", seconds=100)
    say(kept, "c4", "owl", "something newer", "something newer still", seconds=300)
    kept.conversations.create(ALICE, conversation("c5", 250, title="owl"))

    results = search(kept, "owl")

    assert [each.conversation.id for each in results] == ["c4", "c5", "c2", "c3"]
    assert [each.position for each in results] == sorted((each.position for each in results), reverse=True)


def test_an_old_import_comes_behind_what_is_new(kept: Storage) -> None:
    kept.answer(opening(1, "owl"))
    say(kept, "c2", "owl", seconds=-1_000_000)

    assert found_in(kept, "owl") == ["c1", "c2"]


@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_pages_hold_every_conversation_once(kept: Storage, page_size: int) -> None:
    say(kept, "a", "owl", "owl", seconds=1)
    say(kept, "b", "owl", seconds=2.5)
    say(kept, "c", "nothing", "owl", "nothing", seconds=3)
    say(kept, "d", "owl", "owl", "owl", seconds=-10)
    say(kept, "e", "owl", seconds=3)

    ids: list[str] = []
    below = None
    while page := search(kept, "owl", below, page_size):
        assert len(page) <= page_size
        ids += [each.conversation.id for each in page]
        assert len(ids) == len(set(ids))
        below = page[-1].position

    assert ids == ["c", "e", "b", "a", "d"]


def test_an_older_match_of_an_earlier_page_does_not_come_again(kept: Storage) -> None:
    say(kept, "c2", "old owl", "new owl", seconds=10)
    say(kept, "c3", "owl", seconds=5)

    (first,) = search(kept, "owl", limit=1)

    assert first.text == "new owl"
    assert [each.conversation.id for each in search(kept, "owl", first.position)] == ["c3"]


def test_nobody_finds_what_belongs_to_others(kept: Storage) -> None:
    kept.conversations.create(BOB, conversation("c1", title="The owl of Bob"))
    say(kept, "c2", "Bob wrote to his owl", visitor_id=BOB)
    kept.answer(opening(1, "The owl of Alice"))

    assert (found_in(kept, "owl"), found_in(kept, "bob")) == (["c1"], [])
    assert sorted(found_in(kept, "owl", BOB)) == ["c1", "c2"]
    assert found_in(kept, "owl", "nobody") == []


def test_nothing_is_found_of_what_was_removed(kept: Storage) -> None:
    kept.conversations.create(ALICE, conversation("c2", title="Owls"))
    kept.answer(opening(1, "owl", conversation_id="c2", asked=asked(1)))
    kept.answer(opening(2, "owl"))
    assert found_in(kept, "owl") == ["c1", "c2"]

    kept.conversations.delete(ALICE, "c2")

    assert (found_in(kept, "owl"), found_in(kept, "owls")) == (["c1"], [])


def test_a_long_text_is_found_by_its_last_word(kept: Storage) -> None:
    text = "word " * 3000 + "owl"
    say(kept, "c2", text)

    assert [each.text for each in search(kept, "owl")] == [text]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("長" * 20_000 + "鲸鱼", "鲸鱼"),
        ("word " * 17_000 + "late phrase", '"late phrase"'),
        ("的 " * 300 + "的龘", "的龘"),
        ("this and that " * 300 + "this thing", '"this thing"'),
        ("apples " + "word " * 17_000 + "two pears", 'apples "two pears"'),
    ],
)
def test_a_phrase_is_found_wherever_it_stands_in_a_long_text(kept: Storage, text: str, wanted: str) -> None:
    say(kept, "c2", text)

    assert found_in(kept, wanted) == ["c2"]


@pytest.mark.parametrize("wanted", ['"early late"', '"late early"', '"word 鱼"', "鲸鱼"])
def test_words_at_the_end_of_a_long_text_are_not_a_phrase_by_that(kept: Storage, wanted: str) -> None:
    say(kept, "c2", "word " * 17_000 + "early word late 鲸 word and 鱼")
    assert found_in(kept, "early late word 鲸 鱼") == ["c2"]

    assert found_in(kept, wanted) == []


def test_the_beginning_of_a_very_long_text_is_searched_alone(kept: Storage) -> None:
    beginning = ("word " * LONGEST_SEARCHED_CHARACTERS)[: LONGEST_SEARCHED_CHARACTERS - 4] + " owl"
    say(kept, "c2", f"{beginning} crow")

    assert [each.text for each in search(kept, "owl")] == [beginning]
    assert found_in(kept, "crow") == []


def test_a_match_behind_thousands_of_newer_messages_is_found(kept: Storage) -> None:
    say(kept, "old", "owl", "crow", seconds=-10)
    say(kept, "new", *["crow"] * 2_500)

    assert found_in(kept, "owl") == ["old"]
    assert found_in(kept, "crow") == ["new", "old"]
    assert [each.conversation.id for each in search(kept, "crow", search(kept, "crow", limit=1)[0].position)] == ["old"]
