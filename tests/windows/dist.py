#!/usr/bin/env python3
"""What packagers ship for Windows: dist/wa-connector-VERSION-windows.zip and its checksum.

WA_SIGN names a command that signs a DLL in place; it is called with each DLL's
path before anything is packed, so that the checksums are those of the signed files.
The same files give the same zip: times in it are SOURCE_DATE_EPOCH, or 1980.
"""
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILT = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "windows")
# Where .NET looks for native libraries in a package.
FOLDER = {"x64": "runtimes/win-x64/native", "x86": "runtimes/win-x86/native"}


def files(version):
    """Every file of the package: where it stands in it, and where it is now."""
    for bits, folder in FOLDER.items():
        for name in ("wa_connector.dll", "wa_connector.lib", "libwa_connector.dll.a"):
            yield f"{folder}/{name}", os.path.join(BUILT, bits, name)
    yield from ((f"symbols/{bits}/wa_connector.dll.debug", os.path.join(BUILT, bits, "wa_connector.dll.debug")) for bits in FOLDER)
    for top, end in (("include", (".h", ".hpp", ".json", ".abi")), ("bindings/dotnet", (".cs", ".csproj", ".targets"))):
        for folder, _, names in sorted(os.walk(os.path.join(ROOT, top))):
            for name in sorted(names):
                if name.endswith(end):
                    path = os.path.join(folder, name)
                    yield os.path.relpath(path, ROOT), path
    for name in ("README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "docs/windows.md", "docs/support.md"):
        yield name, os.path.join(ROOT, name)


def check(folder):
    """What an unpacked zip must have: everything of include, and headers that each compile alone with nothing beside them."""
    include = os.path.join(folder, "include")
    for top, _, names in os.walk(os.path.join(ROOT, "include")):
        for name in names:
            place = os.path.relpath(os.path.join(top, name), ROOT)
            if not name.endswith(".pc.in") and not os.path.exists(os.path.join(folder, place)):
                sys.exit(f"missing in the zip: {place}")
    # MinGW's C++ compiler is no part of `make setup`; the headers are the same for that of this machine.
    compilers = {"c": ["x86_64-w64-mingw32-gcc"], "c++": ["x86_64-w64-mingw32-g++", "g++"]}
    for language, programs in compilers.items():
        program = next((found for found in map(shutil.which, programs) if found), None)
        standard = {"c": "c11", "c++": "c++11"}[language]
        for name in sorted(os.listdir(include)):
            if not name.endswith((".h",) if language == "c" else (".h", ".hpp")):
                continue
            if not program:
                print(f"SKIPPED: {name} in {language}: {programs[0]} is missing")
                continue
            subprocess.run([program, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-std={standard}", "-I", include, "-x", language, "-"],
                           input=f"#include <{name}>\n", text=True, check=True)
            print(f"ok: {name} compiles as {language}, with {os.path.basename(program)}")


def main():
    with open(os.path.join(ROOT, "Cargo.toml"), encoding="utf-8") as file:
        version = re.search(r'^version = "(.*)"', file.read(), re.M).group(1)
    out = os.path.join(ROOT, "dist")
    name = f"wa-connector-{version}-windows"
    os.makedirs(out, exist_ok=True)
    signed = os.path.join(out, name)
    shutil.rmtree(signed, ignore_errors=True)
    when = time.gmtime(max(int(os.environ.get("SOURCE_DATE_EPOCH", 0)), 315532800))[:6]
    archive = os.path.join(out, name + ".zip")
    for place, path in files(version):
        copy = os.path.join(signed, place)
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copyfile(path, copy)
        if copy.endswith(".dll") and os.environ.get("WA_SIGN"):
            subprocess.run([*shlex.split(os.environ["WA_SIGN"]), copy], check=True)
    third = subprocess.run(["cargo", "tree", "-p", "wa-connector", "-e", "no-dev", "--target", "x86_64-pc-windows-gnu",
                            "--prefix", "none", "--format", "{p} {l}"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    with open(os.path.join(signed, "third-party.txt"), "w", encoding="utf-8") as file:
        file.write("".join(sorted({re.sub(r" \((/.*?|proc-macro|\*)\)", "", line) + "\n" for line in third.stdout.splitlines()})))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as pack:
        for folder, folders, names in os.walk(signed):
            folders.sort()
            for file_name in sorted(names):
                path = os.path.join(folder, file_name)
                entry = zipfile.ZipInfo(f"{name}/{os.path.relpath(path, signed)}", when)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                with open(path, "rb") as file:
                    pack.writestr(entry, file.read())
    with tempfile.TemporaryDirectory() as unpacked:
        with zipfile.ZipFile(archive) as pack:
            pack.extractall(unpacked)
        check(os.path.join(unpacked, name))
    with open(archive, "rb") as file:
        checksum = hashlib.sha256(file.read()).hexdigest()
    with open(archive + ".sha256", "w", encoding="utf-8") as file:
        file.write(f"{checksum}  {name}.zip\n")
    print(f"dist/{name}.zip")


if __name__ == "__main__":
    main()
