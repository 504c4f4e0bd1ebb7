"""The parent of the kill tests: starts hosts, kills them, starts them again.

Started by run.sh. A round has a simulator, tables and logs of its own; in it a
host is killed several times at one point, with SIGKILL and by its id, and at
the end another one goes on until nothing is left to do. What came of it is for
judge.py to say.
"""
import argparse
import concurrent.futures
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid

from world import ACCOUNT, TOKEN, Database, Simulator, wait

HERE = os.path.dirname(os.path.abspath(__file__))
TEMPLATES = ["HX00000000000000000000000000000001", "local", "local"]

# Points of src/client/points.rs that a sending host comes by, and how often at the most before it is stopped.
SENDING = {"before_record": 25, "before_commit": 40, "committed": 40, "recorded": 25, "intent_committed": 25,
           "answered": 25, "settled": 25}
# Points of a host that goes on with what others left.
RECOVERING = ["claiming", "claimed", "taken_over", "orphan_settled", "looked", "put_back"]
OTHERS = ["migrating", "half_written", "written_unanswered", "two_processes", "frozen"]
# Points of a host that records in its journal while the database is away, and how often it comes by; and of one that
# replays a journal. On PostgreSQL only: the database is behind a gate that is shut.
JOURNALLING = {"before_journal": 12, "journalled": 12, "journal_told": 12}
REPLAYING = {"replaying": 2, "replayed": 2}
RANDOM = "random"


