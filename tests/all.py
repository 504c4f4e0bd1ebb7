#!/usr/bin/env python3
"""Runs every suite, prints a table of what ran and what was skipped and why,
and fails when a suite failed or when less ran than tests/minimum.json says.

    tests/all.py [--only NAME,NAME ...] [--lint] [--list]

Suites run side by side, see `Kind`. What a suite says is shown when it has
ended, and kept in .setup/logs.
"""
import argparse
import dataclasses
import enum
import json
import os
import re
import signal
import subprocess
import sys
import time

import odbc
import support

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIBRARY = os.path.join(ROOT, "target", "release")
CORES = os.cpu_count() or 1


class Kind(enum.Enum):
    """What a suite bears beside it. Of each kind one runs at a time; where cores are left, a second of the kind WORK.

    The value is how far a suite steps back for others (nice): one that watches the clock gets a core when it wants one.
    """
    CLOCK = 0  # asserts that something happens in time, or kills at an instant: beside it run only such as step back
    WORK = 3   # may be slower than alone, and not by much: it waits for what it needs, but not for ever
    BUILD = 5  # builds and looks at what was built: fills what the others leave idle


@dataclasses.dataclass(frozen=True)
class Suite:
    name: str
    kind: Kind
    command: str
    # What it may take, in seconds, in a run of all from an empty checkout on two cores. More is told in the table.
    budget: int
    # When it is stopped.
    limit: int
    # What only one suite may use at a time.
    holds: frozenset = frozenset()
    # Suites that must have ended before, where they run as well.
    after: tuple = ()


CLOCK, WORK, BUILD = Kind.CLOCK, Kind.WORK, Kind.BUILD
# Both fetch Prism, if need be.
PRISM = frozenset({"prism"})

# In the order in which they are begun, as far as they may run beside each other. `rust` and `lint` wait for each other in
# cargo: until lint has ended, suites run that build nothing.
SUITES = [
    Suite("dotnet on mono", CLOCK, "tests/dotnet/run.sh mono", 180, 900),
    Suite("dotnet core 3.1", CLOCK, "tests/dotnet/run.sh core31", 130, 900),
    Suite("dotnet 9", CLOCK, "tests/dotnet/run.sh net9", 120, 900),
    Suite("rust", CLOCK, "cargo test --quiet --workspace --lib --bins --test architecture", 420, 1500, after=("lint",)),
    Suite("kill sqlite", CLOCK, "tests/kill/run.sh --database sqlite", 270, 900, after=("lint",)),
    Suite("kill postgres", CLOCK, "tests/kill/run.sh --database postgres", 230, 900, after=("lint",)),
    Suite("outside", CLOCK, "tests/outside/run.sh --short", 180, 900, after=("lint",)),
    Suite("c plain", CLOCK, "tests/c/run.sh plain", 240, 900, after=("lint",)),
    Suite("windows smoke", CLOCK, "tests/windows/run.sh smoke", 120, 600, after=("windows dll",)),
    Suite("windows dll", BUILD, "tests/windows/dll.sh", 600, 2400),
    Suite("c sanitizers", WORK, "tests/c/run.sh asan", 480, 2400),
    Suite("c valgrind", WORK, "tests/c/run.sh valgrind", 240, 2400),
    Suite("c++", WORK, "tests/cpp/run.sh", 120, 900),
    Suite("contract of ours", WORK, "tests/contract/plugin.sh", 60, 600, holds=PRISM),
    Suite("contract", WORK, "tests/contract/run.sh", 60, 600, holds=PRISM),
    Suite("linux", WORK, "tests/linux/run.sh", 60, 600),
    Suite("examples", WORK, "tests/examples.sh", 30, 300),
    Suite("docs", WORK, "tests/docs.sh", 20, 120),
    Suite("demo", WORK, "tests/demo.sh", 20, 300),
    Suite("fuzz", WORK, "tests/fuzz/short.sh", 90, 900, after=("rust",)),
    Suite("simulator", WORK, "tests/simulator/test.sh", 120, 900, after=("rust",)),
    Suite("tsql", WORK, "tests/tsql/run.sh", 20, 600, after=("rust",)),
]

