"""The key format: what is minted, what is refused, and what is found in text."""

import hashlib
import zlib
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keyconsole.core import credential
from keyconsole.core.credential import Credential, Kind, MalformedCredentialError

PID = "0123456789abcdef"
EVERY_DIGIT_AND_SEPARATOR = credential.BASE62 + "_- .\n"

kinds = st.sampled_from(Kind)
minted = kinds.map(credential.mint)


def refused(text: str) -> bool:
    try:
        credential.parse(text)
    except MalformedCredentialError:
        return True
    return False


class TestMint:
    def test_many_are_unique_and_match_the_expression(self, is_full: bool) -> None:
        mint, matches = credential.mint, credential.CREDENTIAL_PATTERN.fullmatch
        count = 1_000_000 if is_full else 50_000
        texts = {text for _ in range(count) if matches(text := mint(Kind.API_KEY).text)}
        assert len(texts) == count

    def test_the_pids_alone_are_unique(self) -> None:
        assert len({credential.new_pid() for _ in range(10_000)}) == 10_000

    @pytest.mark.parametrize("kind", Kind)
    def test_has_the_lengths_of_the_format(self, kind: Kind) -> None:
        minted = credential.mint(kind)
        prefix, pid, rest = minted.text.split("_")
        assert (prefix, len(pid), len(rest)) == (kind.value, 16, 43 + 6)
        assert len(minted.text) == credential.CREDENTIAL_LENGTH == 70
        assert minted.public_key == f"kcp_{pid}"
        assert len(minted.public_key) == credential.PUBLIC_KEY_LENGTH == 20

    def test_every_digit_is_used_in_every_place(self) -> None:
        places = zip(*(credential.mint(Kind.API_KEY).text for _ in range(3_000)), strict=True)
        seen = ["".join(sorted(set(place))) for place in places]
        pid_digits = "".join(sorted(credential.CROCKFORD))
        base62 = "".join(sorted(credential.BASE62))
        assert seen[4:20] == [pid_digits] * 16
        # 62**43 is 1.27 × 2**256 and 62**6 is 13 × 2**32: the first digits stop earlier.
        assert seen[22:64] == [base62] * 42
        assert seen[65:] == [base62] * 5

    @given(minted)
    def test_is_parsed_as_it_was_minted(self, minted: Credential) -> None:
        assert credential.parse(minted.text) == minted

    @given(minted)
    def test_shows_no_secret_in_its_repr(self, minted: Credential) -> None:
        shown = f"{minted!r} {minted} {[minted]}"
        assert minted.pid in shown
        assert minted.text[21:64] not in shown
        assert minted.text not in shown


class TestAssemble:
    """Written out by hand, so that no later version reads or writes another format."""

    def test_of_the_smallest_secret(self) -> None:
        assert (
            credential.assemble(Kind.API_KEY, PID, bytes(32)).text
            == "kcs_0123456789abcdef_" + "0" * 43 + "2dyXDc"
        )

    def test_of_the_largest_secret(self) -> None:
        assert (
            credential.assemble(Kind.OPERATOR_TOKEN, PID, b"\xff" * 32).text
            == "kco_0123456789abcdef_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp12QwVkh"
        )

    def test_is_big_endian(self) -> None:
        last = credential.assemble(Kind.API_KEY, PID, bytes(31) + b"\x01")
        first = credential.assemble(Kind.API_KEY, PID, b"\x01" + bytes(31))
        assert last.text[21:64] == "0" * 42 + "1"
        assert first.text[21:64] == credential.encode_base62(1 << 248, 43)

    @pytest.mark.parametrize("length", [0, 31, 33])
    def test_refuses_a_secret_of_another_length(self, length: int) -> None:
        with pytest.raises(ValueError, match="32 bytes"):
            credential.assemble(Kind.API_KEY, PID, bytes(length))


class TestBase62:
    @pytest.mark.parametrize(
        ("number", "length", "digits"),
        [
            (0, 1, "0"),
            (9, 1, "9"),
            (10, 1, "A"),
            (35, 1, "Z"),
            (36, 1, "a"),
            (61, 1, "z"),
            (62, 2, "10"),
            (62 * 62 - 1, 2, "zz"),
            (62 * 62, 3, "100"),
            (62**3 - 1, 3, "zzz"),
            (0, 6, "000000"),
            (2**32 - 1, 6, "4gfFC3"),
            (2**256 - 1, 43, "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1"),
            (0, 0, ""),
        ],
    )
    def test_vectors(self, number: int, length: int, digits: str) -> None:
        assert credential.encode_base62(number, length) == digits

    @pytest.mark.parametrize(
        ("number", "length"), [(62, 1), (3844, 2), (62**3, 3), (-1, 6), (1, 0)]
    )
    def test_refuses_what_does_not_fit(self, number: int, length: int) -> None:
        with pytest.raises(ValueError, match="does not fit"):
            credential.encode_base62(number, length)

    @given(st.integers(min_value=0, max_value=2**256 - 1))
    def test_is_the_number_again(self, number: int) -> None:
        again = 0
        for digit in credential.encode_base62(number, 43):
            again = again * 62 + credential.BASE62.index(digit)
        assert again == number


