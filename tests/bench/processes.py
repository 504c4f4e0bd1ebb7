"""Processes: their trees, the time they used, and programs that speak the benchmark's protocol."""

import json
import os
import resource
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


def stat(pid):
    """Parent, own time and time of children that have ended, in ticks."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])


def tree(root):
    """A process and all below it."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                children.setdefault(stat(name)[0], []).append(int(name))
            except OSError:
                pass
    found = [root]
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def processor_time(root):
    """Seconds that a tree has used, with its members that have ended.

    The time of one that ends goes over to its parent: what is read while that
    happens counts for nothing, or the member would be missed.
    """
    for _ in range(200):
        members = tree(root)
        try:
            ticks = sum(own + ended for _, own, ended in map(stat, members))
            if tree(root) == members:
                return ticks / TICKS
        except OSError:
            pass
        time.sleep(0.01)
    raise SystemExit("the processes do not come to rest")


def busy():
    """Seconds that all processors together have been at work, for anyone."""
    with open("/proc/stat", encoding="utf-8") as file:
        fields = [int(field) for field in file.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS


class Program:
    """Says `ready`, runs when told, says its figures, ends when told."""

    def __init__(self, command, environment=None, limit=600):
        self.command = command
        # Killed if it takes longer than any run may.
        self.process = subprocess.Popen(["timeout", "-s", "KILL", str(limit), *command], env=environment, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.expect("ready")

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise SystemExit(f"{self.command[0]} ended with {self.process.returncode}")
        return line.strip()

    def expect(self, text):
        line = self.line()
        if line != text:
            raise SystemExit(f"{self.command[0]} said {line!r}, not {text!r}")

    def say(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def processor_time(self):
        """Of the program; of `timeout` above it there is nothing to count."""
        return processor_time(self.process.pid)

    def run(self):
        self.say()
        return json.loads(self.line())

    def end(self):
        self.say()
        if self.process.wait() != 0:
            raise SystemExit(f"{self.command[0]} ended with {self.process.returncode}")


def run(command, environment=None, limit=300, **more):
    """Runs a program to its end: what it said, and the processor time it used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=limit, **more)
    seconds = time.monotonic() - began
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, seconds, used
