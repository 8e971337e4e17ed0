#include "nodes/cli/shell.hpp"

#include "nodes/cli/words.hpp"
#include "protocols/json.hpp"

namespace tenon::nodes::cli {

void shell::does(const command_words& command, std::function<exit_code()> action) {
  command.runs([this, action = std::move(action)] {
    if (!chosen_) // callbacks of inner commands come first
      chosen_ = action;
  });
}

result<api> shell::connect() const {
  auto found = find_access(given.server, given.key, pointer_);
  if (!found)
    return found.error();
  if (!found->key.empty() && !found->server.tls && !found->server.loopback())
    screen.err << inked(screen.err_look, ink::caution, "warning:")
               << " the key travels in the clear to " << to_string(found->server)
               << "; use https:// where others share the network\n";
  return api{http_client{std::move(*found)}, given.tenant};
}

exit_code shell::report(const answer& a) const {
  show(a.why);
  return a.code;
}

exit_code shell::report(const failure& f) const {
  show(f);
  switch (f.code) {
  case code::malformed:
  case code::not_found: // a file
  case code::too_large:
    return exit_code::wrong_usage;
  case code::unauthenticated:
    return exit_code::unauthenticated;
  case code::unavailable:
  case code::timed_out:
    return exit_code::unreachable;
  default:
    return exit_code::refused;
  }
}

void shell::show(const failure& f) const {
  if (given.json) {
    object problem{{"type", "urn:tenon:problem:" + std::string{name_of(f.code)}},
                   {"detail", f.why}};
    if (!f.where.empty())
      problem["field"] = f.where;
    if (!f.remedy.empty())
      problem["remedy"] = f.remedy;
    if (f.retry_after)
      problem["retry_after_ms"] = f.retry_after->count();
    screen.err << write_json(problem) << '\n';
    return;
  }
  const auto& l = screen.err_look;
  screen.err << inked(l, ink::bad, "error:") << ' ' << printable(f.why) << '\n';
  const auto line = [&](std::string_view label, const std::string& text) {
    if (!text.empty())
      screen.err << "  " << inked(l, ink::dim, label) << "  " << printable(text) << '\n';
  };
  line("at  ", f.where);
  line("do  ", f.remedy);
  if (f.retry_after)
    line("wait", as_duration(*f.retry_after));
}

bool shell::printed_json(const value& v) const {
  if (given.json)
    screen.out << write_json(v) << '\n';
  return given.json;
}

} // namespace tenon::nodes::cli
