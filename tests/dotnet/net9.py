#!/usr/bin/env python3
"""Takes the .NET runtime out of a program that brings it along, and puts it
where `dotnet` looks for one.

    net9.py FOLDER_OF_THE_PROGRAM FOLDER_OF_THE_RUNTIME
"""
import glob
import json
import os
import shutil
import sys

program, runtime = sys.argv[1:3]
(deps,) = glob.glob(os.path.join(program, "*.deps.json"))
with open(deps, encoding="utf-8") as file:
    targets = json.load(file)["targets"]
for target, libraries in targets.items():
    packs = [name for name in libraries if name.startswith("runtimepack.Microsoft.NETCore.App.Runtime.")]
    if packs:
        break
else:
    sys.exit("net9.py: this program brings no runtime along")
pack = libraries[packs[0]]
version = packs[0].split("/")[1]
framework = os.path.join(runtime, "shared", "Microsoft.NETCore.App", version)
resolver = os.path.join(runtime, "host", "fxr", version)
os.makedirs(framework)
os.makedirs(resolver)
for kind in ("runtime", "native"):
    for path in pack.get(kind, {}):
        name = os.path.basename(path)
        shutil.copy(os.path.join(program, name), resolver if "hostfxr" in name else framework)
name = f"Microsoft.NETCore.App/{version}"
with open(os.path.join(framework, "Microsoft.NETCore.App.deps.json"), "w", encoding="utf-8") as file:
    json.dump({
        "runtimeTarget": {"name": target, "signature": ""},
        "compilationOptions": {},
        "targets": {target: {name: pack}},
        "libraries": {name: {"type": "package", "serviceable": True, "sha512": ""}},
    }, file)
