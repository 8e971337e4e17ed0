// Every connector that is shipped, driven against its twin as a sync drives it.
#pragma once

#include "actors/integration/toll.hpp"
#include "actors/integration/twin/twin.hpp"
#include "actors/integration/writing_job.hpp"
#include "actors/quota.hpp"
#include "config/yaml.hpp"
#include "tests/support/given.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

namespace tenon::actors::connectors {

inline constexpr moment noon =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 1} + std::chrono::hours{12};

inline std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator{"config/connectors"})
    all.push_back(entry.path().stem().string());
  std::ranges::sort(all);
  return all;
}

/// Read once for each program: so many tests are about all of them that reading them anew for each
/// list took longer than the tests.
inline std::shared_ptr<const manifest> read_manifest(const std::string& name) {
  static std::map<std::string, std::shared_ptr<const manifest>> known;
  if (const auto it = known.find(name); it != known.end())
    return it->second;
  const auto path = "config/connectors/" + name + ".yaml";
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  const auto read = config::read_yaml(text.str(), path);
  if (!read || read->empty()) {
    ADD_FAILURE() << path << ": " << (read ? "nothing in it" : read.error().why);
    return nullptr;
  }
  auto done = check_manifest(read->front().value);
  for (const auto& wrong : done.errors)
    ADD_FAILURE() << path << ": " << wrong.where << ": " << wrong.why << ' ' << wrong.remedy;
  if (!done.manifest)
    return nullptr;
  return known[name] = std::make_shared<const manifest>(*std::move(done.manifest));
}

/// Where a person who follows the address is sent by the twin; "": nowhere.
inline std::string sent_to(twin& t, const std::string& address, moment now) {
  const auto came = t.answer({"GET", address, {}, {}}, now);
  return came.status == 302 ? std::string{came.header("Location").value_or("")} : std::string{};
}

inline std::string member_of_query(const std::string& address, const std::string& name) {
  for (const char* before : {"?", "&"})
    if (const auto at = address.find(before + name + '='); at != address.npos) {
      const auto from = at + name.size() + 2;
      return address.substr(from, address.find('&', from) - from);
    }
  return {};
}

inline const consent usual_consent{"http://127.0.0.1:7070/oauth/callback", "state-0123456789",
                                   "verifier-that-nobody-can-guess-0123456789abcdef"};

/// With what a person who says yes comes back.
inline acquisition allowed(twin& t, const manifest& m, moment now) {
  const auto address = consent_address(m, t.connection(), usual_consent);
  EXPECT_TRUE(address) << address.error().why;
  acquisition so_far;
  so_far.code = member_of_query(sent_to(t, *address, now), "code");
  so_far.redirect = usual_consent.redirect;
  so_far.verifier = usual_consent.verifier;
  EXPECT_NE(so_far.code, "") << *address;
  return so_far;
}

/// The way to a token: by what a consent of long ago left, or by one that is given now.
inline acquisition begun(twin& t, const manifest& m, moment now) {
  if (t.refresh_token().empty() && auth_of(m, t.connection()).method->needs_person())
    return allowed(t, m, now);
  acquisition so_far;
  so_far.before.refresh_token = t.refresh_token();
  return so_far;
}

struct outcome {
  std::vector<std::string> records; // key and content
  std::vector<std::pair<position, progress>> places;
  std::vector<failure> troubles;
  std::size_t malformed = 0;
  std::size_t deleted = 0;
  progress end;
  bool ended = false;
  std::optional<position> instead; // of the last trouble
  bool aborts = false;
};

/// Drives the interpreter against the twin as a sync does, with a clock that only waiting moves.
class driver {
public:
  explicit driver(twin& t, const manifest& m) : twin_{t}, manifest_{m} {}

  moment now = noon;
  bool asks_the_quota = true;
  std::size_t renewals = 0;
  std::size_t waits = 0;
  std::size_t looks = 0; // at jobs that were not done
  std::function<void(const http_request&, const http_response&)> overhears{};

