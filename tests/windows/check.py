#!/usr/bin/env python3
"""Reads a built DLL and compares it with what was decided for it.

    tests/windows/check.py x64|x86 [--bless]

* imports: only what tests/windows/imports-<x64|x86>.txt lists. All of that is in
  Windows 10 and Server 2016. --bless writes the list: look up what is new in it.
* exports: the functions of the ledger, undecorated, and nothing else.
* address space randomised, no executable data, relocatable.
* the version resource says what Cargo.toml says.
* no folder of this machine is named; no test code is inside.
* the import libraries hold every function.
"""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PREFIX = {"x64": "x86_64-w64-mingw32", "x86": "i686-w64-mingw32"}
AIM_BYTES = 6_000_000


def tool(bits, name, *arguments):
    return subprocess.run([f"{PREFIX[bits]}-{name}", *arguments], stdout=subprocess.PIPE, text=True,
                          errors="replace", check=True).stdout


def imports(headers):
    """Every imported function as `DLL function`."""
    found = set()
    table = headers.partition("The Import Tables")[2].partition("The Export Tables")[0]
    dll = None
    for line in table.splitlines():
        if match := re.search(r"DLL Name: (\S+)", line):
            dll = match.group(1).lower()
        elif dll and (match := re.match(r"\s+[0-9a-f]+\s+\d+\s+(\S+)\s*$", line)):
            found.add(f"{dll} {match.group(1)}")
    return found


def exports(headers):
    """The names of the export table."""
    table = headers.partition("[Ordinal/Name Pointer] Table")[2].partition("\n\n")[0]
    return [match.group(1) for line in table.splitlines() if (match := re.search(r"\]\s+(?:\+base\[.*\] [0-9a-f]+ )?([A-Za-z_@?]\S*)$", line))]


def wide(text):
    return text.encode("utf-16-le")


def main():
    bits = sys.argv[1] if len(sys.argv) > 1 else "x64"
    folder = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "windows", bits)
    dll = os.path.join(folder, "wa_connector.dll")
    with open(dll, "rb") as file:
        content = file.read()
    headers = tool(bits, "objdump", "-p", dll)
    listed = os.path.join(HERE, f"imports-{bits}.txt")
    functions = subprocess.run([os.path.join(HERE, "functions.sh")], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    passed = failed = 0

    def check(good, name, why=""):
        nonlocal passed, failed
        print(f"ok: {name}" if good else f"FAILED: {name}: {why}")
        passed, failed = passed + bool(good), failed + (not good)

    found = imports(headers)
    if "--bless" in sys.argv:
        with open(listed, "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in sorted(found)))
    with open(listed, encoding="utf-8") as file:
        known = set(file.read().splitlines())
    dlls = sorted({line.split()[0] for line in found})
    check(found and found <= known, f"{bits} imports {len(found)} functions of {len(dlls)} DLLs ({', '.join(dlls)})",
          f"not on {os.path.basename(listed)}: {', '.join(sorted(found - known))}; see that Windows 10 has them, then --bless")
    said = exports(headers)
    check(said == functions, f"{bits} exports the {len(functions)} functions of the ledger, and nothing else",
          f"too many {sorted(set(said) - set(functions))}, missing {sorted(set(functions) - set(said))}")
    for name in ["DYNAMIC_BASE", "NX_COMPAT"] + (["HIGH_ENTROPY_VA"] if bits == "x64" else []):
        check(name in headers, f"{bits} {name}", "the linker did not set it")
    check(".reloc" in tool(bits, "objdump", "-h", dll), f"{bits} can be relocated", "no .reloc section")
    with open(os.path.join(ROOT, "Cargo.toml"), encoding="utf-8") as file:
        version = re.search(r'^version = "(.*)"', file.read(), re.M).group(1)
    resource = all(wide(text) in content for text in ("FileVersion", version, "WhatsApp connector", "wa_connector.dll"))
    check(resource, f"{bits} version resource says {version}", "texts are missing in it")
    here = [path for path in (ROOT, os.path.expanduser("~"), "/usr/src") if len(path) > 4 and path.encode() in content]
    check(not here, f"{bits} names no folder of the machine it was built on", ", ".join(here))
    check(b"WA_TEST_" not in content, f"{bits} has no test code inside", "WA_TEST_ is in it")
    for name in ("libwa_connector.dll.a", "wa_connector.lib"):
        symbols = tool(bits, "nm", os.path.join(folder, name))
        lead = "" if bits == "x64" else "_"
        missing = [f for f in functions if f" T {lead}{f}\n" not in symbols or f"__imp_{lead}{f}\n" not in symbols]
        check(not missing, f"{bits} {name} has every function", ", ".join(missing))
    size = len(content)
    print(f"{bits}: {size} bytes ({size / 1e6:.2f} MB; the aim is below {AIM_BYTES / 1e6:.0f} MB: {'met' if size < AIM_BYTES else 'NOT met'})")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
