"""Identify: from a leaked text to a dead key, and nothing of the text leaves this process."""

from tests.console.desk import IN_USE, REVOKED, UNUSED, Desk, Network, key_of
from tests.stage import Stage

from keyconsole.client import new_idempotency_key
from keyconsole.console.screens.identify import LONGEST, IdentifyDialog, SearchInput
from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.receipt import ReceiptScreen
from keyconsole.console.screens.revoke import RevokeDialog
from keyconsole.console.screens.revoke_many import RevokeManyScreen
from keyconsole.core import credential
from keyconsole.core.credential import Kind, assemble, mint
from keyconsole.wire import Key, KeyCreate, RevokeRequest


async def leak(stage: Stage) -> tuple[Key, str]:
    """A key whose value somebody has."""
    integration = (await key_of(stage, IN_USE)).integration_id
    created = await stage.client().create_key(
        integration, KeyCreate(label="leaked-prod"), idempotency_key=new_idempotency_key()
    )
    return created.key, created.secret.get_secret_value()


def forged(public_key: str) -> str:
    return assemble(Kind.API_KEY, public_key[4:], bytes(32)).text


async def test_from_paste_to_dead_key_it_takes_few_keys(wired_desk: Desk) -> None:
    _, secret = await leak(wired_desk.stage)
    await wired_desk.press("i")
    await wired_desk.paste(f"Authorization: Bearer {secret}\n")
    assert "It works now, and the value is right." in wired_desk.words

    await wired_desk.press("x")
    assert wired_desk.see(RevokeDialog).reason == "key_compromise"
    await wired_desk.press("R")
    assert wired_desk.see(ReceiptScreen).receipt.reason == "key_compromise"
    await wired_desk.press("enter")

    wired_desk.see(IdentifyDialog)
    assert "✕ revoked" in wired_desk.text
    assert "It is dead. The value is right." in wired_desk.words


async def test_nothing_of_the_text_is_sent_shown_or_kept(
    wired_desk: Desk, network: Network
) -> None:
    leaked, secret = await leak(wired_desk.stage)
    hidden = secret[21:]
    network.requests.clear()
    wired_desk.written.clear()
    await wired_desk.press("i")
    await wired_desk.paste(f"canary-before {secret} canary-after {forged(leaked.public_key)}")

    sent = b"".join(
        str(each.url).encode() + each.content + repr(each.headers.raw).encode()
        for each in network.requests
    )
    for text in (hidden, "canary"):
        assert text.encode() not in sent
        assert text not in "".join(wired_desk.written)
    assert credential.digest(secret).hex().encode() in sent
    dialog = wired_desk.see(IdentifyDialog)
    assert dialog.query_one(SearchInput).value == ""
    kept = [value for value in vars(dialog).values() if isinstance(value, str)]
    assert not any(hidden in value or "canary" in value for value in kept)


async def test_each_kind_of_answer_says_what_to_do_next(keys_desk: Desk) -> None:
    healthy = await key_of(keys_desk.stage, UNUSED)
    dead = await key_of(keys_desk.stage, REVOKED)
    whole = forged(healthy.public_key)
    damaged = whole[:-1] + ("0" if whole[-1] != "0" else "1")
    says = {
        whole: "a forged leak is a way to make you kill a healthy key",
        damaged: "Its checksum is wrong",
        healthy.public_key: "Only its name was found",
        dead.public_key: "r shows the receipt",
        mint(Kind.API_KEY).text: "No key of this service",
        mint(Kind.OPERATOR_TOKEN).text: "have it revoked",
        "nothing in here": "There is no key in what you pasted. Nothing was sent.",
    }
    await keys_desk.press("i")
    for text, sentence in says.items():
        await keys_desk.paste(f"before\n{text}\nafter")
        assert sentence in keys_desk.words


async def test_what_works_now_is_listed_first(keys_desk: Desk) -> None:
    names = [(await key_of(keys_desk.stage, label)).public_key for label in (REVOKED, UNUSED)]
    await keys_desk.press("i")
    await keys_desk.paste(" ".join([mint(Kind.API_KEY).text, *names]))

    answers = [answer.key for _, answer in keys_desk.see(IdentifyDialog).findings.rows]
    assert [key.label if key else None for key in answers] == [UNUSED, REVOKED, None]


async def test_a_fragment_that_is_typed_finds_by_name(keys_desk: Desk) -> None:
    key = await key_of(keys_desk.stage, UNUSED)
    await keys_desk.press("i")
    for fragment in (f"kcs_{key.public_key[4:12]}", key.public_key[-5:], "laptop"):
        keys_desk.see(IdentifyDialog).query_one(SearchInput).focus()
        await keys_desk.press("ctrl+u")
        await keys_desk.write(fragment)
        await keys_desk.press("enter")
        assert keys_desk.see(IdentifyDialog).current_key() == key
    await keys_desk.press("enter")

    assert keys_desk.see(KeyScreen).key.label == UNUSED


