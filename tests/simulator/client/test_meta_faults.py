"""Meta's side: errors as pywa raises them, special recipients, limits, scripted faults, webhooks."""

import hashlib
import json
import subprocess

import httpx
import pytest
from conftest import APP_SECRET, META_TOKEN, NUMBER, TEST_NUMBER, WABA, Simulator
from pywa import errors
from pywa.types import templates as t
from pywa.utils import webhook_updates_validator

TO = "+15551230001"


@pytest.fixture
def meta(ideal):
    return ideal.meta()


def post(simulator, to=TO, number=NUMBER, token=META_TOKEN, **more):
    body = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": "x"}} | more
    return simulator.graph("POST", f"{number}/messages", token=token, json=body)


def code(answer):
    return answer.json().get("error", {}).get("code")


def taken(simulator):
    return simulator.control("GET", "/stats")["taken"]


@pytest.mark.parametrize(
    "name, send, kind, number",
    [
        ("no such template", lambda m: m.send_template(TO, "nothing", t.TemplateLanguage.ENGLISH_US, []), errors.TemplateNotExists, 132001),
        ("too few variables", lambda m: m.send_template(TO, "welcome", t.TemplateLanguage.ENGLISH_US, []), errors.TemplateParamCountMismatch, 132000),
        ("paused", lambda m: m.send_template(TO, "paused_one", t.TemplateLanguage.ENGLISH_US, [t.BodyText.params("x")]), errors.TemplatePaused, 132015),
        ("not in the window", lambda m: m.send_message("+12025550105", "x"), errors.ReEngagementMessage, 131047),
        ("undeliverable", lambda m: m.send_message("+12025550103", "x"), errors.MessageUndeliverable, 131026),
        ("to itself", lambda m: m.send_message("+14155238886", "x"), errors.WhatsAppError, 131021),
        ("not a number", lambda m: m.send_message("123", "x"), errors.InvalidParameter, 131009),
        ("too long", lambda m: m.send_message(TO, "x" * 4097), errors.WhatsAppError, 100),
        ("a link that is none", lambda m: m.send_image(TO, "http://", mime_type="image/jpeg"), errors.InvalidParameter, 131009),
    ],
)
def test_refusals_are_pywas_exceptions(ideal, meta, name, send, kind, number):
    with pytest.raises(kind) as caught:
        send(meta)
    assert caught.value.code == number and caught.value.fbtrace_id, name
    assert taken(ideal) == 0


@pytest.mark.parametrize(
    "token, http, number, subcode",
    [
        ("EAAnonsense", 401, 190, None),
        ("EAA00000000000000000000000000expired", 401, 190, 463),
        ("EAA0000000000000000000000management", 403, 10, None),
    ],
)
def test_tokens(ideal, token, http, number, subcode):
    answer = post(ideal, token=token)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error.get("error_subcode")) == (http, number, subcode)
    assert post(ideal, token="EAA00000000000000000000000messaging").status_code == 200
    assert ideal.graph("GET", f"{WABA}/message_templates", token="EAA00000000000000000000000messaging").status_code == 403
    with httpx.Client(trust_env=False) as bare:
        assert bare.post(f"{ideal.base}/v25.0/{NUMBER}/messages", json={}).json()["error"]["code"] == 104


def test_what_is_not_there(ideal):
    for path in ["200000000000009", "200000000000009/messages", f"{NUMBER}/nothing", f"{WABA}/nothing", "999999999999999"]:
        for method in ["GET", "POST", "DELETE"]:
            error = ideal.graph(method, path).json()["error"]
            assert (error["code"], error["error_subcode"], error["type"]) == (100, 33, "GraphMethodException"), path
    assert ideal.graph("GET", "me/nothing").json()["error"]["code"] == 2500
    assert ideal.graph("GET", NUMBER, params={"fields": "id,colour"}).json()["error"]["code"] == 100
    assert ideal.graph("POST", f"{NUMBER}/messages", content=b"{", headers={"Content-Type": "application/json"}).json()["error"]["code"] == 100


def test_the_test_number_has_five_recipients(ideal):
    for last in range(1, 6):
        assert post(ideal, f"+1202555012{last}", number=TEST_NUMBER).status_code == 200
    assert code(post(ideal, "+12025550126", number=TEST_NUMBER)) == 131030


def test_special_recipients(ideal):
    answers = [post(ideal, "+12025550101") for _ in range(3)]
    assert [(a.status_code, code(a)) for a in answers] == [(503, 2), (503, 2), (200, None)]
    answers = [post(ideal, to) for to in ("+1 (202) 555-0102", "12025550102")]
    assert [(a.status_code, code(a)) for a in answers] == [(429, 130429), (200, None)]
    assert [code(post(ideal, f"+1202555010{n}")) for n in (3, 4, 5)] == [131026, 131030, 131047]
    before = taken(ideal)
    for number, lost in [("+12025550107", 1), ("+12025550108", 0)]:
        with pytest.raises(httpx.TransportError):
            post(ideal, number)
        assert taken(ideal) == before + lost
        assert post(ideal, number).status_code == 200
        before = taken(ideal)


