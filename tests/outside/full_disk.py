"""The disk of the history is really full, for 10 seconds.

    full_disk.py [--database sqlite|postgres|both] [--short]

The SQLite file, or a tablespace of PostgreSQL, is on a small file system of its
own. What is submitted while it is full must be answered in time, told in the
log and cost no processor time; and when there is room again all goes on:
nothing that was acknowledged is lost, and nothing is sent twice.
"""
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time

import outside

FULL_SECONDS, SHORT_SECONDS = 10, 4
MEGABYTES = 48
# Of one second. Each try to come back to a server is a login, whose cryptography is our processor's: there are few of them.
PROCESSOR_SECONDS = 0.08


class SmallDisk:
    """A file system of some megabytes."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="wa-small-disk-")
        os.chmod(self.folder, 0o755)
        self.path, self.image = os.path.join(self.folder, "disk"), os.path.join(self.folder, "image")
        os.mkdir(self.path)
        with open(self.image, "wb") as file:
            file.truncate(MEGABYTES << 20)
        self.what, loop = "ext4 on a loop device", [["mkfs.ext4", "-q", "-F", "-m", "0", self.image],
                                                    ["mount", "-o", "loop", self.image, self.path]]
        why = self.run(loop)
        if why:
            self.what = "tmpfs"
            why = self.run([["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", self.path]])
        if why:
            shutil.rmtree(self.folder)
            raise PermissionError(why)

    @staticmethod
    def run(commands):
        """The first command's words that failed."""
        for command in commands:
            try:
                done = subprocess.run(command, capture_output=True, text=True)
            except FileNotFoundError:
                return f"there is no {command[0]}"
            if done.returncode:
                return f"{command[0]}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}"
        return None

    def fill(self):
        """Until not one byte more goes in."""
        file = os.open(os.path.join(self.path, "filler"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for size in (1 << 20, 4096, 512, 1):
            try:
                while True:
                    os.write(file, bytes(size))
                    os.fsync(file)
            except OSError:
                pass
        os.close(file)

    def make_room(self):
        os.unlink(os.path.join(self.path, "filler"))

    def end(self):
        subprocess.run(["umount", self.path], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


class Tablespace:
    """A database whose tables are on the small disk, while the server's journal is not."""

    def __init__(self, disk):
        self.folder = os.path.join(disk.path, "tables")
        os.mkdir(self.folder, 0o700)
        shutil.chown(self.folder, "postgres", "postgres")
        self.connection = os.environ["WA_TEST_PG"]
        self.port = re.search(r"Port=(\d+)", self.connection).group(1)
        self.end()
        self.admin(f"CREATE TABLESPACE wa_outside_small LOCATION '{self.folder}'",
                   "CREATE DATABASE wa_outside_full OWNER wa TABLESPACE wa_outside_small")
        os.environ["WA_TEST_PG"] = re.sub(r"Database=\w+", "Database=wa_outside_full", self.connection)

    def admin(self, *statements):
        # The administrator of the server that tests/postgres.sh makes.
        for statement in statements:
            done = subprocess.run(["psql", "-X", "-q", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", "-d", "postgres", "-c",
                                   statement], env={**os.environ, "PGPASSWORD": "wa_admin_pw"}, capture_output=True, text=True)
            if done.returncode:
                raise PermissionError(done.stderr.strip())

    def end(self):
        os.environ["WA_TEST_PG"] = self.connection
        self.admin("DROP DATABASE IF EXISTS wa_outside_full WITH (FORCE)", "DROP TABLESPACE IF EXISTS wa_outside_small")


def submit(client, told, index, text, milliseconds):
    """Submits one, and notes what was said of it."""
    id, began = outside.new_id(), time.monotonic()
    options = json.dumps({"id": id, "timeout_ms": milliseconds})
    status, answer = client.call("wa_submit", outside.number(index), outside.text_message(text), options)
    told[id] = {"status": status, "took": time.monotonic() - began, "error": ((answer or {}).get("error") or {}).get("message")}
    return status


def run(round, disk, checks, seconds):
    client, told, records = round.client(http={"timeout_seconds": 10}), {}, []
    checks.demand(client.log_to(3, records.append) == 0, "the log is heard")
    for index in range(5):
        checks.demand(submit(client, told, index, f"before {index} " + "x" * 500, 10000) == 0, f"message {index} was recorded")
    outside.until(lambda: round.database.left() == 0, 20)
    # Under way when the disk gets full: their ends cannot be stored.
    round.simulator.control("faults", [{"match": {"body_contains": "under way"}, "fault": {"kind": "slow", "ms": 1500}}])
    for index in range(5, 15):
        submit(client, told, index, f"under way {index}", 10000)
    outside.until(lambda: len(round.posts()) >= 15, 10)
    disk.fill()
    heard = len(records)

    # Full. What the callers are told, and what the process does meanwhile.
    began, processor, threads = time.monotonic(), time.process_time(), []
    first = len(told)
    for index in range(15, 15 + 4 * seconds):
        threads.append(threading.Thread(target=submit, args=(client, told, index, f"full {index} " + "x" * 1500, 2000)))
        threads[-1].start()
        time.sleep(0.25)
    while time.monotonic() < began + seconds:
        time.sleep(0.1)
    processor = time.process_time() - processor
    for thread in threads:
        thread.join()
    during = list(told.values())[first:]
    print(f"   while it was full: {outside.tally(one['status'] for one in during)}; the longest call took "
          f"{max(one['took'] for one in during):.2f} s of its 2")
    for words in sorted({one["error"] for one in during if one["error"]}):
        print(f"   a caller was told: {words}")
    about = [record for record in records[heard:] if record.get("level") in ("error", "warn")]
    for words in sorted({record["message"] for record in about}):
        print(f"   the log said: {words}")
    checks.demand(any(one["status"] for one in during), "not all could be recorded")
    checks.demand(max(one["took"] for one in during) < 4, "every call came back in time")
    checks.demand(any(re.search("full|space", record["message"]) for record in about), "the log says that the disk is full")
    checks.demand(processor < PROCESSOR_SECONDS * seconds, f"{processor:.2f} s of processor in {seconds} s")

    # Room again.
    disk.make_room()
    began, status = time.monotonic(), None
    while status != 0 and time.monotonic() < began + 60:
        status = submit(client, told, 100 + len(told), f"afterwards {len(told)}", 5000)
        time.sleep(0.2 if status else 0)
    checks.demand(status == 0, f"a message was recorded {time.monotonic() - began:.2f} s after there was room")
    checks.demand(outside.until(lambda: round.database.left() == 0, 60), f"all was done {time.monotonic() - began:.1f} s after that")
    taken = round.taken()
    lost = [id for id, one in told.items() if one["status"] == 0 and taken[id] != 1]
    doubtful = [id for id, one in told.items() if one["status"] == 10]
    refused = [id for id, one in told.items() if one["status"] not in (0, 10) and taken[id]]
    states = dict(zip(round.database.column("SELECT id FROM {}wa_messages ORDER BY id"),
                      round.database.column("SELECT state FROM {}wa_messages ORDER BY id")))
    print(f"   of {len(doubtful)} that were told PENDING {sum(taken[id] for id in doubtful)} were sent, "
          f"{sum(id not in states for id in doubtful)} have no row")
    checks.demand(not lost, f"{len(lost)} of {sum(one['status'] == 0 for one in told.values())} that were acknowledged were lost")
    checks.demand(not refused, f"{len(refused)} that were refused were sent all the same")
    wrong = [id for id in told if taken[id] and states.get(id) not in ("30", "40", "60", "70")]
    checks.demand(not wrong, f"{len(wrong)} that were sent are not so in the history")
    checks.demand(not round.doubles(), f"{len(round.doubles())} were taken twice")


def main():
    given = outside.arguments(__doc__.splitlines()[0])
    for kind in given.kinds:
        try:
            disk = SmallDisk()
        except PermissionError as error:
            given.checks.skip(f"a full disk, {kind}", f"nothing can be mounted here ({error})")
            continue
        tablespace = None
        try:
            if kind == "postgres":
                try:
                    tablespace = Tablespace(disk)
                except (PermissionError, LookupError) as error:
                    given.checks.skip("a full tablespace", f"it cannot be made here ({error})")
                    continue
            with outside.Round(given, "full-disk", kind) as round:
                print(f"   on {MEGABYTES} MB of {disk.what}")
                if kind == "sqlite":
                    round.database = outside.Database(kind, disk.path, round.name)
                run(round, disk, given.checks, SHORT_SECONDS if given.short else FULL_SECONDS)
        finally:
            if tablespace:
                tablespace.end()
            disk.end()
    given.checks.end()


main()
