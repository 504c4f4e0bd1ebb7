"""The benchmark's own PostgreSQL: started by tests/postgres.sh in a folder of its own."""

import os
import re
import signal
import subprocess
import time

from processes import tree


class Server:
    """A throw-away cluster with durable defaults."""

    def __init__(self, script, home):
        self.script, self.home = script, home
        self.environment = dict(os.environ, WA_TEST_PG_HOME=home, WA_TEST_PG_PORT="55460")
        self.start()

    def start(self):
        done = subprocess.run([self.script, "start"], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"PostgreSQL does not start:\n{done.stderr}")
        self.port = int(read(f"{self.home}/port"))

    def stop(self):
        subprocess.run([self.script, "stop"], env=self.environment, check=False)

    def pid(self):
        return int(read(f"{self.home}/data/postmaster.pid").split()[0])

    def kill(self):
        """kill -9 of the postmaster and, before they can do more, of all its children."""
        pids = [self.pid(), *tree(self.pid())[1:]]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for _ in range(250):
            if not any(os.path.exists(f"/proc/{pid}") for pid in pids):
                return
            time.sleep(0.02)
        if any(state(pid) not in "ZX" for pid in pids):
            raise SystemExit("PostgreSQL survives kill -9")
        # Nobody reaps it here, and pg_ctl takes what is not reaped for alive.
        os.unlink(f"{self.home}/data/postmaster.pid")

    def variables(self, database, user="wa"):
        password = "wa_pw" if user == "wa" else "wa_admin_pw"
        return dict(os.environ, PGHOST="127.0.0.1", PGPORT=str(self.port), PGUSER=user, PGPASSWORD=password,
                    PGDATABASE=database, PGOPTIONS="")

    def url(self, database):
        return f"postgresql://wa:wa_pw@127.0.0.1:{self.port}/{database}"

    def odbc(self, database):
        return (f"Driver=PostgreSQL Unicode;Server=127.0.0.1;Port={self.port};Database={database};"
                "Uid=wa;Pwd=wa_pw;")

    def sql(self, sql, database="postgres", user="postgres", text=None):
        """Runs a statement; gives the rows as lists of texts."""
        command = ["psql", "-X", "-q", "-At", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", sql]
        done = subprocess.run(command, env=self.variables(database, user), input=text, capture_output=True,
                              text=True)
        if done.returncode != 0:
            raise SystemExit(f"{sql}\n{done.stderr}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def number(self, sql, database="postgres"):
        return int(self.sql(sql, database)[0][0])

    def fresh(self, database, template="template1"):
        """A database like another one."""
        self.sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        self.sql(f"CREATE DATABASE {database} OWNER wa TEMPLATE {template}")

    def commits(self, database):
        """Commits so far. A backend reports the last of them when it ends."""
        while self.number(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'"):
            time.sleep(0.05)
        return self.number(f"SELECT pg_stat_get_db_xact_commit(oid) FROM pg_database WHERE datname = '{database}'")

    def wal(self):
        return self.number("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")

    def durability(self, database):
        """What a session of this database has set; and how its tables are kept."""
        names = ["fsync", "synchronous_commit", "full_page_writes", "wal_sync_method"]
        asked = ", ".join(f"current_setting('{name}')" for name in names)
        said = self.sql(f"SELECT {asked}", database, "wa")[0]
        kept = self.sql("SELECT string_agg(DISTINCT CASE relpersistence WHEN 'p' THEN 'permanent' WHEN 'u' THEN "
                        "'UNLOGGED' ELSE relpersistence::text END, ',') FROM pg_class WHERE relkind = 'r' AND "
                        "relnamespace = 'public'::regnamespace AND relname NOT LIKE 'bench%'", database, "wa")[0][0]
        return " ".join(f"{n}={v}" for n, v in zip(names, said)) + f" tables={kept}"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def state(pid):
    try:
        return read(f"/proc/{pid}/stat").rpartition(")")[2].split()[0]
    except OSError:
        return "X"


class Capture:
    """What a client says to the server, as the server's own log has it."""

    def __init__(self, server, database):
        self.server, self.database = server, database
        self.log = f"{server.home}/data/server.log"

    def __enter__(self):
        self.at = os.path.getsize(self.log)
        for name, value in [("log_statement", "all"), ("log_parameter_max_length", "-1")]:
            self.server.sql(f"ALTER DATABASE {self.database} SET {name} = '{value}'")
        return self

    def __exit__(self, *_):
        for name in ["log_statement", "log_parameter_max_length"]:
            self.server.sql(f"ALTER DATABASE {self.database} RESET {name}")

    def statements(self):
        """Each statement with its parameters, in order."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            file.seek(self.at)
            lines = file.read()
        # A record begins with its time; the lines of one statement follow.
        records = re.split(r"(?m)^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", lines)
        found = []
        for record in records:
            said = re.match(r".*? LOG:  (?:execute [^:]*|statement): (.*)", record, re.S)
            if said:
                found.append([said[1].strip(), []])
            details = re.match(r".*? DETAIL:  parameters: (.*)", record, re.S)
            if details and found:
                values = re.findall(r"\$\d+ = (?:'((?:[^']|'')*)'|NULL)", details[1])
                found[-1][1] = [value.replace("''", "'") for value in values]
        return found
