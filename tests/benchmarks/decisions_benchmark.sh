#!/usr/bin/env bash
# Durable decisions through actors beside others who answer after an fsync: Redis (a stream, every
# write synced), PostgreSQL (a row a transaction), etcd (a put). All on this disk, one after the
# other, in rounds, because what a disk gives changes by the minute; of each, the best round counts.
#
# etcd is asked by h2load, which sends the same gRPC request over and over: the client of Debian
# cannot drive it to its limit, and its JSON gateway would cost more than the put.
#
# builds: decisions_benchmark
#
#   tests/benchmarks/decisions_benchmark.sh <folder of the build> [seconds of each] [rounds]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
built=$1 seconds=${2:-4} rounds=${3:-3}
# shellcheck source=tests/benchmarks/figures.sh
source tests/benchmarks/figures.sh
in_flight=256

# Each of these prints lines "<name> <per second> <p50 ms> <p99 ms>".

# What one thread gets out of the disk that waits for each block of 64 KB: the bound of everybody.
disk() {
  python3 - "$work/probe" "$seconds" <<'END'
import os, sys, time
fd = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY, 0o600)
block, took = b'p' * 65536, []
until = time.monotonic() + float(sys.argv[2]) / 2
while time.monotonic() < until:
    began = time.monotonic()
    os.write(fd, block)
    os.fdatasync(fd)
    took.append((time.monotonic() - began) * 1e3)
took.sort()
print('disk', round(1e3 * len(took) / sum(took)), *(f'{took[int(q * len(took))]:.3f}' for q in (.5, .99)))
END
  rm "$work/probe"
}

tenon() {
  "$built/decisions_benchmark" "$work/tenon" "$seconds" 64 256 1024 4096 |
    awk '{ $1 = "tenon" $1; print }'
  rm -r "$work/tenon"
}

redis() {
  local port
  port=$(free_port)
  mkdir "$work/redis"
  start "$work/redis.log" redis-server --port "$port" --bind 127.0.0.1 --dir "$work/redis" \
    --appendonly yes --appendfsync always --save ''
  await "$pid" "$work/redis.log" redis-cli -p "$port" ping
  local value count=50000 said
  value=$(printf 'p%.0s' {1..256})
  # Once for the number of questions that this time takes, then for the figure.
  for _ in 1 2; do
    said=$(redis-benchmark -p "$port" -c $in_flight -n "$count" -r 64 --csv \
      XADD 's:__rand_int__' '*' e "$value" | tail -n 1 | tr -d '"')
    count=$(awk -F, -v s="$seconds" '{ print int($(NF - 6) * s) }' <<<"$said")
  done
  awk -F, '{ print "redis", $(NF - 6), $(NF - 3), $(NF - 1) }' <<<"$said"
  end "$pid"
  rm -r "$work/redis"
}

# PostgreSQL refuses to be root's.
as_postgres() {
  if ((EUID == 0)); then (cd / && setpriv --reuid postgres --regid postgres --clear-groups "$@"); else "$@"; fi
}

postgres() { # clients
  local port bin data=$work/postgres
  port=$(free_port)
  bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
  mkdir "$data"
  chmod 711 "$work"
  ((EUID != 0)) || chown postgres "$data"
  as_postgres "$bin/initdb" -D "$data/cluster" -A trust >"$work/initdb.log"
  start "$work/postgres.log" as_postgres "$bin/postgres" -D "$data/cluster" -p "$port" -h 127.0.0.1 \
    -c unix_socket_directories= -c max_connections=300 -c shared_buffers=256MB \
    -c synchronous_commit=on -c fsync=on
  local to=(-h 127.0.0.1 -p "$port" -U "$(as_postgres id -un)")
  await "$pid" "$work/postgres.log" "$bin/pg_isready" -h 127.0.0.1 -p "$port"
  "$bin/psql" -q "${to[@]}" -d postgres -c 'CREATE TABLE decisions (actor int, payload text)'
  cat >"$work/insert.sql" <<END
\set actor random(1, 64)
INSERT INTO decisions VALUES (:actor, '$(printf 'p%.0s' {1..256})');
END
  (cd "$work" && "$bin/pgbench" "${to[@]}" -n -M prepared -c "$1" -j 1 -T "$seconds" \
    -f "$work/insert.sql" -l --log-prefix="$work/pgbench" postgres >"$work/pgbench.out")
  sort -n -k3,3 "$work"/pgbench.[0-9]* | awk -v s="$seconds" '{ took[NR] = $3 } END {
    print "postgres", NR / s, took[int(NR * .5) + 1] / 1e3, took[int(NR * .99) + 1] / 1e3 }'
  rm "$work"/pgbench.*
  end "$pid"
  rm -r "$data"
}