def test_limits(ideal):
    ideal.control("POST", "/settings", {"pair_burst": 3})
    assert [code(post(ideal)) for _ in range(5)] == [None] * 3 + [131056] * 2
    assert code(post(ideal, "+15551230002")) is None
    ideal.control("POST", "/settings", {"pair_burst": 0, "messages_per_second": 1})
    assert 130429 in [code(post(ideal)) for _ in range(30)]


def test_scripted_faults(ideal, meta):
    def once(match, **fault):
        ideal.faults({"match": match, "times": 1, "fault": fault})

    once({"to": TO}, kind="status", http=503)
    answer = post(ideal)
    assert (answer.status_code, code(answer)) == (503, 2) and answer.json()["error"]["is_transient"]
    once({"from": "+14155238886"}, kind="status", http=400, code=131048, retry_after=7)
    answer = post(ideal)
    assert (code(answer), answer.headers["retry-after"]) == (131048, "7")
    once({"body_contains": "x"}, kind="html")
    assert post(ideal).text.startswith("<html>")
    once({"any": True}, kind="garbage_2xx", http=200)
    assert post(ideal).json() == {} and taken(ideal) == 1
    once({"any": True}, kind="cut_after")
    with pytest.raises(httpx.TransportError):
        post(ideal)
    assert taken(ideal) == 2
    once({"any": True}, kind="redirect", location="http://127.0.0.1:1/")
    assert post(ideal).status_code == 307
    assert post(ideal).status_code == 200


def test_faults_of_downloads(ideal, meta):
    content = b"0123456789" * 10_000
    media = meta.upload_media(content, mime_type="application/pdf", filename="a.pdf")

    def download():
        url = meta.get_media_url(media.id).url
        return ideal.graph("GET", url.removeprefix(ideal.base + "/"))

    here = {"path_contains": "/whatsapp_business/attachments"}
    for how in ["fin", "rst", "fin_rst"]:
        ideal.faults({"match": here, "times": 1, "fault": {"kind": "cut_answer", "after_body_bytes": 5000, "how": how}})
        with pytest.raises(httpx.TransportError):
            download()
    received = b""
    ideal.faults({"match": here, "times": 1, "fault": {"kind": "cut_answer", "after_body_bytes": 5000, "how": "fin"}})
    url = meta.get_media_url(media.id).url
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.TransportError):
        with client.stream("GET", url, headers={"Authorization": f"Bearer {META_TOKEN}"}) as answer:
            assert answer.headers["content-length"] == str(len(content))
            for part in answer.iter_raw():
                received += part
    assert received == content[:5000]
    ideal.faults({"match": here, "times": 1, "fault": {"kind": "html", "http": 200}})
    assert download().headers["content-type"] == "text/html"
    ideal.faults({"match": here, "times": 1, "fault": {"kind": "patch", "content_type": "image/jpeg"}})
    assert download().headers["content-type"] == "image/jpeg"
    ideal.faults({"match": {"path_contains": media.id, "method": "GET"}, "times": 1, "fault": {"kind": "patch", "json": {"sha256": "00", "file_size": 7}}})
    told = ideal.graph("GET", media.id).json()
    assert (told["sha256"], told["file_size"], told["id"]) == ("00", 7, media.id)
    assert download().content == content


def test_faults_of_uploads(ideal, meta):
    def upload():
        return meta.upload_media(b"0123456789" * 10_000, mime_type="application/pdf", filename="a.pdf").id

    here = {"path_contains": "/media", "method": "POST"}
    for fault in [
        {"kind": "cut_before", "after_body_bytes": 5000, "how": "rst"},
        {"kind": "cut_after"},
        {"kind": "hang", "ms": 50},
    ]:
        ideal.faults({"match": here, "times": 1, "fault": fault})
        with pytest.raises(httpx.TransportError):
            upload()
    # the one whose answer was lost is there all the same
    assert ideal.control("GET", "/meta/media")["count"] == 1
    ideal.faults({"match": here, "times": 1, "fault": {"kind": "status", "http": 500, "code": 131000}})
    with pytest.raises(errors.WhatsAppError):
        upload()
    assert upload()


def statuses(calls):
    return [s for c in calls for e in c[3]["json"]["entry"] for x in e["changes"] for s in x["value"]["statuses"]]


def test_statuses_are_signed_and_echo_the_key(ideal, hooks):
    ideal.control("POST", "/settings", {"meta_webhook": hooks.url + "/hook", "status_step_max_ms": 5})
    sent = post(ideal, biz_opaque_callback_data="wa1:ü/7.1").json()["messages"][0]["id"]
    calls = hooks.wait(lambda c: len(c) >= 3)
    assert [s["status"] for s in statuses(calls)] == ["sent", "delivered", "read"]
    for _, path, headers, form in calls:
        assert path == "/hook" and headers["Content-Type"] == "application/json"
        assert webhook_updates_validator(APP_SECRET, form["raw"], headers["X-Hub-Signature-256"])
        assert not webhook_updates_validator(APP_SECRET, form["raw"] + b" ", headers["X-Hub-Signature-256"])
        assert b"\\u00fc\\/7.1" in form["raw"]
    first = statuses(calls)[0]
    assert (first["id"], first["recipient_id"], first["biz_opaque_callback_data"]) == (sent, "15551230001", "wa1:ü/7.1")
    value = calls[0][3]["json"]["entry"][0]["changes"][0]["value"]
    assert value["metadata"] == {"display_phone_number": "14155238886", "phone_number_id": NUMBER}


