// All that a connector ever asks its platform for, asked of its twin once: every stream is read to
// its end, `check` is asked, and every action is done, and asked after where it has a probe.
#pragma once

#include "actors/integration/pagination/steps.hpp"
#include "actors/integration/writing.hpp"
#include "protocols/json.hpp"
#include "tests/support/driven_twin.hpp"

namespace tenon::actors::connectors {

/// Told of each exchange, and whether its answer is of the platform's making: what is created there
/// is numbered by the twin in a way of its own.
using listener = std::function<void(const http_request&, const http_response&, bool as_it_is)>;

/// Of something that is there, where the action is about such.
inline std::string key_for(const twin& t, const manifest& m, const operation& a) {
  const auto* s = m.find_stream(t.kept_in(a.name));
  if (s == nullptr || s->key.empty() || t.records(s->name).empty())
    return "key-1";
  return text_at(t.records(s->name).front(), s->key.back());
}

inline void do_action(driver& d, twin& t, const manifest& m, const operation& a) {
  const writing w{m, a, t.connection()};
  const auto json = blob::from(write_json(t.record_for(a.name)));
  const std::vector<outgoing_record> batch(std::min<std::size_t>(a.batch.max, 3),
                                           {key_for(t, m, a), json, "acme/sync/any/1"});
  if (a.job) {
    auto told_apart = batch;
    for (std::size_t i = 0; i < batch.size(); ++i)
      told_apart[i].effect += std::to_string(i);
    d.carry(w, told_apart);
    return;
  }
  const auto request = write_request(w, batch, noon);
  ASSERT_TRUE(request) << a.name << ": " << request.error().why;
  d.send(*request);
  if (!a.idempotency.probe)
    return;
  const auto probe = probe_request(w, batch.front(), noon);
  ASSERT_TRUE(probe) << a.name << ": " << probe.error().why;
  d.send(*probe);
}

inline void ask_for_everything(twin& t, const manifest& m, const listener& hears) {
  driver d{t, m};
  bool as_it_is = true;
  d.overhears = [&](const auto& request, const auto& came) { hears(request, came, as_it_is); };
  for (const auto& s : m.streams)
    EXPECT_TRUE(d.read(s).ended) << s.name;
  as_it_is = false;
  const auto check = check_request(m, t.connection(), noon);
  ASSERT_TRUE(check && *check);
  d.send(**check);
  for (const auto& a : m.actions)
    do_action(d, t, m, a);
}

} // namespace tenon::actors::connectors
