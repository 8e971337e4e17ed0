#include "nodes/twin/run_twin.hpp"

#include "config/connectors.hpp"
#include "nodes/node/local_words.hpp"
#include "nodes/node/shipped.hpp"
#include "nodes/twin/twin_server.hpp"
#include "protocols/json.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>

namespace tenon::nodes {
namespace {

using actors::connectors::manifest;
using actors::connectors::twin;

result<std::shared_ptr<const manifest>> find_connector(const std::string& wanted) {
  if (const auto* shipped = config::find_shipped_connector(wanted))
    return compile_manifest_text(shipped->yaml, wanted + ".yaml");
  std::ifstream file{wanted};
  if (!file) {
    std::string known;
    for (const auto& one : config::shipped_connectors())
      known += (known.empty() ? "" : ", ") + std::string{one.name};
    return failure{code::not_found,
                   "there is no file and no connector called " + wanted,
                   {},
                   "Shipped are: " + known + "."};
  }
  std::ostringstream text;
  text << file.rdbuf();
  return compile_manifest_text(text.str(), wanted);
}

/// What makes an integration speak to the twin instead of the platform.
void show_resources(const manifest& m, const twin& t, const std::string& url) {
  std::fprintf(
      stderr,
      "A twin of %s. To try it, apply this:\n\n"
      "kind: integration\nname: %s_twin\nspec: {connector: %s, through: \"%s\", config: %s%s}\n",
      m.title.c_str(), m.name.c_str(), m.name.c_str(), url.c_str(), write_json(t.config()).c_str(),
      t.secrets().empty() ? "" : (", credential: " + m.name + "_twin").c_str());
  if (!t.secrets().empty())
    std::fprintf(stderr, "---\nkind: credential\nname: %s_twin\nspec: {secrets: %s}\n",
                 m.name.c_str(), write_json(t.secrets()).c_str());
  if (actors::connectors::auth_of(m, t.connection()).method->needs_person())
    std::fprintf(
        stderr,
        "\nIt asks a person first. Once that is applied, connect it; following the address "
        "is a yes:\n\n"
        "  curl -sL \"$(tenon credential connect %s_twin --integration %s_twin "
        "--no-wait)\"\n\n"
        "A no is the same address with &twin_says=no at its end.\n",
        m.name.c_str(), m.name.c_str());
}

} // namespace

int run_twin(const cli::twin_options& o) {
  const auto ends = block_ending_signals();
  const auto listen = parse_listen(o.http);
  if (!listen)
    return complain(listen.error(), cli::exit_code::wrong_usage);
  const auto connector = find_connector(o.connector);
  if (!connector)
    return complain(connector.error());
  actors::connectors::twin_options options{.limits = !o.no_limits, .auth = o.auth};
  if (o.records > 0)
    options.count = o.records;
  if (o.token_seconds > 0)
    options.token_life = std::chrono::seconds{o.token_seconds};
  auto made = twin::make(*connector, options);
  if (!made)
    return complain(made.error());
  runtime::meters unseen;
  auto shown = twin::make(*connector, {.count = 1, .auth = o.auth});
  auto served = twin_server::open(*std::move(made),
                                  {.address = listen->first, .port = listen->second}, unseen);
  if (!served)
    return complain(served.error());
  const auto host =
      listen->first.find(':') == std::string::npos ? listen->first : '[' + listen->first + ']';
  const auto url = "http://" + host + ':' + std::to_string((*served)->port());
  std::printf("%s\n", url.c_str());
  std::fflush(stdout);
  if (shown)
    show_resources(**connector, *shown, url);
  int signal = 0;
  sigwait(&ends, &signal);
  (*served)->stop();
  return static_cast<int>(cli::exit_code::done);
}

} // namespace tenon::nodes
