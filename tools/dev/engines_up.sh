# How each engine of engines.sh is set up and started. up_<ENGINE> DIRECTORY returns when it answers,
# on $PORT; what it needs of before is in its directory.

# PostgreSQL ------------------------------------------------------------------------------------

# Every commit is flushed, as in production; where there is room the disk is memory, since tests
# ask what is kept when a process dies and not when the power fails.
up_postgres() {
  local dir="$1" data="$1/data" wal=()
  postgres_directory "$data" "${PARLEY_POSTGRES_DATA:-}"
  if [ ! -s "$data/PG_VERSION" ]; then
    echo secret | as_engine tee "$dir/password" >/dev/null
    if [ -n "${PARLEY_POSTGRES_WAL:-}" ]; then wal=(--waldir="$PARLEY_POSTGRES_WAL/wal"); fi
    as_engine "$PG_BIN/initdb" -D "$data" -U app --pwfile="$dir/password" --encoding=UTF8 \
      --locale=C.UTF-8 --auth=scram-sha-256 --no-sync "${wal[@]}" >"$dir/initdb.log" 2>&1 ||
      { engine_failed "$dir/initdb.log"; return 1; }
  fi
  as_engine tee "$data/postgresql.auto.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $PORT
unix_socket_directories = ''
max_connections = 300
shared_buffers = 64MB
fsync = on
synchronous_commit = on
wal_level = replica
wal_keep_size = 256MB
logging_collector = off
CONF
  as_engine "$PG_BIN/pg_ctl" -D "$data" -l "$dir/log" -w -t 300 start >"$dir/start.log" 2>&1 ||
    { engine_failed "$dir/log" "$dir/start.log"; return 1; }
  if [ "$(postgres_ask "SELECT 1 FROM pg_database WHERE datname = 'parley'")" != 1 ]; then
    postgres_ask 'CREATE DATABASE parley' >/dev/null || return 1
  fi
}

# In memory where there is room, unless a place is named.
postgres_directory() {  # DIRECTORY PLACE
  local room
  if [ -e "$1" ]; then return 0; fi
  room="$(df -Pm /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')"
  if [ -n "$2" ]; then
    as_engine mkdir -m 700 "$2/data"
    ln -s "$2/data" "$1"
  elif [ "${room:-0}" -gt 1024 ]; then
    ln -s "$(as_engine mktemp -d /dev/shm/parley-postgres-XXXXXX)" "$1"
  else
    as_engine mkdir -m 700 "$1"
  fi
}

postgres_ask() {
  PGPASSWORD=secret "$PG_BIN/psql" -X -q -t -A -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$PORT" -U app \
    -d postgres -c "$1" </dev/null
}

# A streaming replica of it that answers questions. It begins as a copy of what there is.
up_replica() {
  local dir="$1" data="$1/data"
  if ! engine_runs postgres; then
    engine_says "PostgreSQL is not running: ./dev engines up postgres replica"
    return 1
  fi
  postgres_directory "$data" ""
  if [ ! -s "$data/PG_VERSION" ]; then
    as_engine env PGPASSWORD=secret "$PG_BIN/pg_basebackup" -D "$data" -h 127.0.0.1 \
      -p "$(cat "$ENGINES/postgres.port")" -U app -R -X stream -c fast --no-sync \
      >"$dir/copy.log" 2>&1 || { engine_failed "$dir/copy.log"; return 1; }
  fi
  as_engine "$PG_BIN/pg_ctl" -D "$data" -l "$dir/log" -w -t 300 -o "-p $PORT" start \
    >"$dir/start.log" 2>&1 || { engine_failed "$dir/log" "$dir/start.log"; return 1; }
}

# Redis -----------------------------------------------------------------------------------------

# Nothing of it has to survive: what is in it nodes can say again.
up_redis() {
  local dir="$1"
  as_engine tee "$dir/redis.conf" >/dev/null <<CONF
bind 127.0.0.1
port $PORT
dir $dir
pidfile $dir/pid
logfile $dir/log
daemonize yes
requirepass secret
save ""
appendonly no
CONF
  as_engine redis-server "$dir/redis.conf" >"$dir/start.log" 2>&1 ||
    { engine_failed "$dir/log" "$dir/start.log"; return 1; }
  wait_for 60 redis_answers || { engine_failed "$dir/log"; return 1; }
}

redis_answers() {
  [ "$(REDISCLI_AUTH=secret redis-cli -h 127.0.0.1 -p "$PORT" ping 2>/dev/null)" = PONG ]
}

# RabbitMQ --------------------------------------------------------------------------------------

# With a name server (epmd) of its own, so that no other RabbitMQ of the machine is in the way.
up_rabbitmq() {
  local dir="$1" epmd distribution
  epmd="$(kept_port "$dir/epmd.port")" && distribution="$(kept_port "$dir/distribution.port")" ||
    return 1
  as_engine mkdir -p "$dir/home" "$dir/logs" "$dir/mnesia"
  as_engine tee "$dir/rabbitmq.conf" >/dev/null <<CONF
listeners.tcp.default = 127.0.0.1:$PORT
loopback_users = none
default_user = app
default_pass = secret
log.file.level = warning
log.console = false
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 50MB
CONF
  echo '[].' | as_engine tee "$dir/enabled_plugins" >/dev/null
  rm -f "$dir/pid" "$dir/log"
  # Two schedulers that sleep when idle: tests share the machine.
  as_engine env \
    RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_NODENAME=rabbit@localhost \
    RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT="$PORT" \
    RABBITMQ_DIST_PORT="$distribution" RABBITMQ_MNESIA_BASE="$dir/mnesia" \
    RABBITMQ_LOG_BASE="$dir/logs" RABBITMQ_ENABLED_PLUGINS_FILE="$dir/enabled_plugins" \
    RABBITMQ_CONFIG_FILE="$dir/rabbitmq.conf" RABBITMQ_PID_FILE="$dir/pid" \
    RABBITMQ_ADVANCED_CONFIG_FILE="$dir/advanced.config" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none \
-kernel inet_dist_use_interface {127,0,0,1}" \
    ERL_EPMD_PORT="$epmd" ERL_EPMD_ADDRESS=127.0.0.1 \
    sh -c 'setsid "$1" >"$2" 2>&1 </dev/null &' start "$RABBIT_BIN/rabbitmq-server" "$dir/log"
  wait_for 300 rabbitmq_answers "$dir" || { engine_failed "$dir/log"; return 1; }
}

