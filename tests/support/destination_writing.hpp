// Writes to a destination from a test: a page at a time, waiting for each.
#pragma once

#include "actors/sync/destination.hpp"
#include "protocols/json.hpp"
#include "runtime/tasks/workers.hpp"

#include <gtest/gtest.h>

#include <future>

namespace tenon::tests {

/// Of the record's newest content; `deleted` when it is gone.
inline actors::outgoing_change change(const std::string& key, const object& content,
                                      bool deleted = false, std::uint64_t version = 1) {
  return {key, blob::from(write_json(content)), deleted,
          "acme/sync/any/" + key + '@' + std::to_string(version)};
}

inline object table_options(const std::string& url, const std::string& name) {
  return {{"url", url}, {"credential", "main"}, {"table", name}, {"key", "id"}};
}

class destination_writing {
public:
  destination_writing(actors::destination_kind& kind, object options)
      : kind_{kind}, options_{std::move(options)} {}

  actors::settled write(std::vector<actors::outgoing_change> changes, std::uint64_t run = 1,
                        bool full = false, bool repeated = false, const std::string& attempt = {}) {
    actors::delivery d{.sync = {"acme", "sync", "any"},
                       .changes = std::move(changes),
                       .repeated = repeated,
                       .named = named,
                       .attempt = attempt,
                       .run = run,
                       .full = full};
    std::promise<result<actors::settled>> answered;
    const auto started = runtime::start<actors::settled>(
        tasks_, answer(kind_, options_, std::move(d)),
        [&](result<actors::settled> r) { answered.set_value(std::move(r)); });
    if (!started)
      throw std::runtime_error{started.error().why};
    auto r = answered.get_future().get();
    if (!r)
      throw std::runtime_error{r.error().where + ": " + r.error().why};
    return *std::move(r);
  }

  /// The counterpart has its records under other keys.
  bool named = false;

private:
  static runtime::task<result<actors::settled>> answer(actors::destination_kind& kind,
                                                       object options, actors::delivery d) {
    const auto sync = d.sync;
    auto opened = co_await kind.open(sync, options);
    if (!opened)
      co_return std::move(opened).error();
    auto done = co_await (*opened)->write(std::move(d));
    co_return done;
  }

  actors::destination_kind& kind_;
  const object options_;
  runtime::workers tasks_{{.threads = 1}};
};

} // namespace tenon::tests
