"""The limits of a key on its page: seen, changed and taken away."""

from tests.console.desk import UNUSED, Desk, key_of

from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.limits import LimitsDialog
from keyconsole.wire import KeyPatch, RateLimitRequest


async def test_limits_are_set_on_the_page_of_a_key_and_taken_away(keys_desk: Desk) -> None:
    await keys_desk.put_cursor_on(UNUSED)
    await keys_desk.press("enter")
    assert "Limits none" in keys_desk.words
    await keys_desk.press("percent_sign")
    keys_desk.see(LimitsDialog)
    for wrong, told in (
        ("fast", "Write a rate like 100/60s, a quota like 1000/day, or both."),
        ("1/s, 2/s", "Write one rate."),
        ("0/60s", "A rate is from 1 to 1,000,000 requests."),
        ("1/s, 999999999/day", "A quota is from 1 to 100,000,000 requests."),
    ):
        await keys_desk.press("ctrl+u")
        await keys_desk.write(wrong)
        await keys_desk.press("enter")
        keys_desk.see(LimitsDialog)
        assert told in keys_desk.words

    await keys_desk.press("ctrl+u")
    await keys_desk.write("100/60s 1,000/day")
    await keys_desk.press("enter")
    keys_desk.see(LimitsDialog)
    await keys_desk.press("ctrl+u")
    await keys_desk.write("100/60s, 1000/day")
    await keys_desk.press("enter")
    keys_desk.see(KeyScreen)
    assert "Limits 100/60s, 1000/day" in keys_desk.words
    key = await key_of(keys_desk.stage, UNUSED)
    assert key.rate_limit is not None
    assert key.quota is not None
    assert (key.rate_limit.requests, key.quota.requests) == (100, 1_000)

    await keys_desk.press("percent_sign")
    patch = KeyPatch(rate_limit=RateLimitRequest(requests=5, seconds=1))
    await keys_desk.stage.client().change_limits(key.public_key, patch, version=key.version)
    await keys_desk.press("ctrl+u", "enter")
    assert "Someone else changed it meanwhile: its limits are 5/1s" in keys_desk.words
    await keys_desk.press("ctrl+s")
    keys_desk.see(KeyScreen)
    key = await key_of(keys_desk.stage, UNUSED)
    assert (key.rate_limit, key.quota) == (None, None)