etcd() {
  local port peers
  port=$(free_port)
  peers=$(free_port)
  start "$work/etcd.log" /usr/bin/etcd --data-dir "$work/etcd" --log-level error --logger zap \
    --listen-client-urls "http://127.0.0.1:$port" --advertise-client-urls "http://127.0.0.1:$port" \
    --listen-peer-urls "http://127.0.0.1:$peers" --quota-backend-bytes 8000000000 \
    --initial-advertise-peer-urls "http://127.0.0.1:$peers" \
    --initial-cluster "default=http://127.0.0.1:$peers"
  await "$pid" "$work/etcd.log" curl -fsS "http://127.0.0.1:$port/health"
  # PutRequest {key = 1: "decision", value = 2: 256 bytes}, after gRPC's five bytes of length.
  python3 -c 'import sys; m = b"\x0a\x08decision\x12\x80\x02" + b"p" * 256
sys.stdout.buffer.write(b"\0" + len(m).to_bytes(4, "big") + m)' >"$work/put"
  local count=20000
  for _ in 1 2; do
    rm -f "$work/h2load.log"
    h2load -n "$count" -c 16 -m $((in_flight / 16)) -d "$work/put" -H 'te: trailers' \
      -H 'content-type: application/grpc' --log-file="$work/h2load.log" \
      "http://127.0.0.1:$port/etcdserverpb.KV/Put" >"$work/h2load.out"
    count=$(awk -v s="$seconds" '/^finished in/ { print int($4 * s) }' "$work/h2load.out")
  done
  # gRPC's refusals are answers of status 200: what counts is what etcd says it has.
  local kept
  kept=$(curl -fsS "http://127.0.0.1:$port/v3/kv/range" -d '{"key": "ZGVjaXNpb24="}' |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["kvs"][0]["version"])')
  ((kept >= $(wc -l <"$work/h2load.log"))) || { echo "etcd kept $kept puts only" >&2; exit 1; }
  sort -n -k3,3 "$work/h2load.log" | awk -v r="$(awk '/^finished in/ { print $4 }' "$work/h2load.out")" \
    '{ took[NR] = $3 } END { print "etcd", r, took[int(NR * .5) + 1] / 1e3, took[int(NR * .99) + 1] / 1e3 }'
  end "$pid"
  rm -r "$work/etcd"
}

for ((round = 1; round <= rounds; ++round)); do
  for one in disk tenon redis "postgres 64" etcd; do
    $one | tee -a "$work/all"
  done
done

best() { sort -k1,1 -k2,2nr "$work/all" | awk -v n="$1" '$1 == n { print $2, $3, $4; exit }'; }
shown() { # name: what others see of it
  local rate p50 p99
  read -r rate p50 p99 < <(best "$1")
  LC_ALL=C printf '%s/s, p50 %.2f ms, p99 %.2f ms' "$(commas "$rate")" "$p50" "$p99"
}

read -r ours _ < <(best tenon256)
read -r syncs p50 p99 < <(best disk)
figure "fdatasync of 64 KB, one after the other: the disk" "-" "$(shown disk)"
figure "durable decisions, 256 B, 256 in flight" ">= 150,000/s, p99 <= 5 ms" "$(shown tenon256)" \
  "$(LC_ALL=C awk -v a="$ours" -v b="$syncs" 'BEGIN { printf "%.0f to an fdatasync of the disk", a / b }')"
for more in 1024 4096; do
  figure "durable decisions, 256 B, $more in flight" "-" "$(shown tenon$more)"
done
for peer in "redis:Redis XADD, appendfsync always, 256 clients" \
  "postgres:PostgreSQL rows, each a commit, 64 clients" "etcd:etcd puts, 256 in flight"; do
  read -r theirs _ < <(best "${peer%%:*}")
  figure "  beside: ${peer#*:}" "-" "$(shown "${peer%%:*}")" "ours $(ratio "$ours" "$theirs")"
done
