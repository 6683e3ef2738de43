"""Whole credentials are found in every encoding of files, and proven by their checksum."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.credentialtext.clothes import KEY, TOKEN, b64

from keyconsole.core import credential, credentialtext
from keyconsole.core.credential import Credential, Kind
from keyconsole.core.credentialtext import LONGEST_FORM

PID = "0123456789abcdef"
minted = st.sampled_from(Kind).map(credential.mint)


def encodings(secret: str) -> dict[str, str]:
    """The encodings of files, as their bytes are read."""
    wrapped = b64(f"token: {secret}")
    encoded = {
        name: secret.encode(name).decode("latin-1")
        for name in ("utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be")
    }
    encoded |= {f"base64 at {n}": b64("x" * n + secret + "y" * 5) for n in range(6)}
    encoded |= {
        f"url-safe base64 at {n}": base64.urlsafe_b64encode(
            ("?" * n + secret + "?>").encode()
        ).decode()
        for n in range(3)
    }
    encoded |= {
        f"base64 of {name} at {n}": b64(("x" * n + secret).encode(name))
        for name in ("utf-16-le", "utf-16-be")
        for n in range(3)
    }
    return encoded | {
        f"base64 in lines of {n}": "\n      ".join(
            wrapped[start : start + n] for start in range(0, len(wrapped), n)
        )
        for n in (19, 40, 64, 76)
    } | {
        "base64 with escaped line breaks": f"{wrapped[:76]}\\n{wrapped[76:]}",
        "percent-encoded low lines": secret.replace("_", "%5F"),
        "escaped low lines": secret.replace("_", "\\u005f"),
        **{
            f"{name} at {place}": secret[:place] + joint + secret[place:]
            for place in (3, 4, 12, 20, 21, 40, 69)
            for name, joint in {
                "line break": "\n", "indented": "\r\n      ", "soft line break": "=\r\n",
                "joined strings": '" + "', "joined lines": "' .\n    '", "escaped break": "\\n",
                "continued": "\\\n", "a diff": "\n+    ", "quotes of a quote": '\\" + \\"',
            }.items()
        },
        **{
            f"all in {name}": "".join(template.format(ord(each)) for each in secret)
            for name, template in {
                "percent": "%{:02X}", "double percent": "%25{:02x}", "entities": "&#{};",
                "hex entities": "&#x{:X};", "unicode escapes": "\\u{:04x}",
                "escaped unicode escapes": "\\\\u{:04x}", "hex escapes": "\\x{:02x}",
                "quoted-printable": "={:02X}",
            }.items()
        },
        "hex": secret.encode().hex(),
        "upper-case hex": secret.encode().hex().upper(),
        "hex with colons": secret.encode().hex(":"),
        "hex in lines": secret.encode().hex("\n", 30),
    }  # fmt: skip


CASES = [
    pytest.param(secret, text, id=f"{secret[:3]} {name}")
    for secret in (KEY, TOKEN)
    for name, text in encodings(secret).items()
]


@pytest.mark.parametrize(("secret", "text"), CASES)
def test_it_is_found_in_every_encoding(secret: str, text: str) -> None:
    for before, after in (("", ""), ("data:\n  key: ", "\nother: 1"), ("k" * 7 + ":", "'")):
        [found] = credentialtext.locate(before + text + after)
        assert found.credential.text == secret
        assert len(before) <= found.start < found.end <= len(before + text)
        assert found.end - found.start <= LONGEST_FORM


@pytest.mark.parametrize(("secret", "text"), CASES)
def test_the_checksum_rules_out_the_rest(secret: str, text: str) -> None:
    other = "B" if secret[-1] != "B" else "C"
    wrong = secret[:-1] + other
    damaged = dict(zip(encodings(secret).values(), encodings(wrong).values(), strict=True))[text]
    assert list(credentialtext.find(damaged)) == []


class TestFind:
    def found(self, text: str) -> list[str]:
        return [found.text for found in credentialtext.find(text)]

    @given(st.text(st.characters()), minted, st.text(st.characters()))
    def test_finds_one_in_any_text(self, before: str, minted: Credential, after: str) -> None:
        assert minted in list(credentialtext.find(before + minted.text + after))

    @given(st.lists(minted), st.sampled_from(["", "_", "\n", "kcs_", "0", "k", "%20"]))
    def test_finds_all_in_order(self, minted: list[Credential], between: str) -> None:
        assert list(credentialtext.find(between.join(key.text for key in minted))) == minted

    @pytest.mark.parametrize(
        "before",
        ["\x1b[32m", "\x1b[1;38;5;208m", "\\n", "\n", "%20", "%3D", "_", "Bearer ", "KEY=", "x",
         "0", "kcs_", "kcs_0123456789abcdef_", "kc", "https://u:", "\N{NO-BREAK SPACE}", "\ud800"],
    )  # fmt: skip
    @pytest.mark.parametrize("after", ["", "\x1b[0m", "_", "0", "%0A", "@host", '"', "\\n"])
    def test_needs_no_boundary(self, before: str, after: str) -> None:
        text = credential.mint(Kind.API_KEY).text
        assert self.found(before + text + after) == [text]

    def test_a_near_miss_hides_no_real_one(self) -> None:
        """The last letters of a miss are the first of a real one."""
        real = credential.mint(Kind.API_KEY).text
        for overlap in range(1, 4):
            miss = f"kcs_{PID}_{'A' * (49 - overlap)}{real[:overlap]}"
            assert credential.CREDENTIAL_PATTERN.fullmatch(miss)
            assert self.found(miss + real[overlap:]) == [real]

    def test_one_may_end_as_the_next_begins(self) -> None:
        first = "kcs_0123456789abcdef_000000000000000000000000000000000000000178J1Z9kcs"
        second = credential.mint(Kind.API_KEY).text
        assert credential.parse(first).text == first
        assert self.found(first + second[3:]) == [first, second]

    def test_repeats_are_reported(self) -> None:
        text = credential.mint(Kind.API_KEY).text
        assert self.found(f"{text} {text}") == [text, text]

    def test_tells_the_kinds_apart(self) -> None:
        key, token = credential.mint(Kind.API_KEY), credential.mint(Kind.OPERATOR_TOKEN)
        assert [found.kind for found in credentialtext.find(key.text + token.text)] == [
            Kind.API_KEY,
            Kind.OPERATOR_TOKEN,
        ]

    def test_finds_nothing_in_noise(self) -> None:
        key = credential.mint(Kind.API_KEY)
        noise = [key.public_key, key.text[:-1], key.text.upper(), f"kcs_{PID}_{'A' * 49}" * 50]
        assert self.found("\n".join(noise)) == []
