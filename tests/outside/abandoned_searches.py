"""Searches of a large history whose callers have gone.

    abandoned_searches.py [--database sqlite|postgres|both] [--short]

300,000 messages; 480 text searches that are given up after 50 ms. What a host
asks then must not wait for them: `wa_cancel`, `wa_next_event` and a reference
that is used again answer within 100 ms.
"""
import json
import statistics
import threading
import time

import outside

IN_TIME = 0.1
SEARCH = json.dumps({"text": "nothing like it", "since": "2020-01-01T00:00:00Z", "timeout_ms": 50})


def multiply(round, rows):
    """Copies the one message that is there, with an id, a number and a text of each copy's own."""
    columns = [name for name in column_names(round) if name != "seq"]
    copied = {"id": "{id}", "reference": "NULL", "nonce": "NULL", "provider_message_id": "NULL",
              "body": "'Wort Wort Wort Wort Wort Wort Wort Wort Wort Wort Wort Wort Wort Wort Wort Wort ' || n"}
    values = ", ".join(copied.get(name, name) for name in columns)
    if round.kind == "sqlite":
        values = values.format(id="printf('%08x-0000-4000-8000-%012x', n, n)")
        many = f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) SELECT n FROM s)"
    else:
        values = values.format(id="gen_random_uuid()")
        many = f"generate_series(1, {rows}) n"
    round.database.column(f"INSERT INTO {{}}wa_messages ({', '.join(columns)}) SELECT {values} FROM {{}}wa_messages, {many}")


def column_names(round):
    if round.kind == "sqlite":
        return round.database.column("SELECT name FROM pragma_table_info('wa_messages')")
    return round.database.column("SELECT column_name FROM information_schema.columns WHERE table_name = 'wa_messages' "
                                 f"AND table_schema = '{round.database.about['schema']}' ORDER BY ordinal_position")


def run(round, checks, rows):
    client = round.client()
    to, options = outside.number(1), json.dumps({"reference": "order 17"})
    status, first = client.call("wa_send", to, "the first one", options)
    checks.demand(status == 0, "a message with a reference was accepted")
    outside.until(lambda: round.database.left() == 0, 10)
    began = time.monotonic()
    multiply(round, rows)
    there = int(round.database.column("SELECT count(*) FROM {}wa_messages")[0])
    checks.demand(there == rows + 1, f"{there} messages in the history, made in {time.monotonic() - began:.0f} s")
    began = time.monotonic()
    client.call("wa_history", SEARCH.replace("50", "60000"))
    print(f"   one search takes {time.monotonic() - began:.2f} s")
    waiting = later(client, 10)
    measure("beforehand", client, first, (to, options), waiting[:5], checks)

    statuses = []
    threads = [threading.Thread(target=lambda: statuses.extend(client.call("wa_history", SEARCH)[0] for _ in range(15)))
               for _ in range(32)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"   {len(statuses)} searches in {time.monotonic() - began:.1f} s: {outside.tally(statuses)}")
    for name, median in measure("afterwards", client, first, (to, options), waiting[5:], checks).items():
        checks.demand(median <= IN_TIME, f"{name} answers within {IN_TIME * 1000:.0f} ms")
    checks.demand(not round.doubles(), f"{len(round.doubles())} messages were taken twice")


def later(client, count):
    """Messages that are due in an hour, to be cancelled."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    ids = [outside.new_id() for _ in range(count)]
    for index, id in enumerate(ids):
        options = json.dumps({"id": id, "not_before": at})
        client.call("wa_submit", outside.number(10 + index), outside.text_message(f"later {index}"), options)
    return ids


def measure(when, client, first, again, waiting, checks):
    """Makes each call as often as messages wait to be cancelled; gives the medians."""
    (to, options), took = again, {"wa_cancel": [], "wa_next_event": [], "a reference again": []}
    for id in waiting:
        for name, call, fits in (
                ("wa_cancel", ("wa_cancel", id), lambda answer: True),
                ("wa_next_event", ("wa_next_event", None, 0), lambda answer: answer["events"]),
                ("a reference again", ("wa_send", to, "the first one", options), lambda answer: answer["id"] == first["id"])):
            began = time.monotonic()
            status, answer = client.call(*call)
            # A refusal is no answer, however quick.
            answered = status == 0 and fits(answer)
            took[name].append(time.monotonic() - began if answered else float("inf"))
            if not answered:
                print(f"   {when}, {name}: {outside.said(status)} {((answer or {}).get('error') or {}).get('message')}")
    for name, times in took.items():
        print(f"   {when}, {name}: the first {times[0] * 1000:.0f} ms, median {statistics.median(times) * 1000:.0f} ms, "
              f"longest {max(times) * 1000:.0f} ms")
    return {name: statistics.median(times) for name, times in took.items()}


def main():
    given = outside.arguments(__doc__.splitlines()[0])
    for kind in given.kinds:
        with outside.Round(given, "abandoned-searches", kind) as round:
            run(round, given.checks, 20_000 if given.short else 300_000)
    given.checks.end()


main()
