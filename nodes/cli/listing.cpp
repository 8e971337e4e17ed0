#include "nodes/cli/listing.hpp"

#include "nodes/cli/item_table.hpp"

namespace tenon::nodes::cli {

exit_code show_items(const shell& s, list items, const char* none) {
  if (s.given.json)
    s.printed_json(object{{"items", std::move(items)}});
  else if (items.empty())
    s.screen.err << none << '\n';
  else
    s.screen.out << item_table(items, s.screen.out_look);
  return exit_code::done;
}

exit_code show_list(const shell& s, std::initializer_list<std::string_view> names, const char* none,
                    value (*line)(const value&)) {
  const auto server = s.connect();
  if (!server)
    return s.report(server.error());
  list items;
  const auto got = server->each(server->path(names), [&](const value& one) {
    items.push_back(line == nullptr || s.given.json ? one : line(one));
    return true;
  });
  return got ? show_items(s, std::move(items), none) : s.report(got);
}

} // namespace tenon::nodes::cli