# What `make check` runs as well.
LINT = Suite("lint", BUILD, "tests/lint.sh", 330, 1500)

# What `make test-windows` runs. Both have the counts of one host at a time in mind: one after the other.
WINDOWS = [Suite("windows x64", CLOCK, "tests/windows/run.sh all x64", 1800, 2400),
           Suite("windows x86", CLOCK, "tests/windows/run.sh all x86", 1200, 1800)]

# What `make test-mssql` runs, on the server that WA_TEST_MSSQL names.
MSSQL = [Suite("store on mssql", CLOCK, "cargo test --quiet --workspace --lib sqlserver", 300, 1800),
         Suite("kill mssql", CLOCK, "tests/kill/run.sh --database sqlserver", 600, 1800)]

# What these need may be missing, even on a machine of the project's: the providers'
# documents, Microsoft's parser, a nightly Rust, a 32-bit Wine, .NET runtimes, the right to mount. Each says so in its output.
MAY_SKIP = {"outside", "linux", "contract", "contract of ours", "tsql", "c sanitizers", "windows dll", "windows smoke",
            "windows x86", "dotnet core 3.1", "dotnet 9"}

CARGO = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored", re.M)
PLAIN = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?", re.M)
PYTEST = re.compile(r"^=*\s*(?:(\d+) failed, )?(\d+) passed(?:, (\d+) skipped)?.* in [\d.]+s", re.M)


def counts(output):
    """Sums what the runners said: passed, failed, skipped."""
    total = [0, 0, 0]
    for match in CARGO.finditer(output):
        total = [t + int(n) for t, n in zip(total, match.groups())]
    for match in PYTEST.finditer(output):
        failed, passed, skipped = (int(n or 0) for n in match.groups())
        total = [total[0] + passed, total[1] + failed, total[2] + skipped]
    for match in PLAIN.finditer(output):
        total = [t + int(n or 0) for t, n in zip(total, match.groups())]
    return total


TELLING = re.compile(r"FAULT|FAILED|\bFAIL\b|panicked|assert|[Ee]rror\b|seed \d|stopped after|was not reached|ended by itself")


def telling(path):
    """The lines of a failed suite's log that say what failed: they stand last, where a reader looks first."""
    with open(path, encoding="utf-8", errors="replace") as log:
        lines = [line.rstrip()[:300] for line in log if TELLING.search(line) and not line.startswith("SUPPORT")]
    return lines[-20:]


def database(suite):
    """The name of its own database: what it counts and ends there, is its own."""
    return "wa_" + re.sub(r"[^a-z0-9]", "_", suite.name)


