"""Scripted faults, special numbers, the log, and what is counted."""

import base64
import http.client
import json
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

import pytest
import requests
from conftest import ACCOUNT, FROM, TOKEN, Simulator
from twilio.base.exceptions import TwilioRestException

TO = "whatsapp:+15551230001"


def send(simulator, to=TO, body="x", **more):
    return simulator.client(**more).messages.create(to=to, from_=FROM, body=body)


def post(simulator, timeout=5, session=requests, **fields):
    url = f"{simulator.base}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    data = {"To": TO, "From": FROM, "Body": "x"} | fields
    return session.post(url, data=data, auth=(ACCOUNT, TOKEN), timeout=timeout, allow_redirects=False)


def taken(simulator):
    return simulator.control("GET", "/messages")["count"]


@pytest.mark.parametrize("http_status, code", [(429, 20429), (500, 20500), (503, 20503), (400, 63016)])
def test_status(ideal, http_status, code):
    ideal.faults({"match": {"to": "+15551230001"}, "times": 1, "fault": {"kind": "status", "http": http_status, "code": code}})
    with pytest.raises(TwilioRestException) as caught:
        send(ideal)
    assert (caught.value.status, caught.value.code) == (http_status, code)
    assert taken(ideal) == 0
    assert send(ideal).sid and taken(ideal) == 1


def test_retry_after_and_usual_code(ideal):
    ideal.faults({"match": {"any": True}, "times": 1, "fault": {"kind": "status", "http": 429, "retry_after": 3}})
    answer = post(ideal)
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (429, 20429, "3")


def test_html_empty_redirect_garbage(ideal):
    ideal.faults(
        {"match": {"any": True}, "times": 1, "fault": {"kind": "html", "http": 502}},
        {"match": {"any": True}, "times": 1, "fault": {"kind": "empty", "http": 504, "taken": True}},
        {"match": {"any": True}, "times": 1, "fault": {"kind": "redirect", "http": 307, "location": "http://127.0.0.1:1/"}},
        {"match": {"any": True}, "times": 1, "fault": {"kind": "garbage_2xx"}},
        {"match": {"any": True}, "times": 1, "fault": {"kind": "garbage_2xx", "body": "half_json", "taken": False}},
    )
    answer = post(ideal)
    assert answer.status_code == 502 and answer.headers["Content-Type"] == "text/html" and "<h1>502" in answer.text
    answer = post(ideal)
    assert (answer.status_code, answer.content, taken(ideal)) == (504, b"", 1)
    answer = post(ideal)
    assert (answer.status_code, answer.headers["Location"], taken(ideal)) == (307, "http://127.0.0.1:1/", 1)
    answer = post(ideal)
    assert (answer.status_code, answer.text, taken(ideal)) == (201, "{}", 2)
    answer = post(ideal)
    assert (answer.status_code, taken(ideal)) == (201, 2)
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)


def test_cuts(ideal):
    for how in ("rst", "fin", "fin_rst"):
        for kind, count in (("cut_before", 0), ("cut_after", 1)):
            ideal.control("POST", "/reset")
            ideal.faults({"match": {"to": TO}, "times": 1, "fault": {"kind": kind, "how": how}})
            with pytest.raises(requests.exceptions.ConnectionError):
                post(ideal)
            assert taken(ideal) == count, (kind, how)
            assert post(ideal).status_code == 201


