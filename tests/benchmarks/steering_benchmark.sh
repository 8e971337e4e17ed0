#!/usr/bin/env bash
# How soon a sync obeys while others keep the node busy: eight of them read an API over HTTP as fast
# as the machine gives it. Start is from the request to the first one that the source sees; pause,
# resume and cancel, of those that are at work, are from the request to the answer, which comes when
# the decision is on the disk. The same at rest stands beside.
#
# builds: tenon paged_api
#
#   tests/benchmarks/steering_benchmark.sh <folder of the build> [rounds]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
built=$1 rounds=${2:-200}
# shellcheck source=tests/benchmarks/figures.sh
source tests/benchmarks/figures.sh
export TENON_OWNER_KEY=tn_owner01_0123456789abcdef0123456789
busy=8

start "$work/api.log" "$built/paged_api" --generate 20000000 --port-file "$work/api.port"
api=$pid
await "$api" "$work/api.log" test -s "$work/api.port"
start_node --allow-network 127.0.0.0/8

cat >"$work/steer.py" <<'END_OF_PROGRAM'
import http.client, http.server, json, sys, threading, time

node_port, api_port, key, busy, rounds = sys.argv[1:6]
busy, rounds = int(busy), int(rounds)
asked_at = threading.Event()
seen = [0.0]

class source(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        seen[0] = time.monotonic()
        asked_at.set()
        body = b'{"data":[{"id":1}],"next":null}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), source)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()

node = http.client.HTTPConnection("127.0.0.1", int(node_port), timeout=60)
def ask(method, path, body=None):
    began = time.monotonic()
    node.request(method, "/api/v1/default/" + path, json.dumps(body) if body is not None else None,
                 {"Authorization": "Bearer " + key, "Content-Type": "application/json"})
    answer = node.getresponse()
    text = answer.read()
    took = time.monotonic() - began
    if answer.status >= 300:
        sys.exit(f"{method} {path}: {answer.status} {text.decode()}")
    return took, json.loads(text), began

def resources(name, port):
    return [{"kind": "connector", "name": name, "spec": {
                "connector": name, "version": 1, "base": "{{conn.base_url}}",
                "params": {"base_url": {"title": "Address"}},
                "streams": {"records": {"request": {"get": "/records", "query": {"limit": 200}},
                    "records": "data", "key": "id",
                    "page": {"cursor": {"from": "next", "to": "after"}}}}}},
            {"kind": "integration", "name": name, "spec": {
                "connector": name, "config": {"base_url": f"http://127.0.0.1:{port}"}}}]
def sync(name, integration):
    return {"kind": "sync", "name": name, "spec": {"into": name, "from": {"connector": {
        "integration": integration, "stream": "records"}}}}
all = resources("probe", server.server_port) + [sync("probe", "probe")]
all += resources("load", api_port) + [sync(f"load{i}", "load") for i in range(busy)]
_, applied, _ = ask("POST", "apply", {"resources": all})
if applied.get("failed"):
    sys.exit(json.dumps(applied))

def figure(what, goal, samples, beside):
    def shown(kept):
        kept = sorted(kept)
        of = lambda share: kept[min(len(kept) - 1, int(len(kept) * share))] * 1e3
        return f"{of(0.5):.1f} ms; of 100, 95 within {of(0.95):.1f} ms, 99 within {of(0.99):.1f} ms"
    print("\t".join([what, goal, shown(samples), "at rest: " + shown(beside) if beside else "-"]))

def start_probe(times):
    samples = []
    for _ in range(times):
        asked_at.clear()
        _, _, began = ask("POST", "syncs/probe/runs", {})
        if not asked_at.wait(60):
            sys.exit("the source was never asked")
        samples.append(seen[0] - began)
        while ask("GET", "syncs/probe/runs/latest")[1]["state"] == "running": look()
    return samples

def look():
    time.sleep(0.01) # a tenant may ask 2,000 times a second

def state(i): return ask("GET", f"syncs/load{i}/runs/latest")[1]
def await_pages(i):
    before = state(i)["pages"]
    while True:
        run = state(i)
        if run["state"] != "running":
            sys.exit("a run ended by itself: " + json.dumps(run))
        if run["pages"] > before:
            return
        look()

def steer(times):
    took = {"pause": [], "resume": [], "cancel": []}
    for n in range(times):
        i = n % busy
        for verb in took:
            await_pages(i)
            if verb == "resume":
                ask("POST", f"syncs/load{i}/pause", {})
            took[verb].append(ask("POST", f"syncs/load{i}/{verb}", {})[0])
            if verb == "pause":
                ask("POST", f"syncs/load{i}/resume", {})
        ask("POST", f"syncs/load{i}/runs", {})
    return took

rest = start_probe(rounds // 4)
for i in range(busy):
    ask("POST", f"syncs/load{i}/runs", {})
for i in range(busy):
    await_pages(i)
begun, pages = time.monotonic(), sum(state(i)["pages"] for i in range(busy))
figure(f"start of a sync while {busy} others read", "<= 50 ms", start_probe(rounds), rest)
moved = (sum(state(i)["pages"] for i in range(busy)) - pages) * 200 / (time.monotonic() - begun)
took = steer(rounds)
figure(f"  its pause acknowledged, one of {busy}", "<= 100 ms", took["pause"], None)
figure("  its resumption", "<= 100 ms", took["resume"], None)
figure("  its cancellation", "<= 100 ms", took["cancel"], None)
print(f"  what the {busy} read meanwhile\t>= 70,000/s\t{moved:,.0f} records/s\t-")
for i in range(busy):
    ask("POST", f"syncs/load{i}/cancel", {})
END_OF_PROGRAM
python3 "$work/steer.py" "$(<"$work/node.port")" "$(<"$work/api.port")" "$TENON_OWNER_KEY" \
  "$busy" "$rounds" >"$work/figures.tsv"
while IFS=$'\t' read -r what goal measured beside; do
  figure "$what" "$goal" "$measured" "$beside"
done <"$work/figures.tsv"
