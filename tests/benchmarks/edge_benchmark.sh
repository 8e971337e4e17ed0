#!/usr/bin/env bash
# The edge beside nginx: one small JSON document over 64 keep-alive connections, one request at a
# time and 16 pipelined, and 1 KB of JSON posted into an actor. nginx only returns a constant; the
# edge also checks a key and a tenant's limits, routes, and counts. Both serve on the same core, in
# turns, with the generator on another. The generator saturates before the servers do, so beside the
# ratio of rates stands that of processor time per request, nginx's divided by the edge's. Of three
# rounds, the middle one counts.
#
# builds: edge_server
#
#   tests/benchmarks/edge_benchmark.sh <folder of the build> [seconds of each run]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
built=$1 seconds=${2:-4}
# shellcheck source=tests/benchmarks/figures.sh
source tests/benchmarks/figures.sh

serve() { # <cores> <threads>: leaves edge_pid, edge_port and key
  rm -rf "$work/hold" "$work/said" "$work/data"
  mkfifo "$work/hold"
  taskset -c "$1" "$built/edge_server" "$2" "$work/data" <"$work/hold" >"$work/said" &
  edge_pid=$!
  started+=("$edge_pid")
  exec 3>"$work/hold"
  until [[ -s $work/said ]]; do kill -0 "$edge_pid"; done
  read -r edge_port key <"$work/said"
}
serve 0 1

nginx_port=$(free_port)
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
start "$work/nginx.log" taskset -c 0 nginx -c "$work/nginx.conf" -p "$work"
nginx_pid=$pid
await "$nginx_pid" "$work/nginx.log" curl -fsS "http://127.0.0.1:$nginx_port/"

cat >"$work/pipelined.lua" <<'EOF'
init = function()
  local all = {}
  for i = 1, 16 do all[i] = wrk.format("GET") end
  pipelined = table.concat(all)
end
request = function() return pipelined end
EOF

# A record as an API would send it, of 1,024 bytes.
record='{"id":12345,"name":"Customer 12345","email":"c12345@example.com","active":true,'
record+='"balance":4711.5,"address":{"street":"Elm Street 7","zip":"12345"},"tags":["a","b"],"note":"'
record+=$(printf "%$((1024 - ${#record} - 2))s" | tr ' ' n)'"}'
cat >"$work/post.lua" <<EOF
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [[$record]]
EOF

generator_cores=1
rate() { # <port> <path> [wrk arguments]
  local port=$1 path=$2
  shift 2
  taskset -c "$generator_cores" wrk -t1 -c64 -d"${seconds}s" -H "Authorization: Bearer $key" "$@" \
    "http://127.0.0.1:$port/api/v1/acme/$path" >"$work/wrk.out"
  if grep -q 'Non-2xx' "$work/wrk.out"; then
    cat "$work/wrk.out" >&2
    exit 1
  fi
  awk '/Requests\/sec/ {rate = $2} / requests in / {count = $1} END {print rate, count}' "$work/wrk.out"
}

ticks() { # <pid>: processor time used, by it and by its children
  { echo "$1"; pgrep -P "$1" || true; } | sed 's|.*|/proc/&/stat|' | xargs cat |
    awk '{sum += $14 + $15} END {print sum}'
}

measure() { # <pid> <port> <path> [wrk arguments]: rate, microseconds of processor time a request
  local pid=$1 before
  shift
  before=$(ticks "$pid")
  local said
  said=$(rate "$@")
  awk -v s="$said" -v t=$(($(ticks "$pid") - before)) -v hz="$(getconf CLK_TCK)" \
    'BEGIN {split(s, f, " "); print f[1], t / hz / f[2] * 1e6}'
}

compare() { # <name> <goal> <path> [wrk arguments]
  local name=$1 goal=$2 nginx edge rate cpu their_rate their_cpu rates cpus
  shift 2
  for _ in 1 2 3; do
    nginx=$(measure "$nginx_pid" "$nginx_port" "$@")
    edge=$(measure "$edge_pid" "$edge_port" "$@")
    awk -v e="$edge" -v n="$nginx" 'BEGIN { split(e, ed, " "); split(n, ng, " ")
      print ed[1], ed[2], ng[1], ng[2], ed[1] / ng[1], ng[2] / ed[2] }'
  done >"$work/rounds"
  read -r rate cpu their_rate their_cpu rates cpus < <(sort -n "$work/rounds" | sed -n 2p)
  figure "$name" "$goal" "$(commas "$rate")/s, $(printf %.2f "$cpu") us of processor" \
    "nginx $(commas "$their_rate")/s, $(printf %.2f "$their_cpu") us: rate \
x$(printf %.2f "$rates"), processor x$(printf %.2f "$cpus")"
}

compare "small JSON, 64 connections, one core" ">= nginx x0.9" syncs/customers
compare "small JSON, 64 connections, 16 pipelined" ">= nginx x5" syncs/customers -s "$work/pipelined.lua"
compare "POST of 1 KB JSON into an actor, one core" "-" messages -s "$work/post.lua"

# The same as a node is used: it has two cores, and the generator takes its share of them.
end "$edge_pid"
exec 3>&-
generator_cores=0,1
serve 0,1 2
for _ in 1 2 3; do measure "$edge_pid" "$edge_port" messages -s "$work/post.lua"; done |
  sort -n >"$work/rounds"
read -r posted cpu < <(sed -n 2p "$work/rounds")
figure "POST of 1 KB JSON into an actor, two cores with the generator" ">= 60,000/s" \
  "$(commas "$posted")/s, $(printf %.2f "$cpu") us of processor"
