#!/usr/bin/env python3
"""Writes docs/support.md from what test runs saw.

    tests/support.py LOG ...

A suite prints, for what passed on a host, lines such as

    SUPPORT {"host":"c-linux","name":"C on Linux","says":"glibc 2.36","library":"libwa_connector.so, x86-64","area":"road","passed":12}

where `says` is what the host or the server said of itself. The last word on each
host and area is kept in tests/support.json, so that a run of some suites keeps
what others saw.
"""
import json
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KEPT = os.path.join(ROOT, "tests", "support.json")
PAGE = os.path.join(ROOT, "docs", "support.md")

# The columns, and what each means.
AREAS = {
    "load": "found, loaded, its version compared; what cannot be loaded is a clear error",
    "road": "send, template, retry, refused number, history, UTF-8",
    "Meta": "every kind of message, media, templates, numbers and profile through Meta's Cloud API",
    "events": "polled with `wa_next_event`",
    "webhooks": "`wa_webhook`: signed requests of both providers, from the simulator",
    "callbacks": "`wa_on_event`, `wa_on_log`",
    "cancel": "`wa_cancel`, or a cancellation token",
    "close": "`wa_close` or `Dispose` with sends in flight",
    "unload": "the library, or the application domain, unloaded and loaded again",
    "exit": "the process ends with sends in flight; its exit code is its own",
    "fork": "a forked child is told so",
    "threads": "64 threads at once; 500 tasks on 8 threads",
    "memory": "many calls, no growth",
    "SQLite": "the embedded history",
    "PostgreSQL": "the history through ODBC",
    "TLS": "HTTPS with `http.ca_file`",
}

# The order of the table; hosts that are not here come last.
ORDER = ["c-linux", "cpp-linux", "linux-glibc", "linux-no-odbc", "linux-no-ca", "mono-linux", "dotnet-core-3.1-linux",
         "dotnet-9-linux", "c-windows-x64-wine", "c-windows-x86-wine", "dotnet-core-3.1-windows-wine"]

# What is meant to work and has not been run by these tests.
NEVER = [
    ("Windows itself (10, 11, Server 2016 and later)", "the DLL has run under Wine only"),
    (".NET Framework 4.7 and later, IIS, Creatio", "Mono stands in for it; the package is compiled against 4.7's reference assemblies"),
    (".NET 5 to 8 and 10; .NET newer than 3.1 on Windows", "none of these was to be had"),
    ("Windows certificate store", "Wine treats a missing revocation list as a failure; under it only `http.ca_file` was run"),
    ("ODBC drivers for Windows", "under Wine, ODBC32.dll hands over to unixODBC and its drivers"),
    ("Linux on arm64; Windows on arm64", "not built"),
]
DATABASES = [("SQL Server", "never run against a real server; its statements are read by Microsoft's parser")]


def seen(paths):
    """Every SUPPORT line of these logs."""
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as log:
            for line in log:
                if match := re.search(r"SUPPORT (\{.*\})\s*$", line):
                    yield json.loads(match.group(1))


def merge(kept, records):
    for record in records:
        if record["area"] not in AREAS:
            sys.exit(f"support.py: {record['host']} ran the area {record['area']}, which is none of {', '.join(AREAS)}")
        host = kept["hosts"].setdefault(record["host"], {"areas": []})
        host.update(name=record["name"], says=record["says"], library=record["library"])
        host["areas"] = [area for area in AREAS if area in host["areas"] or area == record["area"]]
    return kept


def rank(key):
    return (ORDER.index(key) if key in ORDER else len(ORDER), key)


def page(kept):
    """The page, as text."""
    hosts = [kept["hosts"][key] for key in sorted(kept["hosts"], key=rank)]
    lines = [
        "# What it was run on", "",
        "Written by the test runs (`make test`, `make test-windows`) from what they saw; do not edit. A cell says that those tests",
        "passed in the last run of their suite that had no failure. In an empty one nothing was run: there is nothing to run (a fork on",
        "Windows, application domains on .NET Core), or no test of it for that host.", "",
        "## Hosts", "",
        "| host | said of itself | library |",
        "|---|---|---|",
    ]
    lines += [f"| {host['name']} | {host['says']} | {host['library']} |" for host in hosts]
    lines += ["", "| host | " + " | ".join(AREAS) + " |", "|---|" + ":-:|" * len(AREAS)]
    lines += ["| " + " | ".join([host["name"]] + ["yes" if area in host["areas"] else "" for area in AREAS]) + " |"
              for host in hosts]
    lines += [""] + [f"* **{area}**: {meaning}" for area, meaning in AREAS.items()]
    lines += ["", "## Databases", "", "| database | |", "|---|---|"]
    lines += [f"| {name} | run on {says} |" for name, says in sorted(kept["databases"].items())]
    lines += [f"| {name} | {why} |" for name, why in DATABASES if name not in kept["databases"]]
    lines += ["", "## Never run", "", "| what | why |", "|---|---|"]
    lines += [f"| {name} | {why} |" for name, why in NEVER]
    return "\n".join(lines) + "\n"


def write(paths, databases=None, keep=True):
    """Takes the logs in, writes both files unless told not to; tells whether the page changes."""
    kept = {"hosts": {}, "databases": {}}
    if os.path.exists(KEPT):
        with open(KEPT, encoding="utf-8") as file:
            kept = json.load(file)
    merge(kept, seen(paths))
    kept["databases"].update(databases or {})
    before = open(PAGE, encoding="utf-8").read() if os.path.exists(PAGE) else ""
    after = page(kept)
    if keep:
        with open(KEPT, "w", encoding="utf-8") as file:
            json.dump(kept, file, indent=1, sort_keys=True, ensure_ascii=False)
            file.write("\n")
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(after)
    return before != after


if __name__ == "__main__":
    print("docs/support.md " + ("changed" if write(sys.argv[1:]) else "is as it was"))