class Run:
    """A suite under way."""

    def __init__(self, suite, environment):
        self.suite = suite
        folder = os.path.join(ROOT, ".setup", "logs")
        os.makedirs(folder, exist_ok=True)
        self.path = os.path.join(folder, suite.name.replace(" ", "_") + ".log")
        self.began = time.monotonic()
        self.asked_to_stop = None
        if "WA_TEST_PG" in environment:
            environment = dict(environment, WA_TEST_PG=re.sub(r"Database=\w+", f"Database={database(suite)}", environment["WA_TEST_PG"]))
        with open(self.path, "wb") as log:
            # A session of its own: what it starts gets its signals, too.
            self.process = subprocess.Popen(["nice", "-n", str(suite.kind.value), "sh", "-c", suite.command], cwd=ROOT, env=environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def ended(self):
        """Whether it has ended; one that takes too long is asked to, so that its own clean-up ends what it started."""
        pid, status, used = os.wait4(self.process.pid, os.WNOHANG)
        now = time.monotonic()
        if pid:
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self.seconds, self.computed = now - self.began, used.ru_utime + used.ru_stime
            return True
        if self.asked_to_stop is None and now - self.began > self.suite.limit:
            self.asked_to_stop = now
            self.signal(signal.SIGTERM)
        elif self.asked_to_stop is not None and now - self.asked_to_stop > 30:
            self.signal(signal.SIGKILL)
        return False

    def result(self):
        """Shows what it said, and counts."""
        suite, code = self.suite, self.process.returncode
        if self.asked_to_stop is not None:
            with open(self.path, "a", encoding="utf-8") as log:
                log.write(f"\nstopped after {suite.limit} seconds\n")
            code = code or 1
        with open(self.path, encoding="utf-8", errors="replace") as log:
            output = log.read()
        passed, failed, skipped = counts(output)
        shown = output.splitlines()
        print(f"\n=== {suite.name}: {suite.command} ({self.seconds:.0f} s)")
        if code != 0:
            print("\n".join(shown[-80:]))
        else:
            print("\n".join(line for line in shown
                            if re.search(r"passed|SKIPPED|^test result", line) and not line.startswith("SUPPORT"))[-4000:])
        sys.stdout.flush()
        reasons = sorted({line.strip() for line in shown if re.match(r"\s*SKIPPED|.*SKIPPED:", line)})
        return {"name": suite.name, "code": code, "passed": passed, "failed": failed, "skipped": skipped, "seconds": self.seconds,
                "cpu": self.computed, "budget": suite.budget, "reasons": reasons, "log": os.path.relpath(self.path, ROOT)}


def next_of(waiting, running):
    """The first suite that may begin now beside those that run, or none."""
    open_names = {suite.name for suite in waiting} | {run.suite.name for run in running}
    kinds = [run.suite.kind for run in running]
    held = frozenset().union(*(run.suite.holds for run in running))
    for suite in waiting:
        room = suite.kind not in kinds or (suite.kind is WORK and len(running) < CORES)
        if room and not suite.holds & held and not open_names.intersection(suite.after):
            return suite
    return None


def run_all(suites, environment):
    """Runs the suites side by side; the results in the order of the list. However this ends, no suite goes on."""
    waiting, running, results = list(suites), [], {}
    try:
        while waiting or running:
            while suite := next_of(waiting, running):
                waiting.remove(suite)
                print(f"--- {suite.name} begins", flush=True)
                running.append(Run(suite, environment))
            time.sleep(0.1)
            for run in [run for run in running if run.ended()]:
                running.remove(run)
                results[run.suite.name] = run.result()
    finally:
        for run in running:
            run.signal(signal.SIGTERM)
        end = time.monotonic() + 30
        while running and time.monotonic() < end:
            running = [run for run in running if not run.ended()]
            time.sleep(0.1)
        for run in running:
            run.signal(signal.SIGKILL)
    return [results[suite.name] for suite in suites]


def postgres_says(connection):
    """The server's own words, and the driver's version."""
    port = re.search(r"Port=(\d+)", connection).group(1)
    asked = subprocess.run(["psql", f"host=127.0.0.1 port={port} dbname=wa user=wa password=wa_pw", "-Atc", "show server_version"],
                           stdout=subprocess.PIPE, text=True, check=True)
    driver = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "odbc-postgresql"], stdout=subprocess.PIPE, text=True)
    return f"PostgreSQL {asked.stdout.strip()}, psqlODBC {driver.stdout.strip() or 'of an unknown version'}"