def test_cut_in_the_middle_of_the_body(ideal):
    ideal.faults({"match": {"method": "POST"}, "times": 1, "fault": {"kind": "cut_before", "after_body_bytes": 5000}})
    port = int(ideal.base.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(
            f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + b"a" * 6000
        )
        assert link.recv(100) == b""
        with pytest.raises(OSError):
            for _ in range(100):
                link.sendall(b"a" * 5000)
                time.sleep(0.01)
    assert taken(ideal) == 0
    assert ideal.logged()[-1]["incomplete"] and ideal.logged()[-1]["fault"]["kind"] == "cut_before"


def test_refused_connection(ideal):
    ideal.faults({"match": {"connect": True}, "times": 1, "fault": {"kind": "cut_before", "how": "rst"}})
    # the control call that set the rule was the last on its connection; the next one is cut
    with pytest.raises(requests.exceptions.ConnectionError):
        post(ideal)
    assert post(ideal).status_code == 201


@pytest.mark.parametrize("was_taken", [False, True])
def test_hang(ideal, was_taken):
    ideal.faults({"match": {"to": TO}, "times": 1, "fault": {"kind": "hang", "ms": None, "taken": was_taken}})
    with pytest.raises(requests.exceptions.ReadTimeout):
        post(ideal, timeout=0.5)
    assert taken(ideal) == int(was_taken)
    time.sleep(0.5)
    assert ideal.control("GET", "/stats")["in_flight"] == 0, "a client that is gone is not waited for"


def test_a_client_that_dies_after_writing_has_sent(ideal):
    body = urllib.parse.urlencode({"To": TO, "From": FROM, "Body": "x"}).encode()
    head = (
        f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: Basic {base64.b64encode(f'{ACCOUNT}:{TOKEN}'.encode()).decode()}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    ).encode()
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", int(ideal.base.rsplit(":", 1)[1]))) as link:
            link.sendall(head + body)
    for _ in range(50):
        if taken(ideal) == 100:
            break
        time.sleep(0.05)
    stats = ideal.control("GET", "/stats")
    assert (stats["taken"], stats["incomplete"]) == (100, 0)


def test_slow(ideal):
    ideal.faults(
        {"match": {"to": TO}, "times": 1, "fault": {"kind": "slow", "ms": 700}},
        {"match": {"to": TO}, "times": 1, "fault": {"kind": "slow", "ms": 700, "before": True}},
    )
    for before in (False, True):
        ideal.control("GET", "/stats")
        count = taken(ideal)
        worker = threading.Thread(target=post, args=(ideal,))
        start = time.monotonic()
        worker.start()
        time.sleep(0.35)
        assert taken(ideal) == count + (0 if before else 1)
        worker.join()
        assert time.monotonic() - start >= 0.7 and taken(ideal) == count + 1


def test_idle_connection_is_closed_unannounced(ideal):
    ideal.faults({"match": {"to": TO}, "times": 1, "fault": {"kind": "close_idle", "ms": 50}})
    link = http.client.HTTPConnection("127.0.0.1", int(ideal.base.rsplit(":", 1)[1]))
    body = urllib.parse.urlencode({"To": TO, "From": FROM, "Body": "x"})
    link.request("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = link.getresponse()
    answer.read()
    assert answer.getheader("Connection") is None
    time.sleep(0.2)
    with pytest.raises((http.client.RemoteDisconnected, OSError)):
        link.auto_open = 0
        link.request("GET", "/")
        link.getresponse()


def test_fate_and_matching(ideal):
    ideal.faults(
        {"match": {"to": TO, "body_contains": "offer"}, "after": 1, "times": 1, "fault": {"kind": "fate", "status": "failed", "error_code": 63024}},
    )
    sids = [send(ideal, body=b).sid for b in ("other", "an offer", "an offer", "an offer")]
    time.sleep(0.5)
    status = [ideal.client().messages(sid).fetch().status for sid in sids]
    assert status[2] == "failed" and "failed" not in status[:2] + status[3:]


def test_bad_rules_are_refused(ideal):
    for rule in ({"match": {}, "fault": {"kind": "hang"}}, {"match": {"any": True}, "fault": {"kind": "burn"}}, [1]):
        answer = requests.post(ideal.base + "/_control/faults", json=rule)
        assert answer.status_code == 400 and answer.json()["error"]
    assert ideal.control("GET", "/faults") == {"rules": []}


def test_special_numbers(ideal):
    def outcome(last):
        try:
            return send(ideal, to=f"whatsapp:+1202555010{last}").status
        except TwilioRestException as error:
            return error.code
        except requests.exceptions.ConnectionError:
            return "cut"

    assert [outcome(1) for _ in range(4)] == [20503, 20503, "queued", 20503]
    assert [outcome(2) for _ in range(2)] == [20429, "queued"]
    assert [outcome(3) for _ in range(2)] == [21211, 21211]
    before = taken(ideal)
    assert [outcome(7) for _ in range(2)] == ["cut", "queued"] and taken(ideal) == before + 2
    assert [outcome(8) for _ in range(2)] == ["cut", "queued"] and taken(ideal) == before + 3
    sids = {n: send(ideal, to=f"whatsapp:+1202555010{n}").sid for n in (4, 5, 6, 9)}
    time.sleep(0.6)
    ends = {n: ideal.client().messages(sid).fetch() for n, sid in sids.items()}
    assert {n: (m.status, m.error_code) for n, m in ends.items()} == {
        4: ("failed", 63015), 5: ("undelivered", 63016), 6: ("undelivered", 63024), 9: ("sent", None),
    }


def test_the_log(ideal):
    seq = max((r["seq"] for r in ideal.logged()), default=0)
    post(ideal, StatusCallback="http://me:canary@127.0.0.1:1/?wa=m.1")
    ideal.faults({"match": {"to": TO}, "times": 1, "fault": {"kind": "cut_after"}})
    with pytest.raises(requests.exceptions.ConnectionError):
        post(ideal)
    with socket.create_connection(("127.0.0.1", int(ideal.base.rsplit(":", 1)[1]))) as link:
        link.sendall(b"POST /2010-04-01/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
    time.sleep(0.2)
    first, second, third = [r for r in ideal.logged() if r["seq"] > seq]
    assert first["taken"] and first["sid"] and first["wa"] == "m.1" and first["answered"] == {"status": 201, "code": None}
    assert first["form"]["To"] == TO and first["credentials"] == "auth_token" and first["wall"].endswith("Z")
    assert second["taken"] and second["answered"] == {"cut": "rst"} and second["fault"]["kind"] == "cut_after"
    assert third["incomplete"] and not third["taken"]
    assert first["arrived_us"] < second["arrived_us"] < third["arrived_us"]
    text = ideal.log.read_text()
    for secret in (TOKEN, "canary", "Basic ", "QUM"):
        assert secret not in text
    seen = ideal.control("GET", f"/requests?since={seq}")
    assert [r["seq"] for r in seen["requests"]] == [first["seq"], second["seq"], third["seq"]]
    stats = ideal.control("GET", "/stats")
    assert stats["taken"] == 2 and stats["post_messages"] == 2 and stats["incomplete"] == 1 and stats["peak_concurrent"] >= 1


def test_max_concurrent_and_tls(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", str(key),
         "-out", str(cert), "-addext", "subjectAltName=IP:127.0.0.1"], capture_output=True,
    )
    if made.returncode:
        pytest.skip("openssl cannot make a certificate here")
    simulator = Simulator(tmp_path, "--ideal", "--max-concurrent", "2", "--tls-cert", str(cert), "--tls-key", str(key))
    try:
        url = f"{simulator.base}/2010-04-01/Accounts/{ACCOUNT}.json"
        assert url.startswith("https://")
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(url, auth=(ACCOUNT, TOKEN), timeout=5)
        assert requests.get(url, auth=(ACCOUNT, TOKEN), verify=str(cert), timeout=5).json()["sid"] == ACCOUNT
        rule = {"match": {"any": True}, "fault": {"kind": "slow", "ms": 500, "before": True}}
        requests.post(simulator.base + "/_control/faults", json=rule, verify=str(cert))
        codes = []
        workers = [
            threading.Thread(target=lambda: codes.append(requests.get(url, auth=(ACCOUNT, TOKEN), verify=str(cert)).status_code))
            for _ in range(4)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sorted(codes) == [200, 200, 429, 429]
        rule = {"match": {"any": True}, "fault": {"kind": "cut_after"}}
        requests.delete(simulator.base + "/_control/faults", verify=str(cert))
        requests.post(simulator.base + "/_control/faults", json=rule, verify=str(cert))
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.get(url, auth=(ACCOUNT, TOKEN), verify=str(cert))
    finally:
        assert simulator.stop() == 0
    assert ssl.OPENSSL_VERSION
