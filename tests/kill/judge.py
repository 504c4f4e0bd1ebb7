"""The judge of the kill tests.

    judge.py FOLDER [--clean]

reads what the rounds in FOLDER left: the simulator's log of what it received
(`simulator.jsonl`), the hosts' log of acknowledgements (`host.jsonl`), and the
tables, with Python's own sqlite3, with psql, or through ODBC. It links nothing of the library
and asks it nothing. `round.json` says only which point a round is about, how
often it was hit, and where its tables are. With `--clean` the schemas of rounds
without a fault are dropped from the server.
"""
import base64
import collections
import datetime
import json
import os
import sqlite3
import subprocess
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import odbc  # noqa: E402

STATES = {0: "queued", 10: "sending", 20: "unknown", 30: "accepted", 40: "sent", 50: "failed", 51: "undelivered",
          60: "delivered", 70: "read", 80: "cancelled", 81: "expired"}
TAKEN = {"accepted", "sent", "delivered", "read", "undelivered"}
FINAL = TAKEN | {"failed", "cancelled", "expired", "unknown"}
# Of these a host knows that nothing was recorded: arguments, full, away, timeout, not a client.
REFUSED = set(range(20, 30)) | {30, 32, 33, 34, 35} | {70, 71, 72, 73, 74}
# How much later than its deadline a send may reach the provider: clocks of one machine, a loaded one.
LATE = 1.0
# How long a host may take from its line "before", which is forced to the disk, to the call.
JUST_BEFORE = 0.5
# Every text and number is used once here, so that the provider's list decides nearly always.
UNKNOWN = 0.02
# The simulator's account, as the hosts' settings have it; nothing that is written may hold it.
ACCOUNT, TOKEN = "AC00000000000000000000000000000001", "0123456789abcdef0123456789abcdef"


