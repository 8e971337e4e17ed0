// Parts that whoever writes the connector, or whoever connects, lists.
//
//   partition: {list: [open, closed]}
//   partition: {list: "{{conn.account_ids}}"}       one text: its parts between commas
#include "actors/integration/partition/partition.hpp"

namespace tenon::actors::connectors {
namespace {

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos)
    return {};
  return std::string{text.substr(begin, text.find_last_not_of(" \t") - begin + 1)};
}

class listed_parts final : public partition {
public:
  pattern content;

  result<parts> first(const scope& names, moment) const override {
    auto made = content.evaluate(names);
    if (!made)
      return std::move(made).error();
    parts all;
    if (auto* several = made->as<list>())
      all.ready = std::move(*several);
    else if (const auto* text = made->as<std::string>())
      all.ready = split(*text);
    else if (!made->is_null())
      all.ready.push_back(*std::move(made));
    if (all.ready.size() <= max_parts)
      return all;
    return failure{code::too_large,
                   std::to_string(all.ready.size()) + " parts are listed, more than " +
                       std::to_string(max_parts),
                   "partition.list"};
  }

private:
  static list split(std::string_view text) {
    list all;
    while (!text.empty()) {
      const auto end = std::min(text.find(','), text.size());
      if (auto one = trimmed(text.substr(0, end)); !one.empty())
        all.emplace_back(std::move(one));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return all;
  }
};

std::shared_ptr<const partition> compile(const value& settings, const std::string& where,
                                         problems& found) {
  auto made = std::make_shared<listed_parts>();
  if (!settings.is<list>() && !settings.is<std::string>())
    found.add(where, "a list, or a text with commas, is expected", "Write list: [open, closed].");
  made->content = pattern::compile(settings, where, {{"conn"}}, found);
  return made;
}

} // namespace

const partition_kind list_partition{"list", compile};

} // namespace tenon::actors::connectors
