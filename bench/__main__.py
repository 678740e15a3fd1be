"""``python -m bench [names]``: run all benchmarks, or the named ones (``NAMES``), and print the report."""

from __future__ import annotations

import importlib
import os
import sys

from bench.report import table
from bench.world import HOME

NAMES = (
    *("deadlines", "intake", "kpis", "changes", "analysis", "pages", "live", "screens_load"),
    *("drill", "queue", "opd", "users", "export", "beside"),
)
ROWS = int(os.environ.get("LR_ROWS", "1000000"))


def main() -> None:
    names = sys.argv[1:] or NAMES
    if unknown := set(names) - set(NAMES):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    if (
        {*names} - {"deadlines", "intake", "export", "beside"}
        and "intake" not in names
        and not (HOME / f"room-{ROWS}" / "frames").is_dir()
    ):
        names = ["intake", *names]
    lines = []
    for name in names:
        for line in importlib.import_module(f"bench.{name}").run(ROWS):
            print(f"{line.what}: {line.figure} ({line.how})", flush=True)
            lines.append(line)
    print()
    print(table(lines))


if __name__ == "__main__":
    main()
