// tenon node: runs a node on this machine.
#include "nodes/cli/catalog.hpp"
#include "nodes/cli/help.hpp"
#include "nodes/cli/shell.hpp"

namespace tenon::nodes::cli {

void declare_node(CLI::App& app, shell& s) {
  auto o = std::make_shared<node_options>();
  auto* command = app.add_subcommand("node", "Run a node here")->group(machine_group);
  command->add_option("--data", o->data, "Its data directory, made when it is not there")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_option("--http", o->http, "Where it listens; port 0 takes a free one")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  command->add_option("--port-file", o->port_file, "Write the port here once it is bound")
      ->type_name("FILE");
  command
      ->add_option(
          "--public-url", o->public_url,
          "Where providers and browsers reach it, as https://tenon.example.com; else where "
          "it listens")
      ->type_name("URL");
  auto* certificate =
      command->add_option("--tls-certificate", o->tls_certificate, "PEM; then it speaks HTTPS")
          ->type_name("FILE");
  auto* key = command->add_option("--tls-key", o->tls_key, "PEM")->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  command->add_option("--threads", o->threads, "Threads; 0 for one per core")
      ->type_name("N")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command->add_option("--log-level", o->log_level, "Events below it are dropped")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  command
      ->add_option("--allow-network", o->allow_networks,
                   "A private network that integrations may call, as in 10.1.0.0/16; repeatable")
      ->type_name("CIDR");
  command
      ->add_option("--allow-files", o->allow_files, "A directory that syncs may read; repeatable")
      ->type_name("DIR");
  command
      ->add_option("--master-key", o->master_key,
                   "The keys that seal secrets; else TENON_MASTER_KEY, TENON_MASTER_PASSPHRASE, or "
                   "master.key in the data directory, which is made")
      ->type_name("FILE");
  s.does(command, [&s, o] { return static_cast<exit_code>(s.local.node(*o)); });
}

} // namespace tenon::nodes::cli
