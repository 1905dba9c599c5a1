"""Starts PostgreSQL and Redis for the bench: of its own, on loopback ports, with data where BENCH_DATA
is, which is a real disk. PostgreSQL is set up as deploy/compose.scale.yml sets it up and
docs/deployment.md says, so what is measured is what is recommended."""

import os
import pwd
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

from servers import DATA, ROOT, BenchFailed

PG_BIN = Path("/usr/lib/postgresql/15/bin")
STARTS_WITHIN = 60  # seconds


def free_port():
    """Not one that the kernel gives to outgoing connections. BENCH_PORTS=A-B narrows it."""
    first, last = map(int, os.environ.get("BENCH_PORTS", "10000-19999").split("-"))
    for port in range(first, last + 1):
        try:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        if port not in _given:
            _given.add(port)
            return port
    raise BenchFailed(f"no port from {first} to {last} is free; BENCH_PORTS names others")


_given = set()


def recommended():
    """What `command` of the service postgres in deploy/compose.scale.yml sets."""
    text = (ROOT / "deploy" / "compose.scale.yml").read_text(encoding="utf-8")
    command = re.search(r"command: \[postgres,(.*?)\]", text, re.S)
    settings = dict(re.findall(r"-c, ([a-z_]+)=([^,\]\s]+)", command.group(1))) if command else {}
    if "max_connections" not in settings:
        raise BenchFailed("deploy/compose.scale.yml does not say how PostgreSQL is to be set up")
    return settings


def as_user(name):
    """Options of Popen that make root become somebody else, whom these engines insist on."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam(name)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def folder_of(name):
    folder = DATA / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if os.getuid() == 0:
        shutil.chown(folder, name, None)
    return folder


def ran(command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **options)
    if done.returncode != 0:
        raise BenchFailed(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


class Engine:
    """A running engine; use it in a `with` statement. `pid` is of the process that started all
    others of it."""

    def __init__(self, name, command, answers):
        self.log = DATA / f"{name}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log,
                                            cwd=DATA / name, **as_user(name))
        self.pid = self.process.pid
        end = time.monotonic() + STARTS_WITHIN
        while not answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise BenchFailed(f"{name} did not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(2)  # the fast shutdown of PostgreSQL
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Postgres(Engine):
    """Everything that is acknowledged is on its disk: fsync, full_page_writes and synchronous_commit
    are as PostgreSQL has them, on."""

    def __init__(self, statements=False):
        folder = folder_of("postgres")
        self.port = free_port()
        ran([PG_BIN / "initdb", "-D", folder / "data", "-U", "app", "--encoding=UTF8",
             "--locale=C.UTF-8", "--auth=trust"], cwd=folder, **as_user("postgres"))
        settings = recommended() | {"listen_addresses": "127.0.0.1", "port": self.port,
                                    "unix_socket_directories": ""}
        if statements:
            settings["shared_preload_libraries"] = "pg_stat_statements"
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        super().__init__("postgres", [PG_BIN / "postgres", "-D", folder / "data", *words],
                         self._answers)
        if statements:
            self.ask("CREATE EXTENSION pg_stat_statements")

    def _answers(self):
        return subprocess.run([PG_BIN / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
                              check=False).returncode == 0

    def url(self, database):
        return f"postgres://app@127.0.0.1:{self.port}/{database}"

    def ask(self, statement, database="postgres"):
        """The rows as lines, fields divided by |."""
        return ran(["psql", "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-c", statement,
                    self.url(database)])

    def copy(self, template, database):
        """Makes a database anew, as a copy of another."""
        self.ask(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        self.ask(f"CREATE DATABASE {database}" + (f" TEMPLATE {template}" if template else ""))


class Redis(Engine):
    """Nothing of it is kept, as nodes need it."""

    def __init__(self):
        folder = folder_of("redis")
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        super().__init__("redis", ["redis-server", "--bind", "127.0.0.1", "--port", self.port,
                                   "--dir", folder, "--save", "", "--appendonly", "no",
                                   "--maxmemory-policy", "noeviction"], self._answers)

    def _answers(self):
        return subprocess.run(["redis-cli", "-h", "127.0.0.1", "-p", str(self.port), "ping"],
                              capture_output=True, check=False).stdout.strip() == b"PONG"

    def flush(self):
        ran(["redis-cli", "-h", "127.0.0.1", "-p", self.port, "FLUSHALL"])
