"""Samples the host while it sends; run by profile.sh."""

import argparse
import re
import subprocess
import time

from bench import IN_FLIGHT, Bench
from processes import tree

parser = argparse.ArgumentParser()
parser.add_argument("--messages", type=int, required=True)
parser.add_argument("--home", required=True)
parser.add_argument("--tools", required=True)
arguments = parser.parse_args()
arguments.rounds = 1
bench = Bench(arguments)
try:
    bench.server.fresh("bench_ours")
    program = bench.host("send", "bench_ours", IN_FLIGHT, 500, arguments.messages)
    pid = tree(program.process.pid)[-1]
    data = f"{arguments.home}/perf.data"
    # Virtual machines have no cycle counter to sample by: a clock does.
    perf = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", "999", "--call-graph", "dwarf,4096", "-o",
                             data, "-p", str(pid)])
    time.sleep(1)
    said = program.run()
    perf.terminate()
    perf.wait()
    program.end()
    print(f"{(said['user_s'] + said['system_s']) / said['count'] * 1e6:.1f} us of processor time per message, "
          f"{said['user_s'] / said['count'] * 1e6:.1f} of them in user mode, "
          f"{said['switches'] / said['count']:.1f} waits per message")
    for title, options in [("threads", ["--sort", "comm", "--no-children", "-g", "none"]),
                           ("libraries", ["--sort", "comm,dso", "--no-children", "-g", "none"]),
                           ("functions", ["--sort", "comm,dso,symbol", "--no-children", "-g", "none"]),
                           ("functions with what they call", ["--sort", "comm,symbol", "--children", "-g", "none"])]:
        out = subprocess.run(["perf", "report", "-i", data, "--stdio", "--percent-limit", "0.7", *options],
                             capture_output=True, text=True, check=False).stdout
        lines = [re.sub(r"  +(-  *)*$", "", line) for line in out.splitlines() if line.strip() and line[0] != "#"]
        print(f"\n{title}\n" + "\n".join(lines[:70]))
finally:
    bench.stop()