class Proxy:
    """Between host and simulator: holds the n-th request back in its middle."""

    def __init__(self, port):
        self.to, self.left, self.half = port, None, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def arm(self, number):
        self.half.clear()
        self.left = number

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self.forward, args=(near, far), daemon=True).start()
            threading.Thread(target=self.back, args=(far, near), daemon=True).start()

    def forward(self, near, far):
        try:
            while data := near.recv(65536):
                if data.startswith(b"POST") and self.left is not None:
                    self.left -= 1
                    if self.left == 0:
                        body = data.find(b"\r\n\r\n") + 4
                        far.sendall(data[:(body + len(data)) // 2])
                        self.half.set()
                        while near.recv(65536):
                            pass
                        break
                far.sendall(data)
        except OSError:
            pass
        far.close()

    @staticmethod
    def back(far, near):
        try:
            while data := far.recv(65536):
                near.sendall(data)
        except OSError:
            pass
        near.close()


class Gate:
    """Between hosts and database: while it is shut, the database is away. With WA_KILL_STOPS_SERVER=1 it stops and starts
    the server itself, which must then be this run's alone."""

    def __init__(self, host, port):
        self.to, self.open, self.connections = (host, int(port)), True, set()
        self.lock = threading.Lock()
        self.stops_server = os.environ.get("WA_KILL_STOPS_SERVER") == "1"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def server(self, what):
        subprocess.run([os.path.join(HERE, "..", "postgres.sh"), what], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def shut(self):
        with self.lock:
            self.open = False
            for connection in self.connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.connections.clear()
        if self.stops_server:
            self.server("stop")

    def opened(self):
        if self.stops_server:
            self.server("start")
        with self.lock:
            self.open = True

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            try:
                with self.lock:
                    if not self.open:
                        near.close()
                        continue
                    far = socket.create_connection(self.to)
                    self.connections |= {near, far}
            except OSError:
                near.close()
                continue
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.copy, args=(one, other), daemon=True).start()

    def copy(self, one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Round:
    def __init__(self, out, kind, point, number, wanted, seed):
        self.point, self.wanted, self.seed = point, wanted, seed
        self.random = random.Random(f"{seed} {kind} {point} {number}")
        self.name = f"{kind}-{point}-{number}"
        self.folder = os.path.join(out, self.name)
        os.makedirs(self.folder)
        self.simulator = Simulator(self.folder, self.random.randrange(2 ** 32))
        self.database = Database(kind, self.folder, f"kill_{uuid.uuid4().hex[:12]}")
        self.proxy = self.gate = self.while_away = None
        self.hosts = self.sent = self.hits = 0
        self.notes, self.stops = [], []

    # ---- hosts ----

    def history(self):
        if not self.gate:
            return self.database.settings
        about = self.database.about
        text = os.environ["WA_TEST_PG"].replace(f"Port={about['port']}", f"Port={self.gate.port}")
        return {"connection_string": text.replace(about["host"], "127.0.0.1"), "schema": about["schema"],
                "journal": os.path.join(self.folder, "journal"), "while_away": self.while_away}

    def settings(self):
        return {
            "twilio": {"account_sid": ACCOUNT, "auth_token": TOKEN, "from": "+14155238886",
                       "senders": ["+15005550006"], "base_url": self.proxy.url if self.proxy else self.simulator.url,
                       "status_callback": "https://host.example/status"},
            "history": {**self.history(), "lease_seconds": 3},
            "retry": {"max_retries": 3, "wait_seconds": 1, "unknown_look_seconds": 2, "unknown_deadline_seconds": 120},
            "http": {"timeout_seconds": 1, "max_in_flight": 8},
            "pacing": {"messages_per_second": 60},
            "templates": {"local": {"text": "To whom it may concern: {{1}}"}},
        }

    def host(self, messages=(), threads=6, point=None):
        self.hosts += 1
        name = f"{self.hosts:02}"
        plan = os.path.join(self.folder, f"plan-{name}.json")
        with open(plan, "w") as file:
            json.dump({"name": name, "log": os.path.join(self.folder, "host.jsonl"), "threads": threads,
                       "settings": self.settings(), "messages": list(messages)}, file)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("WA_TEST_POINT")}
        if point:
            environment["WA_TEST_POINT"] = point
            environment["WA_TEST_POINT_FILE"] = os.path.join(self.folder, f"reached-{name}")
        error = open(os.path.join(self.folder, f"host-{name}.err"), "w")
        process = subprocess.Popen([sys.executable, os.path.join(HERE, "host.py"), os.environ["WA_LIBRARY"], plan],
                                   env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=error)
        process.said, process.reached = "", environment.get("WA_TEST_POINT_FILE")

        def read():
            for line in process.stdout:
                process.said += line.decode()
        threading.Thread(target=read, daemon=True).start()
        return process

    def configured(self, host):
        wait(lambda: "configured" in host.said or host.poll() is not None, 30, "configured")
        if host.poll() is not None:
            raise RuntimeError(f"{self.name}: a host ended by itself with {host.returncode}")

    def kill(self, host):
        if host.poll() is not None:
            raise RuntimeError(f"{self.name}: a host ended by itself with {host.returncode}")
        os.kill(host.pid, signal.SIGKILL)
        host.wait(10)

    def kill_at(self, host, reached, seconds):
        """Kills the host once `reached` says so; a host that gets by is killed too, but does not count."""
        try:
            wait(lambda: reached() or host.poll() is not None, seconds, self.point)
            hit = host.poll() is None
            # The thread stands at its point; what the others do wrong meanwhile must come to light.
            time.sleep(self.random.choice([0, 0.05, 0.3]))
        except TimeoutError:
            hit = False
            self.notes.append(f"{self.point} was not reached within {seconds} s")
        self.kill(host)
        self.hits += hit

    def kill_at_point(self, point, messages=(), seconds=20, threads=6):
        host = self.host(messages, point=point, threads=threads)
        self.kill_at(host, lambda: os.path.exists(host.reached), seconds)

    def finish(self, *hosts):
        """The hosts go on until nothing is left to do and all is heard, and end in order."""
        end = time.monotonic() + 150
        quiet = 0
        while quiet < 3 and time.monotonic() < end:
            done = self.database.left() == 0 and all("done" in host.said for host in hosts)
            done = done and len(self.journals()) <= len(hosts)
            quiet = quiet + 1 if done and self.database.events() <= self.heard() else 0
            time.sleep(0.2)
        for host in hosts:
            host.stdin.close()
        for host in hosts:
            if host.wait(40) != 0:
                self.notes.append(f"a host ended with {host.returncode}")

    def journals(self):
        folder = os.path.join(self.folder, "journal")
        return [name for name in os.listdir(folder) if name.endswith(".journal")] if os.path.isdir(folder) else []

    def heard(self):
        """The ids of the events that hosts were given."""
        with open(os.path.join(self.folder, "host.jsonl")) as file:
            records = [json.loads(line) for line in file if line.endswith("\n")]
        return {record["event"] for record in records if record["what"] == "event"}

    # ---- messages ----

    def messages(self, count, gap=0, kinds=None):
        """Messages with texts of their own, to numbers of their own, with faults of their own."""
        made, faults = [], []
        for _ in range(count):
            self.sent += 1
            number = f"+1202{456 + self.sent // 10000}{self.sent % 10000:04}"
            call = self.random.choice(["send", "send", "send_template", "submit", "submit_picture", "submit_template"])
            message = {"id": str(uuid.UUID(int=self.random.getrandbits(128), version=4)), "call": call, "to": number,
                       "text": f"{self.name} {self.sent} {self.random.getrandbits(64):016x}",
                       "template": self.random.choice(TEMPLATES), "timeout_ms": self.random.choice([2500, 4000, 6000]),
                       "gap_ms": self.random.randrange(gap + 1)}
            if call.startswith("send") and self.random.random() < 0.2:
                message["on_timeout"] = "continue"
            if call.startswith("submit"):
                message["not_before_ms"] = self.random.choice([0, 0, 0, 300, 900])
                message["cancel"] = self.random.random() < 0.08
            if self.random.random() < 0.1:
                message["reference"] = f"reference of {message['text']}"
            kind = self.random.choices(
                ["none", "503", "429", "cut_after", "cut_before", "refused", "hang_taken", "hang", "502_taken", "502",
                 "garbage"], kinds or [60, 9, 3, 5, 3, 4, 4, 3, 3, 3, 3])[0]
            fault = {
                "503": {"kind": "status", "http": 503, "code": 20503},
                "429": {"kind": "status", "http": 429, "code": 20429, "retry_after": 1},
                "cut_after": {"kind": "cut_after", "how": "rst"},
                "cut_before": {"kind": "cut_before", "how": "fin"},
                "refused": {"kind": "status", "http": 400, "code": 21211},
                "hang_taken": {"kind": "hang", "taken": True},
                "hang": {"kind": "hang", "taken": False},
                "502_taken": {"kind": "html", "http": 502, "taken": True},
                "502": {"kind": "html", "http": 502, "taken": False},
                "garbage": {"kind": "garbage_2xx", "body": "half_json"},
            }.get(kind)
            if fault:
                times = {"503": 2, "refused": None}.get(kind, 1)
                faults.append({"match": {"to": number, "method": "POST"}, "times": times, "fault": fault})
            made.append(message)
        if faults:
            self.simulator.control("faults", faults)
        return made

    def material(self):
        """Leaves orphans behind: attempts of a killed host whose end nobody knows, and messages in the queue."""
        orphans = self.messages(8, kinds=[0, 0, 0, 0, 0, 0, 45, 55, 0, 0, 0])
        queued = self.messages(30)
        host = self.host(orphans + queued, threads=10)
        self.configured(host)
        wait(lambda: self.seen(orphans) or "done" in host.said, 20, "orphans")
        self.kill(host)

    def seen(self, messages):
        wanted = {message["to"] for message in messages}
        return sum(1 for record in self.received() if record["form"].get("To", "")[9:] in wanted) >= len(messages) - 2

    def received(self):
        with open(self.simulator.log) as file:
            return [record for record in map(json.loads, (line for line in file if line.endswith("\n")))
                    if record["method"] == "POST"]

    # ---- rounds ----

    def run(self):
        try:
            if self.point in SENDING:
                for _ in self.turns():
                    number = self.random.randrange(1, SENDING[self.point] + 1)
                    self.kill_at_point(f"{self.point}:{number}", self.messages(50))
            elif self.point in RECOVERING:
                self.recovering()
            elif self.point in JOURNALLING:
                self.journalling()
            elif self.point in REPLAYING:
                self.replaying()
            else:
                (self.at_random if self.point == RANDOM else getattr(self, self.point))()
            if self.point not in ("two_processes", "frozen"):
                self.finish(self.host())
        except (RuntimeError, TimeoutError, subprocess.TimeoutExpired, OSError) as error:
            self.notes.append(f"{type(error).__name__}: {error}")
        finally:
            self.simulator.stop()
            with open(os.path.join(self.folder, "round.json"), "w") as file:
                json.dump({"point": self.point, "wanted": self.wanted, "hits": self.hits, "messages": self.sent,
                           "seed": self.seed, "database": self.database.about, "notes": self.notes,
                           "stops": self.stops}, file)
        note = f": {'; '.join(self.notes)}" if self.notes else ""
        print(f"   {self.name}: {self.hits} of {self.wanted} kills{note}", flush=True)

    def turns(self):
        """One for every hit that is wanted, and a few more: a disk that groups more writes has fewer commits to stop at,
        and a host may get by the one that was drawn."""
        for turn in range(self.wanted + 3):
            if self.hits < self.wanted:
                yield turn

    def recovering(self):
        left_alone = {"claiming": 1, "claimed": 1}
        for turn in self.turns():
            if turn % left_alone.get(self.point, 1) == 0:
                self.material()
            number = self.random.randrange(1, 4) if self.point == "looked" else 1
            self.kill_at_point(f"{self.point}:{number}", seconds=35)

    def begin_journal(self):
        about = self.database.about
        self.gate = Gate(about["host"], about["port"])
        # The tables are made, and the journals know whose they are.
        self.while_away = "queue"
        host = self.host(self.messages(3))
        wait(lambda: "done" in host.said, 30, "done")
        self.kill(host)

    def journalling(self):
        """The database goes away under a host, or was away before it began; the host dies over its journal."""
        self.begin_journal()
        for turn in self.turns():
            self.while_away = ["send", "queue"][turn % 2]
            number = self.random.randrange(1, JOURNALLING[self.point] + 1)
            if turn % 3 == 2:
                self.gate.shut()
                self.kill_at_point(f"{self.point}:{number}", self.messages(50))
            else:
                host = self.host(self.messages(90, gap=30), point=f"{self.point}:{number}")
                self.configured(host)
                time.sleep(self.random.uniform(0.0, 0.6))
                self.gate.shut()
                self.kill_at(host, lambda: os.path.exists(host.reached), 25)
            self.gate.opened()
            if self.random.random() < 0.4:
                # The one that adopts the journal dies too.
                host = self.host()
                self.configured(host)
                time.sleep(self.random.uniform(0.0, 2.0))
                self.kill(host)

    def replaying(self):
        """The database comes back, and the host dies while it is given the journal: its own one, or an adopted one."""
        self.begin_journal()
        for turn in self.turns():
            self.while_away = ["send", "queue"][turn % 2]
            self.gate.shut()
            own = turn % 3 != 2
            point = f"{self.point}:{self.random.randrange(1, REPLAYING[self.point] + 1) if turn % 2 == 0 else 1}"
            host = self.host(self.messages(40), point=point if own else None)
            self.configured(host)
            time.sleep(self.random.uniform(0.5, 2.0))
            if own:
                self.gate.opened()
                self.kill_at(host, lambda: os.path.exists(host.reached), 25)
            else:
                self.kill(host)
                self.gate.opened()
                self.kill_at_point(f"{self.point}:1", seconds=25)

    def migrating(self):
        for _ in self.turns():
            self.kill_at_point("migrating")
        host = self.host(self.messages(20))
        wait(lambda: "done" in host.said, 30, "done")
        self.kill(host)

    def half_written(self):
        self.proxy = Proxy(self.simulator.port)
        for _ in self.turns():
            self.proxy.arm(self.random.randrange(1, 26))
            host = self.host(self.messages(50))
            self.kill_at(host, self.proxy.half.is_set, 20)

    def written_unanswered(self):
        for turn in self.turns():
            messages = self.messages(50)
            # One that surely leaves: nobody cancels it, and nothing else happens to it.
            own = self.messages(1, kinds=[1] + 10 * [0])[0] | {"call": "submit", "cancel": False, "not_before_ms": 0}
            messages.insert(self.random.randrange(40), own)
            taken = turn % 2 == 0
            self.simulator.control("faults", [{"match": {"to": own["to"], "method": "POST"}, "times": 1,
                                               "fault": {"kind": "hang", "taken": taken}}])
            host = self.host(messages)
            self.kill_at(host, lambda: any(r["form"].get("To") == "whatsapp:" + own["to"] for r in self.received()), 20)

    def at_random(self):
        for _ in range(self.wanted):
            host = self.host(self.messages(60, gap=20))
            if self.random.random() < 0.8:
                self.configured(host)
                time.sleep(self.random.uniform(0.0, 1.5))
            else:
                time.sleep(self.random.uniform(0.05, 0.6))
            self.kill(host)
            self.hits += 1
            if self.random.random() < 0.3:
                # The one that goes on is killed as well, somewhere in its recovery.
                host = self.host()
                self.configured(host)
                time.sleep(self.random.uniform(0.0, 11.0))
                self.kill(host)

    def two_processes(self):
        """Two hosts on the same tables and account; one of them dies again and again."""
        steady = self.host(self.messages(40 * self.wanted, gap=200), threads=4)
        self.configured(steady)
        for _ in range(self.wanted):
            host = self.host(self.messages(60))
            self.configured(host)
            time.sleep(self.random.uniform(0.05, 0.8))
            self.kill(host)
            self.hits += 1
        wait(lambda: "done" in steady.said, 60, "done")
        self.finish(steady)

    def frozen(self):
        """A host is stopped (a paused machine), loses its lease and its messages, and wakes up again."""
        other = self.host()
        self.configured(other)
        host = None
        for _ in range(self.wanted):
            host = self.host(self.messages(60, gap=30))
            self.configured(host)
            time.sleep(self.random.uniform(0.05, 0.6))
            stopped = time.time()
            os.kill(host.pid, signal.SIGSTOP)
            # Lease, grace, and some time for the other one's looks.
            time.sleep(self.random.uniform(10.0, 14.0))
            self.stops.append({"pid": host.pid, "from": stopped, "to": time.time()})
            os.kill(host.pid, signal.SIGCONT)
            self.hits += 1
            wait(lambda: "done" in host.said, 40, "done")
            self.finish(host)
        self.finish(other)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--points-each", type=int, default=5)
    parser.add_argument("--random", type=int, default=10)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--database", choices=["sqlite", "postgres", "sqlserver", "both"], default="both")
    parser.add_argument("--point", action="append", help="only this one; may be repeated")
    parser.add_argument("--parallel", type=int, default=3)
    parser.add_argument("--out", required=True)
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10 ** 9)
    shutil.rmtree(given.out, ignore_errors=True)
    os.makedirs(given.out)
    kinds = ["sqlite", "postgres"] if given.database == "both" else [given.database]
    print(f"== kill tests: {given.points_each} at every point, {given.random} at random, seed {seed}", flush=True)
    rounds = []
    for kind in kinds:
        # The slow ones first. A round holds few kills, so that rounds can run side by side.
        for point in list(JOURNALLING) + list(REPLAYING) + RECOVERING[::-1] + OTHERS[::-1] + list(SENDING):
            if given.point and point not in given.point:
                continue
            if point == "claiming" and kind != "sqlite":
                continue  # one statement there: nothing to stop in
            if kind == "sqlite" and (point in JOURNALLING or point in REPLAYING):
                continue  # a file is not away
            wanted, most, number = given.points_each, 5, 0
            if point == "frozen":
                wanted, most = max(1, (given.points_each + 1) // 2), 3
            while wanted > 0:
                rounds.append((given.out, kind, point, number, min(wanted, most), seed))
                wanted, number = wanted - most, number + 1
        if not given.point or RANDOM in given.point:
            for number in range(0, given.random, 5):
                rounds.append((given.out, kind, RANDOM, number // 5, min(5, given.random - number), seed))
    with concurrent.futures.ThreadPoolExecutor(given.parallel) as pool:
        list(pool.map(lambda one: Round(*one).run(), rounds))
    print(f"== seed {seed}: the judge", flush=True)


if __name__ == "__main__":
    main()
