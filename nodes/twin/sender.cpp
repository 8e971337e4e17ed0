#include "nodes/twin/sender.hpp"

namespace tenon::nodes {
namespace {

namespace outbound = runtime::outbound;

constexpr std::string_view this_machine[]{"127.0.0.0/8", "::1/128"};

/// The path and the query of an address.
std::string_view target_of(std::string_view address) {
  const auto scheme = address.find("://");
  const auto path = address.find_first_of("/?", scheme == address.npos ? 0 : scheme + 3);
  return path == address.npos ? std::string_view{"/"} : address.substr(path);
}

/// The public internet is open to a client, and a twin has nothing to send there.
bool is_here(const std::string& address) {
  const auto there = outbound::parse_url(address);
  return there && (there->host == "127.0.0.1" || there->host == "localhost" ||
                   there->host == "::1" || there->host == "[::1]");
}

/// What was answered so far; all of it on the client's thread.
struct round {
  list answers;
  std::size_t open = 0;
  std::function<void(list)> done;

  void take(object answer) {
    answers.emplace_back(std::move(answer));
    if (answers.size() == open)
      done(std::move(answers));
  }
};

} // namespace

result<std::unique_ptr<sender>> sender::open(runtime::meters& meters) {
  outbound::client_options options;
  for (const auto text : this_machine) {
    auto network = outbound::parse_network(text);
    if (!network)
      return std::move(network).error();
    options.policy.allowed.push_back(*network);
  }
  auto made = outbound::client::make(std::move(options), meters);
  if (!made)
    return std::move(made).error();
  return std::unique_ptr<sender>{new sender{*std::move(made)}};
}

void sender::send(std::vector<actors::connectors::inbound> all, const std::string& through,
                  std::function<void(list)> done) {
  if (all.empty())
    return done({});
  for (const auto& one : all)
    if (const auto& to = through.empty() ? one.url : through; !is_here(to))
      return done({object{{"to", to}, {"error", "a twin sends to this machine only"}}});
  auto told = std::make_shared<round>();
  told->open = all.size();
  told->done = std::move(done);
  outbound::limits limits;
  limits.total = std::chrono::seconds{30};
  limits.redirects = 0;
  for (auto& one : all) {
    auto address = through.empty() ? one.url : through + std::string{target_of(one.url)};
    outbound::request request{one.method, std::move(address), std::move(one.headers),
                              std::move(one.body)};
    client_->send(std::move(request), limits,
                  [told, to = one.url](result<outbound::response> came) {
                    told->take(came ? object{{"to", to}, {"status", came->status}}
                                    : object{{"to", to}, {"error", came.error().why}});
                  });
  }
}

} // namespace tenon::nodes