def mssql_says(connection):
    """The server's own words, in one line; none for another product that speaks its language."""
    says = " ".join(str(row[0]) for row in odbc.Odbc(connection).rows("SELECT @@VERSION"))
    print("the server says: " + " ".join(says.split()), flush=True)
    return says.splitlines()[0].strip() if says.startswith("Microsoft SQL Server") else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", help="run these suites only")
    parser.add_argument("--lint", action="store_true", help="run `make lint` as well")
    parser.add_argument("--list", action="store_true", help="name the suites")
    parser.add_argument("--windows", action="store_true", help="run the whole of the tests of the Windows DLLs instead")
    parser.add_argument("--mssql", action="store_true", help="run what needs the SQL Server that WA_TEST_MSSQL names instead")
    options = parser.parse_args()
    suites = MSSQL if options.mssql else WINDOWS if options.windows else [LINT] * options.lint + SUITES
    if options.list:
        print("\n".join(suite.name for suite in suites))
        return 0
    if options.only:
        only = [name.strip() for argument in options.only for name in argument.split(",")]
        if strange := set(only) - {suite.name for suite in suites}:
            parser.error(f"there is no suite {', '.join(sorted(strange))}: see --list")
        suites = [suite for suite in suites if suite.name in only]
    # Asked to end, it ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    with open(os.path.join(ROOT, "tests", "minimum.json"), encoding="utf-8") as file:
        minimum = json.load(file)
    mssql = mssql_says(os.environ["WA_TEST_MSSQL"]) if options.mssql else None
    environment = dict(os.environ, WA_LIB_DIR=LIBRARY)
    postgres = subprocess.run(["tests/postgres.sh", "start"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    match = re.search(r"WA_TEST_PG='([^']*)'", postgres.stdout)
    if match:
        environment["WA_TEST_PG"] = match.group(1)
    databases = {}
    try:
        if match:
            subprocess.run(["tests/postgres.sh", "databases", *map(database, suites)], cwd=ROOT, check=True)
        results = run_all(suites, environment)
        if match and any(result["name"] == "rust" and not result["code"] for result in results):
            databases["PostgreSQL"] = postgres_says(match.group(1))
        if mssql and all(not result["code"] for result in results):
            databases["SQL Server"] = mssql
    finally:
        subprocess.run(["tests/postgres.sh", "stop"], cwd=ROOT)

    print(f"\n{'suite':<16} {'passed':>7} {'failed':>7} {'skipped':>8} {'minimum':>8} {'seconds':>8} {'budget':>7} {'cpu':>6}")
    bad = []
    for result in results:
        least = minimum.get(result["name"], 1)
        print(f"{result['name']:<16} {result['passed']:>7} {result['failed']:>7} {result['skipped']:>8} "
              f"{least:>8} {result['seconds']:>8.0f} {result['budget']:>7} {result['cpu']:>6.0f}"
              + ("  over its budget" if result["seconds"] > result["budget"] else ""))
        if result["code"] != 0:
            bad.append((f"{result['name']} failed (exit {result['code']}, log {result['log']})", result))
        elif result["failed"]:
            bad.append((f"{result['name']}: {result['failed']} failed (log {result['log']})", result))
        elif result["passed"] < least and not (result["reasons"] and result["name"] in MAY_SKIP):
            bad.append((f"{result['name']}: {result['passed']} passed, fewer than {least} (log {result['log']})", result))
    took = time.monotonic() - began
    print(f"  {took:.0f} seconds for all; of {CORES} cores {sum(result['cpu'] for result in results) / took / CORES:.0%} were used")
    for result in results:
        for reason in result["reasons"]:
            print(f"  {result['name']}: {reason}")
    for line, result in bad:
        print(f"FAILED: {line}")
        print("\n".join("  " + told for told in telling(os.path.join(ROOT, result["log"]))))
    # A checkout that is only tested stays as it was.
    keep = os.environ.get("CI") != "true"
    if support.write([os.path.join(ROOT, result["log"]) for result in results if not result["code"]], databases, keep):
        print("docs/support.md " + ("was written anew from this run: commit it" if keep else "would be written otherwise by this run"))
    total = [sum(result[key] for result in results) for key in ("passed", "failed", "skipped")]
    print(f"\n{total[0]} passed, {max(total[1], len(bad))} failed, {total[2]} skipped")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
