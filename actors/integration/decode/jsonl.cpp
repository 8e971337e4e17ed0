// JSON Lines: a record a line. Blank lines are passed over; a line that is no JSON is kept aside.
#include "actors/integration/decode/decoder.hpp"
#include "actors/integration/page/json_text.hpp"

namespace tenon::actors::connectors {
namespace {

result<decoded> decode(const blob& body) {
  decoded made;
  std::string all{'['};
  auto rest = body.view();
  if (rest.starts_with("\xef\xbb\xbf"))
    rest.remove_prefix(3);
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == line.npos)
      continue;
    if (const auto checked = json_text::check(line); !checked) {
      made.malformed.push_back({"line " + std::to_string(number) + ", " + checked.error().where,
                                checked.error().why, body.slice(line)});
      continue;
    }
    if (all.size() > 1)
      all += ',';
    all += line;
  }
  all += ']';
  made.json = blob::from(std::move(all));
  return made;
}

} // namespace

const decoder jsonl_decoder{"jsonl", "application/jsonl", decode};

} // namespace tenon::actors::connectors
