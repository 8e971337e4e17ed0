#include "nodes/node/local.hpp"

#include "nodes/cli/access.hpp"
#include "nodes/cli/api.hpp"
#include "nodes/cli/exit_code.hpp"
#include "nodes/node/local_cluster.hpp"
#include "nodes/node/local_words.hpp"
#include "nodes/node/master_key.hpp"
#include "nodes/node/node.hpp"
#include "nodes/twin/run_twin.hpp"
#include "protocols/json.hpp"
#include "runtime/private_file.hpp"
#include "runtime/store/data_directory.hpp"
#include "runtime/store/examination.hpp"
#include "runtime/telemetry/log.hpp"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace tenon::nodes {
namespace {

using cli::exit_code;

std::string environment(const char* name) {
  const char* text = std::getenv(name);
  return text ? text : "";
}

/// The key for this machine's client: the one just made, or what an earlier start left.
std::string client_key(const std::filesystem::path& file, const std::string& fresh) {
  if (!fresh.empty())
    return fresh;
  std::string text(4096, '\0');
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    return environment("TENON_OWNER_KEY");
  const auto got = ::read(fd, text.data(), text.size());
  ::close(fd);
  const auto kept = read_json({text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))});
  const auto* key = kept ? kept->find("key") : nullptr;
  return key && key->is<std::string>() ? *key->as<std::string>() : "";
}

std::string url_of(const cli::node_options& o, const node& n, const std::string& address) {
  const auto host = address.find(':') == std::string::npos ? address : '[' + address + ']';
  return (o.tls_certificate.empty() ? "http://" : "https://") + host + ':' +
         std::to_string(n.port());
}

void leave_pointer(const cli::node_options& o, const node& n, const std::string& url) {
  const auto file = std::filesystem::path{o.data} / "client.json";
  const auto text = write_json(object{{"server", url}, {"key", client_key(file, n.new_key())}});
  for (const auto& to : {file, cli::pointer_file()})
    if (auto written = runtime::write_private_file(to, text); !written)
      runtime::log::warn("node.no_pointer", {{"file", to.string()}, {"why", written.error().why}});
}

runtime::log::level level_of(const std::string& name) {
  using runtime::log::level;
  return name == "debug"   ? level::debug
         : name == "warn"  ? level::warn
         : name == "error" ? level::error
                           : level::info;
}

int run_node(const cli::node_options& o) {
  const auto ends = block_ending_signals();
  runtime::log::set_level(level_of(o.log_level));

  const auto listen = parse_listen(o.http);
  if (!listen)
    return complain(listen.error(), exit_code::wrong_usage);
  node_settings settings{.data = o.data,
                         .address = listen->first,
                         .port = listen->second,
                         .threads = o.threads,
                         .tls_certificate = o.tls_certificate,
                         .tls_key = o.tls_key,
                         .allow_networks = o.allow_networks,
                         .stdio = o.stdio,
                         .master_key = o.master_key,
                         .public_url = o.public_url,
                         .sync_concurrency = o.sync_concurrency,
                         .tenant_sync_concurrency = o.tenant_sync_concurrency,
                         .owner_key = environment("TENON_OWNER_KEY"),
                         .partitions = static_cast<std::uint16_t>(o.partitions)};
  for (const auto& directory : o.allow_files)
    settings.allow_files.emplace_back(directory);
  for (const auto& directory : o.allow_file_writes)
    settings.allow_file_writes.emplace_back(directory);
  auto steward = be_member(o);
  if (!steward)
    return complain(steward.error());
  settings.steward = *std::move(steward);
  auto started = node::start(std::move(settings));
  if (!started)
    return complain(started.error());
  auto& n = **started;
  const auto url = url_of(o, n, listen->first);
  leave_pointer(o, n, url);
  std::printf("%s\n", url.c_str());
  std::fflush(stdout);
  if (!o.port_file.empty())
    if (auto written = runtime::write_private_file(o.port_file, std::to_string(n.port()) + '\n');
        !written)
      return complain(written.error());
  if (!n.new_key().empty())
    std::fprintf(stderr, "The owner's key, shown this once: %s\n", n.new_key().c_str());
  runtime::log::info("node.ready", {{"address", listen->first},
                                    {"port", n.port()},
                                    {"data", o.data},
                                    {"took_ms", n.start_time().count()}});
  int signal = 0;
  sigwait(&ends, &signal);
  runtime::log::info("node.stopping", {{"signal", signal}});
  // What is acknowledged is durable long before this; an end that takes too long is cut short,
  // which the next start takes like a kill.
  ::alarm(20);
  started->reset();
  runtime::log::info("node.stopped");
  return static_cast<int>(exit_code::done);
}

