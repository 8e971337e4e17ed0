#include "nodes/cluster/joining.hpp"

#include "cluster/identity/join_token.hpp"
#include "nodes/cluster/card.hpp"
#include "nodes/cluster/knocking.hpp"
#include "nodes/node/master_key.hpp"
#include "runtime/store/data_directory.hpp"

namespace tenon::nodes::cluster {
namespace {

namespace fs = std::filesystem;
namespace link = tenon::cluster::link;
using words = protocols::council;

result<void> holds_nothing(const fs::path& data) {
  std::error_code error;
  if (!fs::exists(data, error) || (fs::is_directory(data, error) && fs::is_empty(data, error)))
    return {};
  return failure{code::conflict, "the data directory is not empty, and a node joins without data",
                 data.string(),
                 "Name a new directory with --data; what is in this one stays as it is."};
}

result<words::welcome> be_let_in(const join_wish& w, const tenon::cluster::join_token& token,
                                 const std::string& request, const runtime::clock& clock) {
  boost::asio::io_context io;
  result<words::answer> got = failure{code::unavailable, "the door did not answer", w.address};
  const auto judge = [&](const std::string& authority) -> result<link::security> {
    if (auto right = tenon::cluster::is_authority_of(token, authority); !right) {
      right.error().where = w.address;
      return std::move(right).error();
    }
    return link::secure_newcomer(authority);
  };
  words::newcomer n{token.secret, w.cluster, w.node, w.replaces, request, w.has_master_key};
  knock(io, clock, {w.address, judge, std::move(n)},
        [&](result<words::answer> answered) { got = std::move(answered); });
  io.run();
  if (!got)
    return std::move(got).error();
  if (auto* welcome = std::get_if<words::welcome>(&*got))
    return std::move(*welcome);
  return failure{code::malformed, "the door answered something else", w.address,
                 "Install the version that the other nodes have."};
}

/// The certificate is kept last: what is cut short is a directory that is not empty and no node.
result<void> settle(const join_wish& w, card c, const words::welcome& got) {
  runtime::meters unseen;
  auto made = runtime::store::data_directory::open(
      {.directory = w.data, .partitions = got.partitions}, unseen);
  if (!made)
    return std::move(made).error();
  made->reset();
  if (auto kept =
          keep(w.data, shared_master_key{got.master_key, got.master_check, got.master_rule});
      !kept)
    return kept;
  std::error_code error;
  fs::create_directories(folder_of(w.data), error);
  if (auto kept = keep_members(w.data, got.state); !kept)
    return kept;
  return keep(w.data, c);
}

} // namespace

bool is_member(const fs::path& data) {
  std::error_code error;
  return fs::exists(folder_of(data) / "node.pem", error);
}

result<void> join(const join_wish& w, const runtime::clock& clock) {
  if (auto empty = holds_nothing(w.data); !empty)
    return empty;
  const auto token = tenon::cluster::read_join_token(w.token);
  if (!token)
    return token.error();
  auto asked = tenon::cluster::request_certificate(w.node.name);
  if (!asked)
    return std::move(asked).error();
  const auto got = be_let_in(w, *token, asked->request, clock);
  if (!got)
    return got.error();
  card c{.cluster = got->cluster_id,
         .node = got->node,
         .shown = {got->certificate, std::move(asked->key), got->trusted}};
  if (!got->authority_key.empty())
    c.authority = tenon::cluster::authority{got->trusted, got->authority_key};
  if (auto good = tenon::cluster::examine(c.shown, clock.now()); !good)
    return std::move(good).error();
  return settle(w, std::move(c), *got);
}

} // namespace tenon::nodes::cluster
