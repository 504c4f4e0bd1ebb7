"""Status callbacks and inbound messages, checked with Twilio's own validator."""

from conftest import FROM, TOKEN
from twilio.request_validator import RequestValidator

TO = "whatsapp:+15551230001"


def valid(hooks, call):
    _, path, headers, form = call
    return RequestValidator(TOKEN).validate(hooks.url + path, form, headers["X-Twilio-Signature"])


def test_signed_in_order_without_fragment(ideal, hooks):
    url = hooks.url + "/hook?wa=0198.1&x=a%20b'c#rc=5&rp=all"
    sid = ideal.client().messages.create(to=TO, from_=FROM, body="x", status_callback=url).sid
    calls = hooks.wait(lambda c: len(c) >= 3)
    assert [c[3]["MessageStatus"] for c in calls] == ["sent", "delivered", "read"]
    for call in calls:
        assert call[1] == "/hook?wa=0198.1&x=a%20b'c"
        assert valid(hooks, call)
        assert (call[3]["MessageSid"], call[3]["SmsSid"], call[3]["To"], call[3]["From"]) == (sid, sid, TO, FROM)
    assert len({c[2]["I-Twilio-Idempotency-Token"] for c in calls}) == 3
    tampered = dict(calls[0][3], MessageStatus="failed")
    assert not RequestValidator(TOKEN).validate(hooks.url + calls[0][1], tampered, calls[0][2]["X-Twilio-Signature"])
    record = [r for r in ideal.logged() if r.get("sid") == sid][0]
    assert record["wa"] == "0198.1" and record["taken"]


def test_failure_carries_its_code(ideal, hooks):
    ideal.client().messages.create(to="whatsapp:+12025550104", from_=FROM, body="x", status_callback=hooks.url)
    (call,) = hooks.wait(lambda c: len(c) >= 1)
    assert (call[3]["MessageStatus"], call[3]["ErrorCode"]) == ("failed", "63015") and valid(hooks, call)


def test_early_repeated_reordered(unkind, hooks):
    unkind.control(
        "POST", "/settings",
        {"status_step_max_ms": 50, "callback_early": 1, "callback_repeat": 1, "callback_reorder": 1, "read_probability": 1},
    )
    message = unkind.client().messages.create(to=TO, from_=FROM, body="x", status_callback=hooks.url)
    assert len(hooks.calls) >= 1, "the first callback comes before the answer"
    assert message.status == "queued"
    calls = hooks.wait(lambda c: len(c) >= 4)
    names = [c[3]["MessageStatus"] for c in calls]
    tokens = [c[2]["I-Twilio-Idempotency-Token"] for c in calls]
    assert len(set(tokens)) == 3 and set(names) == {"sent", "delivered", "read"}
    firsts = list(dict.fromkeys(names))
    assert firsts.index("read") < firsts.index("delivered")
    assert all(valid(hooks, c) for c in calls)


def test_default_unkindness_is_about_a_tenth(unkind, hooks):
    unkind.control("POST", "/settings", {"status_step_max_ms": 0, "read_probability": 1})
    client = unkind.client()
    early = 0
    for _ in range(150):
        before = len(hooks.calls)
        client.messages.create(to=TO, from_=FROM, body="x", status_callback=hooks.url)
        early += any(c[3]["MessageStatus"] == "sent" for c in hooks.calls[before:]) and len(hooks.calls) == before + 1
    assert 3 <= early <= 40
    hooks.wait(lambda c: len(c) >= 450)
    tokens = [c[2]["I-Twilio-Idempotency-Token"] for c in hooks.calls]
    assert len(tokens) > len(set(tokens))


def test_retry_of_a_listener_that_refuses(ideal):
    sid = ideal.client().messages.create(to=TO, from_=FROM, body="x", status_callback="http://127.0.0.1:1/#rc=2").sid
    assert sid
    import time

    for _ in range(100):
        stats = ideal.control("GET", "/stats")
        if stats["callbacks_sent"] >= 3:
            break
        time.sleep(0.05)
    assert stats["callbacks_failed"] >= 3


def test_elsewhere_is_not_called(ideal):
    ideal.client().messages.create(to=TO, from_=FROM, body="x", status_callback="http://192.0.2.1/hook")
    stats = ideal.control("GET", "/stats")
    assert stats["callbacks_not_loopback"] == 3 and stats["callbacks_sent"] == 0


def test_inbound(ideal, hooks):
    answer = ideal.control(
        "POST", "/inbound",
        {"url": hooks.url + "/in", "from": "+15551230001", "body": "STOP", "fields": {"ProfileName": "Bea"}},
    )
    assert answer["http_status"] == 204
    (call,) = hooks.calls
    assert call[3]["From"] == TO and call[3]["WaId"] == "15551230001" and call[3]["ProfileName"] == "Bea"
    assert call[3]["MessageSid"] == answer["message_sid"] and valid(hooks, call)