  /// The answer to a request, with the proof it needs, when the quota lets it through.
  http_response send(http_request request, bool needs_proof = true) {
    const auto& c = twin_.connection();
    if (!needs_proof)
      return ask(request);
    const auto asked = toll_of(manifest_, c, request, background("conformance", {}));
    EXPECT_TRUE(asked) << asked.error().why;
    const auto granted = asks_the_quota ? take(asked->wanted) : quota::granted{};
    prove(request);
    auto came = ask(request);
    limits_.when(quota::give_back{granted.grant});
    for (const auto& word : told_by(manifest_, *asked, granted, came, now))
      std::visit([&](const auto& command) { static_cast<void>(limits_.when(command)); }, word);
    return came;
  }

  /// With the proof of whoever asks.
  void prove(http_request& request) {
    if (auth_of(manifest_, twin_.connection()).method->needs_token() && !held_)
      renew();
    const instant when{now, "nonce" + std::to_string(++nonces_)};
    const auto proved =
        authenticate(manifest_, twin_.connection(), held_ ? &*held_ : nullptr, request, when);
    EXPECT_TRUE(proved) << proved.error().why;
  }

  void renew() {
    const auto& c = twin_.connection();
    auto so_far = begun(twin_, manifest_, now);
    for (int step = 0; step < 10; ++step) {
      const instant when{now, "nonce" + std::to_string(++nonces_)};
      const auto request = next_request(manifest_, c, so_far, when);
      ASSERT_TRUE(request) << request.error().why;
      if (!*request)
        break;
      const auto heard = hear_answer(manifest_, c, twin_.answer(**request, now), so_far, when);
      ASSERT_TRUE(heard) << heard.error().why;
    }
    held_ = so_far.made;
    ++renewals;
  }

