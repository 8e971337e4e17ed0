// The edge as a node runs it, on a free port of loopback, with a few routes made for tests.
#pragma once

#include "nodes/edge/gateway.hpp"
#include "nodes/edge/server.hpp"
#include "tests/support/raw_client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace tenon::tests {

/// Replies that a test answers when it wants to, by the name in their path.
class parked_replies {
public:
  void park(std::string name, nodes::edge::reply r) {
    const std::lock_guard lock{guard_};
    replies_.insert_or_assign(std::move(name), std::move(r));
    changed_.notify_all();
  }
  /// Waits until the request is there.
  nodes::edge::reply take(const std::string& name) {
    std::unique_lock lock{guard_};
    if (!changed_.wait_for(lock, std::chrono::seconds{10},
                           [&] { return replies_.contains(name); })) {
      ADD_FAILURE() << name << " never arrived";
      return {};
    }
    return std::move(replies_.extract(name).mapped());
  }
  void answer(const std::string& name) {
    std::move(take(name))(nodes::edge::response::json('"' + name + '"'));
  }

private:
  std::mutex guard_;
  std::condition_variable changed_;
  std::map<std::string, nodes::edge::reply> replies_;
};

/// So many pieces of so many bytes, given from a thread of its own or at once.
class counted_stream final : public nodes::edge::body_stream {
public:
  counted_stream(std::size_t pieces, std::size_t bytes, bool breaks = false)
      : pieces_{pieces}, bytes_{bytes}, breaks_{breaks} {}
  static inline std::atomic<std::size_t> given{0};

  void next(nodes::edge::piece_reply r) override {
    ++given;
    if (pieces_-- != 0)
      return std::move(r).give(blob::from(std::string(bytes_, 'x')));
    if (breaks_)
      return std::move(r).fail({code::unavailable, "the source broke"});
    std::move(r).end(blob::from("end\n"));
  }

private:
  std::size_t pieces_;
  std::size_t bytes_;
  bool breaks_;
};

inline nodes::edge::route_list test_routes(parked_replies& parked) {
  using namespace nodes::edge;
  const auto number = [](const request& q, std::string_view name) {
    return static_cast<std::size_t>(std::stoul(std::string{q.arguments.path(name)}));
  };
  route_list all;
  const auto add = [&](method m, std::string pattern, handler h, std::string permission = "") {
    all.push_back({.method = m,
                   .pattern = std::move(pattern),
                   .summary = "For tests.",
                   .permission = std::move(permission),
                   .handle = std::move(h)});
  };
  add(method::get, "/now/{name}", [](request&& q, reply&& r) {
    std::move(r)(response::json('"' + std::string{q.arguments.path("name")} + '"'));
  });
  const handler echo = [](request&& q, reply&& r) {
    std::move(r)(response{200, media::text, q.body});
  };
  add(method::get, "/", echo);
  add(method::post, "/", echo);
  add(method::post, "/echo", echo);
  add(method::post, "/later/{name}", [&parked](request&& q, reply&& r) {
    std::string name{q.arguments.path("name")};
    parked.park(std::move(name), std::move(r));
  });
  add(method::get, "/forgotten", [](request&&, reply&&) {});
  add(method::get, "/broken", [](request&&, reply&&) { throw std::runtime_error{"bug"}; });
  add(method::get, "/split", [](request&&, reply&& r) {
    std::move(r)(response{200, media::json, "{}", {{"X-Bad", "a\r\nSet-Cookie: evil"}}});
  });
  add(method::get, "/large/{bytes}", [number](request&& q, reply&& r) {
    std::move(r)(response{200, media::text, std::string(number(q, "bytes"), 'x')});
  });
  add(method::get, "/stream/{pieces}/{bytes}", [number](request&& q, reply&& r) {
    std::move(r)(
        response{200, media::ndjson,
                 std::make_shared<counted_stream>(number(q, "pieces"), number(q, "bytes"))});
  });
  add(method::get, "/stream/broken", [](request&&, reply&& r) {
    std::move(r)(response{200, media::ndjson, std::make_shared<counted_stream>(2, 10, true)});
  });
  add(
      method::get, "/api/v1/{tenant}/syncs/{name}",
      [](request&& q, reply&& r) {
        std::move(r)(response::json('"' + q.who->tenant + '/' + std::string{q.tenant} + '"'));
      },
      "sync:read");
  add(
      method::put, "/api/v1/{tenant}/{kinds}/{name}",
      [](request&& q, reply&& r) {
        std::move(r)(response{200, media::json, q.body});
      },
      "{kinds}:write");
  return all;
}

class served_edge : public testing::Test {
protected:
  void serve(nodes::edge::options chosen = {}, nodes::edge::allowance allowed = {}) {
    chosen.port = 0;
    auto made = nodes::edge::gateway::make(test_routes(parked), {clock, keys, meters}, allowed,
                                           chosen.threads);
    ASSERT_TRUE(made) << made.error().why;
    gateway = std::move(*made);
    auto opened = nodes::edge::server::open(chosen, *gateway, meters);
    ASSERT_TRUE(opened) << opened.error().why;
    server = std::move(*opened);
  }

  raw_client client() const { return raw_client{server->port()}; }

  raw_response ask(std::string_view bytes) const {
    auto c = client();
    c.send(bytes);
    return c.response();
  }

  static std::string get(std::string_view path, std::string_view fields = "") {
    return "GET " + std::string{path} + " HTTP/1.1\r\nHost: a\r\n" + std::string{fields} + "\r\n";
  }
  static std::string post(std::string_view path, std::string_view body,
                          std::string_view fields = "") {
    return "POST " + std::string{path} +
           " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string{fields} + "\r\n" + std::string{body};
  }

  const runtime::system_clock clock;
  nodes::edge::remembered_keys keys;
  runtime::meters meters;
  parked_replies parked;
  std::unique_ptr<nodes::edge::gateway> gateway;
  std::unique_ptr<nodes::edge::server> server;
};

} // namespace tenon::tests
