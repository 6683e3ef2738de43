"""Text from outside made safe to show, and the rule for names."""

import unicodedata
from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keyconsole.core import credential, safetext
from keyconsole.core.safetext import name_problem, normalize, show, skeleton, unsafe_character

# What acts on a terminal or cannot be seen, by what it does. First and last code point.
INTRUDERS: dict[str, list[tuple[int, int]]] = {
    "C0": [(0x00, 0x1F)],
    "DEL": [(0x7F, 0x7F)],
    "C1": [(0x80, 0x9F)],
    "bidirectional controls": [
        (0x061C, 0x061C),
        (0x200E, 0x200F),
        (0x202A, 0x202E),
        (0x2066, 0x2069),
    ],
    "zero-width characters": [(0x200B, 0x200D), (0x2060, 0x2064), (0xFEFF, 0xFEFF)],
    "fillers": [
        (0x00AD, 0x00AD),
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180E, 0x180E),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFFA0, 0xFFA0),
    ],
    "line and paragraph separators": [(0x2028, 0x2029)],
    "deprecated format characters": [(0x206A, 0x206F)],
    "tags": [(0xE0000, 0xE007F)],
    "variation selectors": [
        (0x180B, 0x180D),
        (0x180F, 0x180F),
        (0xFE00, 0xFE0F),
        (0xE0100, 0xE01EF),
    ],
    "the rest of the ignorable plane": [(0xE0080, 0xE00FF), (0xE01F0, 0xE0FFF)],
    "interlinear annotation": [(0xFFF0, 0xFFFB)],
    "shorthand and musical formats": [(0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A)],
    "surrogates": [(0xD800, 0xDFFF)],
    "non-characters": [
        (0xFDD0, 0xFDEF),
        *((plane << 16 | 0xFFFE, plane << 16 | 0xFFFF) for plane in range(17)),
    ],
    "private use": [(0xE000, 0xF8FF), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD)],
}

ORDINARY = [
    "prod-eu-1 (billing) #42 & ~/ops",
    "clé de paiement, Grüße, niño, Ærøskøbing, İstanbul",
    "Việt Nam, Đà Nẵng",
    unicodedata.normalize("NFD", "clé Việt Nam Đà Nẵng"),
    "ключ для биллинга, Ґалаґан",
    "κλειδί πληρωμών, Ἀθῆναι",
    "生产环境的密钥",
    "本番環境キー、ガギグゲゴ",
    unicodedata.normalize("NFD", "ガギグゲゴ パピプペポ"),
    "결제 서비스 키",
    "مفتاح الإنتاج",
    "العَرَبِيَّة",
    "کلید تولید",
    "מפתח ייצור",
    "בְּרֵאשִׁית",
    "हिन्दी, क्षेत्र, ज़रूरत",
    "বাংলা, চাঁদ",
    "ਪੰਜਾਬੀ",
    "தமிழ்",
    "മലയാളം",
    "සිංහල",
    "ภาษาไทย ที่อยู่ น้ำ ผู้ใช้",
    "ພາສາລາວ ທີ່ຢູ່",
    "မြန်မာ မြို့ လျှို့ဝှက် ကျွန်ုပ် ရွှံ့",
    "ខ្មែរ ស្ត្រី លក្ខខណ្ឌ",
    "བོད་སྐད བསྒྲུབས",
    "ქართული, Հայերեն, አማርኛ, ᏣᎳᎩ",
    "🔑 🚀 👍🏽 🇩🇪",
    "10 µs ± 3 %, €5, ½, x² → ∞, “quoted” – ‘so’ …",
    "no\N{NO-BREAK SPACE}break, wide\N{IDEOGRAPHIC SPACE}space",
    "\N{REPLACEMENT CHARACTER}",
]


def characters(ranges: Iterable[tuple[int, int]]) -> list[str]:
    return [chr(point) for first, last in ranges for point in range(first, last + 1)]


anything = st.text(st.characters())
marks = st.characters(categories=["Mn", "Mc", "Me"])
piles = st.text(st.sampled_from("eกက") | marks, max_size=30)
names = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=40)


