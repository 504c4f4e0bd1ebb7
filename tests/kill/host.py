"""A host of the library that knows nothing but its C ABI.

    host.py LIBRARY PLAN.json

sends what the plan lists, from several threads, and writes a line before and
a line after every call to the log of acknowledgements, each forced to the disk
before it goes on. Prints `configured` and `done`; ends when its input ends.
"""
import datetime
import json
import os
import sys
import threading
import time

from library import CLOSE_PENDING, OK, Library


class Log:
    """One JSON object a line, on disk before the call returns."""

    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, **record):
        record["at"] = time.time()
        record["pid"] = os.getpid()
        os.write(self.file, (json.dumps(record) + "\n").encode())
        os.fsync(self.file)


def later(milliseconds):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(milliseconds=milliseconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def send(library, log, message):
    options = {"id": message["id"], "timeout_ms": message["timeout_ms"]}
    for key in ("on_timeout", "reference"):
        if message.get(key):
            options[key] = message[key]
    if message.get("not_before_ms"):
        options["not_before"] = later(message["not_before_ms"])
    call, text = message["call"], message["text"]
    log.write(what="before", **message)
    given = json.dumps(options)
    if call == "send":
        status, answer = library.call("wa_send", message["to"], text, given)
    elif call == "send_template":
        variables = json.dumps({"1": text})
        status, answer = library.call("wa_send_template", message["to"], message["template"], variables, given)
    elif call == "submit":
        body = json.dumps({"type": "text", "text": text})
        status, answer = library.call("wa_submit", message["to"], body, given)
    elif call == "submit_picture":
        body = json.dumps({"type": "image", "link": "https://host.example/a.jpg", "caption": text})
        status, answer = library.call("wa_submit", message["to"], body, given)
    else:
        body = json.dumps({"type": "template", "template": message["template"], "variables": {"1": text}})
        status, answer = library.call("wa_submit", message["to"], body, given)
    answer = answer or {}
    log.write(what="after", id=message["id"], call=call, status=status, state=answer.get("status"),
              answered_id=answer.get("id"), error=(answer.get("error") or {}).get("message"))
    if message.get("cancel"):
        log.write(what="before_cancel", id=message["id"])
        status, _ = library.call("wa_cancel", message["id"])
        log.write(what="after_cancel", id=message["id"], status=status)


def events(library, log, stop):
    """Polls as a consumer with a name: what was not acknowledged comes again."""
    cursor = None
    while not stop.is_set():
        options = {"consumer": "kill", "include": ["message"], "max": 200}
        if cursor:
            options["after"] = cursor
        status, page = library.call("wa_next_event", json.dumps(options), 200)
        if status != OK:
            time.sleep(0.1)
            continue
        for event in page["events"]:
            outcome = event["outcome"]
            log.write(what="event", event=event["id"], id=outcome["id"], state=outcome["status"])
        cursor = page["cursor"]


def main():
    with open(sys.argv[2]) as file:
        plan = json.load(file)
    library = Library(sys.argv[1])
    log = Log(plan["log"])
    log.write(what="start", name=plan["name"])
    library.configure(plan["settings"])
    print("configured", flush=True)
    stop = threading.Event()
    listener = threading.Thread(target=events, args=(library, log, stop))
    listener.start()
    waiting = iter(plan["messages"])
    lock = threading.Lock()

    def work():
        while not stop.is_set():
            with lock:
                message = next(waiting, None)
            if message is None:
                return
            time.sleep(message.get("gap_ms", 0) / 1000)
            send(library, log, message)

    workers = [threading.Thread(target=work) for _ in range(plan["threads"])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print("done", flush=True)
    sys.stdin.read()
    stop.set()
    listener.join()
    status = library.lib.wa_close(library.client, 10000)
    while status == CLOSE_PENDING:
        status = library.lib.wa_close(library.client, 10000)
    log.write(what="closed", status=status)


main()
