"""A PostgreSQL whose server stands still while its kernel answers.

    silent_server.py

A server of the test's own is stopped with SIGSTOP. `wa_submit` must come back
within the statement timeout, and `wa_close` must end; when the server goes on,
so does the client, and nothing that was acknowledged is lost or sent twice.
"""
import json
import signal
import threading
import time

import outside
from server import Server

STATEMENT_SECONDS = 5
SILENT_SECONDS = 20
# For a loaded machine.
MARGIN = 2
PENDING, CLOSE_PENDING, AWAY = 10, 11, 71


class Host:
    """A client, and what it was told."""

    def __init__(self, round):
        self.round, self.told = round, {}
        self.client = round.client(history={"statement_timeout_seconds": STATEMENT_SECONDS, "login_timeout_seconds": 3,
                                            "lease_seconds": 5}, http={"timeout_seconds": 3},
                                   # A record that its client never heard of may come to light with its intent: that end is looked up.
                                   retry={"unknown_look_seconds": 2})

    def timed(self, name, *arguments):
        began = time.monotonic()
        status, _ = self.client.call(name, *arguments)
        return status, time.monotonic() - began

    def submit(self, text, milliseconds):
        id, options = outside.new_id(), {"timeout_ms": milliseconds}
        message = outside.text_message(f"{text} {len(self.told)}")
        self.told[id] = None
        to = outside.number(len(self.told))
        self.told[id] = self.timed("wa_submit", to, message, json.dumps({"id": id, **options}))
        return self.told[id]


def while_silent(host, late, what, checks):
    """Calls of all kinds, at once and then again and again."""
    asked = {
        "wa_submit, timeout_ms 2000": (2, lambda: host.submit(what, 2000)),
        "wa_submit, timeout_ms 8000": (8, lambda: host.submit(what, 8000)),
        "wa_cancel": (STATEMENT_SECONDS, lambda: host.timed("wa_cancel", late)),
        "wa_next_event, 1000": (11, lambda: host.timed("wa_next_event", None, 1000)),
        "wa_wait, 1000": (1, lambda: host.timed("wa_wait", late, 1000)),
        "wa_history, timeout_ms 3000": (3, lambda: host.timed("wa_history", json.dumps({"timeout_ms": 3000}))),
    }
    said, began = {}, time.monotonic()
    threads = [threading.Thread(target=lambda name=name, ask=ask: said.update({name: ask()}), daemon=True)
               for name, (_, ask) in asked.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    for name, (bound, _) in asked.items():
        status, took = said.get(name, (None, float("inf")))
        print(f"   {what}: {name} said {outside.said(status)} after {took:.2f} s")
        checks.demand(took <= bound + MARGIN, f"{what}: that is within {bound} s and a little")
        if "submit" in name:
            checks.demand(status in (PENDING, AWAY), f"{what}: it did not say that the message is recorded")
    # By now the library knows that nobody answers.
    again = []
    while time.monotonic() < began + SILENT_SECONDS:
        again.append(host.submit(what, 5000))
        time.sleep(1)
    print(f"   {what}: later {len(again)} times wa_submit: {outside.tally(status for status, _ in again)}; "
          f"the longest took {max(took for _, took in again):.2f} s")
    checks.demand(all(status == AWAY for status, _ in again), f"{what}: then each is told at once that the database is away")


def run(round, server, checks):
    host = Host(round)
    for _ in range(10):
        host.submit("before", 10000)
    checks.demand(all(status == 0 for status, _ in host.told.values()), "10 messages were recorded")
    late = outside.new_id()
    later = json.dumps({"id": late, "not_before": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))})
    host.client.call("wa_submit", outside.number(9000), outside.text_message("much later"), later)
    outside.until(lambda: round.database.left() == 1, 20)

    server.signal(signal.SIGSTOP)
    while_silent(host, late, "stopped", checks)
    server.signal(signal.SIGCONT)
    began = time.monotonic()
    while (status := host.submit("again", 5000)[0]) and time.monotonic() < began + 30:
        time.sleep(0.2)
    checks.demand(status == 0, f"a message was recorded {time.monotonic() - began:.2f} s after the server went on")

    # Closed while the server is silent, with something in hand.
    server.signal(signal.SIGSTOP)
    in_hand = threading.Thread(target=host.submit, args=("in hand", 60000), daemon=True)
    in_hand.start()
    time.sleep(0.5)
    began = time.monotonic()
    said = [host.client.close(5000)]
    while said[-1] == CLOSE_PENDING and time.monotonic() < began + 60:
        said.append(host.client.close(5000))
    status, took = said[-1], time.monotonic() - began
    print(f"   closing: wa_close with 5000 ms said {', '.join(map(outside.said, said))}, the last one after {took:.2f} s")
    checks.demand(status == 0 and took < 5 + MARGIN, "wa_close ended in its time")
    round.clients.remove(host.client)
    in_hand.join(5)
    checks.demand(not in_hand.is_alive(), "so did the call that was under way")
    server.signal(signal.SIGCONT)

    # Whatever the closed client left is somebody else's to send.
    other = Host(round)
    checks.demand(outside.until(lambda: other.timed("wa_cancel", late)[0] == 0, 40), "another client reaches the server")
    began = time.monotonic()
    done = outside.until(lambda: round.database.left() == 0, 60)
    checks.demand(done, f"what was left was done after {time.monotonic() - began:.1f} s")
    taken = round.taken()
    lost = [id for id, (status, _) in host.told.items() if status == 0 and taken[id] != 1]
    refused = [id for id, (status, _) in host.told.items() if status not in (0, PENDING) and taken[id]]
    acknowledged = sum(status == 0 for status, _ in host.told.values())
    checks.demand(not lost, f"{len(lost)} of {acknowledged} that were acknowledged were lost")
    checks.demand(not refused, f"{len(refused)} that were refused were sent all the same")
    checks.demand(not round.doubles(), f"{len(round.doubles())} were taken twice")


def main():
    given = outside.arguments(__doc__.splitlines()[0])
    if "postgres" in given.kinds:
        server = Server()
        try:
            with outside.Round(given, "silent-server", "postgres") as round:
                run(round, server, given.checks)
        finally:
            server.end()
    given.checks.end()


main()
