// A stream that is read to its end from a small server, and resumed from every place on the way.
#pragma once

#include "tests/unit/actors/integration/sample.hpp"

#include "protocols/json.hpp"

#include <functional>
#include <map>

namespace tenon::actors::connectors {

using server = std::function<http_response(const http_request&)>;

inline manifest connector(const std::string& streams) {
  return manifest_of(value_of_yaml("connector: test\nbase: http://h/v1\nparams:\n"
                                   "  accounts: {required: false}\nstreams:\n" +
                                   streams));
}

struct run {
  std::vector<std::string> lines; // key and content, as they came
  std::vector<std::string> asked;
  std::vector<std::pair<position, progress>> places; // before each page
  progress end;
  std::optional<failure> wrong;
};

/// Reads the stream to its end, from a place or from its beginning.
inline run read(const manifest& m, const std::string& name, const server& serve,
                progress before = {}, const position* from = nullptr, moment now = noon) {
  const auto c = connection_to(m, {{"accounts", "a, b,c"}});
  const reading r{m, *m.find_stream(name), c};
  run done;
  auto first = first_position(r, now);
  if (!first) {
    done.wrong = first.error();
    return done;
  }
  auto at = from ? *from : *first;
  auto so_far = from || !r.stream.cursor ? before : begin(*r.stream.cursor, before, now);
  for (int pages = 0; pages < 500; ++pages) {
    done.places.emplace_back(*to_position(to_object(at)), so_far);
    const auto request = page_request(r, at, so_far, now);
    if (!request) {
      done.wrong = request.error();
      return done;
    }
    done.asked.push_back(request->method + ' ' + request->url.substr(8) +
                         (request->body.empty() ? "" : ' ' + request->body.text()));
    auto outcome = read_page(r, *request, serve(*request), at, so_far, now);
    if (const auto* said = std::get_if<verdict>(&outcome)) {
      done.wrong = said->why;
      if (said->then == action::reset_cursor)
        done.wrong->remedy = "reset";
      return done;
    }
    auto& p = std::get<page>(outcome);
    for (const auto& one : p.records)
      done.lines.push_back((one.deleted ? "-" : "") + one.key + ' ' + one.json.text());
    for (const auto& bad : p.malformed)
      done.lines.push_back("? " + bad.place);
    so_far = p.progress;
    if (!p.next) {
      done.end = so_far;
      return done;
    }
    at = *p.next;
  }
  done.wrong = failure{code::too_large, "it never ends"};
  return done;
}

/// The same records come after every place that could have been kept.
inline void expect_resumes(const manifest& m, const std::string& name, const server& serve,
                           const run& whole) {
  for (const auto& [at, so_far] : whole.places) {
    const auto rest = read(m, name, serve, so_far, &at);
    ASSERT_FALSE(rest.wrong) << rest.wrong->why;
    const std::vector<std::string> expected{
        whole.lines.end() - static_cast<std::ptrdiff_t>(rest.lines.size()), whole.lines.end()};
    EXPECT_EQ(rest.lines, expected);
    EXPECT_EQ(rest.end, whole.end);
  }
}

/// Answers by what is asked for, with 404 for anything else.
inline server table(std::map<std::string, std::string> answers) {
  return [answers = std::move(answers)](const http_request& asked) {
    const auto key = asked.method + ' ' + asked.url.substr(8) +
                     (asked.body.empty() ? "" : ' ' + asked.body.text());
    const auto it = answers.find(key);
    return it == answers.end() ? answer("{\"message\":\"no such thing: " + asked.url + "\"}", 404)
                               : answer(it->second);
  };
}

using lines = std::vector<std::string>;

} // namespace tenon::actors::connectors
