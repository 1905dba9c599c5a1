"""Starts the servers the bench measures, on loopback ports and with data of their own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BUILD", ROOT / "build" / "release")).resolve()
DATA = Path(os.environ.get("BENCH_DATA", ROOT / "build" / "bench-data")).resolve()
READY_WITHIN = 30  # seconds
SEEDINGS = 3
SECRETS = ["--token-secret=" + "t" * 32, "--cluster-secret=" + "c" * 32]


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

    def __init__(self, command, name=None):
        self.log = DATA / f"{name or Path(command[0]).name}.log"
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
        return memory_mib(self.pid)

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


def memory_mib(pid):
    """The anonymous memory of a process, counted page by page."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("Anonymous:"):
                return int(line.split()[1]) / 1024
    raise BenchFailed("no Anonymous line in smaps_rollup")


def parley(data, *flags, name=None):
    return Server([binary("parley"), "serve", "--data", str(data), "--listen", "127.0.0.1:0",
                   "--rate-limits=off", "--log-format=json", *server_flags, *flags], name)


server_flags = []  # what --server-flag adds to every node


def floor(seed):
    journal = fresh_folder("floor") / "journal"
    return Server([binary("parley-floor"), "--listen=127.0.0.1:0", f"--seed={seed}",
                   f"--journal={journal}"])


def make_accounts(users, group, out, *flags):
    made = subprocess.run(
        [binary("parley"), "seed", "--users", str(users), "--group", str(group), "--out", str(out),
         *flags], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise BenchFailed(f"parley seed: {made.stdout}{made.stderr}")


class Store:
    """A store of seeded accounts that every repetition begins from anew."""

    def __init__(self, users, group):
        self.template = fresh_folder(f"seeded-{users}")
        self.seed = DATA / f"seed-{users}"
        make_accounts(users, group, self.seed, "--data", str(self.template))

    def serve(self):
        data = DATA / "parley"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.template, data)
        return parley(data)

    def beside(self):
        return []


class PostgresStore:
    """The same in PostgreSQL: every repetition has a database of its own. `serve()` starts one node,
    `nodes(count)` several that share Redis; `beside()` is for the generator, which then counts what
    PostgreSQL spends."""

    def __init__(self, postgres, users, group, redis=None):
        self.postgres, self.redis = postgres, redis
        self.seed = DATA / f"seed-{users}"
        self._fill(users, group)
        postgres.ask("VACUUM ANALYZE", f"seeded_{users}")
        self.template = f"seeded_{users}"

    def _fill(self, users, group):
        # Nothing is measured yet, so nobody waits for the disk. In tables this young registrations
        # meet each other all the time, and one may give up: that is said, and begun anew.
        where = f"{self.postgres.url(f'seeded_{users}')}?options=-csynchronous_commit%3Doff"
        for attempt in range(1, SEEDINGS + 1):
            self.postgres.copy(None, f"seeded_{users}")
            try:
                return make_accounts(users, group, self.seed, "--data",
                                     str(fresh_folder("seeding")), SECRETS[0], f"--storage={where}")
            except BenchFailed as failure:
                if attempt == SEEDINGS or "in each other's way" not in str(failure):
                    raise
                print(f"seeding is begun anew: {str(failure)[-200:].strip()}", file=sys.stderr)

    def serve(self):
        return self.nodes(1)[0]

    def nodes(self, count):
        """Starts them one after the other; the caller stops each."""
        self.postgres.copy(self.template, "parley")
        shared = [f"--storage={self.postgres.url('parley')}", *SECRETS]
        if self.redis:
            self.redis.flush()
            shared.append(f"--redis={self.redis.url}")
        started = []
        for number in range(1, count + 1):
            try:
                started.append(parley(fresh_folder(f"parley-{number}"), f"--node-id={number}",
                                      *shared, name=f"parley-{number}"))
            except BenchFailed:
                for server in started:
                    server.stop()
                raise
        return started

    def beside(self):
        engines = {"postgres": self.postgres} | ({"redis": self.redis} if self.redis else {})
        return [f"--beside={name}:{engine.pid}" for name, engine in engines.items()]


def load(server, seed, scenario, *options):
    """One run of the generator: its report. Raises when the server broke a promise."""
    return load_on([server], seed, scenario, *options)


def load_on(nodes, seed, scenario, *options):
    """The same on several nodes; the first is `server` in the report, the second `node2` …"""
    targets = ",".join(node.target for node in nodes)
    others = [f"--beside=node{i}:{node.pid}" for i, node in enumerate(nodes[1:], 2)]
    ran = subprocess.run(
        [binary("parley-load"), scenario, f"--target={targets}", f"--seed={seed}",
         f"--pid={nodes[0].pid}", *others, *options], capture_output=True, text=True, check=False)
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
