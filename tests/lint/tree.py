#!/usr/bin/env python3
"""What every command owes its users: tree.py NVMECTL. Reads __dump-commands and asks the binary itself."""
import json
import re
import subprocess
import sys


def run(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)


def option_problems(command: dict) -> list:
    found, letters, names = [], {}, set()
    for a in command["arguments"] + command["common_arguments"]:
        if a["positional"]:
            continue
        if a["name"] in names:
            found.append(f"{command['name']}: --{a['name']} twice")
        names.add(a["name"])
        if a["letter"] and a["letter"] in letters:
            found.append(f"{command['name']}: -{a['letter']} is both --{letters[a['letter']]} and --{a['name']}")
        letters[a["letter"]] = a["name"]
        if not a["doc"] or a["doc"].endswith("."):
            found.append(f"{command['name']}: --{a['name']} needs a doc without a full stop")
        if not a["flag"] and not a["metavar"]:
            found.append(f"{command['name']}: --{a['name']} needs a metavar")
    return found


def field_problems(name: str, fields: list) -> list:
    found, keys = [], set()
    for f in fields:
        if f["key"] in keys or not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", f["key"]):
            found.append(f"{name}: key {f['key']} stands twice or is not snake_case")
        keys.add(f["key"])
        if not f["title"]:
            found.append(f"{name}: {f['key']} has no title")
        found += field_problems(f"{name}.{f['key']}", f.get("fields", []))
    return found


def command_problems(nvmectl: str, command: dict) -> list:
    name = command["name"]
    found = option_problems(command) + field_problems(name, command["fields"])
    if not command["examples"]:
        found.append(f"{name}: no example")
    if not command["summary"] or command["summary"].endswith("."):
        found.append(f"{name}: the summary must be one line without a full stop")
    for example in command["examples"]:
        if not example["command"].startswith(name):
            found.append(f"{name}: the example '{example['command']}' shows another command")
    shown = run(nvmectl, *name.split(), "--help")
    if shown.returncode != 0 or shown.stderr or f"nvmectl {name}" not in shown.stdout:
        found.append(f"{name}: --help failed: {shown.stderr}")
    if command["schema"]:
        schema = run(nvmectl, "schema", *name.split())
        if schema.returncode != 0 or json.loads(schema.stdout)["properties"]["schema"]["const"] != command["schema"]:
            found.append(f"{name}: schema failed: {schema.stderr}")
    return found


def main() -> int:
    nvmectl = sys.argv[1]
    tree = json.loads(run(nvmectl, "__dump-commands").stdout)
    assert len(tree["commands"]) > 15, "the tree is too small to be true"
    problems = [p for c in tree["commands"] for p in command_problems(nvmectl, c)]
    print("\n".join(problems) or f"{len(tree['commands'])} commands are in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
