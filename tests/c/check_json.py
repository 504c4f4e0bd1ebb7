"""Validates every JSON that a host received against include/schema.

    check_json.py SCHEMA_FOLDER JSON_LOG ...

A line of a log is the schema's name, a tab, and the JSON.
"""
import json
import pathlib
import sys

from jsonschema import Draft202012Validator
from referencing import Registry


def main():
    folder = pathlib.Path(sys.argv[1])
    schemas = {path.name.split(".")[0]: json.loads(path.read_text()) for path in folder.glob("*.schema.json")}
    # What a call gives that failed before there was a message: the error alone.
    error = schemas["error"]
    schemas["with_error"] = {"type": "object", "required": ["error"],
                             "properties": {"error": {k: v for k, v in error.items() if k not in ("$id", "$defs")}},
                             "$defs": error.get("$defs", {})}
    # What a callback is given: one of the events.
    schemas["event"] = {"$ref": "#/$defs/Event", "$defs": schemas["events"]["$defs"]}
    checkers = {}
    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        checkers[name] = Draft202012Validator(schema, registry=Registry(),
                                              format_checker=Draft202012Validator.FORMAT_CHECKER)
    seen, counts, wrong = set(), {}, 0
    for log in sys.argv[2:]:
        for line in pathlib.Path(log).read_text(encoding="utf-8").splitlines():
            name, _, text = line.partition("\t")
            counts[name] = counts.get(name, 0) + 1
            if line in seen:
                continue
            seen.add(line)
            for fault in checkers[name].iter_errors(json.loads(text)):
                wrong += 1
                if wrong <= 10:
                    print(f"FAILED: {name} at {fault.json_path}: {fault.message[:300]}")
    # A checker that passes everything would prove nothing.
    if checkers["outcome"].is_valid({"id": 1}) or checkers["with_error"].is_valid({"error": {"status": "x"}}):
        print("FAILED: the check takes what is wrong")
        wrong += 1
    print(f"ok: {sum(counts.values())} JSON texts fit their schemas ({counts})" if not wrong else f"{wrong} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
