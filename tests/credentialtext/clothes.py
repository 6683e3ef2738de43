"""A secret in every form that it must not be stored or shown in."""

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterator
from urllib.parse import quote

from keyconsole.core.credential import Kind, assemble

KEY = assemble(Kind.API_KEY, "7k2m4q9x0a1b2c3d", bytes(range(1, 33))).text
TOKEN = assemble(Kind.OPERATOR_TOKEN, "5h8n2r7v4w1z6j3e", bytes(range(101, 133))).text


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_TO_Z85 = str.maketrans(
    f"0123456789{_LETTERS.upper()}{_LETTERS}!#$%&()*+-;<=>?@^_`{{|}}~",
    f"0123456789{_LETTERS}{_LETTERS.upper()}.-:+=^!/*?&<>()[]{{}}@%$#",
)


def shapes(secret: str) -> dict[str, str]:
    """Every form by name."""
    return dict(
        [
            *_damaged(secret),
            *_broken_up(secret),
            *_look_alikes(secret),
            *_escaped(secret),
            *_digits(secret),
            *_nested(secret),
        ]
    )


def _damaged(secret: str) -> Iterator[tuple[str, str]]:
    yield "as it is", secret
    for cut in (1, 2, 3, 4, 5, 6, 20, 41):
        yield f"cut by {cut}", secret[:-cut]
    for place in (4, 10, 19, 21, 40, 63, 69):
        other = "7" if secret[place] != "7" else "8"
        yield f"changed at {place}", secret[:place] + other + secret[place + 1 :]
    yield "a letter of the id lost", secret[:9] + secret[10:]
    yield "a letter of the id twice", secret[:9] + secret[8:]
    yield "without prefix", secret[4:]
    for cut in (5, 6, 10):
        yield f"without its first {cut}", secret[cut:]
    for mark in (":", ".", "-", "/", " ", ": "):
        yield f"{mark!r} between id and secret", f"{secret[4:20]}{mark}{secret[21:]}"
    yield "HTTP Basic", b64(f"kcp_{secret[4:20]}:{secret[21:]}")
    yield "without its first letter", secret[1:]
    yield "with the prefix of a public key", f"kcp{secret[3:]}"
    yield "upper case", secret.upper()
    yield "lower case", secret.lower()
    yield "other case", secret.swapcase()
    yield "backwards", secret[::-1]
    yield "without low lines", secret.replace("_", "")


def _broken_up(secret: str) -> Iterator[tuple[str, str]]:
    for place in (1, 3, 4, 12, 20, 21, 25, 40, 68):
        for name, between in {
            "space": " ", "line break": "\n", "indentation": "\r\n        ", "dash": "-",
            "zero width": "\u200b", "soft hyphen": "\u00ad",
        }.items():  # fmt: skip
            yield f"{name} at {place}", secret[:place] + between + secret[place:]
    for between in (" ", "-", ".", "\u200b", "\u2060", "|"):
        yield f"{between!r} everywhere", between.join(secret)
    for size in (4, 5, 8):
        groups = [secret[start : start + size] for start in range(0, len(secret), size)]
        yield f"groups of {size}", " ".join(groups)
    for mark in " -.":
        yield f"{mark!r} for low lines", secret.replace("_", mark)


def _look_alikes(secret: str) -> Iterator[tuple[str, str]]:
    yield "Cyrillic k", f"\u043a{secret[1:]}"
    yield "Greek k", f"\u03ba{secret[1:]}"
    yield "Cyrillic c", f"k\u0441{secret[2:]}"
    yield "Cyrillic s or o", "kc" + {"s": "\u0455", "o": "\u043e"}[secret[2]] + secret[3:]
    yield "Cyrillic inside", secret[:30] + "\u0430" + secret[31:]
    yield "accents", secret[:8] + "\u0301" + secret[8:]
    yield "full width", "".join(chr(ord(each) + 0xFEE0) for each in secret)
    yield "full-width low lines", secret.replace("_", "\uff3f")
    yield (
        "bold",
        "".join(
            chr(ord(each) + (0x1D400 - 65 if each.isupper() else 0x1D41A - 97))
            if each.isalpha()
            else each
            for each in secret
        ),
    )


