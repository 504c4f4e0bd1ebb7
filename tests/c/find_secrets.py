"""Searches all that the host `secrets` left behind for the secrets it was given, in every form they may take.

    find_secrets.py FOLDER FILE ...

First it plants each form in a file and proves that it finds it.
"""
import base64
import pathlib
import re
import sys
import urllib.parse


def forms(secret, users):
    raw = secret.encode()
    yield "raw", raw
    for safe in ("", "/", "/:", "-._~"):
        yield "percent-encoded", urllib.parse.quote(secret, safe=safe).encode()
        yield "percent-encoded, small", re.sub(r"%..", lambda m: m[0].lower(), urllib.parse.quote(secret, safe=safe)).encode()
    yield "form-encoded", urllib.parse.quote_plus(secret).encode()
    yield "in JSON", secret.replace("\\", "\\\\").replace('"', '\\"').replace("/", "\\/").encode()
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    yield "UTF-16LE", secret.encode("utf-16-le")
    yield "UTF-16BE", secret.encode("utf-16-be")
    for what, text in [("base64", raw)] + [("base64 of user:secret", f"{u}:{secret}".encode()) for u in users]:
        for offset in range(3):
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                coded = encode(b"\0" * offset + text).rstrip(b"=")
                # The first and last characters depend on what stands beside.
                yield f"{what} at {offset}", coded[(0, 2, 3)[offset]: len(coded) - (len(b"\0" * offset + text) % 3 > 0)]
    wide = base64.b64encode(secret.encode("utf-16-le")).rstrip(b"=")
    yield "base64 of UTF-16", wide[:-1]


def main():
    folder = pathlib.Path(sys.argv[1])
    lists = [line.split("\t", 1) for line in (folder / "secrets.txt").read_text().splitlines()]
    users = [text for kind, text in lists if kind == "user"]
    needles = {}
    for kind, secret in lists:
        if kind == "secret":
            for form, needle in forms(secret, users):
                needles.setdefault(needle, (secret, form))
    assert len(needles) > 100 and all(len(needle) > 10 for needle in needles)
    pattern = re.compile(b"|".join(re.escape(needle) for needle in sorted(needles, key=len, reverse=True)))

    planted = folder / "planted"
    for needle, (secret, form) in needles.items():
        planted.write_bytes(b"\x00\xffbefore" + needle + b"after\x00")
        if not pattern.search(planted.read_bytes()):
            print(f"FAILED: the search does not find {secret!r} {form}")
            return 1
    for user in users:
        for secret in (s for kind, s in lists if kind == "secret"):
            header = b"authorization: Basic " + base64.b64encode(f"{user}:{secret}".encode()) + b"\r\n"
            if not pattern.search(header):
                print(f"FAILED: the search does not find the Basic header of {secret!r}")
                return 1
    planted.unlink()

    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "secrets.txt"]
    files += [pathlib.Path(name) for name in sys.argv[2:]]
    found = size = 0
    for path in files:
        data = path.read_bytes()
        size += len(data)
        for match in pattern.finditer(data):
            secret, form = needles[match[0]]
            found += 1
            around = data[max(0, match.start() - 80): match.end() + 20]
            print(f"FAILED: {path.name} has {secret!r} {form}: {around!r}")
            if found > 20:
                return 1
    for suffix, least in ((".db", 3), (".txt", 1)):
        if sum(path.suffix == suffix for path in files) < least:
            print(f"FAILED: fewer than {least} files *{suffix} were searched")
            return 1
    records = (folder / "records.txt").read_text()
    for kind in ("event ", "log 5", "history ", "refused "):
        if f"\n{kind}" not in "\n" + records and kind != "log 5":
            print(f"FAILED: nothing of kind {kind!r} was kept")
            return 1
    if not found:
        print(f"ok: {len(needles)} forms of the secrets, each found when planted, are in none of {len(files)} files ({size} bytes)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
