#!/usr/bin/env python3
"""Has the library make every kind of request it can make, through its public
C ABI, for both providers, against the simulator, which records them word for word.

    plugin.py LIBRARY SIMULATOR RECORD.jsonl
"""
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

ACCOUNT = "AC00000000000000000000000000000001"
TOKEN = "0123456789abcdef0123456789abcdef"
KEY, SECRET = "SK00000000000000000000000000000001", "fedcba9876543210fedcba9876543210"
SERVICE = "MG00000000000000000000000000000001"
# A sender that is not everybody's sandbox.
OWN = "+15005550006"
TO = b"+12025550199"
# A right message of every kind; the fuzz targets begin with them.
MESSAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz", "corpus", "message")


def main():
    library, simulator, record = sys.argv[1:]
    wa = ctypes.CDLL(library)
    wa.wa_last_error.restype = ctypes.c_char_p
    server = subprocess.Popen([simulator, "--port", "0", "--record", record, "--no-fsync", "--list-lag-max-ms", "0"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    url = server.stdout.readline().split()[-1]
    failed = 0

    def configure(folder, **twilio):
        settings = {
            "twilio": dict({"account_sid": ACCOUNT, "from": "+14155238886", "base_url": url}, **twilio),
            "history": {"file": folder + "/history.db"},
            "retry": {"wait_seconds": 0, "unknown_look_seconds": 1},
            "templates": {"hello": {"text": "Hello {{1}} 😀", "media": ["https://example.com/a.png"]}},
        }
        client = ctypes.c_uint64()
        status = wa.wa_configure(json.dumps(settings).encode(), ctypes.byref(client))
        assert status == 0, wa.wa_last_error()
        return client

    def expect(status, wanted, what):
        nonlocal failed
        if status != wanted:
            failed += 1
            print(f"{what}: status {status}, wanted {wanted}: {wa.wa_last_error().decode()}")

    with tempfile.TemporaryDirectory() as folder:
        client = configure(folder, auth_token=TOKEN, status_callback="https://example.com/status?x=1")
        expect(wa.wa_send(client, TO, "Text 😀 مرحبا & = + %".encode(), None, None), 0, "text")
        media = json.dumps({"type": "media", "media": ["https://example.com/a%20b.png"], "text": "caption"}).encode()
        expect(wa.wa_send_message(client, TO, media, None, None), 0, "media")
        expect(wa.wa_send_template(client, TO, b"hello", b'["Ann"]', None, None), 0, "template of the settings")
        expect(wa.wa_send_template(client, TO, b"welcome", b'{"1":"Ann"}', None, None), 0, "content by name")
        by_sid = b"HX00000000000000000000000000000002"
        expect(wa.wa_send_template(client, TO, by_sid, b'["A1","today"]', None, None), 0, "content by SID")
        expect(wa.wa_send_template(client, TO, b"opening_hours", None, None, None), 0, "content without variables")
        expect(wa.wa_send(client, b"+12025550101", b"retried", None, None), 0, "retried")
        expect(wa.wa_send(client, b"+12025550107", b"looked up", b'{"timeout_ms":20000}', None), 0, "looked up")
        wa.wa_close(client, 10000)
        failed += twilio(wa, url, configure(folder, auth_token=TOKEN, messaging_service_sid=SERVICE, **{"from": OWN}))
        client = configure(folder, api_key_sid=KEY, api_key_secret=SECRET, messaging_service_sid=SERVICE)
        expect(wa.wa_send(client, TO, b"by service and key", None, None), 0, "messaging service, API key")
        wa.wa_close(client, 10000)
        failed += meta(wa, url, folder)
    server.terminate()
    server.wait()
    return 1 if failed else 0


class Caller:
    """Calls functions whose last argument receives JSON, and counts the failures."""

    def __init__(self, wa, client):
        self.wa, self.client, self.failed = wa, client, 0

    def __call__(self, name, *arguments):
        out = ctypes.c_void_p()
        given = [a.encode() if isinstance(a, str) else a for a in arguments]
        status = getattr(self.wa, name)(self.client, *given, ctypes.byref(out))
        text = ctypes.string_at(out.value).decode() if out.value else "{}"
        self.wa.wa_string_free(out)
        if status != 0:
            self.failed += 1
            print(f"{name} {arguments}: status {status}: {text}")
        return json.loads(text)

    def expect(self, is_so, what):
        if not is_so:
            self.failed += 1
            print(what)


def twilio(wa, url, client):
    """The calls about templates and the account, and the messages that Twilio has in words of its own. Gives the
    number of failures."""
    call = Caller(wa, client)
    messages = [
        {"type": "location", "latitude": 52.5, "longitude": 13.4, "name": "Town hall", "address": "Market 1, Café"},
        {"type": "location", "latitude": -33.856784, "longitude": 151.215297},
        {"type": "image", "link": "https://example.com/a.jpg", "caption": "Look"},
        {"type": "video", "link": "https://example.com/a.mp4"},
        {"type": "audio", "link": "https://example.com/a.ogg"},
        {"type": "document", "link": "https://example.com/a.pdf"},
        {"type": "sticker", "link": "https://example.com/a.webp"},
        {"type": "interactive", "interactive": "reply_buttons", "body": "Coffee? ☕",
         "buttons": [{"id": "1", "title": "Yes"}, {"id": "2", "title": "No"}]},
        {"type": "interactive", "interactive": "list", "body": "Choose", "button": "Open",
         "sections": [{"rows": [{"id": "1", "title": "One", "description": "The first"}, {"id": "2", "title": "Two"}]}]},
        {"type": "interactive", "interactive": "cta_url", "body": "Look", "display_text": "Open", "url": "https://example.com"},
    ]
    for message in messages:
        call("wa_send_message", TO.decode(), json.dumps(message), None)
    with urllib.request.urlopen(url + "/_control/messages?limit=10") as answer:
        sent = json.load(answer)["messages"]
    call.expect([m.get("place") for m in sent[:2]] == [
        "geo:52.5,13.4|Market 1, Café", "geo:-33.856784,151.215297"], f"places: {sent[:2]}")
    call.expect(all(m["content_sid"] for m in sent[-3:]), f"made contents: {sent[-3:]}")
    page = call("wa_template_list", '{"limit":4}')
    call("wa_template_list", json.dumps({"limit": 4, "cursor": page.get("next")}))
    call("wa_template_list", '{"status":"approved","category":"utility","language":"en"}')
    call("wa_template_get", "order_update", None)
    call("wa_template_get", "HX00000000000000000000000000000005", '{"refresh":true}')
    parts = {"language": "en", "body": "Hello {{1}}, all is well.", "examples": {"1": "Ann"}}
    definitions = [
        parts,
        {**parts, "header": {"format": "image", "example": "https://example.com/a.jpg"}},
        {**parts, "buttons": [{"type": "quick_reply", "text": "Thanks"}]},
        {**parts, "buttons": [{"type": "url", "text": "Open", "url": "https://example.com/{{2}}", "example": "42"},
                              {"type": "phone_number", "text": "Call", "phone_number": "+14155550100"}]},
        {**parts, "header": {"format": "text", "text": "Your order"}, "footer": "Example Ltd",
         "buttons": [{"type": "quick_reply", "text": "Thanks"}]},
        {"language": "en", "types": {"twilio/list-picker": {
            "body": "Choose", "button": "Open", "items": [{"id": "1", "item": "One", "description": "The first"}]}}},
    ]
    for number, definition in enumerate(definitions):
        name = f"made_here_{number}"
        made = call("wa_template_create", json.dumps({"name": name, **definition}), None)
        call("wa_template_edit", made.get("id", ""), json.dumps(definition), None)
        if "types" not in definition:
            asked = call("wa_template_submit", made.get("id", ""), '{"category":"marketing"}')
            call.expect(asked.get("status") == "received", f"submitted: {asked}")
        call("wa_template_get", name, None)
        call("wa_template_delete", made.get("id", "") if number else name, None)
    call("wa_mark_read", "SM0123456789abcdef0123456789abcdef", '{"typing":true}')
    report = call("wa_check", None)
    bad = [item for item in report.get("items", []) if item.get("verdict") != "ok"]
    call.expect(report.get("ok") and not bad, f"wa_check: {report}")
    wa.wa_close(client, 10000)
    return call.failed


def meta(wa, url, folder):
    """Every call that goes to Meta. Gives the number of failures."""
    # A template that waits for its review cannot be changed.
    urllib.request.urlopen(url + "/_control/settings", data=b'{"template_review_ms":0}').close()
    settings = {
        "provider": "meta",
        "meta": {"access_token": "EAA0000000000000000000000000permanent", "phone_number_id": "200000000000001",
                 "business_account_id": "100000000000001", "app_id": "300000000000001", "base_url": url},
        "history": {"file": folder + "/meta.db"},
        "retry": {"wait_seconds": 0},
        "templates": {"hello": {"text": "Hello {{1}}"}, "welcome_here": {"text": "Hello {{1}}"}},
    }
    client = ctypes.c_uint64()
    assert wa.wa_configure(json.dumps(settings).encode(), ctypes.byref(client)) == 0, wa.wa_last_error()

    call = Caller(wa, client)
    picture = os.path.join(folder, "a.png")
    with open(picture, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    media = call("wa_media_upload", picture, None)["id"]
    call("wa_media_upload_bytes", b"%PDF-1.7 hello", ctypes.c_size_t(14), '{"mime_type":"application/pdf"}')
    to = TO.decode()
    for name in sorted(os.listdir(MESSAGES)):
        with open(os.path.join(MESSAGES, name), encoding="utf-8") as file:
            message = file.read().replace("1037543291543636", media)
        if name.endswith(".json"):
            call("wa_send_message", to, message, None)
    call("wa_send_message", to, json.dumps({"type": "image", "file": picture}), None)
    call("wa_send_message", "US.13491208655302741918", '{"type":"text","text":"to a user id"}', None)
    call("wa_mark_read", "wamid.HBgLMTIwMjU1NTAxOTkVAgARGBI5", '{"typing":true}')
    call("wa_media_url", media, None)
    call("wa_media_download", media, folder, None)
    call("wa_media_delete", media, None)
    call("wa_template_list", '{"status":"approved"}')
    call("wa_template_get", "order_update", None)
    made = call("wa_template_create", json.dumps({
        "name": "made_here", "language": "en_US", "category": "utility", "header": {"format": "text", "text": "Your order"},
        "body": "Hello {{1}}, order {{2}} is ready.", "examples": {"1": "Ann", "2": "7"}, "footer": "Example Ltd",
        "buttons": [{"type": "quick_reply", "text": "Thanks"}]}), None)
    call("wa_template_edit", made.get("id", ""), json.dumps({
        "category": "utility", "body": "Hello {{1}}, order {{2}} waits.", "examples": {"1": "Ann", "2": "7"}}), None)
    call("wa_template_delete", "made_here", None)
    call("wa_number_list", None)
    call("wa_number_get", None)
    added = json.dumps({"sender": call("wa_number_add", "+14155552671", '{"verified_name":"Example Ltd"}').get("id", "")})
    call("wa_number_request_code", json.dumps({**json.loads(added), "method": "sms", "language": "en_US"}))
    call("wa_number_verify_code", "123-456", added)
    call("wa_number_register", "471108", added)
    call("wa_number_set_pin", "471109", added)
    call("wa_number_deregister", added)
    call("wa_profile_get", None)
    call("wa_profile_update", json.dumps({
        "about": "Open", "address": "A street", "description": "We sell", "email": "a@example.com",
        "websites": ["https://example.com"], "vertical": "RETAIL"}), None)
    call("wa_profile_set_picture", picture, None)
    call("wa_check", None)
    wa.wa_close(client, 10000)
    return call.failed


if __name__ == "__main__":
    sys.exit(main())
