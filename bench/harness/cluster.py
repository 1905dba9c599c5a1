"""What is measured on PostgreSQL and on several nodes: see bench/README.md."""

import contextlib
import http.client
import json
import re
import statistics
import subprocess
import threading
import time

import engines
import servers
from servers import BenchFailed

HOP_MICROS = 10            # target: CPU of a message's way to another node
HOP_MILLIS = 2             # and how long it takes at rest
CROWD_KIB = 16             # check: what a socket may take at most while all come back
NOTICED_MILLIS = 20_000    # check: by when a node's users are seen gone


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def spread(values, unit="µs", places=2):
    """The median with the lowest and highest beside it."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{places}f} {unit} ({low:.{places}f}–{high:.{places}f})"


@contextlib.contextmanager
def stopped_after(nodes):
    try:
        yield nodes
    finally:
        for node in nodes:
            node.stop()


def micros(run, *names):
    return sum(run[f"{name}MicrosPerRound"] for name in names)


def disk(options, say):
    """Bytes per message of 150 with its receipt: in tables, in indexes, in the log of PostgreSQL."""
    seconds = 4 * options.seconds
    say(f"disk: pairs on PostgreSQL for {seconds:.0f} s")
    with engines.Postgres() as postgres:
        store = servers.PostgresStore(postgres, 256, 0)
        with store.serve() as server:
            def sizes():
                postgres.ask("CHECKPOINT")
                found = postgres.ask(
                    "SELECT sum(pg_table_size(c.oid)), sum(pg_indexes_size(c.oid)),"
                    " pg_current_wal_lsn() - '0/0' FROM pg_class c"
                    " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace", "parley")
                return [int(float(word)) for word in found.split("|")]
            before = sizes()
            run = servers.load(server, store.seed, "pairs", "--window=16", f"--seconds={seconds}")
            after = sizes()
            messages = run["readBack"]
            table, index, log = ((b - a) / messages for a, b in zip(before, after))
    rows = [(f"bytes of a message of 150 on PostgreSQL, {messages:,} of them: tables",
             f"{table:.0f}", "", None),
            ("indexes", f"{index:.0f}", "", None),
            ("log (WAL) of a message and its receipt, checkpoints included", f"{log:.0f}", "", None)]
    return rows, {"messages": messages, "tableBytes": table, "indexBytes": index, "logBytes": log,
                  "run": run}


def hop(options, say):
    """What it costs, and takes, that two who write to each other are on two nodes."""
    with engines.Postgres() as postgres, engines.Redis() as redis:
        store = servers.PostgresStore(postgres, 256, 0, redis)
        kinds = {"one node": (1, "off"), "two nodes, pairs together": (2, "off"),
                 "two nodes, pairs apart": (2, "on")}
        busy, rest = {kind: [] for kind in kinds}, {kind: [] for kind in kinds}
        for turn in range(options.repeat):
            for kind, (count, apart) in kinds.items():
                say(f"hop: {kind}, {turn + 1} of {options.repeat}")
                with stopped_after(store.nodes(count)) as nodes:
                    wanted = [f"--apart={apart}", "--window=16", "--order=any", *store.beside()]
                    busy[kind].append(servers.load_on(nodes, store.seed, "pairs", *wanted,
                                                      f"--seconds={options.seconds}"))
                    rest[kind].append(servers.load_on(nodes, store.seed, "pairs", *wanted,
                                                      "--rate=20", f"--seconds={options.seconds}"))

    def spent(kind):
        names = ["server", "redis"] + (["node2"] if kinds[kind][0] == 2 else [])
        return [micros(run, *names) for run in busy[kind]]

    # Both wait for the same disk, whose moods are longer than a hop: what is between them is not.
    def p50(kind):
        return [(run["receivedMicros"]["p50"] - run["acknowledgedMicros"]["p50"]) / 1000
                for run in rest[kind]]

    rows = []
    for kind in kinds:
        rows.append((f"message + receipt, window 16, nodes and Redis: {kind}", spread(spent(kind)),
                     "", None))
        rows.append((f"20 messages/s, acknowledged to received, p50s: {kind}",
                     spread(p50(kind), "ms"), "", None))
    middle = {kind: statistics.median(spent(kind)) for kind in kinds}
    alone, together, apart = kinds
    # A round crosses twice: the message, and its receipt on the way back.
    added = (middle[apart] - middle[together]) / 2
    later = statistics.median(p50(apart)) - statistics.median(p50(together))
    rows += [(f"a hop: CPU of both nodes and Redis, beside {together}", f"{added:.2f} µs",
              f"≤ {HOP_MICROS} µs", added <= HOP_MICROS),
             (f"a hop: CPU, beside {alone}", f"{(middle[apart] - middle[alone]) / 2:.2f} µs",
              "", None),
             (f"a hop at rest, p50, beside {together}", f"{later:.2f} ms", f"< {HOP_MILLIS} ms",
              later < HOP_MILLIS)]
    return rows, {"busy": busy, "rest": rest, "hopMicros": added, "hopMillis": later}


def directory(options, say):
    """Memory: of an idle socket on a node of a cluster, and of one elsewhere."""
    count = f"--connections={options.idle}"
    quiet = [count, "--warmup=5", "--seconds=5"]
    with engines.Postgres() as postgres, engines.Redis() as redis:
        store = servers.PostgresStore(postgres, options.idle, 0, redis)
        say(f"directory: {options.idle} sockets on one of two nodes")
        with stopped_after(store.nodes(2)) as (near, far):
            there = near.rss_anon_mib()
            here = servers.load(far, store.seed, "idle", *quiet)
            # Whoever left a moment ago is still known of, so the order is this one.
            elsewhere = (near.rss_anon_mib() - there) * 2**20 / options.idle
    rows = [(f"RssAnon per idle socket on a node of a cluster, {options.idle} of them",
             f"{here['bytesPerSocket'] / 1024:.2f} KiB", "≤ 8 KiB",
             here["bytesPerSocket"] <= 8 * 1024),
            ("RssAnon of another node per user with a socket there", f"{elsewhere:.0f} bytes",
             "", None)]
    return rows, {"run": here, "bytesPerUserElsewhere": elsewhere}


class Watch:
    """Looks at a node ten times a second: its memory, and how many reads wait for the store."""

    def __init__(self, server):
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.samples = []  # of (time, MiB, reads waiting)

    def _look(self):
        connection = http.client.HTTPConnection(self._server.target, timeout=20)
        while not self._over.wait(0.1):
            try:
                connection.request("GET", "/metrics")
                text = connection.getresponse().read().decode()
                with open(f"/proc/{self._server.pid}/status", encoding="ascii") as lines:
                    memory = next(int(line.split()[1]) for line in lines
                                  if line.startswith("RssAnon:"))
            except (OSError, StopIteration, http.client.HTTPException):
                continue
            waiting = re.search(r"^parley_store_reads_waiting (\S+)", text, re.M)
            self.samples.append((time.monotonic(), memory / 1024,
                                 float(waiting.group(1)) if waiting else 0.0))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


def broken_promises(run, before_mib, peak_mib):
    """What the generator cannot see: a sentence for each bound that did not hold."""
    grown = (peak_mib - before_mib) * 1024 / run["connections"]
    if grown > CROWD_KIB:
        yield f"memory: {grown:.1f} KiB a socket while all came back, at most {CROWD_KIB}"
    noticed = run["seenGoneMicros"]["max"] / 1000
    if noticed > NOTICED_MILLIS:
        yield f"presence: the death of a node was noticed after {noticed:.0f} ms"


def reconnect_once(options, postgres, store):
    phases, statements = {}, {}

    def count_statements():
        return int(postgres.ask("SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE dbid ="
                                " (SELECT oid FROM pg_database WHERE datname = 'parley')"))

    with stopped_after(store.nodes(2)) as (victim, survivor), Watch(survivor) as watch:
        command = [servers.binary("parley-load"), "reconnect", f"--seed={store.seed}",
                   f"--target={victim.target},{survivor.target}", f"--pid={survivor.pid}",
                   f"--kill={victim.pid}", f"--connections={options.crowd}", "--senders=200",
                   "--rate=200", "--warmup=2", f"--seconds={options.seconds}", *store.beside()]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as load:
            said = []
            for line in load.stderr:
                said.append(line)
                if line.startswith("phase: "):
                    name = line.split()[1]
                    phases[name] = time.monotonic()
                    if name in ("quiet", "served"):
                        statements[name] = count_statements()
            report = load.stdout.read()
    if load.returncode != 0:
        raise BenchFailed(f"parley-load reconnect:\n{''.join(said)}{report}")
    run = json.loads(report)
    quiet = [mib for at, mib, _ in watch.samples if phases["quiet"] <= at < phases["killed"]]
    storm = [sample for sample in watch.samples if phases["killed"] <= sample[0]]
    peak = max(mib for _, mib, _ in storm)
    for sentence in broken_promises(run, max(quiet), peak):
        raise BenchFailed(sentence)
    return run | {"restMib": max(quiet), "peakMib": peak,
                  "readsWaiting": max(waiting for *_, waiting in storm),
                  "statements": statements["served"] - statements["quiet"]}


def reconnect(options, say):
    """A node dies, and everybody who was on it comes to the one that is left."""
    runs = []
    with engines.Postgres(statements=True) as postgres, engines.Redis() as redis:
        store = servers.PostgresStore(postgres, 2 * options.crowd, 0, redis)
        for turn in range(options.repeat):
            say(f"reconnect: {options.crowd} sockets, {turn + 1} of {options.repeat}")
            runs.append(reconnect_once(options, postgres, store))

    def of(key, *path, scale=1.0):
        values = []
        for run in runs:
            value = run[key]
            for name in path:
                value = value[name]
            values.append(value * scale)
        return values

    name = f"{options.crowd:,} sockets of a node that died"
    rows = [
        (f"{name}: all served by the other", spread(of("allServedMillis", scale=1e-3), "s"),
         "≤ 30 s", True),
        ("served, p50", spread(of("servedMicros", "p50", scale=1e-6), "s"), "", None),
        ("CPU of the node per socket", spread(of("serverMicrosPerReturn"), places=0), "", None),
        ("CPU of PostgreSQL per socket", spread(of("postgresMicrosPerReturn"), places=0), "", None),
        ("statements per socket, what others wrote included",
         spread(of("statements", scale=1 / options.crowd), ""), "", None),
        ("most reads waiting for the store", spread(of("readsWaiting"), "", 0), "", None),
        ("RssAnon of the node: at rest", spread(of("restMib"), "MiB", 1), "", None),
        ("RssAnon of the node: at most", spread(of("peakMib"), "MiB", 1),
         f"≤ {CROWD_KIB} KiB a socket more", True),
        ("what others sent meanwhile, to stored, p99: before",
         spread(of("beforeMicros", "p99", scale=1e-3), "ms"), "", None),
        ("what others sent meanwhile, to stored, p99: while all come back",
         spread(of("duringMicros", "p99", scale=1e-3), "ms"), "", None),
        ("who did not come back is seen offline, at last",
         spread(of("seenGoneMicros", "max", scale=1e-6), "s"), "< 20 s", True),
        ("and their friends are told, which waits 10 s for a reload, at last",
         spread(of("toldGoneMicros", "max", scale=1e-6), "s"), "", None),
        ("attempts per socket", spread(of("attempts", scale=1 / options.crowd), ""), "", None),
    ]
    return rows, {"runs": runs}
