"""The answers to 10,000 messages are lost; then all is well again.

    unknown_ends.py [--database sqlite|postgres|both] [--short]

The simulator takes them and answers 502, or takes them and cuts the link. As
soon as it answers again, a send must be accepted at once, and the look-ups for
those 10,000 must not be more at once than `http.max_in_flight`.
"""
import json
import statistics
import threading
import time

import outside

IN_FLIGHT = 32
# How long the simulator takes for an answer to a list request: what is under way at once piles up here.
LIST_MS = 200
AT_ONCE = 1.0


def submit_all(client, count):
    """Submits them from a few threads; what was said, and how long it took."""
    statuses, lock, next_one = [], threading.Lock(), iter(range(count))

    def work():
        while True:
            with lock:
                index = next(next_one, None)
            if index is None:
                return
            status, _ = client.call("wa_submit", outside.number(index), outside.text_message(f"message {index}"), None)
            statuses.append(status)

    threads, began = [threading.Thread(target=work) for _ in range(8)], time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses, time.monotonic() - began


def most_in_a_window(times, window):
    """The most of these moments that lie within a window of this length."""
    most = first = 0
    for last, at in enumerate(times):
        while times[first] <= at - window:
            first += 1
        most = max(most, last - first + 1)
    return most


def main():
    given = outside.arguments(__doc__.splitlines()[0])
    # The first look comes when all answers are lost: until then each of these ends is unknown.
    count, look, seconds = (300, 4, 12) if given.short else (10_000, 40, 80)
    for kind in given.kinds:
        # The log is not forced to the disk: here it is to answer quickly.
        with outside.Round(given, "unknown-ends", kind, (*outside.QUICK, "--no-fsync")) as round:
            run(round, given.checks, count, look, seconds)
    given.checks.end()


def run(round, checks, count, look, seconds):
    client = round.client(http={"max_in_flight": IN_FLIGHT, "timeout_seconds": 5},
                          retry={"unknown_look_seconds": look, "unknown_deadline_seconds": 3600})
    lost = [{"match": {"method": "POST"}, "probability": 0.8, "fault": {"kind": "html", "http": 502, "taken": True}},
            {"match": {"method": "POST"}, "fault": {"kind": "cut_after", "how": "rst"}}]
    lists = {"match": {"method": "GET", "path_contains": "/Messages"}, "fault": {"kind": "slow", "ms": LIST_MS}}
    round.simulator.control("faults", lost + [lists])
    statuses, took = submit_all(client, count)
    print(f"   {count} submitted in {took:.1f} s: {outside.tally(statuses)}")
    checks.demand(not any(statuses), "all were recorded")
    outside.until(lambda: sum(round.taken().values()) >= count, 120)
    checks.demand(sum(round.taken().values()) == count, f"{sum(round.taken().values())} were taken, and none was answered")

    # All is well.
    round.simulator.delete("faults")
    round.simulator.control("faults", [lists])
    times, refused = [], []
    for extra in range(20):
        began = time.monotonic()
        status, _ = client.call("wa_send", outside.number(count + extra), f"afterwards {extra}", json.dumps({"timeout_ms": 20000}))
        times.append(time.monotonic() - began)
        refused += [outside.said(status)] if status else []
        if extra == 0:
            print(f"   the first send afterwards: {outside.said(status)} after {times[0] * 1000:.0f} ms")
        time.sleep(seconds / 20)
    print(f"   20 sends in {seconds} s: median {statistics.median(times) * 1000:.0f} ms, longest {max(times) * 1000:.0f} ms")
    checks.demand(not refused, f"all 20 were accepted {refused or ''}")
    checks.demand(max(times) < AT_ONCE, f"each within {AT_ONCE:.0f} s")

    arrived = sorted(record["arrived_us"] / 1e6 for record in round.simulator.received()
                     if record["method"] == "GET" and "/Messages" in record["path"])
    stats = round.simulator.asked("stats")
    print(f"   {len(arrived)} look-ups; at most {most_in_a_window(arrived, 1.0)} began in one second, "
          f"{most_in_a_window(arrived, LIST_MS / 1000)} while one takes its {LIST_MS} ms")
    checks.demand(arrived, "look-ups were made meanwhile")
    checks.demand(stats["peak_concurrent"] <= IN_FLIGHT, f"at most {stats['peak_concurrent']} requests were under way at once, "
                                                         f"http.max_in_flight is {IN_FLIGHT}")
    # A look-up that comes back makes room for the next one a little before the simulator counts it as ended.
    checks.demand(most_in_a_window(arrived, LIST_MS / 1000 * 0.9) <= IN_FLIGHT // 8, f"of them at most {IN_FLIGHT // 8} look-ups")
    checks.demand(not round.doubles(), f"{len(round.doubles())} messages were taken twice")


main()
