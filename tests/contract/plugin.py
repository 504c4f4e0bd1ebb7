#!/usr/bin/env python3
"""Has the library make every kind of request it can make, through its public
C ABI, against the simulator, which records them word for word.

    plugin.py LIBRARY SIMULATOR RECORD.jsonl
"""
import ctypes
import json
import subprocess
import sys
import tempfile

ACCOUNT = "AC00000000000000000000000000000001"
TOKEN = "0123456789abcdef0123456789abcdef"
KEY, SECRET = "SK00000000000000000000000000000001", "fedcba9876543210fedcba9876543210"
SERVICE = "MG00000000000000000000000000000001"
TO = b"+12025550199"


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
        client = configure(folder, api_key_sid=KEY, api_key_secret=SECRET, messaging_service_sid=SERVICE)
        expect(wa.wa_send(client, TO, b"by service and key", None, None), 0, "messaging service, API key")
        wa.wa_close(client, 10000)
    server.terminate()
    server.wait()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
