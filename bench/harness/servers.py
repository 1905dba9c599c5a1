"""Starts the servers the bench measures, on loopback ports and with data of their own."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", ROOT / "build" / "release")).resolve()
DATA = Path(os.environ.get("BENCH_DATA", ROOT / "build" / "bench-data")).resolve()
READY_WITHIN = 30  # seconds


class BenchFailed(Exception):
    """The run cannot be made, or a check failed; the text says why."""


def binary(name):
    path = BUILD / name
    if not path.exists():
        raise BenchFailed(f"{path} is missing; ./dev build makes it (BUILD names another folder)")
    return str(path)


def fresh_folder(name):
    folder = DATA / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


class Server:
    """A running server; use it in a `with` statement. `ready_ms` is the time from its start to the
    line that says it listens."""

    def __init__(self, command):
        self.log = DATA / f"{Path(command[0]).name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_bytes(b"")
        started = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=DATA)
        self.pid = self.process.pid
        self.target = self._wait_until_ready(started)

    def _wait_until_ready(self, started):
        with open(self.log, "rb") as log:
            pending = b""
            while time.monotonic() - started < READY_WITHIN:
                pending += log.read()
                *lines, pending = pending.split(b"\n")
                for line in lines:
                    event = _parsed(line)
                    if event.get("event") == "ready" and "url" in event:
                        self.ready_ms = (time.monotonic() - started) * 1000
                        return event["url"].split("//")[1].rstrip("/")
                if self.process.poll() is not None:
                    break
                time.sleep(0.0005)
        self.stop()
        raise BenchFailed(f"{self.process.args[0]} did not become ready:\n{self.log.read_text()}")

    def rss_anon_mib(self):
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("Anonymous:"):
                    return int(line.split()[1]) / 1024
        raise BenchFailed("no Anonymous line in smaps_rollup")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _parsed(line):
    try:
        event = json.loads(line)
        return event if isinstance(event, dict) else {}
    except ValueError:
        return {}


def parley(data):
    return Server([binary("parley"), "serve", "--data", str(data), "--listen", "127.0.0.1:0",
                   "--rate-limits=off", "--log-format=json", *server_flags])


server_flags = []  # what --server-flag adds to every node


def floor(seed):
    journal = fresh_folder("floor") / "journal"
    return Server([binary("parley-floor"), "--listen=127.0.0.1:0", f"--seed={seed}",
                   f"--journal={journal}"])


class Store:
    """A store of seeded accounts that every repetition begins from anew."""

    def __init__(self, users, group):
        self.template = fresh_folder(f"seeded-{users}")
        self.seed = DATA / f"seed-{users}"
        made = subprocess.run(
            [binary("parley"), "seed", "--users", str(users), "--group", str(group),
             "--data", str(self.template), "--out", str(self.seed)],
            capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise BenchFailed(f"parley seed: {made.stdout}{made.stderr}")

    def serve(self):
        data = DATA / "parley"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.template, data)
        return parley(data)


def load(server, seed, scenario, *options):
    """One run of the generator: its report. Raises when the server broke a promise."""
    ran = subprocess.run(
        [binary("parley-load"), scenario, f"--target={server.target}", f"--seed={seed}",
         f"--pid={server.pid}", *options], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise BenchFailed(f"parley-load {scenario} {' '.join(options)}:\n{ran.stderr}")
    return json.loads(ran.stdout)


def micro(pattern, seconds):
    """Runs the micro benchmarks that match; their rows by name."""
    ran = subprocess.run(
        [binary("parley-micro"), f"--benchmark_filter={pattern}", "--benchmark_format=json",
         f"--benchmark_min_time={seconds}"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PARLEY_MICRO_DATA": str(fresh_folder("micro"))})
    if ran.returncode != 0:
        raise BenchFailed(f"parley-micro: {ran.stdout[-2000:]}{ran.stderr}")
    return {row["name"]: row for row in json.loads(ran.stdout)["benchmarks"]}
