"""The wall clock of a host is set by an hour at every phase of its messages.

    clock_steps.py [--database sqlite|postgres|both] [--short] [--only NAME ...] [--parallel N]

A host that knows nothing but the C ABI sends messages whose answers come, are
lost, or never come. At a phase its clock jumps (set_clock.c); the simulator,
and PostgreSQL, stay on true time. By the simulator's log nothing may be taken
twice. Hosts are stopped at the points of src/ground/points.rs, so that the
library is one with these points.

    set           the clock jumps at the phase
    corrected     it was an hour wrong from the start, and is corrected at the phase
    killed        the host is killed at the phase; the next one has a clock that is an hour off
    killed, off   the first one's clock was off, the next one's is right
"""
import concurrent.futures
import json
import os
import signal
import struct
import subprocess
import sys
import time

import outside

HERE = os.path.dirname(os.path.abspath(__file__))
HOST = os.path.join(HERE, "..", "kill", "host.py")
HOUR = 3600

# Where a sending host is when its clock jumps; `arrived` is when the simulator has the request and has not answered.
SENDING = ["before_record", "before_commit", "committed", "recorded", "intent_committed", "arrived", "answered", "settled",
           "looked", "put_back"]
# Where a host is that goes on with what a killed one left.
RECOVERING = ["claimed", "taken_over", "orphan_settled", "looked", "put_back"]
SHORT = [("set", "settled", HOUR), ("corrected", "settled", HOUR), ("corrected", "arrived", -HOUR), ("killed", "arrived", HOUR)]

# What happens to each of a scenario's messages; None is an ordinary answer.
FATES = {
    "answered": None,
    "lost": {"kind": "cut_after", "how": "rst"},
    "gateway": {"kind": "html", "http": 502, "taken": True},
    "silent": {"kind": "hang", "taken": True},
    "garbled": {"kind": "garbage_2xx", "body": "half_json"},
    "busy": {"kind": "status", "http": 503, "code": 20503},
    "not taken": {"kind": "html", "http": 502, "taken": False},
    "cut": {"kind": "cut_before", "how": "fin"},
}


class Clock:
    """A host's wall clock, by how many seconds it is off."""

    def __init__(self, folder, off):
        self.path = os.path.join(folder, "clock")
        self.file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        self.set(off)

    def set(self, off):
        os.pwrite(self.file, struct.pack("q", off), 0)


