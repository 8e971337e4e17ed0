// Any bytes as an expression, as a template and as the JSON text it looks into: never a crash, an
// exception or work without a bound.
#include "runtime/expression/expression.hpp"

#include "protocols/json.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace tenon::runtime::expression;

void run(const tenon::result<program>& p, const scope& names) {
  if (!p)
    return;
  const auto answer = evaluate(*p, names);
  // A record as deep as may be, put into a list as deep as may be.
  const tenon::json_limits deepest{.depth = 256};
  if (answer && !tenon::read_json(tenon::write_json(*answer), deepest))
    std::abort(); // an answer that cannot be written as JSON
  const auto again = evaluate(*p, names);
  if (answer.has_value() != again.has_value())
    std::abort(); // the same program over the same scope has the same answer
}

} // namespace

/// The expression, and after a zero byte the record.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const auto end = std::min(bytes.find('\0'), bytes.size());
  const auto source = bytes.substr(0, end);
  const auto record = end < bytes.size() ? bytes.substr(end + 1)
                                         : R"({"a":[1,{"b":"x"}],"n":2.5,"t":"2026-11-21"})";
  static const auto input = tenon::read_json(R"({"a":[1,{"b":"x"}],"n":2.5,"t":"text"})").value();
  scope names;
  names.bind("input", input).bind_json("record", record).set_now(tenon::moment{});
  run(compile(source, {.implied_root = "record"}), names);
  run(compile_template(source), names);
  return 0;
}
