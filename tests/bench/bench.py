"""Measures the connector beside what it can be compared with; run by run.sh.

Everything of one round runs on the same machine one after the other, and only
ratios within a round are compared. A run fails by itself if what the tables
hold is not what the server was asked; it never fails for being slow.
"""

import argparse
import json
import os
import random
import re
import statistics
import sys
import time
import uuid

from nginx import Nginx
from postgres import Capture, Server
from processes import Program, busy, processor_time, run

IN_FLIGHT = 64
CONNECTIONS = 8
WRK_SECONDS = 3
# Messages that are in the tables before each run. Their statistics decide on
# PostgreSQL's plans: they must be the same for all, and not those of empty
# tables.
HISTORY = 10000

AIMS = [
    # what, its value in a round, the aim, whether more is better
    ("messages/s against (b) plain Rust", lambda r: r["ours"]["rate"] / r["rust"]["rate"], 0.5, True),
    ("messages/s against (c) Node", lambda r: r["ours"]["rate"] / r["node"]["rate"], 4.0, True),
    ("messages/s against (d) the ceiling", lambda r: r["ours"]["rate"] / ceiling(r, "pgbench"), 0.35, True),
    ("our processor time per message, us", lambda r: r["ours"]["own"], 100.0, False),
    ("messages/s against a commit for each write", lambda r: r["ours"]["rate"] / r["single"]["rate"], 1.0, True),
]

# Not asked for, but worth knowing.
NOTES = [
    ("messages/s against (a) wrk", lambda r: r["ours"]["rate"] / r["wrk"]["rate"]),
    ("against a ceiling of two pgbench clients", lambda r: r["ours"]["rate"] / ceiling(r, "pgbench2")),
    ("wa_submit with events, against wa_send", lambda r: r["submit"]["rate"] / r["ours"]["rate"]),
    ("one at a time: p50 beyond the bare request, in commits of one write",
     lambda r: (r["alone"]["p50"] - r["wrk1"]["p50"]) / r["single"]["commit_ms"]),
]

ROWS = [
    ("ours", "ours: wa_send, 64 in flight"),
    ("submit", "ours: wa_submit and events"),
    ("wrk", "(a) wrk on the same server"),
    ("rust", "(b) reqwest, tokio-postgres"),
    ("node", "(c) twilio and pg for Node"),
    ("pgbench", "(d) B: our batches in pgbench"),
    ("pgbench2", "    the same, two clients"),
    ("single", "a commit for each write, pgbench"),
    ("alone", "ours: wa_send, one at a time"),
    ("wrk1", "wrk, one connection"),
]


def ceiling(round_, batches):
    """What could be reached if nothing but the requests and the batches took time."""
    return 1 / (1 / round_["wrk"]["rate"] + 1 / round_[batches]["rate"])


def check(what, **counts):
    """All of these must be the same number."""
    if len(set(counts.values())) != 1:
        said = ", ".join(f"{name}={count}" for name, count in counts.items())
        raise SystemExit(f"FAILED: {what}: the counts do not agree: {said}")