def _escaped(secret: str) -> Iterator[tuple[str, str]]:
    for low_line in (
        "%5F", "%5f", "%255F", "&#95;", "&#x5f;", "&lowbar;", "&amp;#95;", r"\u005f", r"\x5f",
        r"\U0000005f", r"\x{5f}", r"\137", r"\u{5f}", r"\_", r"\\u005f", "=5F", "<U+005F>",
    ):  # fmt: skip
        yield f"{low_line} for low lines", secret.replace("_", low_line)
    for name, template in {
        "percent": "%{:02X}", "entities": "&#{};", "hex entities": "&#x{:x};",
        "unicode escapes": "\\u{:04x}", "hex escapes": "\\x{:02x}", "octal": "\\{:03o}",
    }.items():  # fmt: skip
        yield f"all in {name}", "".join(template.format(ord(each)) for each in secret)
    yield "all in quoted-printable", "".join(f"={ord(each):02X}" for each in secret)
    percent = "".join(f"%{ord(each):02X}" for each in secret)
    yield "all in percent twice", percent.replace("%", "%25")
    yield "all in percent three times", percent.replace("%", "%2525")
    for place in (4, 12, 21, 40):
        for name, joint in {"plus": '" + "', "lines": '"\n    "', "dots": "' . '"}.items():
            yield f"strings with {name} at {place}", f'"{secret[:place]}{joint}{secret[place:]}"'
    yield "a soft line break of mail", f"{secret[:40]}=\r\n{secret[40:]}"


def _digits(secret: str) -> Iterator[tuple[str, str]]:
    raw = secret.encode()
    yield "hex", raw.hex()
    yield "upper-case hex", raw.hex().upper()
    yield "hex with spaces", raw.hex(" ")
    yield "hex with colons", raw.hex(":")
    for mark in (".", "_", "/", "|", "#", "', '", "><"):
        yield f"hex with {mark}", raw.hex(" ").replace(" ", mark)
    yield "a list of bytes", ", ".join(f"0x{each:02x}" for each in raw)
    yield "hex with a digit before it", f"a{raw.hex()}"
    for shift in range(4):
        yield f"base64 at {shift}", b64("x" * shift + secret)
        yield f"base64 without padding at {shift}", b64("x" * shift + secret).rstrip("=")
        yield f"base64 cut at {shift}", b64(f"{secret}abc")[shift:]
        url_safe = base64.urlsafe_b64encode(("?" * shift + secret).encode()).decode()
        yield f"url-safe base64 at {shift}", url_safe
    yield "base64 over two lines", f"{b64(secret)[:41]}\n    {b64(secret)[41:]}"
    yield "base64 of most of it", b64(secret[:40])
    for shift in range(8):
        yield f"base32 at {shift}", base64.b32encode(("x" * shift + secret).encode()).decode()
    yield "lower-case base32", base64.b32encode(raw).decode().lower().rstrip("=")
    for shift in range(4):
        before = b"x: y"[4 - shift :] + raw
        yield f"base85 at {shift}", base64.b85encode(before).decode()
        yield f"ASCII85 at {shift}", base64.a85encode(before, adobe=True).decode()
        yield f"Z85 at {shift}", base64.b85encode(before).decode().translate(_TO_Z85)
    yield "base85 in a text", f"key={base64.b85encode(raw).decode()}"
    yield (
        "uuencode",
        "".join(binascii.b2a_uu(raw[start : start + 45]).decode() for start in (0, 45)),
    )
    yield "decimal numbers", str(list(raw))
    for mark in (".", "-", "/", "', '"):
        yield f"decimal numbers with {mark}", mark.join(map(str, raw))
    yield "decimal numbers of three digits", " ".join(f"{each:03}" for each in raw)
    yield "UTF-16", secret.encode("utf-16-le").decode("latin-1")


def _nested(secret: str) -> Iterator[tuple[str, str]]:
    yield "base64 of base64", b64(b64(secret))
    yield "base64 three times", b64(b64(b64(secret)))
    text = secret
    for depth in range(1, 9):
        text = b64(text)
        yield f"base64 {depth} times", text
    yield "base64 of lines of base64", b64(base64.encodebytes(b64(secret).encode()))
    yield "hex in base64 five times", b64(b64(b64(b64(b64(secret.encode().hex())))))
    yield "hex of base64", b64(secret).encode().hex()
    yield "base64 of hex", b64(secret.encode().hex())
    yield "base64 of UTF-16", b64(secret.encode("utf-16-le"))
    yield "base64 of big-endian UTF-16", b64(secret.encode("utf-16-be"))
    yield "hex of UTF-16", secret.encode("utf-16").hex()
    yield "percent-encoded base64", quote(b64(f"{secret}?"))
    yield "base64 of percent-encoded", b64(secret.replace("_", "%5F"))
    yield "base64 with a Cyrillic k", b64(f"\u043a{secret[1:]}")
    yield "a percent-encoded Cyrillic k", quote(f"\u043a{secret[1:]}")
    yield "base64 without prefix", b64(secret[4:])
    yield "base64 of gzip", b64(gzip.compress(secret.encode()))
    yield "hex of zlib", zlib.compress(secret.encode()).hex()
    yield "base64 backwards", b64(secret)[::-1]