def spellings(secret):
    """A secret as it is, as UTF-16, in hexadecimal, and in base64 wherever it begins in what is encoded."""
    raw = secret.encode()
    found = [raw, secret.encode("utf-16-le"), raw.hex().encode(), base64.b64encode(f"{ACCOUNT}:{secret}".encode())]
    for before in range(3):
        encoded = base64.b64encode(b"x" * before + raw + b"x" * 3)
        found.append(encoded[4 if before else 0:4 * ((before + len(raw)) // 3)])
    return found


def leaks(data):
    return any(spelling in data for spelling in spellings(TOKEN))


# The search finds what is planted, or nothing that it says counts.
for planted in [TOKEN.encode(), TOKEN.encode("utf-16-le"), TOKEN.encode().hex().encode(),
                base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()), base64.b64encode(b"a:" + TOKEN.encode() + b"-")]:
    assert leaks(b"before " + planted + b" after")
assert not leaks(b"before and after")


def lines(path):
    if not os.path.exists(path):
        return []
    with open(path) as file:
        # A line may be half written when its writer was killed: then it was not acknowledged.
        return [json.loads(line) for line in file if line.endswith("\n")]


class Tables:
    """Rows of a round's tables, read without the library."""

    def __init__(self, folder, database):
        self.folder, self.database = folder, database

    def rows(self, table, columns):
        if self.database["kind"] == "sqlite":
            connection = sqlite3.connect(os.path.join(self.folder, self.database["file"]), timeout=20)
            try:
                return connection.execute(f"SELECT {', '.join(columns)} FROM wa_{table}").fetchall()
            finally:
                connection.close()
        database = self.database
        if database["kind"] == "sqlserver":
            return self.ask(f'SELECT {", ".join(columns)} FROM "{database["schema"]}"."wa_{table}"')
        pairs = ", ".join(f"'{n}', {column}" for n, column in enumerate(columns))
        sql = f'SELECT json_build_object({pairs}) FROM "{database["schema"]}"."wa_{table}"'
        rows = [json.loads(line) for line in self.psql(sql).splitlines()]
        return [tuple(row[str(n)] for n in range(len(columns))) for row in rows]

    def psql(self, sql):
        database = self.database
        said = subprocess.run(
            ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", database["host"], "-p", database["port"],
             "-U", database["user"], "-d", database["name"], "-c", sql],
            env={**os.environ, "PGPASSWORD": database["password"]}, capture_output=True, text=True, check=True)
        return said.stdout

    def ask(self, sql):
        connection = odbc.Odbc(self.database["connection_string"])
        try:
            return connection.rows(sql)
        finally:
            connection.close()

    def drop(self):
        if self.database["kind"] == "sqlserver":
            schema = self.database["schema"]
            tables = self.ask(f"SELECT TABLE_TYPE, TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = '{schema}'")
            # Views first: they look into the tables.
            for kind, name in sorted(tables, reverse=True):
                self.ask(f'DROP {"VIEW" if kind == "VIEW" else "TABLE"} "{schema}"."{name}"')
            self.ask(f'DROP SCHEMA "{schema}"')
            return
        self.psql(f'DROP SCHEMA "{self.database["schema"]}" CASCADE')


def wall(record):
    text = record["wall"]
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def said(form):
    """The unique text in a request's form."""
    body = form.get("Body")
    if body:
        return body
    return form.get("ContentVariables") or ""


class Round:
    def __init__(self, folder):
        with open(os.path.join(folder, "round.json")) as file:
            self.about = json.load(file)
        self.folder = folder
        self.faults = []
        self.lost = self.doubled = self.unknown = self.late = 0
        self.judge()

    def fault(self, text):
        self.faults.append(text)

    def judge(self):
        host = lines(os.path.join(self.folder, "host.jsonl"))
        simulator = lines(os.path.join(self.folder, "simulator.jsonl"))
        tables = Tables(self.folder, self.about["database"])
        before = {r["id"]: r for r in host if r["what"] == "before"}
        after = {r["id"]: r for r in host if r["what"] == "after"}
        cancels = {r["id"]: r for r in host if r["what"] == "after_cancel"}
        posts = [r for r in simulator if r["method"] == "POST" and "/Messages" in r["path"] and not r.get("incomplete")]
        taken = [r for r in posts if r["taken"]]
        self.taken = len(taken)
        messages = tables.rows("messages", ["id", "state", "attempts", "provider_message_id", "error"])
        self.called = {id: at / 1000 for id, at in tables.rows("messages", ["id", "created_at"])}
        attempts = collections.defaultdict(list)
        for id, number, state, sid in tables.rows("attempts", ["message_id", "attempt", "state", "provider_message_id"]):
            attempts[id].append((number, STATES.get(state, state), sid))
        queue = tables.rows("queue", ["message_id", "state", "worker"])
        # A message that goes at once has its place in its own row.
        queue += [row for row in tables.rows("messages", ["id", "state", "worker"]) if row[2]]
        told = collections.defaultdict(set)
        for id, body, state in tables.rows("events", ["message_id", "body", "state"]):
            if id:
                told[id].add(json.loads(body)["outcome"]["status"] if body else STATES.get(state, str(state)))
        heard = collections.defaultdict(set)
        for record in host:
            if record["what"] == "event":
                heard[record["id"]].add(record["state"])

        rows = collections.defaultdict(list)
        for id, state, number, sid, _ in messages:
            rows[id].append((STATES.get(state, str(state)), number, sid))
        for id, state, worker in queue:
            self.lost += 1
            self.fault(f"{id} is still in the queue, {STATES.get(state, state)}, worker {worker}")
        if not before:
            self.fault("the hosts sent nothing")

        by_key, by_text, by_id = collections.Counter(), collections.Counter(), collections.defaultdict(list)
        for record in taken:
            id, _, number = (record.get("wa") or "").partition(".")
            by_key[record.get("wa")] += 1
            by_id[id].append((int(number or 0), record["sid"], record))
            known = before.get(id)
            if known is None:
                self.fault(f"the provider took {record['sid']} of which no host knows: {record.get('wa')}")
                continue
            if known["text"] not in said(record["form"]) or record["form"].get("To") != "whatsapp:" + known["to"]:
                self.fault(f"{id} was sent with another text or to another number")
            by_text[known["text"]] += 1
        for id, all_taken in by_id.items():
            if len(all_taken) > 1:
                self.doubled += 1
                self.fault(f"{id} was taken {len(all_taken)} times: {[(n, s) for n, s, _ in all_taken]}")
        for text, count in by_text.items():
            if count > 1 and not any(text == before[i]["text"] and len(t) > 1 for i, t in by_id.items() if i in before):
                self.doubled += 1
                self.fault(f"the text {text!r} was taken {count} times under several ids")
        arrived = collections.Counter(r.get("wa") for r in posts)
        for key, count in arrived.items():
            if count > 1:
                self.fault(f"attempt {key} reached the provider {count} times")

        for id, sent in before.items():
            self.message(id, sent, after.get(id), cancels.get(id), rows[id], attempts[id], by_id.get(id, []),
                         told[id], heard[id])
        self.numbers(posts, attempts)
        self.deadlines(before, posts)
        self.secrets(tables)
        if self.unknown > max(1, UNKNOWN * len(before)):
            self.fault(f"{self.unknown} of {len(before)} messages stayed unknown")

    def message(self, id, sent, answer, cancel, rows, attempts, taken, told, heard):
        acknowledged = answer is not None and answer["status"] not in REFUSED
        if acknowledged and len(rows) != 1:
            self.lost += 1
            self.fault(f"{id} was acknowledged (status {answer['status']}) and has {len(rows)} rows")
        if len(rows) > 1:
            self.fault(f"{id} has {len(rows)} rows")
        if taken and not rows:
            self.lost += 1
            self.fault(f"{id} was taken by the provider and has no row")
        if answer is not None and answer["status"] in REFUSED and taken:
            self.fault(f"{id} was refused (status {answer['status']}) and sent all the same")
        if not rows:
            return
        state, count, sid = rows[0]
        if state not in FINAL:
            self.lost += 1
            self.fault(f"{id} ended as {state}")
        if state == "unknown":
            self.unknown += 1
        elif taken and state not in TAKEN:
            self.fault(f"{id} was taken by the provider, and its row says {state}")
        elif not taken and state in TAKEN:
            self.fault(f"{id} was never taken, and its row says {state}")
        if taken and state in TAKEN and sid not in [s for _, s, _ in taken]:
            self.fault(f"{id} was taken as {taken[0][1]}, and its row says {sid}")
        if answer is not None and answer["status"] == 0 and "send" in sent["call"] and state not in TAKEN:
            self.fault(f"{id}: the call said OK, and the row says {state}")
        if answer is not None and answer["status"] in (50, 51) and taken:
            self.fault(f"{id}: the call said cancelled or expired, and the provider took it")
        if cancel is not None and cancel["status"] == 0 and (taken or state != "cancelled"):
            self.fault(f"{id}: wa_cancel said OK; it was taken {len(taken)} times, the row says {state}")
        if state not in told:
            self.fault(f"{id} ended as {state}, its events say {sorted(told)}")
        elif state not in heard:
            self.fault(f"{id} ended as {state}, the hosts heard {sorted(heard)}")
        numbers = sorted(number for number, _, _ in attempts)
        if numbers != list(range(1, len(numbers) + 1)) or len(numbers) > max(count, 0) or len(numbers) < count:
            self.fault(f"{id} ({state}) counts {count} attempts and has the rows {numbers}")
        accepted = [number for number, attempt, _ in attempts if attempt in TAKEN]
        if state in TAKEN and len(accepted) != 1:
            self.fault(f"{id} is {state} and has {len(accepted)} accepted attempts")
        if state not in TAKEN and accepted:
            self.fault(f"{id} is {state} and has an accepted attempt")
        if any(attempt in ("sending", "queued") for _, attempt, _ in attempts):
            self.fault(f"{id} has an open attempt")

    def numbers(self, posts, attempts):
        """What reached the provider has a row."""
        for record in posts:
            id, _, number = (record.get("wa") or "").partition(".")
            if id and int(number or 0) not in [n for n, _, _ in attempts[id]]:
                self.fault(f"attempt {id}.{number} reached the provider and has no row")

    def secrets(self, tables):
        """No file that the round left holds the token, but for the hosts' own settings."""
        for folder, _, names in os.walk(self.folder):
            for name in sorted(names):
                if name.startswith("plan-") or name == "round.json":
                    continue
                with open(os.path.join(folder, name), "rb") as file:
                    if leaks(file.read()):
                        self.fault(f"the token stands in {name}")
                if ".journal" in name:
                    self.fault(f"a journal is left: {name}")
        if self.about["database"]["kind"] == "postgres":
            for table in ("messages", "attempts", "events", "queue", "workers"):
                if leaks(json.dumps(tables.rows(table, ["to_json(wa_" + table + ")"])).encode()):
                    self.fault(f"the token stands in the table {table}")
        if self.about["database"]["kind"] == "sqlserver":
            for table in ("messages", "attempts", "events", "queue", "workers"):
                if leaks(json.dumps(tables.rows(table, ["*"])).encode()):
                    self.fault(f"the token stands in the table {table}")

    def began(self, sent):
        """When a call began. A host that is stopped between its own line and the call makes the call when it wakes."""
        for stop in self.about.get("stops", []):
            just_before = 0 <= stop["from"] - sent["at"] < JUST_BEFORE
            if stop["pid"] == sent["pid"] and just_before and self.called.get(sent["id"], 0) >= stop["to"]:
                return stop["to"]
        return sent["at"]

    def deadlines(self, before, posts):
        """A call's message never leaves after the call's deadline."""
        for record in posts:
            id = (record.get("wa") or "").partition(".")[0]
            sent = before.get(id)
            if not sent or sent["call"].startswith("submit") or sent.get("on_timeout") == "continue":
                continue
            over = wall(record) - self.began(sent) - sent["timeout_ms"] / 1000
            if over > LATE:
                self.late += 1
                self.fault(f"{id} reached the provider {over:.1f} s after the deadline of its call")


def main():
    folder = sys.argv[1]
    rounds = [Round(path) for path in sorted(os.path.join(folder, name) for name in os.listdir(folder))
              if os.path.exists(os.path.join(path, "round.json"))]
    if not rounds:
        print("nothing to judge")
        return 1
    table = collections.OrderedDict()
    for one in rounds:
        about = one.about
        line = table.setdefault((about["database"]["kind"], about["point"]), collections.Counter())
        line.update(rounds=1, wanted=about["wanted"], hits=about["hits"], messages=about["messages"], taken=one.taken, lost=one.lost,
                    doubled=one.doubled, unknown=one.unknown, late=one.late, faults=len(one.faults))
        if about["hits"] < about["wanted"]:
            one.fault(f"hit {about['hits']} times, {about['wanted']} were wanted")
            line["faults"] += 1
    columns = ["hits", "messages", "taken", "lost", "doubled", "unknown", "late", "faults"]
    print(f"{'database':<10} {'point':<20}" + "".join(f"{column:>10}" for column in columns))
    for (database, point), line in table.items():
        print(f"{database:<10} {point:<20}" + "".join(f"{line[column]:>10}" for column in columns))
    for one in rounds:
        for text in one.faults[:20]:
            print(f"FAULT {os.path.basename(one.folder)}: {text}")
        if len(one.faults) > 20:
            print(f"FAULT {os.path.basename(one.folder)}: and {len(one.faults) - 20} more")
    failed = sum(1 for line in table.values() if line["faults"])
    for one in rounds:
        if not one.faults and one.about["database"]["kind"] != "sqlite" and "--clean" in sys.argv:
            Tables(one.folder, one.about["database"]).drop()
    print(f"{len(table) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