class Scenario:
    def __init__(self, given, kind, mode, phase, off, recovering=False):
        self.given, self.kind, self.recovering = given, kind, recovering
        self.mode, self.phase, self.off = mode, phase, off
        self.name = f"{'take-over ' if recovering else ''}{mode} {'+' if off > 0 else '-'}1 h at {phase}"
        self.hosts, self.reached, self.failure = [], False, None

    def run(self):
        try:
            with outside.Round(self.given, self.name.replace(" ", "-").replace(",", ""), self.kind) as round:
                self.round = round
                try:
                    self.go()
                finally:
                    for host in self.hosts:
                        if host.poll() is None:
                            host.kill()
                            host.wait(10)
                self.judge()
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            self.failure = f"{type(error).__name__}: {error}"
        return self

    # ---- what happens ----

    def go(self):
        self.clock = Clock(self.round.folder, self.first_off())
        host = self.until_the_phase()
        self.step()
        self.go_on(host)

    def first_off(self):
        return self.off if self.mode in ("corrected", "killed, off") else 0

    def step(self):
        self.clock.set(0 if self.first_off() else self.off)

    def until_the_phase(self):
        messages = self.messages(0, 2 * len(FATES))
        if self.recovering:
            # Somebody else left messages whose attempts had begun.
            first = self.host(messages)
            self.arrived(messages)
            self.kill(first)
            messages = []
        host = self.host(messages, stop_at=None if self.phase == "arrived" else self.phase)
        self.reached = self.arrived(messages) if self.phase == "arrived" else self.at_phase(host, 90)
        if self.mode.startswith("killed"):
            self.kill(host)
        return host

    def go_on(self, host):
        if self.mode.startswith("killed"):
            # The next one goes on with what is left, and has something to send itself.
            messages = self.messages(2 * len(FATES), 4)
            self.host(messages)
            outside.until(lambda: self.acknowledged(messages), 90)
            self.settle(30)
        else:
            open(self.go_file(host), "w").close()
            self.settle(24 if self.recovering else 14)

    def messages(self, first, count):
        made, faults, fates = [], [], list(FATES.items())
        for index in range(first, first + count):
            (fate, fault), to = fates[index % len(fates)], outside.number(index)
            made.append({"id": outside.new_id(), "call": "submit", "to": to, "text": f"{self.name}, {fate} {index}",
                         # The second half waits between record and intent.
                         "timeout_ms": 20000, "not_before_ms": 400 if index % 16 >= len(FATES) else 0})
            if fault:
                times = 2 if fate == "busy" else 1
                faults.append({"match": {"to": to, "method": "POST"}, "times": times, "fault": fault})
            elif self.phase == "arrived":
                faults.append({"match": {"to": to, "method": "POST"}, "times": 1, "fault": {"kind": "slow", "ms": 700}})
        self.round.simulator.control("faults", faults)
        return made

    def host(self, messages, stop_at=None):
        number = len(self.hosts)
        plan = os.path.join(self.round.folder, f"plan-{number}.json")
        settings = self.round.settings(
            history={"lease_seconds": 3}, http={"timeout_seconds": 1, "max_in_flight": 32},
            retry={"max_retries": 3, "wait_seconds": 1, "unknown_look_seconds": 2, "unknown_deadline_seconds": 120})
        with open(plan, "w") as file:
            json.dump({"name": str(number), "log": os.path.join(self.round.folder, "host.jsonl"), "threads": 4,
                       "settings": settings, "messages": messages}, file)
        environment = {**os.environ, "LD_PRELOAD": os.environ["WA_SET_CLOCK"], "WA_CLOCK": self.clock.path,
                       "WA_TEST_POINT_FILE": os.path.join(self.round.folder, f"reached-{number}"),
                       "WA_TEST_POINT_GO": os.path.join(self.round.folder, f"go-{number}")}
        if stop_at:
            # Not the first message there, where there are others.
            environment["WA_TEST_POINT"] = f"{stop_at}:{1 if stop_at in RECOVERING else 3}"
        error = open(os.path.join(self.round.folder, f"host-{number}.err"), "w")
        host = subprocess.Popen([sys.executable, HOST, os.environ["WA_LIBRARY"], plan], env=environment, stdin=subprocess.PIPE,
                                stdout=subprocess.DEVNULL, stderr=error)
        host.number = number
        self.hosts.append(host)
        return host

    def go_file(self, host):
        return os.path.join(self.round.folder, f"go-{host.number}")

    def at_phase(self, host, seconds):
        return outside.until(lambda: os.path.exists(os.path.join(self.round.folder, f"reached-{host.number}")), seconds)

    def arrived(self, messages):
        """Whether half of them have reached the simulator: some of these are still without an answer."""
        return outside.until(lambda: len(self.round.posts()) >= len(messages) // 2, 90)

    def acknowledged(self, messages):
        """Whether each call of these messages came back."""
        with open(os.path.join(self.round.folder, "host.jsonl")) as file:
            records = [json.loads(line) for line in file if line.endswith("\n")]
        return {message["id"] for message in messages} <= {record["id"] for record in records if record["what"] == "after"}

    @staticmethod
    def kill(host):
        os.kill(host.pid, signal.SIGKILL)
        host.wait(10)

    def settle(self, seconds):
        """Until nothing is left to do, and for so long at most: what is undecided is looked up for a long time."""
        outside.until(lambda: self.round.database.left() == 0, seconds)
        time.sleep(1)

    # ---- what came of it ----

    def judge(self):
        round = self.round
        self.doubles, self.arrivals, self.left = round.doubles(), len(round.posts()), round.database.left()
        states = round.database.column("SELECT state FROM {}wa_messages")
        self.accepted = sum(state in ("30", "40", "60", "70") for state in states)
        self.unknown = states.count("20")


def scenarios(given, kind):
    if given.short:
        return [Scenario(given, kind, *one) for one in SHORT]
    all_of_them = []
    for off in (HOUR, -HOUR):
        all_of_them += [Scenario(given, kind, mode, phase, off, recovering=True)
                        for mode in ("set", "corrected") for phase in RECOVERING]
        all_of_them += [Scenario(given, kind, mode, phase, off) for mode in ("killed", "killed, off", "set", "corrected")
                        for phase in SENDING]
    return [one for one in all_of_them if not given.only or one.name in given.only]


def run_all(wanted, at_once, checks):
    """Runs them, prints the table, and says whether anything was taken twice."""
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        done = list(pool.map(Scenario.run, wanted))
    print(f"   {'scenario':<44} {'arrived':>8} {'accepted':>9} {'unknown':>8} {'left':>5} {'doubles':>8}")
    for one in done:
        if one.failure:
            print(f"   {one.name:<44} {one.failure}")
            continue
        print(f"   {one.name:<44} {one.arrivals:>8} {one.accepted:>9} {one.unknown:>8} {one.left!s:>5} {len(one.doubles):>8}"
              + ("" if one.reached else "   the phase was not reached"))
    ran = [one for one in done if not one.failure]
    doubles = [text for one in ran for text in one.doubles]
    for text in doubles:
        print(f"   taken twice: {text}")
    checks.demand(len(ran) == len(done), f"{len(done) - len(ran)} scenarios broke off")
    checks.demand(all(one.reached for one in ran), f"{sum(not one.reached for one in ran)} phases were not reached")
    checks.demand(not doubles, f"{len(doubles)} messages were taken twice, of {sum(one.arrivals for one in ran)} requests")
    # Nothing is proven by hosts that do not send.
    sent = all(one.arrivals for one in ran) and sum(one.accepted for one in ran) > 2 * len(ran)
    checks.demand(sent, "messages were sent and accepted")


def main():
    given = outside.arguments(__doc__.splitlines()[0], only={"action": "append", "help": "this scenario only"},
                              parallel={"type": int, "default": 6})
    given.quiet = True
    for kind in given.kinds:
        wanted = scenarios(given, kind)
        print(f"== {len(wanted)} steps of the clock, {kind}", flush=True)
        run_all(wanted, given.parallel, given.checks)
    given.checks.end()


if __name__ == "__main__":
    main()
