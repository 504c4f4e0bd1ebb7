"""Starts simulators and points Twilio's own client, and pywa for Meta, at them."""

import http.server
import json
import os
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import httpx
import pytest
from pywa import WhatsApp
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

ACCOUNT = "AC00000000000000000000000000000001"
TOKEN = "0123456789abcdef0123456789abcdef"
KEY = "SK00000000000000000000000000000001"
SECRET = "fedcba9876543210fedcba9876543210"
FROM = "whatsapp:+14155238886"
SERVICE = "MG00000000000000000000000000000001"


WABA = "100000000000001"
NUMBER = "200000000000001"
TEST_NUMBER = "200000000000002"
APP = "300000000000001"
APP_SECRET = "5f4dcc3b5aa765d61d8327deb882cf99"
META_TOKEN = "EAA0000000000000000000000000permanent"


class ToLoopback(TwilioHttpClient):
    """Twilio's client with another host in front of the path."""

    def __init__(self, base, **more):
        super().__init__(**more)
        self.base = base
        self.last_headers = None

    def request(self, method, url, *args, **kwargs):
        for host in ("https://api.twilio.com", "https://content.twilio.com", "https://messaging.twilio.com"):
            if url.startswith(host):
                url = self.base + url[len(host):]
        response = super().request(method, url, *args, **kwargs)
        self.last_headers = response.headers
        return response


class Simulator:
    def __init__(self, folder, *options):
        self.log = folder / "log.jsonl"
        port_file = folder / "port"
        binary = os.environ["WA_SIMULATOR"]
        self.process = subprocess.Popen(
            [binary, "--port-file", str(port_file), "--log", str(self.log), *options], stdout=subprocess.PIPE, text=True
        )
        self.first_line = self.process.stdout.readline().strip()
        self.base = self.first_line.removeprefix("listening on ")
        assert port_file.read_text().strip() == self.base.rsplit(":", 1)[1]

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=10)

    def client(self, user=ACCOUNT, password=TOKEN, account=None, timeout=10):
        return Client(user, password, account_sid=account, http_client=ToLoopback(self.base, timeout=timeout))

    def meta(self, token=META_TOKEN, number=NUMBER, timeout=10):
        """pywa's client; it knows no other host than Meta's, so its session is turned."""
        session = httpx.Client(timeout=timeout, trust_env=False)
        client = WhatsApp(phone_id=number, token=token, waba_id=WABA, app_id=APP, api_version="25.0", session=session)
        session.base_url = f"{self.base}/v25.0"
        return client

    def graph(self, method, path, token=META_TOKEN, **more):
        """A call without a client's help."""
        headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
        with httpx.Client(timeout=10, trust_env=False) as session:
            return session.request(method, f"{self.base}/v25.0/{path}", headers=headers, **more)

    def control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + "/_control" + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def faults(self, *rules):
        return self.control("POST", "/faults", list(rules))

    def logged(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]


class Hooks:
    """Listens for webhooks and keeps them."""

    def __init__(self):
        self.calls = []
        # statuses of the next answers; then 204
        self.answers = []
        hooks = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                body = raw.decode()
                form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
                if self.headers["Content-Type"].startswith("application/json"):
                    form = {"raw": raw, "json": json.loads(body)}
                hooks.calls.append((time.monotonic(), self.path, self.headers, form))
                self.send_response(hooks.answers.pop(0) if hooks.answers else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, enough, seconds=10):
        end = time.monotonic() + seconds
        while not enough(self.calls):
            assert time.monotonic() < end, f"only {[c[3].get('MessageStatus') for c in self.calls]} came"
            time.sleep(0.02)
        return list(self.calls)


def running(folder, *options):
    simulator = Simulator(folder, *options)
    yield simulator
    assert simulator.stop() == 0


@pytest.fixture(scope="session")
def ideal_simulator(tmp_path_factory):
    yield from running(tmp_path_factory.mktemp("ideal"), "--ideal")


@pytest.fixture
def ideal(ideal_simulator):
    ideal_simulator.control("POST", "/reset")
    ideal_simulator.control("POST", "/settings", {"ideal": True, "meta_webhook": None})
    return ideal_simulator


@pytest.fixture(scope="session")
def unkind_simulator(tmp_path_factory):
    yield from running(tmp_path_factory.mktemp("unkind"), "--seed", "7")


@pytest.fixture
def unkind(unkind_simulator):
    unkind_simulator.control("POST", "/reset")
    unkind_simulator.control("POST", "/settings", {"ideal": False, "meta_webhook": None})
    return unkind_simulator


@pytest.fixture
def hooks():
    listener = Hooks()
    yield listener
    listener.server.shutdown()
