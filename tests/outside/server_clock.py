"""The clock of the database's server is set by an hour, while hosts are at every phase of their messages.

    server_clock.py

A PostgreSQL of the test's own is given a clock that can be set (set_clock.c);
the hosts and the simulator stay on true time. One host stands at each phase;
then the server's clock jumps, and all go on, or others in their place. By the
simulator's log nothing may be taken twice.
"""
import os
import shutil
import tempfile
import threading

import outside
from clock_steps import HOUR, Clock, Scenario, run_all
from server import Server

SENDING = ["recorded", "intent_committed", "arrived", "answered", "settled", "looked", "put_back"]
RECOVERING = ["claimed", "taken_over", "orphan_settled", "looked"]


class AtOnce(Scenario):
    """Waits at its phase for the others; whoever comes last sets the clock for all."""

    def meet(self, barrier):
        self.barrier = barrier
        return self

    def go(self):
        self.clock = Clock(self.round.folder, 0)
        host = self.until_the_phase()
        self.barrier.wait(180)
        self.go_on(host)


def main():
    given = outside.arguments(__doc__.splitlines()[0])
    given.quiet = True
    if "postgres" not in given.kinds:
        given.checks.end()
    # Where the server, which is another user's, can read it.
    folder = tempfile.mkdtemp(prefix="wa-server-clock-")
    os.chmod(folder, 0o755)
    clock, library = Clock(folder, 0), os.path.join(folder, "set_clock.so")
    os.chmod(clock.path, 0o644)
    shutil.copy(os.environ["WA_SET_CLOCK"], library)
    server = Server(LD_PRELOAD=library, WA_CLOCK=clock.path)
    try:
        for off in (HOUR, -HOUR):
            for mode in ("set", "corrected", "killed"):
                first, then = (off, 0) if mode == "corrected" else (0, off)
                clock.set(first)
                wanted = [AtOnce(given, "postgres", mode, phase, off) for phase in SENDING]
                if mode != "killed":
                    wanted += [AtOnce(given, "postgres", mode, phase, off, recovering=True) for phase in RECOVERING]
                barrier = threading.Barrier(len(wanted), action=lambda then=then: clock.set(then))
                print(f"== the server's clock, {mode} {'+' if off > 0 else '-'}1 h", flush=True)
                run_all([one.meet(barrier) for one in wanted], len(wanted), given.checks)
    finally:
        server.end()
        shutil.rmtree(folder, ignore_errors=True)
    given.checks.end()


main()
