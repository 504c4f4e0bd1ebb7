"""More is to be sent than the pace allows; then less again.

    overload.py [--database sqlite|postgres|both] [--short]

20 messages a second may go, calls wait for 3 seconds, and for 12 seconds 40 of
them are made a second. Then 10 a second: from twice the calls' time after the
overload's end on, 99 of 100 must have been accepted.
"""
import json
import threading
import time

import outside

PACE = 20
# By how much a call may be late in a run that tells something.
LATE = 0.5


def main():
    given = outside.arguments(__doc__.splitlines()[0])
    timeout, overload, calm = (2.0, 5, 8) if given.short else (3.0, 12, 20)
    for kind in given.kinds:
        for more in (2, 1, 0):
            with outside.Round(given, "overload", kind) as round:
                calls = make_calls(round.client(pacing={"messages_per_second": PACE}), timeout, overload, calm)
                late = max(call["late"] for call in calls)
                if late <= LATE:
                    judge(round, calls, given.checks, timeout, overload, calm)
                    break
            # It is the machine that is overloaded, and nothing is known of the library.
            print(f"   calls were made up to {late:.1f} s late: {'once more' if more else 'given up'}")
        else:
            given.checks.skip(f"overload, {kind}", "this machine was too busy to make the calls in time")
    given.checks.end()


def make_calls(client, timeout, overload, calm):
    """Makes every call at its own time, on a thread of its own: one that waits delays no other."""
    due = [n / (2 * PACE) for n in range(2 * PACE * overload)]
    due += [overload + n / (PACE / 2) for n in range(PACE * calm // 2)]
    calls = [{"at": at, "text": f"message {n}", "to": outside.number(n)} for n, at in enumerate(due)]
    threads, begin = [], time.monotonic()

    def make(call):
        began = time.monotonic()
        call["late"] = began - begin - call["at"]
        status, answer = client.call("wa_send", call["to"], call["text"], json.dumps({"timeout_ms": int(timeout * 1000)}))
        call.update(status=status, id=(answer or {}).get("id"), took=time.monotonic() - began)

    for call in calls:
        time.sleep(max(0.0, begin + call["at"] - time.monotonic()))
        threads.append(threading.Thread(target=make, args=(call,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return calls


def judge(round, calls, checks, timeout, overload, calm):
    taken, doubles = round.taken(), round.doubles()
    print(f"   {'second':>6} {'asked':>6} {'accepted':>9}   (accepted: its caller was told, and the simulator took it)")
    for second in range(overload + calm):
        asked = [call for call in calls if second <= call["at"] < second + 1]
        accepted = [call for call in asked if call["status"] == 0 and taken[call["id"]] == 1]
        mark = " overload ends" if second == overload else " from here on 99 %" if second == overload + 2 * timeout else ""
        print(f"   {second:>6} {len(asked):>6} {len(accepted):>9}  {mark}")
    after = [call for call in calls if call["at"] >= overload + 2 * timeout]
    good = [call for call in after if call["status"] == 0 and taken[call["id"]] == 1]
    print(f"   the calls were made at most {max(call['late'] for call in calls) * 1000:.0f} ms late, "
          f"the longest took {max(call['took'] for call in calls):.2f} s")
    print(f"   all: {outside.tally(call['status'] for call in calls)}")
    checks.demand(len(good) >= 0.99 * len(after), f"{len(good)} of {len(after)} calls were accepted "
                                                  f"from {2 * timeout:.0f} s after the overload's end on")
    during = [call for call in calls if call["at"] < overload and call["status"] == 0]
    checks.demand(len(during) >= 0.5 * PACE * overload, f"{len(during)} of {2 * PACE * overload} calls were accepted during it")
    lied = [call for call in calls if call["status"] == 50 and taken[call["id"]]]
    checks.demand(not lied, f"{len(lied)} calls said cancelled of what the simulator took")
    checks.demand(not doubles, f"{len(doubles)} messages were taken twice")


main()
