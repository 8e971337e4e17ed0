#!/usr/bin/env bash
# The edge beside nginx: one small JSON document over 64 keep-alive connections, one request at a
# time and 16 pipelined. nginx only returns a constant; the edge also checks a key and a tenant's
# limits, routes, and counts. Both serve from one thread on the same core, in turns, with the
# generator on another. The generator saturates before the servers do, so beside the ratio of rates
# stands that of processor time per request, nginx's divided by the edge's.
#
#   tests/benchmarks/edge_benchmark.sh <path of edge_server> [seconds of each run]
set -euo pipefail
server=$(realpath "$1")
seconds=${2:-4}
for program in wrk nginx taskset; do
  command -v "$program" >/dev/null || { echo "missing: $program" >&2; exit 1; }
done
work=$(mktemp -d)
nginx_pid= edge_pid=
finish() {
  [[ -z $nginx_pid ]] || kill "$nginx_pid" 2>/dev/null || true
  [[ -z $edge_pid ]] || kill "$edge_pid" 2>/dev/null || true
  wait || true
  rm -rf "$work"
}
trap finish EXIT

mkfifo "$work/hold"
taskset -c 0 "$server" 1 <"$work/hold" >"$work/said" &
edge_pid=$!
exec 3>"$work/hold"
until [[ -s $work/said ]]; do kill -0 "$edge_pid"; done
read -r edge_port key <"$work/said"

# nginx cannot be asked for port zero, so it listens where a socket was just free.
nginx_port=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
cat >"$work/nginx.conf" <<EOF
daemon off;
worker_processes 1;
pid $work/nginx.pid;
error_log $work/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:$nginx_port;
    location / {
      default_type application/json;
      return 200 '{"message":"Hello, World!","id":12345,"ok":true}';
    }
  }
}
EOF
taskset -c 0 nginx -c "$work/nginx.conf" -p "$work" &
nginx_pid=$!
until curl -s -o /dev/null "http://127.0.0.1:$nginx_port/"; do kill -0 "$nginx_pid"; done

cat >"$work/pipelined.lua" <<'EOF'
init = function()
  local all = {}
  for i = 1, 16 do all[i] = wrk.format("GET") end
  pipelined = table.concat(all)
end
request = function() return pipelined end
EOF

rate() { # <port> [wrk arguments]
  local port=$1
  shift
  taskset -c 1 wrk -t1 -c64 -d"${seconds}s" -H "Authorization: Bearer $key" "$@" \
    "http://127.0.0.1:$port/api/v1/acme/syncs/customers" >"$work/wrk.out"
  if grep -q 'Non-2xx' "$work/wrk.out"; then
    cat "$work/wrk.out" >&2
    exit 1
  fi
  awk '/Requests\/sec/ {rate = $2} / requests in / {count = $1} END {print rate, count}' "$work/wrk.out"
}

ticks() { # <pid>: processor time used, by it and by its children
  cat /proc/"$1"/stat $(pgrep -P "$1" | sed 's|.*|/proc/&/stat|') | awk '{sum += $14 + $15} END {print sum}'
}

measure() { # <pid> <port> [wrk arguments]: rate and microseconds of processor time per request
  local pid=$1 before
  shift
  before=$(ticks "$pid")
  local said
  said=$(rate "$@")
  awk -v s="$said" -v t=$(($(ticks "$pid") - before)) -v hz="$(getconf CLK_TCK)" \
    'BEGIN {split(s, f, " "); print f[1], t / hz / f[2] * 1e6}'
}

compare() { # <name> [wrk arguments]
  local name=$1 edge nginx
  shift
  for round in 1 2 3; do
    nginx=$(measure "$nginx_pid" "$nginx_port" "$@")
    edge=$(measure "$edge_pid" "$edge_port" "$@")
    awk -v n="$name" -v e="$edge" -v x="$nginx" -v r="$round" 'BEGIN {
      split(e, ed, " "); split(x, ng, " ")
      printf "%-11s round %d: edge %8.0f/s %5.2f us, nginx %8.0f/s %5.2f us, rate x%.2f, cpu x%.2f\n",
        n, r, ed[1], ed[2], ng[1], ng[2], ed[1] / ng[1], ng[2] / ed[2]}'
  done
}

compare "one by one"
compare "pipelined" -s "$work/pipelined.lua"
