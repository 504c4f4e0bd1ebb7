"""The server that stands for the provider: nginx with one worker and an answer that is always the same but for its id."""

import json
import os
import socket
import subprocess
import time
import urllib.request

from processes import processor_time

# The fields of a created message, as Twilio's API answers.
ANSWER = {
    "account_sid": "AC00000000000000000000000000000001", "api_version": "2010-04-01",
    "body": "Hello! Your order has left our house today and will be with you tomorrow.",
    "date_created": "Fri, 01 Aug 2025 09:00:00 +0000", "date_sent": None,
    "date_updated": "Fri, 01 Aug 2025 09:00:00 +0000", "direction": "outbound-api", "error_code": None,
    "error_message": None, "from": "whatsapp:+14155238886", "messaging_service_sid": None, "num_media": "0",
    "num_segments": "1", "price": None, "price_unit": None, "sid": "SM$request_id", "status": "queued",
    "subresource_uris": {
        "media": "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages/SM$request_id/Media.json"},
    "to": "whatsapp:+12022000000",
    "uri": "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages/SM$request_id.json",
}

CONFIGURATION = """\
worker_processes 1;
daemon off;
pid {home}/nginx.pid;
error_log {home}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    default_type application/json;
    keepalive_requests 1000000000;
    keepalive_timeout 75s;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location = /status {{ stub_status; }}
        location /2010-04-01/ {{ return 201 '{answer}'; }}
    }}
}}
"""


class Nginx:
    def __init__(self, home):
        os.makedirs(home, exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        answer = json.dumps(ANSWER, separators=(", ", ": "))
        with open(f"{home}/nginx.conf", "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(home=home, port=self.port, answer=answer))
        self.base = f"http://127.0.0.1:{self.port}"
        self.messages = f"{self.base}/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json"
        self.process = subprocess.Popen(["nginx", "-c", f"{home}/nginx.conf", "-e", f"{home}/error.log"])
        for _ in range(100):
            try:
                self.asked = 0
                self.requests()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"nginx does not answer, see {home}/error.log")

    def requests(self):
        """Requests that it has served so far, without those that ask for this number."""
        with urllib.request.urlopen(f"{self.base}/status", timeout=5) as answer:
            served = int(answer.read().split()[9])
        self.asked += 1
        return served - self.asked

    def processor_time(self):
        return processor_time(self.process.pid)

    def stop(self):
        self.process.terminate()
        self.process.wait()