  outcome read(const stream& s, progress before = {}, const position* from = nullptr) {
    const reading r{manifest_, s, twin_.connection()};
    outcome done;
    const auto first = first_position(r, now);
    if (!first) {
      done.troubles.push_back(first.error());
      return done;
    }
    auto at = from ? *from : *first;
    auto so_far = from || !s.cursor ? before : begin(*s.cursor, before, now);
    for (int asked = 0; asked < 20'000; ++asked) {
      const auto kept = to_position(to_object(at));
      EXPECT_TRUE(kept && *kept == at) << "a position is lost in keeping it";
      if (at.tries.empty())
        done.places.emplace_back(at, so_far);
      const auto request = page_request(r, at, so_far, now);
      if (!request) {
        done.troubles.push_back(request.error());
        return done;
      }
      if (asked == 19'999)
        done.troubles.push_back({code::too_large, "it is asked for ever: " + request->url});
      const auto answer = send(*request, needs_proof(r, at));
      auto came = read_page(r, *request, answer, at, so_far, now);
      if (auto* said = std::get_if<verdict>(&came)) {
        done.troubles.push_back(said->why);
        done.instead = said->instead;
        done.aborts = said->aborts;
        at = said->position;
        if (!follow(*said))
          return done;
        continue;
      }
      auto& p = std::get<page>(came);
      for (const auto& one : p.records) {
        done.records.push_back(one.key + ' ' + one.json.text());
        done.deleted += one.deleted ? 1 : 0;
      }
      done.malformed += p.malformed.size();
      so_far = p.progress;
      if (!p.next) {
        done.end = so_far;
        done.ended = true;
        return done;
      }
      at = *p.next;
      if (p.patience) {
        ++looks;
        EXPECT_GT(*p.patience, span{0}) << "looks again at once: " << p.waits_for;
        now += *p.patience;
      }
    }
    return done;
  }

  /// Records by one call, with a new token when the one at hand has ended.
  write_outcome write(const writing& w, const std::vector<outgoing_record>& batch) {
    for (bool renewed = false;; renewed = true) {
      const auto request = write_request(w, batch, now);
      EXPECT_TRUE(request) << request.error().where << ": " << request.error().why;
      auto came = read_write(w, *request, send(*request), batch, {}, now);
      const auto* said = std::get_if<verdict>(&came);
      if (said == nullptr || said->then != action::refresh_auth || renewed)
        return came;
      renew();
    }
  }

  /// Records by a job of the platform, to its end.
  item_outcomes carry(const writing& w, const std::vector<outgoing_record>& batch) {
    std::string upload;
    if (w.action.job->upload) {
      const auto request = job_upload_request(w, batch, now);
      EXPECT_TRUE(request) << request.error().where << ": " << request.error().why;
      auto came = read_job_upload(w, *request, send(*request), {}, now);
      EXPECT_TRUE(std::holds_alternative<std::string>(came));
      upload = std::get<std::string>(std::move(came));
    }
    const auto request = job_create_request(w, batch, upload, now);
    EXPECT_TRUE(request) << request.error().where << ": " << request.error().why;
    auto made = read_job_created(w, *request, send(*request), {}, now);
    EXPECT_TRUE(std::holds_alternative<job_place>(made)) << std::get<verdict>(made).why.why;
    return await_job(w, batch, std::get<job_place>(std::move(made)));
  }

  item_outcomes await_job(const writing& w, const std::vector<outgoing_record>& batch,
                          job_place place) {
    item_outcomes all(batch.size());
    for (int times = 0; times < 100; ++times) {
      const auto request = job_state_request(w, place, now);
      EXPECT_TRUE(request) << request.error().why;
      auto came = read_job_state(w, place, *request, send(*request), {}, now);
      EXPECT_TRUE(std::holds_alternative<job_state>(came)) << std::get<verdict>(came).why.why;
      const auto& state = std::get<job_state>(came);
      if (state.failed)
        return item_outcomes(batch.size(), {.why = *state.failed});
      place = state.place;
      if (state.done)
        break;
      ++looks;
      now += w.action.job->pause(now - place.since);
    }
    const auto results = job_result_requests(w, place, now);
    EXPECT_TRUE(results) << results.error().why;
    std::size_t found = 0;
    for (const auto& one : *results) {
      const auto came = send(one.request, one.shows_proof);
      const auto refused = read_job_results(w, one.request, came, batch, {}, now, all, found);
      EXPECT_FALSE(refused) << refused->why.why;
    }
    return all;
  }

  /// Whether it is worth asking again.
  bool follow(const verdict& said) {
    switch (said.then) {
    case action::wait:
    case action::retry:
      ++waits;
      EXPECT_GT(said.delay, span{0}) << "asks again at once: " << said.why.why;
      now += std::max(said.delay, span{1});
      return true;
    case action::refresh_auth:
      renew();
      return true;
    default:
      return false;
    }
  }

private:
  http_response ask(const http_request& request) {
    auto came = twin_.answer(request, now);
    if (overhears)
      overhears(request, came);
    return came;
  }

  quota::granted take(const quota::take& wanted) {
    for (int times = 0; times < 100; ++times) {
      limits_.now = now;
      const auto done = limits_.when(wanted);
      if (!done.refusal)
        return *done.reply;
      EXPECT_EQ(name_of(done.refusal->code), name_of(code::overloaded)) << done.refusal->why;
      if (!done.refusal->retry_after)
        return {};
      now += *done.refusal->retry_after;
    }
    ADD_FAILURE() << "the quota never lets it through";
    return {};
  }

  twin& twin_;
  const manifest& manifest_;
  tests::scene<quota> limits_{};
  std::optional<holding> held_{};
  std::size_t nonces_ = 0;
};

class every_connector : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override { connector_ = read_manifest(GetParam()); }

  std::optional<twin> make(twin_options options = {}) {
    auto made = connector_ ? twin::make(connector_, options) : result<twin>{failure{}};
    if (made)
      return *std::move(made);
    ADD_FAILURE() << GetParam() << ": " << made.error().where << ": " << made.error().why << ' '
                  << made.error().remedy;
    return std::nullopt;
  }

  static std::string told(const outcome& o) {
    std::string all;
    for (const auto& t : o.troubles)
      all += t.where + ": " + t.why + '\n';
    return all;
  }

  std::shared_ptr<const manifest> connector_;
};

} // namespace tenon::actors::connectors