int check_data(const cli::check_options& o) {
  const auto found = runtime::store::examine(o.data);
  if (!found)
    return complain(found.error());
  if (o.json) {
    list findings;
    for (const auto& f : found->findings)
      findings.push_back(object{{"file", f.file.string()}, {"place", f.place}, {"what", f.what}});
    std::printf("%s\n", write_json(object{{"clean", found->clean()},
                                          {"log_entries", found->log_entries},
                                          {"identities", found->identities},
                                          {"table_rows", found->table_rows},
                                          {"findings", std::move(findings)}})
                            .c_str());
  } else {
    for (const auto& f : found->findings)
      std::printf("%s: %s: %s\n", f.file.c_str(), f.place.c_str(), f.what.c_str());
    std::printf("%s: %llu log entries, %llu actors, %llu rows\n",
                found->clean() ? "clean" : "damaged",
                static_cast<unsigned long long>(found->log_entries),
                static_cast<unsigned long long>(found->identities),
                static_cast<unsigned long long>(found->table_rows));
  }
  return static_cast<int>(found->clean() ? exit_code::done : exit_code::failed);
}

/// A running node copies itself; where none runs, the directory is opened and copied here.
int back_up(const cli::backup_options& o) {
  const auto told = [&] {
    if (o.json)
      std::printf("%s\n", write_json(object{{"to", o.to}}).c_str());
    else
      std::printf(
          "backed up %s to %s\n"
          "the master key is not in it: keep it (master.key, unless you gave one) elsewhere\n",
          o.data.c_str(), o.to.c_str());
    return static_cast<int>(exit_code::done);
  };
  runtime::meters unseen;
  auto opened = runtime::store::data_directory::open({.directory = o.data, .log = {}}, unseen);
  if (opened) {
    if (auto copied = (*opened)->backup(o.to); !copied)
      return complain(copied.error());
    if (auto copied = copy_key_check(o.data, o.to); !copied)
      return complain(copied.error());
    return told();
  }
  const auto access = cli::find_access("", "", std::filesystem::path{o.data} / "client.json");
  if (!access)
    return complain(opened.error());
  const cli::api server{cli::http_client{*access}, "default"};
  const auto copied =
      server.post("/api/v1/node/backup", object{{"to", std::filesystem::absolute(o.to).string()}});
  if (!copied)
    return complain(copied.why, copied.code);
  return told();
}

int restore_data(const cli::restore_options& o) {
  if (auto done = runtime::store::restore(o.from, o.data); !done)
    return complain(done.error());
  if (auto done = copy_key_check(o.from, o.data); !done)
    return complain(done.error());
  if (o.json)
    std::printf("%s\n", write_json(object{{"restored", o.data}}).c_str());
  else
    std::printf("restored %s from %s\n"
                "put its master key back before you start the node\n",
                o.data.c_str(), o.from.c_str());
  return static_cast<int>(exit_code::done);
}

} // namespace

cli::local_commands local_commands() {
  return {.node = run_node,
          .check = check_data,
          .backup = back_up,
          .restore = restore_data,
          .twin = run_twin};
}

} // namespace tenon::nodes