async def test_a_value_that_is_typed_is_masked_and_not_sent(
    wired_desk: Desk, network: Network
) -> None:
    _, secret = await leak(wired_desk.stage)
    network.requests.clear()
    await wired_desk.press("i")
    await wired_desk.write(secret[:60])
    assert secret[21:30] not in wired_desk.text
    await wired_desk.press("enter")

    assert secret[21:30].encode() not in b"".join(
        str(each.url).encode() + each.content for each in network.requests
    )
    assert "Only its name was found" in wired_desk.words


async def test_half_a_secret_without_its_name_is_not_sent(
    wired_desk: Desk, network: Network
) -> None:
    await wired_desk.press("i")
    network.requests.clear()
    await wired_desk.write("Ab3" * 12)
    await wired_desk.press("enter")

    assert "Nothing was sent." in wired_desk.words
    assert network.requests == []


async def test_more_than_a_mebibyte_is_refused_in_a_sentence(
    wired_desk: Desk, network: Network
) -> None:
    await wired_desk.press("i")
    network.requests.clear()
    await wired_desk.paste("x" * (LONGEST + 1))

    assert "more than 1 MiB" in wired_desk.words
    assert network.requests == []


async def test_a_mebibyte_of_near_misses_is_searched(keys_desk: Desk) -> None:
    key = await key_of(keys_desk.stage, UNUSED)
    miss = "kcs_" + "0" * 16 + "_" + "z" * 48
    await keys_desk.press("i")
    await keys_desk.paste((miss * 16000)[: LONGEST - 30] + " " + key.public_key)

    assert UNUSED in keys_desk.text


async def test_a_lost_service_says_how_many_were_not_asked_about(
    wired_desk: Desk, network: Network
) -> None:
    names = [(await key_of(wired_desk.stage, label)).public_key for label in (IN_USE, UNUSED)]
    await wired_desk.press("i")
    network.is_down = True
    await wired_desk.paste(" ".join(names))

    assert "Not asked about: 2." in wired_desk.words
    wired_desk.see(IdentifyDialog)


async def test_it_closes_to_where_one_was(desk: Desk) -> None:
    await desk.press("i", "escape")

    desk.see(IntegrationsScreen)


async def test_a_revoked_key_shows_its_receipt_again(keys_desk: Desk) -> None:
    dead = await key_of(keys_desk.stage, REVOKED)
    first = await keys_desk.stage.client().revoke_key(dead.public_key, RevokeRequest())
    await keys_desk.press("i")
    await keys_desk.paste(dead.public_key)
    await keys_desk.press("r")

    assert keys_desk.see(ReceiptScreen).receipt.revoked_at == first.revoked_at


async def test_a_key_among_escape_codes_is_found_and_they_reach_no_terminal(
    wired_desk: Desk, network: Network
) -> None:
    _, secret = await leak(wired_desk.stage)
    await wired_desk.press("i")
    wired_desk.written.clear()
    await wired_desk.paste(f"\x1b[31m{secret}\x1b[0m\x1b]52;c;eA==\x07\x1b[6n\ufeff")

    assert "It works now, and the value is right." in wired_desk.words
    written = "".join(wired_desk.written)
    assert "\x1b]52" not in written
    assert "\x1b[6n" not in written
    assert secret[21:] not in written


async def test_noise_and_what_is_cut_off_before_its_name_ends_hold_no_key(
    wired_desk: Desk, network: Network
) -> None:
    _, secret = await leak(wired_desk.stage)
    await wired_desk.press("i")
    network.requests.clear()
    for pasted in ("".join(map(chr, range(256))) * 40, secret[:15]):
        await wired_desk.paste(pasted)
        assert "There is no key in what you pasted. Nothing was sent." in wired_desk.words
    assert network.requests == []


async def test_a_key_that_is_only_mentioned_is_not_revoked_with_the_rest(keys_desk: Desk) -> None:
    leaks = [await leak(keys_desk.stage), await another(keys_desk.stage)]
    named = await key_of(keys_desk.stage, UNUSED)
    await keys_desk.press("i")
    await keys_desk.paste(" ".join([*(secret for _, secret in leaks), named.public_key]))
    assert keys_desk.text.count("value proven") == 2
    assert keys_desk.text.count("name only") == 1
    assert "3 keys in it, 1 only named." in keys_desk.words

    await keys_desk.press("X")
    request = keys_desk.see(RevokeManyScreen).request
    assert {each.public_key for each in request.keys or ()} == {key.public_key for key, _ in leaks}


async def test_names_alone_are_not_offered_to_be_revoked_at_once(keys_desk: Desk) -> None:
    names = [(await key_of(keys_desk.stage, label)).public_key for label in (IN_USE, UNUSED)]
    await keys_desk.press("i")
    await keys_desk.paste(" ".join(names))
    assert keys_desk.text.count("name only") == 2
    await keys_desk.press("X")
    keys_desk.see(IdentifyDialog)


async def another(stage: Stage) -> tuple[Key, str]:
    integration = (await key_of(stage, IN_USE)).integration_id
    created = await stage.client().create_key(
        integration, KeyCreate(label="leaked-too"), idempotency_key=new_idempotency_key()
    )
    return created.key, created.secret.get_secret_value()
