"""What counts as a word, what somebody searched for, and the line that shows where it was found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.domain.search import (
    LONGEST_WORD_CHARACTERS,
    MOST_WORDS,
    OVERLAP_CHARACTERS,
    PART_CHARACTERS,
    SNIPPET_CHARACTERS,
    Query,
    snippet,
    words,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" \n\t –—…!? ", []),
        ("How do I bake bread?", ["how", "do", "i", "bake", "bread"]),
        ("snake_case, kebab-case", ["snake", "case", "kebab", "case"]),
        ("It's 3.14 or 10,000", ["it", "s", "3", "14", "or", "10", "000"]),
        ("Crème Brûlée", ["creme", "brulee"]),
        ("Cre\u0300me", ["creme"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("Øresund łódź", ["øresund", "łodz"]),
        ("ﬁn ＡＢＣ x²", ["fin", "abc", "x2"]),
        ("ℂ 𝑨𝒃 ℡", ["c", "ab", "tel"]),
        ("Привет, Ёлка", ["привет", "елка"]),
        ("Ελλάδα", ["ελλαδα"]),
        ("مَرْحَبًا بالعالم", ["مرحبا", "بالعالم"]),
        ("שָׁלוֹם", ["שלום"]),
        ("北京烤鴨", ["北", "京", "烤", "鴨"]),
        ("東京タワーへ", ["東", "京", "タ", "ワ", "ー", "へ"]),
        ("서울에서", ["서", "울", "에", "서"]),
        ("iPhone手机3", ["iphone", "手", "机", "3"]),
        ("𠮷野家", ["𠮷", "野", "家"]),
        ("🙂 smile 👩‍👧", ["smile"]),
        ("Tiếng Việt", ["tieng", "viet"]),
    ],
)
def test_words_are_small_plain_and_in_their_order(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize("text", ["กรุงเทพมหานคร", "ພາສາລາວ", "ភាសាខ្មែរ", "မြန်မာ"])
def test_scripts_without_spaces_are_taken_sign_by_sign(text: str) -> None:
    found = words(text)

    assert len(found) > 4
    assert {len(word) for word in found} == {1}


def test_a_word_has_a_longest_length() -> None:
    assert words("x" * 1000) == ["x" * LONGEST_WORD_CHARACTERS]


@given(st.text())
def test_words_are_words_of_their_own(text: str) -> None:
    """Indexes store them with spaces between them, and nothing in them may be taken for syntax."""
    found = words(text)

    assert [words(word) for word in found] == [[word] for word in found]
    assert not any(sign.isspace() or sign in "'\"\\:*^(){}&|!<>-_" for word in found for sign in word)


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("", ()),
        ("?!", ()),
        ("bread", (("bread",),)),
        ("Bread  BUTTER", (("bread",), ("butter",))),
        ("bread Bread", (("bread",),)),
        ('"bake bread" now', (("bake", "bread"), ("now",))),
        ('"bake bread', (("bake",), ("bread",))),
        ('"" " "', ()),
        ("well-known", (("well", "known"),)),
        ("北京", (("北", "京"),)),
        ("北京 烤鴨", (("北", "京"), ("烤", "鴨"))),
        ("NOT a OR b*", (("not",), ("a",), ("or",), ("b",))),
    ],
)
def test_a_search_is_words_and_phrases(text: str, phrases: tuple[tuple[str, ...], ...]) -> None:
    assert Query.parse(text).phrases == phrases


@pytest.mark.parametrize("text", [" ".join(map(str, range(100))), "北" * 100, '"' + "a b " * 50 + '"'])
def test_a_search_has_a_longest_length(text: str) -> None:
    assert sum(map(len, Query.parse(text).phrases)) == MOST_WORDS


@pytest.mark.parametrize(
    ("wanted", "text", "matches"),
    [
        ("bread bake", "How do I bake bread?", True),
        ("bread butter", "How do I bake bread?", False),
        ("brea", "How do I bake bread?", False),
        ('"bake bread"', "How do I bake – bread?", True),
        ('"bread bake"', "How do I bake bread?", False),
        ("a-b", "a b", True),
        ("a-b", "b a", False),
        ("CREME", "crème", True),
        ("crème", "CREME", True),
        ("京烤", "北京烤鴨", True),
        ("京鴨", "北京烤鴨", False),
        ("หานคร", "กรุงเทพมหานคร", True),
        ("हिन्दी", "मुझे हिन्दी आती है", True),
        ("Việt", "tieng viet", True),
        ("x" * 100, "x" * 70, True),
    ],
)
def test_a_text_matches_if_it_has_every_phrase(wanted: str, text: str, matches: bool) -> None:
    assert Query.parse(wanted).matches(text) is matches


@given(st.text(max_size=200))
def test_every_text_is_found_by_itself(text: str) -> None:
    assert Query.parse(text).matches(text)


@pytest.mark.parametrize("wanted", ["owl", "OWL", '"owl barn"', "öwl"])
def test_a_snippet_shows_the_place_in_a_long_text(wanted: str) -> None:
    text = "word " * 200 + "Owl barn " + "more " * 200

    shown = snippet(text, Query.parse(wanted))

    assert "Owl barn" in shown
    assert shown.startswith("…word")
    assert shown.endswith("…")
    assert len(shown) <= SNIPPET_CHARACTERS + 2


@pytest.mark.parametrize("behind", ["", "more", "m" * 1000])
def test_a_snippet_shows_a_word_that_is_longer_than_words_are_searched_for(behind: str) -> None:
    text = "word " * 200 + "x" * 100 + behind

    assert "word xxxxx" in snippet(text, Query.parse("x" * 90))


@pytest.mark.parametrize(
    ("other", "place", "wanted"),
    [
        ("word ", "Owl", "owl"),
        ("wörter ", "Öwl", "owl"),
        ("scowl owls ", "Owl", "owl"),
        ("слово ", "Ёлка", "елка"),
        ("cafe\u0301 ", "Cre\u0300me", "crème"),
        ("ﬃ ", "ＯＷＬ", "owl"),
        ("長", "鲸鱼", "鲸鱼"),
        ("長", "owl鱼", "owl"),
        ("서울에서 ", "부산", "부산"),
    ],
)
@pytest.mark.parametrize("offset", range(-3, 4))
def test_a_snippet_shows_a_place_far_behind(other: str, place: str, wanted: str, offset: int) -> None:
    ahead = PART_CHARACTERS + OVERLAP_CHARACTERS + offset
    text = (other * ahead)[:ahead].rpartition(" ")[0]
    text = f"{text}{'.' * (ahead - len(text))}{place} {other * 100}"

    assert place in snippet(text, Query.parse(wanted))


@pytest.mark.parametrize("offset", range(-3, 4))
def test_a_snippet_does_not_take_a_part_of_a_word_for_a_word(offset: int) -> None:
    for seam in (PART_CHARACTERS, PART_CHARACTERS + OVERLAP_CHARACTERS):
        text = "." * (seam + offset) + "scowlowls" + "." * 1000 + "owl found" + "." * 1000

        assert "owl found" in snippet(text, Query.parse("owl"))


@pytest.mark.parametrize(
    ("text", "wanted", "shown"),
    [
        ("How do I bake bread?", "bread", "How do I bake bread?"),
        ("Two\n\n  lines\tof owl", "owl", "Two lines of owl"),
        ("Nothing of the kind", "owl", "Nothing of the kind"),
        ("", "owl", ""),
        ("我喜歡吃北京烤鴨。", "烤鴨", "我喜歡吃北京烤鴨。"),
    ],
)
def test_a_snippet_of_a_short_text_is_all_of_it_in_one_line(text: str, wanted: str, shown: str) -> None:
    assert snippet(text, Query.parse(wanted)) == shown


def test_a_snippet_of_a_text_without_spaces_is_cut_anywhere() -> None:
    shown = snippet("北" * 500 + "鴨" + "京" * 500, Query.parse("鴨"))

    assert "北鴨京" in shown
    assert (shown[0], shown[-1]) == ("…", "…")


@given(st.text(), st.text(max_size=20))
def test_a_snippet_is_one_short_line(text: str, wanted: str) -> None:
    shown = snippet(text, Query.parse(wanted))

    assert len(shown) <= SNIPPET_CHARACTERS + 2
    assert len(shown.splitlines()) <= 1
