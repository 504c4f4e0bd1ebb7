"""Two processes on one database are given the same ids at the same moments.

    equal_ids.py [--database sqlite|postgres|both] [--short]

Each of 2,000 ids goes to both processes at once, with the same recipient; every
second one with another text. By the simulator's log each id must have arrived
once, with a text whose caller was told that its message is recorded.
"""
import collections
import json
import mmap
import os
import subprocess
import sys
import threading
import time

import outside
from library import Library

THREADS = 8
# Of the ids of a thread every second one goes by wa_send, which waits for the end; the others by wa_submit.
DONE = {outside.said(0), outside.said(10)}


def process(plan):
    """One of the two: waits before each id until the other one is there too."""
    with open(plan["meet"], "r+b") as file:
        meeting = mmap.mmap(file.fileno(), 0)
    own, other, count = plan["own"], 1 - plan["own"], plan["count"]
    library = Library(os.environ["WA_LIBRARY"])
    library.configure(plan["settings"])
    answers = [None] * count

    def work(first):
        for index in range(first, count, THREADS):
            meeting[own * count + index] = 1
            while not meeting[other * count + index]:
                time.sleep(0)
            text = f"{index} from {own if index % 2 else 'both'}"
            options = json.dumps({"id": plan["ids"][index], "timeout_ms": 30000})
            if index // THREADS % 2:
                status, answer = library.call("wa_send", outside.number(index), text, options)
            else:
                status, answer = library.call("wa_submit", outside.number(index), outside.text_message(text), options)
            answers[index] = [text, outside.said(status), ((answer or {}).get("error") or {}).get("message")]

    threads = [threading.Thread(target=work, args=(first,)) for first in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open(plan["answers"] + ".part", "w") as file:
        json.dump(answers, file)
    os.replace(plan["answers"] + ".part", plan["answers"])
    # The messages of wa_submit go on; the parent says when they are done.
    sys.stdin.read()
    library.close()


def start(round, ids, own):
    plan = {"own": own, "count": len(ids), "ids": ids, "settings": round.settings(http={"max_in_flight": 32}),
            "meet": os.path.join(round.folder, "meet"), "answers": os.path.join(round.folder, f"answers-{own}")}
    path = os.path.join(round.folder, f"plan-{own}.json")
    with open(path, "w") as file:
        json.dump(plan, file)
    return subprocess.Popen([sys.executable, __file__, "--process", path], stdin=subprocess.PIPE)


def judge(round, ids, answers, checks):
    arrived = collections.defaultdict(list)
    for record in round.posts():
        arrived[record["wa"].partition(".")[0]].append(record)
    twice = [id for id in ids if len(arrived[id]) > 1]
    never = [id for id in ids if not arrived[id]]
    checks.demand(not twice, f"{len(twice)} of {len(ids)} ids arrived more than once")
    checks.demand(not never, f"{len(never)} ids never arrived")
    both = foreign = 0
    words = collections.Counter()
    for index, id in enumerate(ids):
        winners = [text for text, status, _ in (one[index] for one in answers) if status in DONE]
        words.update(status if status in DONE else f"{status}: {error}" for _, status, error in (one[index] for one in answers))
        both += len(winners) > 1
        foreign += bool(arrived[id]) and arrived[id][0]["form"].get("Body") not in winners
    for word, count in words.most_common():
        print(f"   {count:6} times {word}")
    checks.demand(both == 0, f"{both} ids were acknowledged to both processes")
    checks.demand(foreign == 0, f"{foreign} ids arrived with a text that nobody was told is recorded")


def main():
    given = outside.arguments(__doc__.splitlines()[0], process={"help": "what one of the two is to do"})
    if given.process:
        with open(given.process) as file:
            return process(json.load(file))
    count = 200 if given.short else 2000
    for kind in given.kinds:
        with outside.Round(given, "equal-ids", kind) as round:
            with open(os.path.join(round.folder, "meet"), "wb") as file:
                file.write(bytes(2 * count))
            # The tables are there before the two begin.
            round.close(round.client())
            ids, began = [outside.new_id() for _ in range(count)], time.monotonic()
            processes = [start(round, ids, own) for own in (0, 1)]
            paths = [os.path.join(round.folder, f"answers-{own}") for own in (0, 1)]
            ended = outside.until(lambda: all(map(os.path.exists, paths))
                                  or any(one.poll() is not None for one in processes), 600)
            given.checks.demand(ended and not any(one.poll() for one in processes), "both processes came to their end")
            outside.until(lambda: round.database.left() == 0, 60)
            print(f"   {count} ids in {time.monotonic() - began:.1f} s")
            for one in processes:
                one.stdin.close()
                one.wait(60)
            answers = []
            for path in paths:
                with open(path) as file:
                    answers.append(json.load(file))
            judge(round, ids, answers, given.checks)
    given.checks.end()


main()
