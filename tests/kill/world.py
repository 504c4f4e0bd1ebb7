"""What a round of tests stands on: a simulator with its log, and a database, both of the round's own."""
import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import odbc  # noqa: E402

ACCOUNT, TOKEN = "AC00000000000000000000000000000001", "0123456789abcdef0123456789abcdef"


def wait(what, seconds, name):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.01)
    raise TimeoutError(f"{name}: waited {seconds} s")


# Lags that are short enough for a test to wait for them.
QUICK = ("--list-lag-max-ms", "800", "--status-step-max-ms", "200")


class Simulator:
    def __init__(self, folder, seed, options=QUICK):
        self.log = os.path.join(folder, "simulator.jsonl")
        port_file = os.path.join(folder, "port")
        self.process = subprocess.Popen(
            [os.environ["WA_SIMULATOR"], "--port", "0", "--port-file", port_file, "--log", self.log, "--seed", str(seed), *options],
            stdout=subprocess.DEVNULL, stderr=open(os.path.join(folder, "simulator.err"), "w"))
        wait(lambda: os.path.exists(port_file) and open(port_file).read().strip(), 20, "the simulator")
        self.port = int(open(port_file).read())
        self.url = f"http://127.0.0.1:{self.port}"

    def control(self, path, body):
        request = urllib.request.Request(self.url + "/_control/" + path, json.dumps(body).encode(),
                                         {"content-type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=20))

    def delete(self, path):
        request = urllib.request.Request(self.url + "/_control/" + path, method="DELETE")
        urllib.request.urlopen(request, timeout=20).close()

    def asked(self, path):
        return json.load(urllib.request.urlopen(self.url + "/_control/" + path, timeout=20))

    def received(self):
        """What it has written down so far."""
        with open(self.log) as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Database:
    """Where the tables of a round are; the parent looks only whether anything is left to do."""

    def __init__(self, kind, folder, name):
        self.kind = kind
        if kind == "sqlite":
            self.path = os.path.join(folder, "wa.db")
            self.about = {"kind": kind, "file": "wa.db"}
            self.settings = {"file": self.path}
        elif kind == "sqlserver":
            text = os.environ["WA_TEST_MSSQL"]
            self.about = {"kind": kind, "schema": name, "connection_string": text}
            self.settings = {"connection_string": text, "schema": name}
        else:
            text = os.environ["WA_TEST_PG"]
            part = dict(pair.split("=", 1) for pair in text.split(";") if "=" in pair)
            part = {key.lower(): value for key, value in part.items()}
            self.about = {"kind": kind, "schema": name, "host": part["server"], "port": part["port"],
                          "name": part["database"], "user": part["uid"], "password": part["pwd"]}
            self.settings = {"connection_string": text, "schema": name}

    def left(self):
        """How many messages have a place, in the queue or in their own rows; none where there are no tables yet."""
        found = self.column("SELECT (SELECT count(*) FROM {0}wa_queue) "
                            "+ (SELECT count(*) FROM {0}wa_messages WHERE worker IS NOT NULL)")
        return int(found[0]) if found else None

    def events(self):
        """The ids of what the hosts are to hear."""
        return set(self.column("SELECT event_id FROM {}wa_events WHERE kind = 'message'"))

    def drop(self):
        """Takes the tables off the server."""
        if self.kind == "postgres":
            self.column(f'DROP SCHEMA IF EXISTS "{self.about["schema"]}" CASCADE')

    def column(self, sql):
        """The first column of what a statement gives, as text; `{0}` or `{}` stands for the schema with its point."""
        if self.kind == "sqlite":
            try:
                connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=20)
                try:
                    return [str(row[0]) for row in connection.execute(sql.replace("{0}", "").replace("{}", ""))]
                finally:
                    connection.close()
            except sqlite3.OperationalError:
                return []
        a = self.about
        schema = f'"{a["schema"]}".'
        if self.kind == "sqlserver":
            try:
                connection = odbc.Odbc(a["connection_string"])
                try:
                    return [str(row[0]) for row in connection.rows(sql.replace("{}", schema))]
                finally:
                    connection.close()
            except odbc.OdbcError:
                return []
        said = subprocess.run(["psql", "-X", "-q", "-At", "-h", a["host"], "-p", a["port"], "-U", a["user"], "-d",
                               a["name"], "-c", sql.replace("{0}", schema).replace("{}", schema)],
                              env={**os.environ, "PGPASSWORD": a["password"]}, capture_output=True, text=True)
        return said.stdout.split() if said.returncode == 0 else []