# That it listens is not enough: it accepts before its users are there.
rabbitmq_answers() {
  grep -qs 'completed with' "$1/log" && port_taken "$PORT"
}

stop_epmd() {
  [ -s "$1/epmd.port" ] || return 0
  ERL_EPMD_PORT="$(cat "$1/epmd.port")" ERL_EPMD_ADDRESS=127.0.0.1 epmd -kill >/dev/null 2>&1 || true
}

# nginx -----------------------------------------------------------------------------------------

# Runs deploy/nginx/parley.conf, with our ports, nodes and a certificate nobody trusts.
up_nginx() {
  local dir="$1" tls
  if [ -z "${PARLEY_NGINX_NODES:-}" ]; then
    engine_says 'set PARLEY_NGINX_NODES to what it shall balance, as in "127.0.0.1:8080"'
    return 1
  fi
  tls="$(kept_port "$dir/tls.port")" || return 1
  [ -s "$dir/chat.pem" ] || as_engine openssl req -x509 -newkey ec -pkeyopt \
    ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$dir/chat.key" -out "$dir/chat.pem" \
    >"$dir/start.log" 2>&1 || { engine_failed "$dir/start.log"; return 1; }
  as_engine mkdir -p "$dir/temp"
  render_nginx "$dir" "$tls" | as_engine tee "$dir/parley.conf" >/dev/null
  as_engine tee "$dir/nginx.conf" >/dev/null <<CONF
pid $dir/pid;
error_log $dir/log warn;
worker_processes 2;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path $dir/temp/body;
  proxy_temp_path $dir/temp/proxy;
  fastcgi_temp_path $dir/temp/fastcgi;
  uwsgi_temp_path $dir/temp/uwsgi;
  scgi_temp_path $dir/temp/scgi;
  include $dir/parley.conf;
}
CONF
  # Directly, not as a service: it turns itself into a daemon.
  as_engine nginx -p "$dir" -e "$dir/log" -c "$dir/nginx.conf" >"$dir/start.log" 2>&1 ||
    { engine_failed "$dir/log" "$dir/start.log"; return 1; }
  wait_for 60 port_taken "$PORT" || { engine_failed "$dir/log"; return 1; }
}

# The file that is shipped with only the places changed that every installation has to change.
# Fails when one of them is not found, so that the two do not drift apart.
render_nginx() {
  python3 - "$1" "$PORT" "$2" "$PARLEY_NGINX_NODES" <<'PY'
import re, sys
folder, port, tls, nodes = sys.argv[1:]
text = open("deploy/nginx/parley.conf").read()

def put(pattern, to):
    global text
    text, times = re.subn(pattern, lambda _: to, text, flags=re.M)
    if times != 1:
        sys.exit(f"deploy/nginx/parley.conf: {pattern} is there {times} times, not once")

# Over plain HTTP only the redirect is served; here the whole site is, beside TLS.
put(r"^server \{\n  listen 80;(\n.*)*?\n\}\n", "")
put(r"^  listen 443 ssl http2;\n  listen \[::\]:443 ssl http2;$",
    f"  listen 127.0.0.1:{port};\n  listen 127.0.0.1:{tls} ssl http2;")
put(r"/var/log/nginx/parley\.log", f"{folder}/access.log")
put(r"/etc/ssl/chat\.pem", f"{folder}/chat.pem")
put(r"/etc/ssl/chat\.key", f"{folder}/chat.key")
put(r"(^  server 10\.0\.0\.\d+:8080 .*;\n)+",
    "".join(f"  server {node} max_fails=3 fail_timeout=2s;\n" for node in nodes.split()))
sys.stdout.write(text)
PY
}

# pgbouncer -------------------------------------------------------------------------------------

# In front of our PostgreSQL, in transaction mode.
up_pgbouncer() {
  local dir="$1"
  if ! engine_runs postgres; then
    engine_says "PostgreSQL is not running: ./dev engines up postgres pgbouncer"
    return 1
  fi
  echo '"app" "secret"' | as_engine tee "$dir/users" >/dev/null
  as_engine tee "$dir/pgbouncer.ini" >/dev/null <<CONF
[databases]
* = host=127.0.0.1 port=$(cat "$ENGINES/postgres.port")
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $PORT
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $dir/users
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 20
pidfile = $dir/pid
logfile = $dir/log
CONF
  as_engine pgbouncer -q -d "$dir/pgbouncer.ini" >"$dir/start.log" 2>&1 ||
    { engine_failed "$dir/log" "$dir/start.log"; return 1; }
  wait_for 60 port_taken "$PORT" || { engine_failed "$dir/log"; return 1; }
}
