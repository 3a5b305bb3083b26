#!/usr/bin/env python3
"""Writes the man pages from the command tree: nvmectl __dump-commands | man/generate.py DIRECTORY

One mdoc(7) page for each command, nvmectl(1) for the whole, nvmectl-TOPIC(7) for each help topic. Prose that belongs to
one command only is in man/COMMAND.mdoc and goes before EXIT STATUS; man/AREA.mdoc makes a page for a whole area.
"""
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
DATE = "$Mdocdate$"


def text(words: str) -> str:
    """Prose made safe for roff: no line is taken for a macro, no backslash for an escape."""
    words = words.replace("\\", "\\e").replace("…", "...")
    lines = [line.strip() for line in words.split("\n") if line.strip()]
    return "\n".join("\\&" + line if line[0] in ".'" else line for line in lines)


def argument(words: str) -> str:
    """Words behind a macro: none is taken for a macro or a delimiter."""
    safe = text(words).replace('"', "\\(dq")
    return " ".join("\\&" + w if re.fullmatch(r"[A-Z][a-z]|[.,:;()\[\]?!|]", w) else w for w in safe.split())


def head(name: str, section: int, summary: str) -> str:
    return f".Dd {DATE}\n.Dt {name.upper()} {section}\n.Os\n.Sh NAME\n.Nm {name}\n.Nd {argument(summary)}\n"


def page_name(command: dict) -> str:
    return "nvmectl-" + command["name"].replace(" ", "-")


def synopsis(command: dict) -> str:
    out = f".Sh SYNOPSIS\n.Nm nvmectl {argument(command['name'])}\n"
    for a in command["arguments"]:
        if a["positional"]:
            out += f".{'Ar' if a['required'] else 'Op Ar'} {argument(a['name'])}{' ...' if a['repeatable'] else ''}\n"
        elif a["required"]:
            out += f".Fl \\&-{a['name']} Ar {argument(a['metavar'])}\n"
    return out + ".Op Ar OPTIONS\n"


def option_item(a: dict) -> str:
    spelling = f"Fl \\&{a['letter']} , \\&-{a['name']}" if a["letter"] else f"Fl \\&-{a['name']}"
    if a["metavar"].startswith("["):
        spelling += f" Ns Op = Ns Ar {argument(a['metavar'].strip('[=]'))}"
    elif a["metavar"]:
        spelling += f" Ar {argument(a['metavar'])}"
    out = f".It {spelling}\n{text(a['doc'])}.\n"
    if a["default"]:
        out += f"The default is\n.Cm {argument(a['default'])} .\n"
    if a["repeatable"]:
        out += "May be given several times.\n"
    return out


def options(title: str, arguments: list) -> str:
    items = [option_item(a) for a in arguments if not a["positional"]]
    if not items:
        return ""
    return f".Ss {title}\n.Bl -tag -width Ds\n" + "".join(items) + ".El\n"


def fields(rows: list, depth: int = 0) -> str:
    out = ".Bl -tag -width Ds" + (" -offset indent" if depth else "") + "\n"
    for row in rows:
        mnemonic = f" Pq {argument(row['mnemonic'])}" if row["mnemonic"] else ""
        out += f".It Li {argument(row['key'])}{mnemonic}\n{text(row['doc'] or row['title'])}\n"
        if "fields" in row and depth < 2:
            out += fields(row["fields"], depth + 1)
    return out + ".El\n"


def exit_status(codes: list) -> str:
    out = ".Sh EXIT STATUS\n.Bl -tag -width Ds\n"
    return out + "".join(f".It {c['code']}\n{text(c['meaning'])}.\n" for c in codes) + ".El\n"


EFFECTS = {
    "changes_state": "This command changes state.",
    "disrupts_io": "This command disrupts I/O and asks before it goes on.",
    "destroys_data": "This command can destroy data. It shows what would be lost and asks before it goes on.",
}


