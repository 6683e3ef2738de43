"""A text is read in every form that it can be, and in no more: each reading costs time."""

import base64
import random
import string

import pytest
from tests.credentialtext.clothes import KEY

from keyconsole.core.credentialtext import contains_credential, forms

CHANCE = random.Random(4)


@pytest.mark.parametrize(
    "alphabet",
    [
        pytest.param(string.ascii_lowercase, id="small letters"),
        pytest.param(string.ascii_letters + string.digits, id="base64"),
        pytest.param("0123456789abcdef", id="hexadecimal"),
    ],
)
@pytest.mark.parametrize("length", [90, 500])
def test_random_text_is_decoded_once_in_each_encoding(alphabet: str, length: int) -> None:
    # Eight alignments of base32, four of base64 and two of hexadecimal, forwards and backwards.
    for _ in range(50):
        read = forms.readings("".join(CHANCE.choices(alphabet, k=length)))
        assert sum(len(form.text) for form in read) < 20 * length


@pytest.mark.parametrize("noise", [b"", bytes(range(128, 192)), bytes(range(256))])
def test_what_is_encoded_within_noise_is_found(noise: bytes) -> None:
    inner = noise + base64.b32encode(KEY.encode()) + noise
    assert contains_credential(base64.b64encode(inner).decode())


def test_a_value_in_another_script_is_found_within_noise() -> None:
    inner = bytes(range(128, 160)) + KEY.replace("c", "\u0441").encode() + bytes(range(160, 192))
    assert contains_credential(base64.b64encode(inner).decode())
