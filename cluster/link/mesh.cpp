#include "cluster/link/mesh.hpp"

#include "cluster/link/fabric.hpp"

#include <boost/asio/post.hpp>

namespace tenon::cluster::link {
namespace {

/// What would make every peer refuse this node is better said here, once.
result<security> usable(const tenon::cluster::credentials& held, const mesh_options& o,
                        moment now) {
  const auto who = examine(held, now);
  if (!who)
    return who.error();
  if (auto ours = admit(*who, {o.cluster, o.node}, now); !ours)
    return std::move(ours).error();
  return secure(held);
}

} // namespace

mesh::mesh(std::shared_ptr<fabric> f) : fabric_{std::move(f)} {}

mesh::~mesh() {
  fabric_->close();
}

result<std::unique_ptr<mesh>> mesh::open(boost::asio::io_context& io, mesh_options o, mesh_calls c,
                                         const runtime::clock& clock, runtime::meters& meters) {
  security held;
  if (!o.plain) {
    if (!o.credentials)
      return failure{code::malformed, "a node without a certificate cannot meet others",
                     "credentials", "Make a cluster with `tenon cluster init`, or join one."};
    auto made = usable(*o.credentials, o, clock.now());
    if (!made)
      return std::move(made).error();
    held = *std::move(made);
  }
  auto all = std::make_shared<fabric>(io, std::move(o), std::move(c), clock, held, meters);
  if (auto listening = all->listen(); !listening)
    return std::move(listening).error();
  boost::asio::post(io, [all] { all->start(); });
  return std::unique_ptr<mesh>{new mesh{std::move(all)}};
}

std::uint16_t mesh::port() const {
  return fabric_->port();
}

void mesh::set_peer(const std::string& node, const std::string& address) {
  boost::asio::post(fabric_->io(), [f = fabric_, node, address] { f->set_peer(node, address); });
}

void mesh::remove_peer(const std::string& node) {
  boost::asio::post(fabric_->io(), [f = fabric_, node] { f->remove_peer(node); });
}

result<void> mesh::send(std::string_view node, channel which, topic about, blob bytes) {
  return fabric_->send(node, which, about, std::move(bytes));
}

result<void> mesh::renew(const tenon::cluster::credentials& fresh) {
  if (fabric_->options().plain)
    return failure{code::conflict, "there is no TLS to renew", "credentials", ""};
  auto made = usable(fresh, fabric_->options(), fabric_->clock().now());
  if (!made)
    return std::move(made).error();
  boost::asio::post(fabric_->io(), [f = fabric_, held = *made] { f->renew(held); });
  return {};
}

std::vector<peer_status> mesh::peers() const {
  return fabric_->peers();
}

} // namespace tenon::cluster::link