def test_failures_and_users_without_numbers_by_webhook(ideal, hooks):
    ideal.control("POST", "/settings", {"meta_webhook": hooks.url, "status_step_max_ms": 5})
    assert post(ideal, "+12025550110").status_code == 200
    failed = statuses(hooks.wait(lambda c: len(c) >= 1))[0]
    assert (failed["status"], failed["errors"][0]["code"]) == ("failed", 131047)
    ideal.faults({"match": {"to": TO}, "times": 1, "fault": {"kind": "fate", "status": "failed", "error_code": 131049}})
    post(ideal)
    failed = statuses(hooks.wait(lambda c: len(c) >= 2))[1]
    assert failed["errors"][0]["code"] == 131049
    post(ideal, "US.13491208655302741918")
    last = statuses(hooks.wait(lambda c: len(c) >= 5))[-1]
    assert last["recipient_user_id"] == "US.13491208655302741918" and "recipient_id" not in last


def test_a_webhook_is_tried_again(ideal, hooks):
    ideal.control("POST", "/settings", {"meta_webhook": hooks.url, "status_step_max_ms": 5, "read_probability": 0})
    hooks.answers = [500, 404]
    post(ideal)
    names = [s["status"] for s in statuses(hooks.wait(lambda c: len(c) >= 4))]
    assert names == ["sent", "sent", "sent", "delivered"]
    assert ideal.control("GET", "/stats")["callbacks_failed"] == 2


def test_webhooks_of_number_account_and_app(ideal, hooks):
    ideal.control("POST", "/settings", {"meta_webhook": hooks.url + "/app", "status_step_max_ms": 5})
    paths = lambda: {c[1] for c in hooks.calls}
    post(ideal)
    hooks.wait(lambda c: "/app" in paths())
    ideal.graph("POST", f"{WABA}/subscribed_apps", json={"override_callback_uri": hooks.url + "/account", "verify_token": "x"})
    post(ideal)
    hooks.wait(lambda c: "/account" in paths())
    ideal.graph("POST", NUMBER, json={"webhook_configuration": {"override_callback_uri": hooks.url + "/number", "verify_token": "x"}})
    post(ideal)
    hooks.wait(lambda c: "/number" in paths())
    wrong = ideal.graph("POST", NUMBER, json={"webhook_configuration": {"override_callback_uri": "https://example.com/", "verify_token": "x"}})
    assert wrong.status_code == 400
    assert '"verify_token":"x"' not in ideal.log.read_text()


def test_unkind_webhooks_come_twice_early_and_out_of_order(unkind, hooks):
    unkind.control(
        "POST",
        "/settings",
        {"meta_webhook": hooks.url, "callback_early": 1.0, "callback_repeat": 1.0, "callback_reorder": 1.0,
         "read_probability": 1.0, "status_step_max_ms": 5},
    )
    sent = post(unkind).json()["messages"][0]["id"]
    assert hooks.calls and statuses(hooks.calls)[0]["status"] == "sent"
    names = [s["status"] for s in statuses(hooks.wait(lambda c: len(c) >= 4)) if s["id"] == sent]
    assert set(names) == {"sent", "delivered", "read"} and len(names) == 4


def test_the_record_has_no_credentials(tmp_path):
    record = tmp_path / "record.jsonl"
    simulator = Simulator(tmp_path, "--ideal", "--record", str(record), "--meta-webhook", "http://127.0.0.1:1/")
    try:
        meta = simulator.meta()
        meta.send_message(TO, "hé")
        meta.upload_media(b"\x00\x01", mime_type="image/png", filename="a.png")
        simulator.graph("POST", NUMBER, json={"pin": "135790"})
        simulator.graph("GET", "debug_token", params={"input_token": META_TOKEN})
        assert simulator.control("GET", "/settings")["meta_webhook"] == "http://127.0.0.1:1/"
    finally:
        assert simulator.stop() == 0
    text = record.read_text()
    assert META_TOKEN not in text and "135790" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["path"].split("/")[-1].split("?")[0] for line in lines] == ["messages", "media", NUMBER, "debug_token"]
    assert json.loads(lines[0]["body"])["text"]["body"] == "hé"
    file = next(p for p in lines[1]["multipart"] if p["name"] == "file")
    assert (file["bytes"], file["sha256"]) == (2, hashlib.sha256(b"\x00\x01").hexdigest())


def test_webhooks_go_to_this_machine_only(tmp_path):
    import os

    wrong = subprocess.run([os.environ["WA_SIMULATOR"], "--meta-webhook", "https://example.com/"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "loopback" in wrong.stderr
