"""What the tests of this folder have in common: their arguments, a round, and the count of what held.

The judge is the simulator's log of what arrived; what the library says of itself is only compared with it.
"""
import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kill"))
from library import Library  # noqa: E402
from world import ACCOUNT, QUICK, TOKEN, Simulator  # noqa: E402
import world  # noqa: E402

STATUS = {
    0: "OK", 10: "PENDING", 11: "CLOSE_PENDING", 20: "ARGUMENT", 23: "SETTINGS", 27: "REFERENCE_CONFLICT", 29: "TOO_LATE",
    31: "CLOSED", 34: "QUEUE_FULL", 35: "TIMEOUT", 47: "TEMPORARY", 49: "UNKNOWN", 50: "CANCELLED", 51: "EXPIRED", 60: "NETWORK",
    70: "DATABASE", 71: "DATABASE_AWAY", 90: "INTERNAL",
}


def said(status):
    return STATUS.get(status, str(status))


def tally(statuses):
    """`OK 12, PENDING 3`"""
    counted = collections.Counter(map(said, statuses))
    return ", ".join(f"{name} {count}" for name, count in counted.most_common()) or "nothing"


class Checks:
    """Counts what held, and says it in the words that tests/all.py reads."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def demand(self, holds, what):
        self.passed += bool(holds)
        self.failed += not holds
        print(f"   {'held' if holds else 'FAILED'}: {what}", flush=True)

    def skip(self, what, why):
        self.skipped += 1
        print(f"SKIPPED: {what}: {why}", flush=True)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        sys.exit(1 if self.failed else 0)


def arguments(about, **more):
    """The arguments of every test here, and the databases that can be had."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--short", action="store_true", help="a small form of it")
    parser.add_argument("--out", default=os.environ.get("WA_OUTSIDE_OUT", "target/outside"))
    for name, options in more.items():
        parser.add_argument("--" + name.replace("_", "-"), **options)
    given = parser.parse_args()
    given.kinds = ["sqlite", "postgres"] if given.database == "both" else [given.database]
    given.checks = Checks()
    if "postgres" in given.kinds and not os.environ.get("WA_TEST_PG"):
        given.kinds.remove("postgres")
        given.checks.skip("the part with PostgreSQL", "WA_TEST_PG is not set (tests/postgres.sh start)")
    return given


class Database(world.Database):
    """Asked by another process: the library is in this one, and two copies of SQLite in one process break each other's locks."""

    ASK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=60)
with connection:
    for row in connection.execute(sys.argv[2]):
        print(row[0])
"""

    def column(self, sql):
        if self.kind == "postgres":
            return super().column(sql)
        asked = [sys.executable, "-c", self.ASK, self.path, sql.replace("{0}", "").replace("{}", "")]
        return subprocess.run(asked, capture_output=True, text=True).stdout.split()


class Round:
    """A simulator, a database and clients of a test's own."""

    def __init__(self, given, name, kind, options=QUICK):
        self.name, self.kind, self.folder = name, kind, os.path.join(os.path.abspath(given.out), f"{name}-{kind}")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.simulator = Simulator(self.folder, 1, options)
        self.database = Database(kind, self.folder, f"outside_{uuid.uuid4().hex[:12]}")
        self.clients = []
        if not getattr(given, "quiet", False):
            print(f"== {name}, {kind} (load {os.getloadavg()[0]:.1f})", flush=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.close(20000)
        self.simulator.stop()
        self.database.drop()

    def settings(self, **sections):
        """The settings of a client; a section adds to what stands here."""
        settings = {
            "twilio": {"account_sid": ACCOUNT, "auth_token": TOKEN, "from": "+15005550006",
                       "base_url": self.simulator.url, "status_callback": "https://host.example/status"},
            "history": dict(self.database.settings),
            "pacing": {"messages_per_second": 0},
        }
        for name, section in sections.items():
            settings.setdefault(name, {}).update(section)
        return settings

    def client(self, **sections):
        library = Library(os.environ["WA_LIBRARY"])
        library.configure(self.settings(**sections))
        self.clients.append(library)
        return library

    def close(self, client, milliseconds=20000):
        self.clients.remove(client)
        return client.close(milliseconds)

    def posts(self):
        """Every message that arrived whole."""
        return [r for r in self.simulator.received()
                if r["method"] == "POST" and "/Messages" in r["path"] and not r.get("incomplete")]

    def taken(self):
        """How often each message was taken, by its id."""
        return collections.Counter(record["wa"].partition(".")[0] for record in self.posts() if record["taken"])

    def doubles(self):
        """What was taken more than once, by id or by text; every text is used for one message only."""
        taken = [record for record in self.posts() if record["taken"]]
        by_id = collections.Counter(record["wa"].partition(".")[0] for record in taken)
        by_text = collections.Counter(record["form"].get("Body") for record in taken)
        return sorted(key for counted in (by_id, by_text) for key, count in counted.items() if count > 1)


def number(index):
    """A valid number of its own for each index below 5,000,000."""
    return f"+1312{4_000_000 + index}"


def new_id():
    return str(uuid.uuid4())


def text_message(text):
    return json.dumps({"type": "text", "text": text})


def until(what, seconds):
    """Waits for it; whether it came."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return bool(what())
