#!/usr/bin/env bash
# Files as sources: the readers alone, then a whole node, as it is delivered, that syncs CSV files
# into a collection.
#
# builds: tenon files_benchmark
#
#   tests/benchmarks/files_benchmark.sh <folder of the build> [rows...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
built=$1
shift
((${#})) || set -- 1000000 5000000
# shellcheck source=tests/benchmarks/figures.sh
source tests/benchmarks/figures.sh

make_files() { # rows: two files, one of them packed
  mkdir -p "$work/files"
  awk -v n="$1" -v files="$work/files" 'BEGIN {
    for (part = 0; part < 2; ++part) {
      file = files "/" part ".csv"
      print "id,name,mail,address,country,at,amount" >file
      for (i = part; i < n; i += 2)
        printf "%d,customer %d,customer%d@example.com,\"12 Long Street, Somewhere\"," \
          "Germany,2024-03-01T12:00:00Z,%d.50\n", i, i, i, i % 977 >file
    }
  }'
  gzip -1 "$work/files/1.csv"
}

sync_once() { # rows
  local ran stored seconds
  rm -rf "$work/data" "$work/files"
  make_files "$1"
  start_node --allow-files "$work/files"
  cat >"$work/sync.yaml" <<END
kind: sync
name: customers
spec:
  from: {csv: {path: "*.csv*", key: id}}
  into: customers
END
  "$built/tenon" apply -f "$work/sync.yaml" >"$work/apply.log" 2>&1 || fail "$(<"$work/apply.log")"
  "$built/tenon" --no-color sync run customers --watch >"$work/sync.log" 2>&1 ||
    fail "$(<"$work/sync.log")"
  ran=$(run_of customers)
  read -r stored seconds <<<"$ran"
  ((stored == $1)) || fail "$stored of $1 rows were stored"
  figure "one sync of $(commas "$1") rows of 110 B from CSV, half of them packed" ">= 200,000/s" \
    "$(commas "$(awk -v n="$1" -v s="$seconds" 'BEGIN { print n / s }')")/s"
  figure "  most memory of the node meanwhile" "<= 256 MB" \
    "$(memory VmHWM) MB, of it its own $(memory RssAnon) MB at the end"
  end "$node"
}

"$built/files_benchmark"
for rows in "$@"; do sync_once "$rows"; done
