// tenon node: runs a node on this machine.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/shell.hpp"
#include "nodes/cli/words.hpp"

namespace tenon::nodes::cli {
namespace {

void declare_cluster(const command_words& command, const std::shared_ptr<node_options>& o) {
  command
      .option("--cluster-address", o->cluster_address,
              "Where other nodes of a cluster reach it; port 0 takes a free one")
      .type_name("HOST:PORT");
  command
      .option("--cluster-advertise", o->cluster_advertise,
              "The same as the others see it, where that differs")
      .type_name("HOST:PORT");
  command
      .option("--name", o->name, "Its name in the cluster, of a-z, 0-9 and -; else the machine's")
      .type_name("NAME");
  command.option("--zone", o->zone, "What fails together with it: a rack, a site")
      .type_name("ZONE");
  command.flag("--edge-only", o->edge_only, "It takes requests and holds no partitions");
  command
      .option("--join", o->join,
              "A member's --cluster-address: the first start, with a token, makes it one too")
      .type_name("HOST:PORT");
  command
      .option("--token", o->token,
              "What `tenon cluster token` showed; else TENON_JOIN_TOKEN, which others cannot see")
      .type_name("TOKEN");
  command.option("--cluster", o->cluster, "The name of the cluster to join, to be sure of it")
      .type_name("NAME");
  command.flag("--replace", o->replace,
               "It takes the place of the dead member of its name, whose disk is lost");
  command
      .option("--partitions", o->partitions,
              "How many a new data directory has; 16 unless told, and never changed")
      .type_name("N")
      .between(1, 1024);
}

} // namespace

void declare_node(const command_words& app, shell& s) {
  auto o = std::make_shared<node_options>();
  auto command = app.command("node", "Run a node here").group(machine_group);
  command.option("--data", o->data, "Its data directory, made when it is not there")
      .type_name("DIR")
      .shows_default();
  command.option("--http", o->http, "Where it listens; port 0 takes a free one")
      .type_name("ADDRESS:PORT")
      .shows_default();
  command.option("--port-file", o->port_file, "Write the port here once it is bound")
      .type_name("FILE");
  command
      .option("--public-url", o->public_url,
              "Where providers and browsers reach it, as https://tenon.example.com; else where "
              "it listens")
      .type_name("URL");
  auto certificate =
      command.option("--tls-certificate", o->tls_certificate, "PEM; then it speaks HTTPS")
          .type_name("FILE");
  auto key = command.option("--tls-key", o->tls_key, "PEM").type_name("FILE");
  certificate.needs(key);
  key.needs(certificate);
  command.option("--threads", o->threads, "Threads; 0 for one per core")
      .type_name("N")
      .between(0, 1024)
      .shows_default();
  command.option("--log-level", o->log_level, "Events below it are dropped")
      .one_of({"debug", "info", "warn", "error"})
      .shows_default();
  command
      .option("--allow-network", o->allow_networks,
              "A private network that integrations may call, as in 10.1.0.0/16; repeatable")
      .type_name("CIDR");
  command.option("--allow-files", o->allow_files, "A directory that syncs may read; repeatable")
      .type_name("DIR");
  command
      .option(
          "--stdio", o->stdio,
          "A Singer tap that syncs may run and read, as in github=/opt/tap-github/bin/tap-github; "
          "repeatable")
      .type_name("NAME=PROGRAM");
  command
      .option("--allow-file-writes", o->allow_file_writes,
              "A directory that syncs may write to; repeatable")
      .type_name("DIR");
  command
      .option("--master-key", o->master_key,
              "The keys that seal secrets; else TENON_MASTER_KEY, TENON_MASTER_PASSPHRASE, or "
              "master.key in the data directory, which is made")
      .type_name("FILE");
  command
      .option("--sync-concurrency", o->sync_concurrency,
              "Pages of syncs at once; the others wait for their turn, by priority")
      .type_name("N")
      .between(1, 10'000)
      .shows_default();
  command
      .option("--tenant-sync-concurrency", o->tenant_sync_concurrency,
              "Of these, of one tenant; 0 for all of them")
      .type_name("N")
      .between(0, 10'000)
      .shows_default();
  declare_cluster(command, o);
  o->version = TENON_VERSION;
  s.does(command, [&s, o] { return static_cast<exit_code>(s.local.node(*o)); });
}

} // namespace tenon::nodes::cli