class TestChecksum:
    def test_is_the_ieee_crc(self) -> None:
        """The check value that every catalogue of CRCs gives for CRC-32/ISO-HDLC."""
        assert zlib.crc32(b"123456789") == 0xCBF43926
        assert credential.checksum("123456789") == credential.encode_base62(0xCBF43926, 6)
        assert credential.checksum("123456789") == "3jZRME"

    def test_is_padded(self) -> None:
        assert credential.checksum("") == "000000"


class TestParse:
    def test_refuses_every_change_of_one_character(self) -> None:
        accepted = []
        for number in range(200):
            text = credential.mint(list(Kind)[number % 2]).text
            for position, character in enumerate(text):
                before, after = text[:position], text[position + 1 :]
                accepted += [
                    changed
                    for other in EVERY_DIGIT_AND_SEPARATOR
                    if other != character and not refused(changed := before + other + after)
                ]
        assert accepted == []

    def test_refuses_two_neighbours_swapped(self) -> None:
        text = credential.mint(Kind.API_KEY).text
        for here in range(len(text) - 1):
            swapped = text[:here] + text[here + 1] + text[here] + text[here + 2 :]
            assert swapped == text or refused(swapped)

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: "",
            lambda text: text[:-1],
            lambda text: text[1:],
            lambda text: text + "0",
            lambda text: text + "\n",
            lambda text: " " + text,
            lambda text: text.upper(),
            lambda text: text.replace("_", "-"),
            lambda text: text.replace("kcs", "kcp"),
            lambda text: text[:20],
            lambda text: text + text,
            lambda text: text[:-1] + "\N{FULLWIDTH DIGIT ZERO}",
            lambda text: "\N{CYRILLIC SMALL LETTER KA}" + text[1:],
        ],
    )
    def test_refuses_near_misses(self, change: Callable[[str], str]) -> None:
        assert refused(change(credential.mint(Kind.API_KEY).text))

    @pytest.mark.parametrize("start", ["kcs_ABCDEFGHJKMNPQRS", "KCS_", "kcs_u", "kcs_i", "kcp_"])
    def test_refuses_other_digits_though_the_checksum_holds(self, start: str) -> None:
        body = f"{start:0<20}_{'0' * credential.SEC_LENGTH}"
        assert refused(body + credential.checksum(body))

    @given(st.text(st.characters(), max_size=80) | st.from_regex(credential.CREDENTIAL_PATTERN))
    @example("\ud800" * 70)
    @example("kcs_" + "\u0660" * 66)
    def test_any_text_is_refused_in_one_way(self, text: str) -> None:
        if not refused(text):
            assert credential.parse(text).text == text

    def test_the_refusal_does_not_repeat_the_text(self) -> None:
        text = credential.mint(Kind.API_KEY).text
        for changed in (text[:-1], text[:-1] + "0", text[:-1] + "1"):
            if changed != text:
                with pytest.raises(MalformedCredentialError) as caught:
                    credential.parse(changed)
                assert text[21:64] not in repr(caught.value)


class TestPublicKey:
    def test_is_the_pid_with_a_prefix(self) -> None:
        assert credential.public_key(PID) == "kcp_0123456789abcdef"
        assert credential.pid_of("kcp_0123456789abcdef") == PID

    @pytest.mark.parametrize(
        "text",
        ["", "kcp_", "kcp_0123456789abcde", "kcp_0123456789abcdef0", "kcs_0123456789abcdef",
         "kcp_0123456789abcdei", "kcp_0123456789abcdeF", "kcp_0123456789abcdef\n"],
    )  # fmt: skip
    def test_refuses_other_text(self, text: str) -> None:
        with pytest.raises(MalformedCredentialError):
            credential.pid_of(text)

    def test_a_secret_is_no_public_key(self) -> None:
        with pytest.raises(MalformedCredentialError):
            credential.pid_of(credential.mint(Kind.API_KEY).text)

    def test_is_abbreviated_by_its_last_four(self) -> None:
        assert credential.abbreviate("kcp_0123456789ab2c3d") == "kcp_…2c3d"


def test_digest_is_sha256_of_all_of_the_text() -> None:
    text = credential.mint(Kind.API_KEY).text
    assert credential.digest(text) == hashlib.sha256(text.encode()).digest()
    assert credential.digest("abc").hex().startswith("ba7816bf8f01cfea414140de5dae2223")
