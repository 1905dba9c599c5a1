"""Names, keeps and shows what a run measured."""

import datetime
import json
import os
import re
import subprocess
import time
from pathlib import Path

from servers import DATA, ROOT

RESULTS = ROOT / "bench" / "results"


def machine():
    """What the figures are measured on. Refuses a folder for data that is not on a disk."""
    DATA.mkdir(parents=True, exist_ok=True)
    kind = subprocess.run(["stat", "-f", "-c", "%T", str(DATA)], capture_output=True, text=True,
                          check=False).stdout.strip()
    if kind in ("tmpfs", "ramfs"):
        raise SystemExit(f"bench: {DATA} is on {kind}, where nothing is durable; set BENCH_DATA")
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")),
                     "unknown")
    return {"cpu": model, "cores": os.cpu_count(), "kernel": os.uname().release,
            "filesystem": kind, "fdatasyncMillis": round(fdatasync_millis(), 3), "loadAverage": os.getloadavg()[0]}


def fdatasync_millis():
    """The median time of making 4 KiB more of a file durable where the data lies."""
    path = DATA / "fdatasync"
    times = []
    with open(path, "wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            before = time.monotonic()
            os.fdatasync(file.fileno())
            times.append((time.monotonic() - before) * 1000)
    path.unlink()
    return sorted(times)[len(times) // 2]


def commit():
    def git(*words):
        return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True,
                              check=False).stdout.strip()
    changed = git("status", "--porcelain", "--", "server", "bench/load", "bench/floor")
    return (git("rev-parse", "--short", "HEAD") or "none") + ("+changes" if changed else "")


def write(facts, names, everything, results):
    """Writes the JSON of the run; its name tells which scenarios unless it was all of them."""
    cpu = re.sub(r"[^a-z0-9]+", "-", facts["cpu"].lower()).strip("-")
    part = "" if set(names) == set(everything) else "-" + "-".join(names)
    revision = commit()
    now = datetime.datetime.now(datetime.timezone.utc)
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{now:%Y-%m-%d}-{revision}-{cpu}-{facts['cores']}c{part}.json"
    content = {"date": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "commit": revision, "machine": facts,
               **results}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path)


def table(rows):
    """Rows of (what, measured, target, met) as a Markdown table; `met` is None without a target."""
    words = {True: "met", False: "not met", None: ""}
    lines = [("figure", "measured", "target", "")]
    lines += [(what, measured, target, words[met]) for what, measured, target, met in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(4)]
    shown = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
             for line in lines]
    shown.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(shown)
