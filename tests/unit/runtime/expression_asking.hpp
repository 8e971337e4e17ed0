// Asks expressions for their answers the way the tables of the expression tests want them: as JSON,
// or as the failure's words after a `!`.
#pragma once

#include "protocols/json.hpp"
#include "runtime/expression/expression.hpp"

#include <string>
#include <string_view>

namespace tenon::tests {

struct asked {
  std::string_view source;
  std::string_view answer;
};

inline std::string words_of(const failure& f) {
  return "!" + f.where + ": " + f.why + (f.remedy.empty() ? "" : " " + f.remedy);
}

/// Where `input` is a tree, `record` is JSON text, `secret` holds secrets and now is
/// 2026-11-21T09:00:00Z.
class questions {
public:
  questions() {
    names_.bind("input", input_).bind_json("record", record_).bind_secret("secret", secret_);
    names_.set_now(parse_moment("2026-11-21T09:00:00Z").value());
  }
  questions(const questions&) = delete;

  runtime::expression::scope& names() { return names_; }

  std::string answer(const result<runtime::expression::program>& p,
                     runtime::expression::notes* noted = nullptr) const {
    if (!p)
      return words_of(p.error());
    const auto v = evaluate(*p, names_, noted);
    return v ? write_json(*v) : words_of(v.error());
  }
  std::string ask(std::string_view source, const runtime::expression::options& o = {}) const {
    return answer(runtime::expression::compile(source, o));
  }
  std::string fill(std::string_view text, const runtime::expression::options& o = {}) const {
    return answer(runtime::expression::compile_template(text, o));
  }

private:
  static constexpr std::string_view document = R"({
    "amount": 12500, "rate": 0.25, "name": "Ada \"L\" Lovelace", "city": "Z\u00fcrich",
    "status": "open", "tags": ["new", "vip"], "nothing": null, "yes": true,
    "lines": [{"sku": "a", "price": 2.5, "parts": [1, 2]}, {"sku": "b"},
              {"sku": "c", "price": 4, "parts": [3]}],
    "address": {"zip": "8001", "x-y": 7}, "at": "2026-11-20T09:00:00Z", "empty": [], "none": {}})";
  value input_ = read_json(document).value();
  std::string record_{document};
  value secret_ = object{{"token", "s3cr3t"}};
  runtime::expression::scope names_;
};

} // namespace tenon::tests
