"""Searches all that the host `secrets` left behind for the secrets it was given, in every form they may take.

    find_secrets.py FOLDER FILE ...

First it plants each form in a file and proves that it finds it. Six digits count only where they stand by themselves.
The code of an authentication template may stand in one place: the column `content`, out of which a message is sent after
a restart.
"""
import base64
import pathlib
import re
import shutil
import sqlite3
import sys
import tempfile
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


def alone(needle, form):
    """Digits are no secret within a longer number or a UUID."""
    if form == "raw":
        return rb"(?<![0-9A-Fa-f-])" + re.escape(needle) + rb"(?![0-9A-Fa-f-])"
    if form == "UTF-16LE":
        return rb"(?<![0-9A-Fa-f]\x00)" + re.escape(needle) + rb"(?![0-9A-Fa-f]\x00)"
    return re.escape(needle)


def cells(path):
    """Every text of a database, with table and column."""
    with tempfile.TemporaryDirectory() as copy:
        for part in path.parent.glob(path.name + "*"):
            shutil.copy(part, copy)
        database = sqlite3.connect(pathlib.Path(copy) / path.name)
        database.text_factory = bytes
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            rows = database.execute(f'SELECT * FROM "{table.decode()}"')
            for row in rows:
                for column, value in zip(rows.description, row):
                    if value is not None:
                        yield f"{table.decode()}.{column[0]}", value if isinstance(value, bytes) else str(value).encode()
        database.close()


def main():
    folder = pathlib.Path(sys.argv[1])
    lists = [line.split("\t", 1) for line in (folder / "secrets.txt").read_text().splitlines()]
    users = [text for kind, text in lists if kind == "user"]
    needles, patterns, content = {}, {}, set()
    for kind, secret in lists:
        if kind != "user":
            for form, needle in forms(secret, users):
                # Of digits only what is long enough to be no chance.
                if needle not in needles and (kind != "digits" or len(needle) > 7 or form == "raw"):
                    needles[needle] = (secret, form)
                    patterns[needle] = alone(needle, form) if kind == "digits" else re.escape(needle)
                    if kind == "content":
                        content.add(needle)
    assert len(needles) > 200 and all(len(needle) > 5 for needle in needles)
    pattern = re.compile(b"|".join(patterns[needle] for needle in sorted(needles, key=len, reverse=True)))

    planted = folder / "planted"
    for needle, (secret, form) in needles.items():
        planted.write_bytes(b"\x00\xffbefore:" + needle + b",after\x00")
        if not pattern.search(planted.read_bytes()):
            print(f"FAILED: the search does not find {secret!r} {form}")
            return 1
    for user in users:
        for secret in (s for kind, s in lists if kind != "user"):
            header = b"authorization: Basic " + base64.b64encode(f"{user}:{secret}".encode()) + b"\r\n"
            if not pattern.search(header):
                print(f"FAILED: the search does not find the Basic header of {secret!r}")
                return 1
    planted.unlink()

    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "secrets.txt"]
    files += [pathlib.Path(name) for name in sys.argv[2:]]
    found = size = kept = 0

    def look(where, data, may_have):
        nonlocal found, kept
        for match in pattern.finditer(data):
            if match[0] in content and may_have:
                kept += 1
                continue
            secret, form = needles[match[0]]
            found += 1
            around = data[max(0, match.start() - 80): match.end() + 20]
            print(f"FAILED: {where} has {secret!r} {form}: {around!r}")
            if found > 20:
                sys.exit(1)

    for path in files:
        data = path.read_bytes()
        size += len(data)
        # A database's files have the column `content` in them: below.
        look(path.name, data, ".db" in path.name)
    columns = set()
    for path in files:
        if path.suffix == ".db":
            for column, value in cells(path):
                columns.add(column)
                look(f"{path.name}, {column}", value, column.endswith(".content"))
    if len(columns) < 20 or not any(column.endswith(".content") for column in columns):
        print(f"FAILED: the databases were not read: {sorted(columns)}")
        return 1
    if not kept:
        print("FAILED: no code was kept: docs/security.md says that it is")
        return 1
    for suffix, least in ((".db", 5), (".txt", 1)):
        if sum(path.suffix == suffix for path in files) < least:
            print(f"FAILED: fewer than {least} files *{suffix} were searched")
            return 1
    records = (folder / "records.txt").read_text()
    for kind in ("event ", "log 5", "history ", "refused ", "code ", "pin ", "check "):
        if f"\n{kind}" not in "\n" + records and kind != "log 5":
            print(f"FAILED: nothing of kind {kind!r} was kept")
            return 1
    if not found:
        print(f"ok: {len(needles)} forms of the secrets, each found when planted, are in none of {len(files)} files ({size} bytes)"
              f" and {len(columns)} columns; a code is in `content` alone")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
