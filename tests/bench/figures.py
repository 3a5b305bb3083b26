"""A figure: ours, what it is compared with, and the bound."""

from dataclasses import dataclass

# unit: (divisor, suffix) of what is printed
SHOWN = {"us": (1000, "ms"), "KiB": (1024, "MiB"), "": (1, "")}


def number(value, unit):
    divisor, suffix = SHOWN[unit]
    scaled = value / divisor
    if divisor == 1:
        text = f"{scaled:,.0f}"
    else:
        text = f"{scaled:,.0f}" if scaled >= 100 else f"{scaled:.3g}"
    return f"{text} {suffix}".rstrip()


def quotient(value):
    return f"{value:.2f}" if value > 0.4 or not value else f"1/{1 / value:.3g}"


@dataclass(frozen=True)
class Figure:
    """`unit`: "us", "KiB" or "" for a count. `most`: the bound of ours divided by `other`; None: no bound."""
    what: str
    unit: str
    ours: float
    other: float = None
    other_name: str = ""
    most: float = None

    def ratio(self):
        return self.ours / self.other if self.other else None

    def ok(self):
        return None if self.most is None else self.ours <= self.most * self.other

    def record(self):
        return {"what": self.what, "unit": self.unit or "count", "ours": self.ours, "other": self.other,
                "other_name": self.other_name or None, "ratio": self.ratio(), "bound": self.most, "ok": self.ok()}

    def cells(self):
        other = f"{self.other_name} {number(self.other, self.unit)}" if self.other is not None else ""
        ratio = quotient(self.ratio()) if self.other else ""
        bound = f"<= {quotient(self.most)}" if self.most else ""
        verdict = {True: "ok", False: "MISSED", None: ""}[self.ok()]
        return self.what, number(self.ours, self.unit), other, ratio, bound, verdict


def at_most(what, unit, ours, bound):
    return Figure(what, unit, ours, bound, "bound", 1)


def show(title, figures):
    """A table: figures stand to the right, words to the left."""
    rows = [(title, "ours", "other", "ratio", "bound", ""), *(figure.cells() for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    rows.insert(1, tuple("-" * width for width in widths))
    for row in rows:
        cells = [cell.rjust(width) if place in (1, 3, 4) else cell.ljust(width)
                 for place, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())
    print(flush=True)
