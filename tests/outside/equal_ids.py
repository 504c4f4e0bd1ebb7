"""Two processes on one database are given the same ids, or references, at the same moments.

    equal_ids.py [--database sqlite|postgres|both] [--short]

Each of 2,000 ids goes to both processes at once, with the same recipient; every
second one with another text. By the simulator's log each must have arrived
once, with a text whose caller was told that its message is recorded. Then the
same with 2,000 references.
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
            options = json.dumps({plan["by"]: plan["ids"][index], "timeout_ms": 30000})
            if index // THREADS % 2:
                status, answer = library.call("wa_send", outside.number(index), text, options)
            else:
                status, answer = library.call("wa_submit", outside.number(index), outside.text_message(text), options)
            answer = answer or {}
            answers[index] = {"text": text, "status": outside.said(status), "id": answer.get("id"),
                              "error": (answer.get("error") or {}).get("message")}

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


def start(round, by, ids, own):
    plan = {"own": own, "by": by, "count": len(ids), "ids": ids, "settings": round.settings(http={"max_in_flight": 32}),
            "meet": os.path.join(round.folder, "meet"), "answers": os.path.join(round.folder, f"answers-{own}")}
    path = os.path.join(round.folder, f"plan-{own}.json")
    with open(path, "w") as file:
        json.dump(plan, file)
    return subprocess.Popen([sys.executable, __file__, "--process", path], stdin=subprocess.PIPE)


def judge(round, by, ids, answers, checks):
    arrived = collections.defaultdict(list)
    for record in round.posts():
        arrived[record["form"]["To"]].append(record)
    # Each has a recipient of its own, so that whatever was sent for it is found.
    arrived = [arrived["whatsapp:" + outside.number(index)] for index in range(len(ids))]
    twice = sum(len(one) > 1 for one in arrived)
    checks.demand(twice == 0, f"{twice} of {len(ids)} {by}s arrived more than once")
    checks.demand(all(arrived), f"{sum(not one for one in arrived)} never arrived")
    divided = foreign = 0
    words = collections.Counter()
    for index, records in enumerate(arrived):
        both = [one[index] for one in answers]
        words.update(one["status"] if one["status"] in DONE else
                     f"{one['status']}: {(one['error'] or '').partition(': message')[0]}" for one in both)
        winners = [one for one in both if one["status"] in DONE]
        # A reference that is used again gives the first message; an id belongs to one caller only.
        divided += len(winners) > 1 and (by == "id" or len({one["id"] for one in winners}) > 1)
        foreign += bool(records) and records[0]["form"].get("Body") not in [one["text"] for one in winners]
    for word, count in words.most_common():
        print(f"   {count:6} times {word}")
    checks.demand(divided == 0, f"{divided} {by}s were acknowledged to both processes as messages of their own")
    checks.demand(foreign == 0, f"{foreign} arrived with a text that nobody was told is recorded")


def run(given, kind, by, count):
    with outside.Round(given, f"equal-{by}s", kind) as round:
        with open(os.path.join(round.folder, "meet"), "wb") as file:
            file.write(bytes(2 * count))
        # The tables are there before the two begin.
        round.close(round.client())
        ids, began = [outside.new_id() for _ in range(count)], time.monotonic()
        processes = [start(round, by, ids, own) for own in (0, 1)]
        paths = [os.path.join(round.folder, f"answers-{own}") for own in (0, 1)]
        ended = outside.until(lambda: all(map(os.path.exists, paths)) or any(one.poll() is not None for one in processes), 600)
        given.checks.demand(ended and not any(one.poll() for one in processes), "both processes came to their end")
        outside.until(lambda: round.database.left() == 0, 60)
        print(f"   {count} {by}s in {time.monotonic() - began:.1f} s")
        for one in processes:
            one.stdin.close()
            one.wait(60)
        answers = []
        for path in paths:
            with open(path) as file:
                answers.append(json.load(file))
        judge(round, by, ids, answers, given.checks)


def main():
    given = outside.arguments(__doc__.splitlines()[0], process={"help": "what one of the two is to do"})
    if given.process:
        with open(given.process) as file:
            return process(json.load(file))
    for kind in given.kinds:
        for by in ("id", "reference"):
            run(given, kind, by, 200 if given.short else 2000)
    given.checks.end()


main()