class TestIntruders:
    @pytest.mark.parametrize("what", INTRUDERS)
    def test_are_shown_by_their_number(self, what: str) -> None:
        for character in characters(INTRUDERS[what]):
            number = f"<U+{ord(character):04X}>"
            assert show(character) == number
            assert show(f"a{character}b{character}") == f"a{number}b{number}"

    @pytest.mark.parametrize("what", INTRUDERS)
    def test_are_refused_in_names(self, what: str) -> None:
        every = characters(INTRUDERS[what])
        assert all(unsafe_character(f"a{each}b") == each for each in every)
        for character in every[:: len(every) // 5_000 + 1]:  # private use has 137,000
            problem = name_problem(f"a{character}b")
            assert problem is not None
            number = f"<U+{ord(character):04X}>"
            shown = {"forbidden-character": number, "one-line": "a new line begins"}
            assert shown[problem.code] in problem.message
            assert character not in problem.message

    @pytest.mark.parametrize(
        ("attack", "shown"),
        [
            ("\x1b]52;c;c2VjcmV0\x07", "<U+001B>]52;c;c2VjcmV0<U+0007>"),
            ("\x1b[6n", "<U+001B>[6n"),
            ("\x9b2J", "<U+009B>2J"),
            ("\x1b]0;title\x1b\\", "<U+001B>]0;title<U+001B>\\"),
            ("safe\u202etxt.exe", "safe<U+202E>txt.exe"),
            ("pro\u200bd", "pro<U+200B>d"),
            ("a\r\nb", "a<U+000D><U+000A>b"),
            ("heart \u2764\ufe0f", "heart \u2764<U+FE0F>"),
            ("\U0001f469\u200d\U0001f4bb", "\U0001f469<U+200D>\U0001f4bb"),
        ],
    )
    def test_attacks_are_shown_instead_of_executed(self, attack: str, shown: str) -> None:
        assert show(attack) == shown


class TestMarks:
    @pytest.mark.parametrize(
        "mark",
        ["\u0301", "\u0336", "\u0489", "\u0e31", "\u0e47", "\u0e49", "\u20dd", "\u20e3", "\u093e"],
        ids=unicodedata.name,
    )
    def test_more_than_two_of_one_are_shown(self, mark: str) -> None:
        two = "x" + mark * 2
        assert show(two) is two
        assert show(two + mark) == two + f"<U+{ord(mark):04X}>"
        assert show(two + mark * 5 + "y") == two + f"<U+{ord(mark):04X}>" * 5 + "y"
        assert unsafe_character(two + mark) == mark

    def test_more_than_two_different_accents_are_shown(self) -> None:
        assert show("e\u0301\u0302\u0303") == "e\u0301\u0302<U+0303>"

    def test_enclosing_marks_count_as_accents(self) -> None:
        assert show("e\u0301\u20dd\u20de") == "e\u0301\u20dd<U+20DE>"

    def test_vowel_signs_between_do_not_start_the_count_again(self) -> None:
        assert show("e\u0301\u0e31\u0302\u0303") == "e\u0301\u0e31\u0302<U+0303>"

    def test_vowel_signs_pile_up_no_higher_than_a_syllable(self) -> None:
        signs = "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e47"
        assert show("ก" + signs) == "ก" + signs
        assert show("ก" + signs + "\u0e48") == "ก" + signs + "<U+0E48>"

    def test_each_letter_has_its_own(self) -> None:
        text = "e\u0301\u0302" * 20
        assert show(text) is text

    def test_the_sentence_says_which_one(self) -> None:
        problem = name_problem("abc x\u0301\u0301\u0301")
        assert problem is not None
        assert problem.message == (
            "A label cannot contain <U+0301>, character 8: too many marks are piled on one letter."
        )


class TestShow:
    @pytest.mark.parametrize("text", ["", *ORDINARY])
    def test_ordinary_text_is_the_same_object(self, text: str) -> None:
        assert show(text) is text

    @pytest.mark.parametrize("text", ORDINARY)
    def test_ordinary_text_is_a_name(self, text: str) -> None:
        assert name_problem(text) is None

    @given(anything | piles)
    @example("e\u0301\u0301\u200d\u0301\u0301\u0301")
    @example("<U+202E>\u202e")
    def test_once_is_enough(self, text: str) -> None:
        assert show(show(text)) == show(text)

    @given(anything | piles)
    def test_leaves_no_intruder(self, text: str) -> None:
        shown = show(text)
        assert unsafe_character(shown) is None
        forbidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert not forbidden.intersection(map(unicodedata.category, shown))

    @given(anything | piles)
    def test_changes_only_what_has_an_intruder(self, text: str) -> None:
        assert (show(text) == text) == (unsafe_character(text) is None)

    def test_a_long_pile_takes_no_longer_than_long_text(self) -> None:
        assert show("e" + "\u0301" * 100_000).count("<U+0301>") == 99_998

    def test_reaches_every_string_of_an_answer(self) -> None:
        answer = {"a\x1b": ["b\x07", {"c": "d\u202e"}, 1, 1.5, True, None], "e": "f"}
        assert safetext.show_all(answer) == {
            "a<U+001B>": ["b<U+0007>", {"c": "d<U+202E>"}, 1, 1.5, True, None],
            "e": "f",
        }


class TestNames:
    @pytest.mark.parametrize("text", ["", " ", "\t\n", "\N{IDEOGRAPHIC SPACE}"])
    def test_one_is_needed(self, text: str) -> None:
        problem = name_problem(text)
        assert problem is not None
        assert problem.code == "required"

    @pytest.mark.parametrize("text", ["a", "a" * 100, "  " + "a" * 100 + "\n", "🔑" * 100])
    def test_has_one_to_a_hundred_characters(self, text: str) -> None:
        assert name_problem(text) is None

    @pytest.mark.parametrize("text", ["a" * 101, "a" * 50 + " " + "b" * 50, "🔑" * 101])
    def test_has_no_more(self, text: str) -> None:
        problem = name_problem(text, "A name")
        assert problem is not None
        assert problem == safetext.LabelProblem(
            "too-long", "A name has at most 100 characters; this one has 101."
        )

    def test_is_counted_as_it_is_stored(self) -> None:
        decomposed = "e\u0301" * 100
        assert len(decomposed) == 200
        assert name_problem(decomposed) is None
        assert normalize(decomposed) == "\u00e9" * 100

    @pytest.mark.parametrize("end", ["\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"])
    def test_is_one_line(self, end: str) -> None:
        problem = name_problem(f"two{end}lines")
        assert problem is not None
        assert problem.code == "one-line"
        assert problem.message == "A label is one line, and a new line begins after 3 characters."
        assert name_problem(f"{end}one line{end}") is None

    def test_the_sentence_says_what_and_where(self) -> None:
        problem = name_problem(" ab\u202ecd", "A name")
        assert problem is not None
        assert problem.message == (
            "A name cannot contain <U+202E>, character 3: it acts on a terminal or cannot be seen."
        )

    @pytest.mark.parametrize("kind", credential.Kind)
    @pytest.mark.parametrize(
        ("before", "after"), [("", ""), ("prod_", "_eu"), ("a\x1b", ""), ("x" * 90, "y" * 90)]
    )
    def test_holds_no_credential(self, kind: credential.Kind, before: str, after: str) -> None:
        """Whatever else is wrong with it: this has to be said, and is not repeated."""
        problem = name_problem(before + credential.mint(kind).text + after, "A name")
        assert problem == safetext.LabelProblem(
            "contains-credential",
            "A name cannot contain a key or a token: what is typed here is stored and shown.",
        )

    def test_holds_no_credential_that_was_cut_mistyped_or_encoded(self) -> None:
        key = credential.mint(credential.Kind.API_KEY)
        wrong = key.text[:-1] + ("0" if key.text[-1] != "0" else "1")
        for text in (wrong, key.text[:29], key.text.replace("_", "%5F"), key.text.encode().hex()):
            problem = name_problem(text)
            assert problem is not None
            assert problem.code == "contains-credential"

    def test_may_hold_the_name_of_one(self) -> None:
        key = credential.mint(credential.Kind.API_KEY)
        for text in (key.public_key, key.text[:28], f"{key.text[:21]}…"):
            assert name_problem(text) is None

    @given(anything)
    def test_tidying_once_is_enough(self, text: str) -> None:
        assert normalize(normalize(text)) == normalize(text)

    @given(anything)
    def test_what_is_stored_is_judged_as_what_was_typed(self, text: str) -> None:
        assert name_problem(normalize(text)) == name_problem(text)


class TestSkeleton:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Prod EU", "prod eu"),
            ("prod eu", "  prod \t eu "),
            ("prod eu", "prod\N{NO-BREAK SPACE}eu"),
            ("prod eu", "prod\N{IDEOGRAPHIC SPACE}eu"),
            ("prod", "\uff50\uff52\uff4f\uff44"),
            ("caf\u00e9", "cafe\u0301"),
            ("Stra\u00dfe", "STRASSE"),
            ("\ufb01nance", "finance"),
            ("\u0130zmir", "I\u0307zmir"),
            ("ΣΊΣΥΦΟΣ", "Σίσυφος"),
            ("\u0130\u064c", "i\u064c\u0307"),
            ("\u2460", "1"),
            ("\u212bngstr\u00f6m", "\u00e5ngstr\u00f6m"),
        ],
    )
    def test_is_shared_by_labels_that_look_alike(self, one: str, other: str) -> None:
        assert skeleton(one) == skeleton(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [("prod", "prod 2"), ("prodeu", "prod eu"), ("cafe", "caf\u00e9"), ("prod-1", "prod_1")],
    )
    def test_tells_others_apart(self, one: str, other: str) -> None:
        assert skeleton(one) != skeleton(other)

    @given(names | piles)
    @example("\u0130\u064c\u08d7")
    def test_of_a_skeleton_is_itself(self, label: str) -> None:
        assert skeleton(skeleton(label)) == skeleton(label)

    @given(names | piles)
    def test_is_the_same_in_every_normal_form(self, label: str) -> None:
        forms = {skeleton(unicodedata.normalize(form, label)) for form in ("NFC", "NFD", "NFKD")}
        assert forms == {skeleton(label)}