class Bench:
    def __init__(self, arguments):
        self.count, self.rounds = arguments.messages, arguments.rounds
        self.warm_up = max(IN_FLIGHT, min(1000, self.count // 4))
        self.home, self.tools = arguments.home, arguments.tools
        self.here = os.path.dirname(os.path.abspath(__file__))
        self.server = Server(f"{self.here}/../postgres.sh", f"{self.home}/postgres")
        self.nginx = Nginx(f"{self.home}/nginx")

    def stop(self):
        self.nginx.stop()
        self.server.stop()

    # ---- the programs ----

    def settings(self, database):
        return {
            "twilio": {"account_sid": "AC00000000000000000000000000000001",
                       "auth_token": "0123456789abcdef0123456789abcdef", "from": "+14155238886",
                       "base_url": self.nginx.base, "status_callback": "https://example.com/status"},
            "pacing": {"messages_per_second": 0}, "http": {"max_in_flight": IN_FLIGHT},
            "history": {"connection_string": self.server.odbc(database)}, "log": {"level": "warn"},
        }

    def host(self, mode, database, threads, warm_up, count):
        path = f"{self.home}/settings.json"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.settings(database), file)
        os.chmod(path, 0o600)
        command = [f"{self.tools}/host", mode, path, f"{self.home}/ids"]
        return Program([*command, str(threads), str(warm_up), str(count)])

    def acknowledged(self):
        with open(f"{self.home}/ids", encoding="utf-8") as file:
            return file.read().split()

    def measure(self, start, database):
        """Starts a program, lets it run, and says what all that took part has used."""
        self.server.sql("CHECKPOINT")
        commits, requests = self.server.commits(database), self.nginx.requests()
        program = start()
        before = (self.server_time(), self.nginx.processor_time(), self.server.wal(), program.processor_time(), busy())
        said = program.run()
        after = (self.server_time(), self.nginx.processor_time(), self.server.wal(), program.processor_time(), busy())
        program.end()
        used = [b - a for a, b in zip(before, after)]
        count = said["count"]
        own = said["user_s"] + said["system_s"] if "user_s" in said else used[3]
        asked = self.nginx.requests() - requests
        others = max(0.0, used[4] - used[3] - used[0] - used[1]) / said["seconds"] / os.cpu_count()
        return {"count": count, "failed": said["failed"], "rate": count / said["seconds"], "p50": said["p50_ms"],
                "p99": said["p99_ms"], "own": own / count * 1e6, "postgres": used[0] / count * 1e6,
                "nginx": used[1] / count * 1e6, "wal": used[2] / count,
                "commits": (self.server.commits(database) - commits) / asked, "requests": asked, "others": others, "said": said}

    def server_time(self):
        return processor_time(self.server.pid())

    def ours(self, mode, threads, warm_up, count):
        self.server.fresh("bench_ours", "bench_tables")
        result = self.measure(lambda: self.host(mode, "bench_ours", threads, warm_up, count), "bench_ours")
        self.check_ours(mode, warm_up + count, result["requests"])
        return result

    def check_ours(self, what, count, requests):
        rows = self.rows_of("bench_ours")
        check(f"wa_{what}", asked_for=count, acknowledged=len(set(self.acknowledged())), requests=requests,
              **{name: rows[name] for name in ["messages", "attempts", "events"]})
        check(f"wa_{what}, queue", left=rows["queue"], expected=0)
        self.check_ids(what)

    def rows_of(self, database):
        """Only what was accepted counts, and what was not there before."""
        rows = self.all_rows_of(database)
        return {name: count - self.before[name] for name, count in rows.items()}

    def all_rows_of(self, database):
        number = lambda sql: self.server.number(sql, database)
        return {"messages": number("SELECT count(*) FROM wa_messages WHERE provider_message_id IS NOT NULL AND attempts = 1"),
                "attempts": number("SELECT count(*) FROM wa_attempts WHERE http_status = 201"),
                "events": number("SELECT count(*) FROM wa_events WHERE kind = 'message' AND state = 30"),
                "queue": number("SELECT (SELECT count(*) FROM wa_queue) "
                                "+ (SELECT count(*) FROM wa_messages WHERE worker IS NOT NULL)")}

    def check_ids(self, what):
        stored = {row[0] for row in self.server.sql("SELECT id FROM wa_messages", "bench_ours")}
        missing = set(self.acknowledged()) - stored
        if missing:
            raise SystemExit(f"FAILED: wa_{what}: {len(missing)} acknowledged messages are not in the table")

    def plain(self, command, count):
        """The programs without our safety: insert, send, update."""
        self.server.fresh("bench_plain", "bench_plain_table")
        numbers = [IN_FLIGHT, CONNECTIONS, self.warm_up, count]
        arguments = [self.nginx.base, self.server.url("bench_plain"), *map(str, numbers)]
        result = self.measure(lambda: Program([*command, *arguments]), "bench_plain")
        rows = self.server.number("SELECT count(*) FROM plain WHERE state = 'accepted' AND sid IS NOT NULL",
                                  "bench_plain")
        check(command[0], asked_for=self.warm_up + count, requests=result["requests"], rows=rows)
        return result

    def wrk(self, connections):
        script = f"{self.home}/wrk.lua"
        body = ("To=whatsapp%3A%2B12022000000&From=whatsapp%3A%2B14155238886&Body=Hello%21+Your+order+1+has+left+our+"
                "house+today+and+will+be+with+you+tomorrow.&StatusCallback=https%3A%2F%2Fexample.com%2Fstatus%3Fwa%3D"
                "0198c0de-0000-7000-8000-000000000001.1%23rc%3D5%26rp%3Dall")
        with open(script, "w", encoding="utf-8") as file:
            file.write('wrk.method = "POST"\n'
                       'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"\n'
                       'wrk.headers["Authorization"] = "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTowMTIzNDU2Nzg5'
                       'YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg=="\n'
                       f'wrk.body = "{body}"\n'
                       'done = function(summary, latency)\n'
                       '  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,\n'
                       '    latency:percentile(50), latency:percentile(99), summary.errors.status))\nend\n')
        before = self.nginx.processor_time()
        out, _, own = run(["wrk", "-t1", f"-c{connections}", f"-d{WRK_SECONDS}s", "-s", script, self.nginx.messages])
        used = self.nginx.processor_time() - before
        requests, micros, p50, p99, errors = map(int, re.search(r"RESULT (.*)", out)[1].split())
        check("wrk", errors=errors, expected=0)
        return {"rate": requests / micros * 1e6, "p50": p50 / 1e3, "p99": p99 / 1e3, "own": own / requests * 1e6,
                "nginx": used / requests * 1e6}

    # ---- the batch statements, as the library sends them ----

    def capture(self):
        """Lets the library make its tables and send a little, and takes its statements from the server's log."""
        server = self.server
        server.fresh("bench_tables")
        with Capture(server, "bench_tables") as capture:
            program = self.host("send", "bench_tables", IN_FLIGHT, 0, 4 * IN_FLIGHT)
            program.run()
            program.end()
        self.batches = {}
        options = []
        for sql, values in capture.statements():
            if "set_config('plan_cache_mode'" in sql:
                options = re.findall(r"set_config\('(\w+)', '([^']*)'", sql)
            # The server writes it with the keys in an order of its own.
            if len(values) == 1 and values[0].startswith(('{"records":', '{"ends":')):
                if "$1" not in sql or "$2" in sql:
                    raise SystemExit(f"The statement is not understood:\n{sql}")
                lists = json.loads(values[0])
                for kind, name in [("record", "records"), ("settle", "ends")]:
                    if lists[name]:
                        self.batches[kind] = (sql, lists[name][0])
        if set(self.batches) != {"record", "settle"} or not options:
            raise SystemExit(f"The library's statements were not found in {capture.log}")
        self.options = " ".join(f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in options)
        tables = [row[0] for row in server.sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                  "'public'::regnamespace AND relname IN ('wa_messages','wa_attempts','wa_events','wa_queue','wa_refs')",
                  "bench_tables")]
        server.sql(f"TRUNCATE {', '.join(tables)}", "bench_tables")
        # Not left to autovacuum, which comes when it likes.
        server.sql("VACUUM ANALYZE", "bench_tables")
        self.before = dict.fromkeys(["messages", "attempts", "events", "queue"], 0)
        self.pgbench(100, HISTORY // 100 + 1, 1)
        server.sql("DROP TABLE bench_payload", "bench_pgbench")
        server.sql("TRUNCATE wa_queue", "bench_pgbench")
        server.sql("DELETE FROM wa_messages WHERE provider_message_id IS NULL", "bench_pgbench")
        server.sql("VACUUM ANALYZE", "bench_pgbench")
        server.fresh("bench_tables", "bench_pgbench")
        self.before = self.all_rows_of("bench_tables")
        # The others' table.
        server.fresh("bench_plain_table")
        server.sql("CREATE TABLE plain (id uuid PRIMARY KEY, recipient text NOT NULL, sender text NOT NULL, "
                   "body text NOT NULL, state text NOT NULL, sid text, created_at timestamptz NOT NULL DEFAULT now(), "
                   "updated_at timestamptz NOT NULL DEFAULT now())", "bench_plain_table", "wa")
        server.sql("INSERT INTO plain SELECT gen_random_uuid(), 'whatsapp:+12022000000', 'whatsapp:+14155238886', "
                   f"repeat('x', 80), 'earlier', 'SM' || md5(n::text) FROM generate_series(1, {HISTORY}) n",
                   "bench_plain_table", "wa")
        server.sql("VACUUM ANALYZE", "bench_plain_table")

    def payloads(self, batches, size):
        """Batches of fresh rows: copies of the captured ones, with ids of their own."""
        record, settle = (json.dumps(self.batches[kind][1]) for kind in ["record", "settle"])
        record_id, settle_id = (self.batches[kind][1]["id"] for kind in ["record", "settle"])
        event_id, sid = (self.batches["settle"][1][key] for key in ["event_id", "provider_message_id"])
        lines = []
        for number in range(1, batches + 1):
            records, settles = [], []
            # Ids grow with time, as the library's do.
            at = time.time_ns() // 1_000_000
            for _ in range(size):
                own = str(uuid.UUID(int=(at + number) << 80 | 7 << 76 | random.getrandbits(12) << 64 | 2 << 62
                                    | random.getrandbits(62)))
                records.append(record.replace(record_id, own))
                settles.append(settle.replace(settle_id, own).replace(event_id, str(uuid.uuid4()))
                               .replace(sid, "SM" + uuid.uuid4().hex))
            texts = [f"[{','.join(rows)}]".replace("\\", "\\\\") for rows in (records, settles)]
            lines.append(f"{number}\t{texts[0]}\t{texts[1]}\n")
        return "".join(lines)

    def pgbench(self, size, batches, clients, one_each=False):
        """The same statements on as many connections. With `one_each` every write is a commit of its own."""
        server, database = self.server, "bench_pgbench"
        server.fresh(database, "bench_tables")
        # Plain storage: reading a batch must cost next to nothing.
        server.sql("CREATE UNLOGGED TABLE bench_payload (n integer PRIMARY KEY, record text, settle text)", database, "wa")
        server.sql("ALTER TABLE bench_payload ALTER record SET STORAGE EXTERNAL, ALTER settle SET STORAGE EXTERNAL",
                   database, "wa")
        server.sql("COPY bench_payload FROM STDIN", database, "wa", self.payloads(batches, size))
        server.sql("VACUUM ANALYZE bench_payload", database, "wa")
        server.sql("CHECKPOINT")
        sql = self.batches["record"][0]
        rows_of = {kind: f"coalesce((SELECT {kind} FROM bench_payload WHERE n = :{place}), '[]')"
                   for kind, place in [("record", "n"), ("settle", "ended")]}

        def asked(record, settle):
            return sql.replace("$1", f"""concat('{{"records":', {record}, ',"ends":', {settle}, '}}')""") + ";"

        # A batch holds new messages and ends of earlier ones, in one statement.
        lines = ["\\set ended :n", f"\\set n :n + {clients}"]
        lines += [asked(rows_of["record"], "'[]'"), asked("'[]'", rows_of["settle"])] if one_each else \
            [asked(rows_of["record"], rows_of["settle"])]
        # Each client takes every so many-th batch.
        lines.insert(0, "\\if :n = 0\n\\set n :client_id + 1 - " + str(clients) + "\n\\endif")
        script = f"{self.home}/batches.sql"
        with open(script, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        variables = server.variables(database)
        variables["PGOPTIONS"] = self.options
        each = batches // clients
        commits, cpu, wal = server.commits(database), self.server_time(), server.wal()
        out, _, own = run(["pgbench", "-n", "-M", "prepared", "-r", "-c", str(clients), "-t", str(each), "-D", "n=0",
                           "-f", script], variables)
        used, wal = self.server_time() - cpu, server.wal() - wal
        rate = float(re.search(r"tps = ([0-9.]+)", out)[1])
        latency = float(re.search(r"latency average = ([0-9.]+)", out)[1])
        rows = {name: server.number(f"SELECT count(*) FROM wa_{name}", database) for name in ["messages", "attempts", "events"]}
        done = each * clients
        earlier = self.before["attempts"]
        rows = {name: count - earlier for name, count in rows.items()}
        check("pgbench, records", asked_for=done * size, messages=rows["messages"])
        # The last batch of each client is not ended, for want of a next one.
        check("pgbench, ends", asked_for=(done - clients) * size, attempts=rows["attempts"], events=rows["events"])
        commits = server.commits(database) - commits
        return {"rate": rate * size, "own": own / done / size * 1e6, "postgres": used / done / size * 1e6,
                "wal": wal / done / size, "commits": commits / done / size, "commit_ms": latency / 2, "batch": size}

    # ---- a round ----

    def round(self):
        r = {}
        r["wrk"] = self.wrk(IN_FLIGHT)
        r["ours"] = self.ours("send", IN_FLIGHT, self.warm_up, self.count)
        r["submit"] = self.ours("submit", IN_FLIGHT, self.warm_up, self.count)
        r["rust"] = self.plain([f"{self.tools}/wa-bench-baseline"], self.count)
        # It takes long enough with fewer.
        r["node"] = self.plain(["node", f"{self.here}/baseline-node/main.js"], max(500, self.count // 4))
        size = max(1, round(1 / r["ours"]["commits"]))
        batches = max(20, min(self.count // size, 60000 // size))
        r["pgbench"] = self.pgbench(size, batches, 1)
        r["pgbench2"] = self.pgbench(size, batches, 2)
        few = max(200, self.count // 10)
        r["single"] = self.pgbench(1, few, 1, one_each=True)
        r["alone"] = self.ours("send", 1, 20, few)
        r["wrk1"] = self.wrk(1)
        return r

    def survives(self):
        """Kills the server at the moment of the last acknowledgement; all that was acknowledged must be there."""
        count = self.count // 2
        self.server.fresh("bench_ours", "bench_tables")
        requests = self.nginx.requests()
        program = self.host("send", "bench_ours", IN_FLIGHT, 0, count)
        said = program.run()
        self.server.kill()
        program.process.terminate()
        program.process.wait()
        self.server.start()
        check("after kill -9", failed=said["failed"], expected=0)
        self.check_ours("send, after kill -9", count, self.nginx.requests() - requests)
        return count


def table(rounds):
    columns = ["", "messages/s", "p50 ms", "p99 ms", "us own", "us PostgreSQL", "us nginx", "commits/msg", "WAL B/msg"]
    keys = [("rate", ".0f"), ("p50", ".2f"), ("p99", ".2f"), ("own", ".1f"), ("postgres", ".1f"), ("nginx", ".1f"),
            ("commits", ".3f"), ("wal", ".0f")]
    lines = [columns]
    for name, title in ROWS:
        line = [title]
        for key, form in keys:
            values = [r[name][key] for r in rounds if key in r[name]]
            line.append(format(statistics.median(values), form) if values else "-")
        lines.append(line)
    size = statistics.median([r["pgbench"]["batch"] for r in rounds])
    lines.append([f"(d) 1/(1/A + 1/B), batches of {size:.0f}",
                  format(statistics.median([ceiling(r, "pgbench") for r in rounds]), ".0f"), *["-"] * 7])
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        print("  ".join([line[0].ljust(widths[0]), *[cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]]))


def ratios(rounds):
    def line(what, values, rest=""):
        spread = f"({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
        print(f"  {what:<66} {statistics.median(values):8.2f} {spread:<20} {rest}")
    print("\nAims")
    for what, value, aim, more in AIMS:
        values = [value(r) for r in rounds]
        met = statistics.median(values) >= aim if more else statistics.median(values) < aim
        line(what, values, f"aim {'>=' if more else '<'} {aim:g}: {'met' if met else 'NOT MET'}")
    print("Beside them")
    for what, value in NOTES:
        line(what, [value(r) for r in rounds])
    others = statistics.median([r[name]["others"] for r in rounds for name in ["ours", "submit", "rust", "node"]])
    print(f"\nOther processes used {others:.0%} of the processors meanwhile."
          + (" The machine was not quiet: these ratios mean little." if others > 0.05 else ""))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--home", required=True, help="folder for all that is made here")
    parser.add_argument("--tools", required=True, help="folder of the programs")
    arguments = parser.parse_args()
    for name in list(os.environ):
        # Everything is on this machine; a proxy would be in the way.
        if name.lower().endswith("_proxy"):
            del os.environ[name]
    bench = Bench(arguments)
    try:
        bench.capture()
        rounds = []
        for number in range(1, bench.rounds + 1):
            rounds.append(bench.round())
            print(f"round {number} of {bench.rounds}: {rounds[-1]['ours']['rate']:.0f} messages/s", file=sys.stderr)
        survived = bench.survives()
        load = os.getloadavg()
        print(f"\n{os.cpu_count()} processors, load {load[0]:.1f}; {bench.server.sql('SELECT version()')[0][0]}")
        print(f"{bench.count} messages a round ({max(500, bench.count // 4)} with Node), medians of {len(rounds)} rounds")
        print(f"durability, ours:   {bench.server.durability('bench_ours')}")
        print(f"durability, (b)(c): {bench.server.durability('bench_plain')}")
        print(f"durability, (d):    {bench.server.durability('bench_pgbench')}\n")
        table(rounds)
        ratios(rounds)
        print("\nCounts: rows in messages = attempts = events = the server's requests = acknowledged, in every run; "
              f"after kill -9 of PostgreSQL all {survived} acknowledged messages were there.")
        with open(f"{bench.home}/result.json", "w", encoding="utf-8") as file:
            json.dump({"messages": bench.count, "rounds": rounds}, file, indent=1)
    finally:
        bench.stop()


if __name__ == "__main__":
    main()
