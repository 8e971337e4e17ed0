#!/usr/bin/env bash
# One sync from an API that is slow, limits, fails and ends its tokens: undisturbed, and with the
# node ended by force in the middle. What the API wrote down says how often it was asked, and with
# what. Node-RED does the same beside it, with a flow as its users write one.
#
# builds: tenon paged_api
#
#   tests/benchmarks/faults_benchmark.sh <folder of the build> [records]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
built=$1
records=${2:-1000000}
# shellcheck source=tests/benchmarks/figures.sh
source tests/benchmarks/figures.sh
per_second=200
page=200

start_api() {
  rm -f "$work/api.port" "$work/ledger"
  start "$work/api.log" "$built/paged_api" --generate "$records" --port-file "$work/api.port" \
    --page-size $page --latency 5ms --faults 429=1%,500=0.5% --rate $per_second/1s \
    --client me:right --token-ttl 60s --ledger "$work/ledger"
  api=$pid
  await "$api" "$work/api.log" test -s "$work/api.port"
  url=http://127.0.0.1:$(<"$work/api.port")
}

resources() {
  cat <<END
kind: connector
name: demanding
spec:
  connector: demanding
  version: 1
  base: "{{conn.base_url}}"
  params:
    base_url: {title: Address}
    client_id: {title: Id}
    client_secret: {title: Secret, secret: true}
  auth:
    oauth2_client:
      token: "{{conn.base_url}}/oauth/token"
      client_id: "{{conn.client_id}}"
      client_secret: "{{secret.client_secret}}"
  limits: {buckets: [{kind: sliding, rate: $per_second/1s}]}
  streams:
    records:
      request: {get: /records, query: {limit: $page}}
      records: data
      key: id
      page: {cursor: {from: next, to: after}}
      cursor: {time: {field: updated_at, from: updated_since}}
---
kind: credential
name: demanding
spec: {secrets: {client_secret: right}}
---
kind: integration
name: demanding
spec: {connector: demanding, config: {base_url: "$url", client_id: me}, credential: demanding}
---
kind: sync
name: records
spec:
  from: {connector: {integration: demanding, stream: records}}
  into: records
END
}

# What the ledger says: pages that were asked for again after they had been given, requests above
# the limit (refused, or more than allowed in any second), refusals of a token, and tokens granted
# for each that ended.
judged() {
  python3 - "$work/ledger" $per_second <<'END'
import collections, json, sys
lines = [json.loads(l) for l in open(sys.argv[1])]
rate = int(sys.argv[2])
data = [l for l in lines if not l["path"].startswith("/oauth")]
given = collections.Counter(l["path"] for l in data if l["status"] == 200)
again = sum(n - 1 for n in given.values())
above = sum(l.get("fault") == "rate" for l in data)
at = [l["ms"] for l in data if l.get("fault") != "rate"]
above += sum(at[i] - at[i - rate] < 1000 for i in range(rate, len(at)))
refused = sum(l["status"] == 401 for l in data)
grants = sum("grants" in l for l in lines)
lives = max(1, round((lines[-1]["ms"] - lines[0]["ms"]) / 60000 + 0.5))
print(again, above, refused, grants, lives, "%.1f" % ((lines[-1]["ms"] - lines[0]["ms"]) / 1000))
END
}

run_tenon() { # killed or not
  rm -rf "$work/data"
  start_api
  start_node --allow-network 127.0.0.0/8
  resources >"$work/resources.yaml"
  "$built/tenon" apply -f "$work/resources.yaml" >"$work/apply.log" || fail "$(<"$work/apply.log")"
  "$built/tenon" --no-color sync run records >"$work/sync.log" 2>&1 || fail "$(<"$work/sync.log")"
  if [[ $1 == killed ]]; then
    while (($(wc -l <"$work/ledger") < records / page / 2)); do sleep 0.1; done
    kill -KILL "$node"
    wait "$node" 2>/dev/null || true
    start_node --allow-network 127.0.0.0/8
  fi
  until "$built/tenon" --json sync status records | grep -q '"phase": *"idle"'; do sleep 0.2; done
  read -r count _ <<<"$(run_of records)"
  end "$node"
  end "$api"
  ((count == records)) || fail "$count of $records records were stored"
}

# A flow as a user would draw it, told where to ask and where to write.
run_node_red() {
  local home=$work/node-red
  mkdir -p "$home"
  [[ -x out/peers/node_modules/.bin/node-red ]] ||
    npm install --silent --no-audit --no-fund --prefix out/peers node-red@4 >"$work/npm.log" 2>&1 ||
    return 1
  start_api
  sed -e "s|@url@|$url|g; s|@out@|$home/records.jsonl|g; s|@done@|$home/done|g" \
    -e "s|@rate@|$per_second|g; s|@page@|$page|g" tests/benchmarks/peers/node_red.json \
    >"$home/flows.json"
  start "$work/node-red.log" out/peers/node_modules/.bin/node-red --userDir "$home" \
    --port "$(free_port)" "$home/flows.json"
  local red=$pid
  until [[ -s $home/done ]]; do
    kill -0 "$red" 2>/dev/null || fail "$(tail -n 15 "$work/node-red.log")"
    sleep 0.2
  done
  end "$red"
  end "$api"
  count=$(wc -l <"$home/records.jsonl")
}

read_judgement() { read -r again above refused grants lives seconds <<<"$(judged)"; }
speed() { commas "$(awk -v n="$records" -v s="$seconds" 'BEGIN { print n / s }')"; }

beside=("not there" "" "" "")
if run_node_red; then
  read_judgement
  beside=("Node-RED: $(speed)/s, $(commas "$count") records" "Node-RED: $above"
    "Node-RED: $grants in $lives" "Node-RED: $refused")
fi
run_tenon whole
read_judgement
figure "$(commas "$records") records, 5 ms, 1 % 429, 0.5 % 500, $per_second/s" "-" "$(speed)/s" \
  "${beside[0]}"
figure "  requests above the limit" "0" "$above" "${beside[1]}"
figure "  tokens granted, in lives of a token" "1 each" "$grants in $lives" "${beside[2]}"
figure "  requests with a token that had ended" "0" "$refused" "${beside[3]}"
figure "  pages given more than once" "0" "$again"
run_tenon killed
read_judgement
figure "the same with SIGKILL in the middle: pages read again" "<= 1" "$again"
figure "  requests above the limit" "0" "$above"
