// paged_api: plays a vendor's REST API for the quickstart, for tests and for benchmarks, from the
// Chinook database or from records made up from a seed. vendor.hpp lists the endpoints. It shares
// no code with the product, so a misreading of HTTP, JSON or time cannot hide on both sides.
//
// Prints its base URL as one line and ends on SIGTERM.
#include "tests/support/paged_api/server.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace {

using namespace tenon::tests::paged_api;

struct options {
  std::string http = "127.0.0.1:0";
  std::string port_file;
  std::string db;
  generated_records records;
  std::string key;
  std::string client;
  std::string token_ttl = "5s";
  std::string rate;
  std::string faults;
  std::string slow_for = "3s";
  std::string latency;
  vendor_rules rules;
};

[[noreturn]] void wrong(const std::string& option, const std::string& why) {
  throw CLI::ValidationError{option, why};
}

// "500ms", "5s", "2m"
nanos read_span(const std::string& option, std::string_view text) {
  double n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  const double scale = unit == "ms" ? 1e6 : unit == "s" ? 1e9 : unit == "m" ? 60e9 : 0;
  if (error != std::errc{} || scale == 0 || !(n > 0 && n < 1e6))
    wrong(option, "\"" + std::string{text} + "\" is no time; write 500ms, 5s or 2m");
  return static_cast<nanos>(n * scale);
}

std::size_t read_number(const std::string& option, std::string_view text, std::size_t most) {
  std::size_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n > most)
    wrong(option, "\"" + std::string{text} + "\" is no number up to " + std::to_string(most));
  return n;
}

void declare(CLI::App& app, options& o) {
  app.add_option("--http", o.http, "address and port to listen on")->capture_default_str();
  app.add_option("--port-file", o.port_file, "write the port here");
  app.add_option("--db", o.db, "serve the Chinook tables of this SQLite file");
  app.add_option("--generate", o.records.count, "serve this many made-up records");
  app.add_option("--record-bytes", o.records.bytes, "size of each")
      ->capture_default_str()
      ->check(CLI::Range{least_record_bytes, std::size_t{1} << 20});
  app.add_option("--seed", o.rules.seed, "of records, tokens and faults")->capture_default_str();
  app.add_option("--key", o.key, "the API key: Bearer, X-Api-Key or ?api_key=");
  app.add_option("--client", o.client, "ID:SECRET for POST /oauth/token");
  app.add_option("--token-ttl", o.token_ttl, "how long a token is good")->capture_default_str();
  app.add_option("--rate", o.rate, "requests per window, as in 50/1s");
  app.add_option("--page-size", o.rules.page_size, "default and greatest")
      ->capture_default_str()
      ->check(CLI::Range{1, 100'000});
  app.add_option("--faults", o.faults,
                 "as in 429=2%,cut=1%; kinds: 401 429 500 503 cut truncated slow garbage busy");
  app.add_option("--slow-for", o.slow_for, "how late a slow answer comes")->capture_default_str();
  app.add_option("--latency", o.latency, "how late every answer comes, as in 5ms");
  app.add_flag("--loop", o.rules.loop, "every page after the first points to itself");
  app.add_flag("--redirect", o.rules.redirect, "redirect all data to 169.254.169.254");
  app.add_option("--ledger", o.rules.ledger, "append one JSON line per request to this file");
}

void settle(options& o) {
  if (o.db.empty() && o.records.count == 0)
    wrong("--db", "nothing to serve; give --db FILE or --generate N");
  auto& gate = o.rules.gate;
  gate.key = o.key;
  gate.seed = o.records.seed = o.rules.seed;
  gate.token_ttl = read_span("--token-ttl", o.token_ttl);
  o.rules.slow_for = read_span("--slow-for", o.slow_for);
  if (!o.latency.empty())
    o.rules.latency = read_span("--latency", o.latency);
  if (!o.client.empty()) {
    const auto colon = o.client.find(':');
    if (colon == 0 || colon == std::string::npos)
      wrong("--client", "expected ID:SECRET");
    gate.client_id = o.client.substr(0, colon);
    gate.client_secret = o.client.substr(colon + 1);
  }
  if (!o.rate.empty()) {
    const auto slash = o.rate.find('/');
    if (slash == std::string::npos)
      wrong("--rate", "expected REQUESTS/WINDOW, as in 50/1s");
    gate.requests = read_number("--rate", o.rate.substr(0, slash), 1'000'000);
    gate.window = read_span("--rate", o.rate.substr(slash + 1));
  }
  try {
    o.rules.faults = read_faults(o.faults);
  } catch (const std::invalid_argument& e) {
    wrong("--faults", e.what());
  }
}

std::map<std::string, collection, std::less<>> tables_of(const options& o) {
  std::map<std::string, collection, std::less<>> tables;
  if (!o.db.empty()) {
    tables.emplace("customers", collection{"customer_id", chinook_table(o.db, "Customer")});
    tables.emplace("invoices", collection{"invoice_id", chinook_table(o.db, "Invoice")});
    tables.emplace("invoice_lines",
                   collection{"invoice_line_id", chinook_table(o.db, "InvoiceLine")});
    tables.emplace("tracks", collection{"track_id", chinook_table(o.db, "Track")});
  }
  if (o.records.count != 0)
    tables.emplace("records", collection{"id", generated(o.records)});
  return tables;
}

// Renamed into place, so whoever waits for the file never reads half a number.
void write_port(const std::string& file, std::uint16_t port) {
  const auto draft = file + ".new";
  std::ofstream{draft} << port << '\n';
  std::filesystem::rename(draft, file);
}

void run(const options& o) {
  const auto colon = o.http.rfind(':');
  if (colon == std::string::npos)
    wrong("--http", "expected ADDRESS:PORT, as in 127.0.0.1:0");
  const auto address = o.http.substr(0, colon);
  const auto port = read_number("--http", o.http.substr(colon + 1), 65535);
  vendor sells{o.rules, tables_of(o)};
  serve(sells, address, static_cast<std::uint16_t>(port), [&](std::uint16_t bound) {
    if (!o.port_file.empty())
      write_port(o.port_file, bound);
    std::cout << "http://" << address << ':' << bound << std::endl;
  });
}

} // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app{"Plays a vendor's paged REST API.", "paged_api"};
  declare(app, o);
  try {
    app.parse(argc, argv);
    settle(o);
    run(o);
  } catch (const CLI::ParseError& e) {
    return app.exit(e);
  } catch (const std::exception& e) {
    std::cerr << "paged_api: " << e.what() << '\n';
    return 1;
  }
}
