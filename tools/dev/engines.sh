# Engines of our own for development and tests: PostgreSQL, Redis, RabbitMQ, and on request nginx,
# pgbouncer and a streaming replica of PostgreSQL. They listen on loopback, live below one directory, need neither systemd nor Docker,
# and touch nothing of what Debian's packages set up.
#
#   engines up|stop|kill|down [NAME…]    without names: postgres redis rabbitmq (down: all there are)
#
#   up    starts what is not running; what is there already keeps its port and data.
#         Prints the URLs and writes them to urls.env. Returns when all of them answer.
#   stop  lets it shut down, as an operator would; its data stays
#   kill  pulls the plug; its data stays
#   down  stops it and removes its data
#
# Settings: PARLEY_ENGINES (the directory), PARLEY_<ENGINE>_PORT (any free one unless set),
# PARLEY_NGINX_NODES (what nginx balances, as in "127.0.0.1:8080 127.0.0.1:8081"),
# PARLEY_POSTGRES_DATA, PARLEY_POSTGRES_WAL (directories PostgreSQL is to begin its data and its log
# below, when it begins anew).
#
# As root every engine runs as the user of its package; anybody else runs them as themselves.

ENGINES_KNOWN=(postgres redis rabbitmq nginx pgbouncer replica)
ENGINES_USUAL=(postgres redis rabbitmq)
PG_BIN=/usr/lib/postgresql/15/bin
RABBIT_BIN=/usr/lib/rabbitmq/bin

engines() {
  local verb="${1:-}" name
  [ $# -gt 0 ] && shift
  case "$verb" in up | stop | kill | down) ;; *)
    echo "./dev engines: up, stop, kill or down, then any of: ${ENGINES_KNOWN[*]}" >&2
    return 2 ;;
  esac
  for name in "$@"; do
    [[ " ${ENGINES_KNOWN[*]} " == *" $name "* ]] && continue
    echo "./dev engines: there is no engine '$name', only: ${ENGINES_KNOWN[*]}" >&2
    return 2
  done
  ENGINES="${PARLEY_ENGINES:-${TMPDIR:-/tmp}/parley-engines}"
  # Others than root run them, and have to get there.
  (umask 022 && mkdir -p "$ENGINES") || return 1
  ENGINES="$(cd "$ENGINES" && pwd)"
  # One at a time: two of them would start the same engine twice. Engines must not inherit it.
  exec 9<"$ENGINES"
  if ! flock -w 600 9; then
    echo "./dev engines: another ./dev engines is at work in $ENGINES" >&2
    return 1
  fi
  local code=0
  if [ $# = 0 ] && [ "$verb" = up ]; then set -- "${ENGINES_USUAL[@]}"; fi
  if [ $# = 0 ]; then
    # What needs another goes first.
    for name in replica pgbouncer nginx rabbitmq redis postgres; do
      if [ -d "$ENGINES/$name" ]; then set -- "$@" $name; fi
    done
  fi
  for name in "$@"; do
    if [ "$verb" = up ]; then engine_up "$name"; else engine_"$verb" "$name"; fi || { code=$?; break; }
  done
  write_urls
  exec 9<&-
  if [ $code = 0 ] && [ "$verb" = up ]; then cat "$ENGINES/urls.env"; fi
  if [ "$verb" = down ] && [ ! -s "$ENGINES/urls.env" ]; then
    rm -f "$ENGINES/urls.env"
    rmdir --ignore-fail-on-non-empty "$ENGINES"
  fi
  return $code
}

# Up, and undone when it fails: its log has been shown by then.
engine_up() {
  local name="$1" dir="$ENGINES/$1"
  if engine_runs "$name"; then return 0; fi
  ENGINE="$name"
  engine_installed "$name" || return 1
  engine_directory "$dir" "$(user_of "$name")" || return 1
  PORT="$(port_of "$name")" || return 1
  if port_taken "$PORT"; then
    engine_says "somebody else listens on port $PORT of 127.0.0.1"
    return 1
  fi
  up_"$name" "$dir" || { engine_kill "$name"; return 1; }
  echo "$PORT" >"$ENGINES/$name.port"
}

engine_stop() {
  local name="$1" dir="$ENGINES/$1" pid
  # RabbitMQ removes the file before it ends, so its pid is remembered first.
  pid="$(engine_pid "$name")" || return 0
  ENGINE="$name"
  # PostgreSQL would wait for whoever is connected; SIGINT is its fast shutdown.
  if is_postgres "$name"; then kill -INT "$pid"; else kill -TERM "$pid"; fi
  if ! wait_gone "$pid" 30; then
    engine_says "it did not stop within 30 s, so it is killed"
    engine_kill "$name"
  fi
  engine_leftovers "$name" "$dir"
}

engine_kill() {
  local name="$1" dir="$ENGINES/$1" pid
  pid="$(engine_pid "$name")" || return 0
  ENGINE="$name"
  # Its children would keep its port or its memory. They go with it, and it makes no new ones.
  kill -STOP "$pid" 2>/dev/null || true
  pkill -KILL -P "$pid" || true
  kill -KILL "$pid" 2>/dev/null || true
  wait_gone "$pid" 60 || return 1
  engine_leftovers "$name" "$dir"
}

engine_down() {
  local name="$1" dir="$ENGINES/$1"
  engine_stop "$name" || return 1
  if [ "$name" = rabbitmq ]; then stop_epmd "$dir"; fi
  if [ -L "$dir/data/pg_wal" ]; then rm -rf "$(readlink "$dir/data/pg_wal")"; fi
  if [ -L "$dir/data" ]; then rm -rf "$(readlink "$dir/data")"; fi
  rm -rf "$dir" "$ENGINES/$name.port"
}

# What they share -------------------------------------------------------------------------------

program_of() {
  case "$1" in
    postgres | replica) echo "$PG_BIN/postgres" ;;
    redis) echo redis-server ;;
    rabbitmq) echo "$RABBIT_BIN/rabbitmq-server" ;;
    *) echo "$1" ;;
  esac
}

