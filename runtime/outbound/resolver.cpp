#include "runtime/outbound/resolver.hpp"

#include "runtime/outbound/message.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>

namespace tenon::runtime::outbound {

namespace {

constexpr unsigned threads = 4;
constexpr std::size_t max_queue = 1'000;

address address_of(const sockaddr& from) {
  address a;
  a.v6 = from.sa_family == AF_INET6;
  if (a.v6)
    std::memcpy(a.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, 16);
  else
    std::memcpy(a.bytes.data(), &reinterpret_cast<const sockaddr_in&>(from).sin_addr, 4);
  return a;
}

} // namespace

result<std::vector<address>> system_lookup(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error == EAI_NONAME || error == EAI_NODATA)
    return failure{.code = code::not_found,
                   .why = "there is no host named " + host,
                   .where = std::string{name_of(phase::lookup)},
                   .remedy = "correct the name in the URL"};
  if (error != 0)
    return failure{.code = code::unavailable,
                   .why = "the addresses of " + host +
                          " could not be looked up: " + gai_strerror(error),
                   .where = std::string{name_of(phase::lookup)},
                   .remedy = "check this machine's DNS"};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{list, &freeaddrinfo};
  std::vector<address> all;
  for (const auto* at = list; at; at = at->ai_next)
    if (at->ai_family == AF_INET || at->ai_family == AF_INET6)
      all.push_back(address_of(*at->ai_addr));
  return all;
}

resolver::resolver(lookup l) : lookup_{std::move(l)} {
  for (unsigned i = 0; i < threads; ++i)
    threads_.emplace_back([this] { run(); });
}

resolver::~resolver() {
  {
    std::lock_guard lock{mutex_};
    ended_ = true;
    queue_.clear();
  }
  changed_.notify_all();
}

void resolver::find(std::string host, found done) {
  {
    std::lock_guard lock{mutex_};
    if (queue_.size() < max_queue) {
      queue_.push_back({std::move(host), std::move(done)});
      changed_.notify_one();
      return;
    }
  }
  done(failure{.code = code::overloaded,
               .why = std::to_string(max_queue) + " look-ups of hosts wait already",
               .where = std::string{name_of(phase::lookup)},
               .remedy = "ask again later; check this machine's DNS",
               .retry_after = span{1000}});
}

void resolver::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return ended_ || !queue_.empty(); });
    if (ended_)
      return;
    const auto next = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    next.done(lookup_(next.host));
    lock.lock();
  }
}

} // namespace tenon::runtime::outbound
