#!/usr/bin/env python3
"""Runs every suite, prints a table of what ran and what was skipped and why,
and fails when a suite failed or when less ran than tests/minimum.json says.

    tests/all.py [--only NAME ...] [--list]
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time

import support

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIBRARY = os.path.join(ROOT, "target", "release")

# Name, command, and the longest time it may take in seconds.
SUITES = [
    ("rust", "cargo test --quiet --workspace --lib --bins --test architecture", 1500),
    ("simulator", "tests/simulator/test.sh", 900),
    ("contract", "tests/contract/run.sh", 600),
    ("docs", "tests/docs.sh", 120),
    ("contract of ours", "tests/contract/plugin.sh", 600),
    ("examples", "tests/examples.sh", 300),
    ("linux", "tests/linux/run.sh", 600),
    ("c plain", "tests/c/run.sh plain", 900),
    ("c sanitizers", "tests/c/run.sh asan", 2400),
    ("c valgrind", "tests/c/run.sh valgrind", 2400),
    ("c++", "tests/cpp/run.sh", 600),
    ("dotnet on mono", "tests/dotnet/run.sh mono", 900),
    ("dotnet core 3.1", "tests/dotnet/run.sh core31", 600),
    ("dotnet 9", "tests/dotnet/run.sh net9", 600),
    ("fuzz", "tests/fuzz/run.sh 30", 1800),
    ("kill sqlite", "tests/kill/run.sh --database sqlite", 900),
    ("kill postgres", "tests/kill/run.sh --database postgres", 900),
    ("windows dll", "tests/windows/dll.sh", 2400),
    ("windows smoke", "tests/windows/run.sh smoke", 600),
    ("demo", "tests/demo.sh", 300),
]

# What `make test-windows` runs.
WINDOWS = [("windows x64", "tests/windows/run.sh all x64", 2400), ("windows x86", "tests/windows/run.sh all x86", 1800)]

# What these need may be missing, even on a machine of the project's: the providers'
# documents, a nightly Rust, a 32-bit Wine, .NET runtimes. Each says so in its output.
MAY_SKIP = {"linux", "contract", "contract of ours", "c sanitizers", "fuzz", "windows dll", "windows smoke",
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


def run(name, command, seconds, environment):
    """Runs one suite, shows its output as it comes, keeps it in .setup/logs."""
    folder = os.path.join(ROOT, ".setup", "logs")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name.replace(" ", "_") + ".log")
    print(f"\n=== {name}: {command}", flush=True)
    began = time.monotonic()
    with open(path, "w", encoding="utf-8") as log:
        process = subprocess.Popen(command, shell=True, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            # Asked first: what a suite started in the background, its own clean-up ends.
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            code = process.wait() or 1
            log.write(f"\nstopped after {seconds} seconds\n")
    with open(path, encoding="utf-8", errors="replace") as log:
        output = log.read()
    passed, failed, skipped = counts(output)
    shown = output.splitlines()
    if code != 0:
        print("\n".join(shown[-80:]))
    else:
        print("\n".join(line for line in shown
                        if re.search(r"passed|SKIPPED|^test result", line) and not line.startswith("SUPPORT"))[-4000:])
    reasons = sorted({line.strip() for line in shown if re.match(r"\s*SKIPPED|.*SKIPPED:", line)})
    return {"name": name, "code": code, "passed": passed, "failed": failed, "skipped": skipped,
            "seconds": time.monotonic() - began, "reasons": reasons, "log": os.path.relpath(path, ROOT)}


def postgres_says(connection):
    """The server's own words, and the driver's version."""
    port = re.search(r"Port=(\d+)", connection).group(1)
    asked = subprocess.run(["psql", f"host=127.0.0.1 port={port} dbname=wa user=wa password=wa_pw", "-Atc", "show server_version"],
                           stdout=subprocess.PIPE, text=True, check=True)
    driver = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "odbc-postgresql"], stdout=subprocess.PIPE, text=True)
    return f"PostgreSQL {asked.stdout.strip()}, psqlODBC {driver.stdout.strip() or 'of an unknown version'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", help="run these suites only")
    parser.add_argument("--list", action="store_true", help="name the suites")
    parser.add_argument("--windows", action="store_true", help="run the whole of the tests of the Windows DLLs instead")
    options = parser.parse_args()
    suites = WINDOWS if options.windows else SUITES
    if options.list:
        print("\n".join(name for name, _, _ in suites))
        return 0
    with open(os.path.join(ROOT, "tests", "minimum.json"), encoding="utf-8") as file:
        minimum = json.load(file)
    environment = dict(os.environ, WA_LIB_DIR=LIBRARY)
    postgres = subprocess.run(["tests/postgres.sh", "start"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    match = re.search(r"WA_TEST_PG='([^']*)'", postgres.stdout)
    if match:
        environment["WA_TEST_PG"] = match.group(1)
    results, databases = [], {}
    try:
        for name, command, seconds in suites:
            if not options.only or name in options.only:
                results.append(run(name, command, seconds, environment))
        if match and any(result["name"] == "rust" and not result["code"] for result in results):
            databases["PostgreSQL"] = postgres_says(match.group(1))
    finally:
        subprocess.run(["tests/postgres.sh", "stop"], cwd=ROOT)

    print(f"\n{'suite':<16} {'passed':>7} {'failed':>7} {'skipped':>8} {'minimum':>8} {'seconds':>8}")
    bad = []
    for result in results:
        least = minimum.get(result["name"], 1)
        print(f"{result['name']:<16} {result['passed']:>7} {result['failed']:>7} {result['skipped']:>8} "
              f"{least:>8} {result['seconds']:>8.0f}")
        if result["code"] != 0:
            bad.append((f"{result['name']} failed (exit {result['code']}, log {result['log']})", result))
        elif result["failed"]:
            bad.append((f"{result['name']}: {result['failed']} failed (log {result['log']})", result))
        elif result["passed"] < least and not (result["reasons"] and result["name"] in MAY_SKIP):
            bad.append((f"{result['name']}: {result['passed']} passed, fewer than {least} (log {result['log']})", result))
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