user_of() {
  case "$1" in
    postgres | replica | pgbouncer) echo postgres ;;
    nginx) echo www-data ;;
    *) echo "$1" ;;
  esac
}

engine_installed() {
  PATH="$PATH:/usr/sbin" command -v "$(program_of "$1")" >/dev/null && return 0
  engine_says "it is not installed: ./dev setup does that"
  return 1
}

# A directory of the engine's user, whom nobody else keeps from getting there.
engine_directory() {  # DIRECTORY USER
  mkdir -p "$1"
  if [ "$(id -u)" = 0 ]; then chown "$2" "$1"; fi
  chmod 755 "$1"
  as_engine test -x "$1" -a -w "$1" && return 0
  engine_says "its user '$2' cannot use $1: set PARLEY_ENGINES to a directory open to others"
  return 1
}

# Runs a command as the user of the engine that is being started, without our lock.
as_engine() {
  if [ "$(id -u)" = 0 ]; then
    local user
    user="$(user_of "$ENGINE")"
    set -- setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups \
      env HOME="$ENGINES/$ENGINE/home" PATH="$PATH:/usr/sbin" "$@"
  else
    set -- env HOME="$ENGINES/$ENGINE/home" PATH="$PATH:/usr/sbin" "$@"
  fi
  (cd "$ENGINES" && exec "$@" 9>&-)
}

engine_pid() {
  local file="$ENGINES/$1/pid" pid
  if is_postgres "$1"; then file="$ENGINES/$1/data/postmaster.pid"; fi
  pid="$(head -1 "$file" 2>/dev/null)" && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || return 1
  # After a crash the file may name a process of somebody else's.
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qE 'postgres|redis|beam|nginx|pgbouncer' ||
    return 1
  echo "$pid"
}

is_postgres() { [ "$1" = postgres ] || [ "$1" = replica ]; }

engine_runs() { engine_pid "$1" >/dev/null; }

# What names a process that has gone. PostgreSQL would wait for one that nobody reaps.
engine_leftovers() {  # NAME DIRECTORY
  if is_postgres "$1"; then rm -f "$2/data/postmaster.pid"; else rm -f "$2/pid"; fi
}

# The port it had, the one that is asked for, or any free one.
port_of() {
  local wanted="PARLEY_${1^^}_PORT"
  if [ -n "${!wanted:-}" ]; then echo "${!wanted}"; else
    cat "$ENGINES/$1.port" 2>/dev/null || free_port
  fi
}

kept_port() {
  if [ ! -s "$1" ]; then free_port >"$1" || return 1; fi
  cat "$1"
}

# Not one of those the kernel gives to outgoing connections: while an engine is down, somebody who
# tries to reach it could be given its port, and even find themselves there.
free_port() {
  python3 -c '
import random, socket
while True:
    port = random.randrange(10000, 20000)
    try:
        socket.socket().bind(("127.0.0.1", port))
    except OSError:
        continue
    print(port)
    break'
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

wait_for() {  # SECONDS COMMAND…
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.05
  done
}

wait_gone() { wait_for "$2" is_gone "$1"; }
# One that nobody waits for is gone as well: not every container has an init that does.
is_gone() { ! kill -0 "$1" 2>/dev/null || grep -qs '^State:.*Z' "/proc/$1/status"; }

engine_says() { echo "./dev engines: $ENGINE: $1" >&2; }

# The end of its logs, where the reason stands.
engine_failed() {
  engine_says "it did not start; the end of its log:"
  tail -n 15 "$@" 2>/dev/null | sed 's/^/  /' >&2
}

write_urls() {
  local name port
  for name in "${ENGINES_KNOWN[@]}"; do
    port="$(cat "$ENGINES/$name.port" 2>/dev/null)" || continue
    case "$name" in
      postgres) echo "PARLEY_TEST_POSTGRES=postgres://app:secret@127.0.0.1:$port/parley" ;;
      pgbouncer) echo "PARLEY_TEST_PGBOUNCER=postgres://app:secret@127.0.0.1:$port/parley" ;;
      replica) echo "PARLEY_TEST_REPLICA=postgres://app:secret@127.0.0.1:$port/parley" ;;
      redis) echo "PARLEY_TEST_REDIS=redis://:secret@127.0.0.1:$port/0" ;;
      rabbitmq) echo "PARLEY_TEST_RABBITMQ=amqp://app:secret@127.0.0.1:$port/" ;;
      nginx) echo "PARLEY_TEST_NGINX=http://127.0.0.1:$port"
        echo "PARLEY_TEST_NGINX_TLS=https://localhost:$(cat "$ENGINES/nginx/tls.port")" ;;
    esac
  done >"$ENGINES/urls.env"
}