def command_page(command: dict, codes: list) -> str:
    out = head(page_name(command), 1, command["summary"]) + synopsis(command)
    out += ".Sh DESCRIPTION\n" + text(command["description"] or command["summary"] + ".") + "\n"
    if command["effect"] in EFFECTS:
        out += f".Pp\n{EFFECTS[command['effect']]}\n"
    positional = [a for a in command["arguments"] if a["positional"]]
    if positional:
        out += ".Ss Arguments\n.Bl -tag -width Ds\n"
        out += "".join(f".It Ar {argument(a['name'])}\n{text(a['doc'])}.\n" for a in positional) + ".El\n"
    out += options("Options", command["arguments"]) + options("Common options", command["common_arguments"])
    if command["fields"]:
        out += f".Sh OUTPUT FIELDS\nThe JSON document has the schema\n.Li {argument(command['schema'])} .\n" + fields(command["fields"])
    prose = HERE / (page_name(command).removeprefix("nvmectl-") + ".mdoc")
    if prose.exists():
        out += prose.read_text()
    out += exit_status(codes)
    if command["examples"]:
        out += ".Sh EXAMPLES\n"
        for example in command["examples"]:
            out += f"{text(example['says'][:1].upper() + example['says'][1:])}:\n.Pp\n.Dl nvmectl {argument(example['command'])}\n.Pp\n"
        out = out.removesuffix(".Pp\n")
    return out + ".Sh SEE ALSO\n.Xr nvmectl 1\n"


def area_page(prose: pathlib.Path, commands: list, codes: list) -> str:
    """All commands that begin with the area's word; the prose begins with what NAME says of it, in a comment."""
    area, body = prose.stem, prose.read_text()
    summary = body.split("\n", 1)[0].removeprefix('.\\"').strip()
    out = head(f"nvmectl-{area}", 1, summary)
    out += f".Sh SYNOPSIS\n.Nm nvmectl {area}\n.Ar COMMAND\n.Op Ar OPTIONS\n" + body
    out += ".Sh COMMANDS\n.Bl -tag -width Ds\n"
    out += "".join(f".It Xr {page_name(c)} 1\n{text(c['summary'])}\n" for c in commands) + ".El\n"
    return out + exit_status(codes) + ".Sh SEE ALSO\n.Xr nvmectl 1\n"


def main_page(tree: dict) -> str:
    out = head("nvmectl", 1, "see and manage NVMe, NVMe over Fabrics and persistent memory")
    out += ".Sh SYNOPSIS\n.Nm\n.Ar COMMAND\n.Op Ar OPTIONS\n.Sh DESCRIPTION\n" + (HERE / "nvmectl.mdoc").read_text()
    groups: dict = {}
    for command in tree["commands"]:
        groups.setdefault(command["group"], []).append(command)
    out += ".Sh COMMANDS\n"
    for group, commands in groups.items():
        out += f".Ss {argument(group)}\n.Bl -tag -width Ds\n"
        out += "".join(f".It Xr {page_name(c)} 1\n{text(c['summary'])}\n" for c in commands) + ".El\n"
    out += exit_status(tree["exit_codes"])
    links = " ,\n".join(f".Xr nvmectl-{t['name']} 7" for t in sorted(tree["topics"], key=lambda t: t["name"]))
    return out + f".Sh SEE ALSO\n{links}\n"


def topic_page(topic: dict, codes: list) -> str:
    out = head(f"nvmectl-{topic['name']}", 7, topic["summary"]) + ".Sh DESCRIPTION\n"
    if topic["name"] == "exit-codes":
        rows = "".join(f".It {c['code']}\n{text(c['meaning'])}.\n" for c in codes)
        return out + ".Bl -tag -width Ds\n" + rows + ".El\n.Sh SEE ALSO\n.Xr nvmectl 1\n"
    for block in topic["text"].strip().split("\n\n"):
        lines = "\n".join("\\&" + line.replace("\\", "\\e").replace("…", "...") for line in block.split("\n"))
        out += f".Bd -literal\n{lines}\n.Ed\n"
    return out + ".Sh SEE ALSO\n.Xr nvmectl 1\n"


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    tree = json.load(sys.stdin)
    (folder / "nvmectl.1").write_text(main_page(tree))
    for command in tree["commands"]:
        (folder / f"{page_name(command)}.1").write_text(command_page(command, tree["exit_codes"]))
    for prose in sorted(HERE.glob("*.mdoc")):
        commands = [c for c in tree["commands"] if c["name"].startswith(prose.stem + " ")]
        if commands:
            page = area_page(prose, commands, tree["exit_codes"])
            (folder / f"nvmectl-{prose.stem}.1").write_text(page)
    for topic in tree["topics"]:
        (folder / f"nvmectl-{topic['name']}.7").write_text(topic_page(topic, tree["exit_codes"]))


if __name__ == "__main__":
    main()
