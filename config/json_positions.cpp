#include "config/json_positions.hpp"

#include "protocols/json.hpp"

#include <vector>

namespace tenon::config {
namespace {

struct scanner {
  std::string_view text;
  std::size_t max_path_bytes;
  std::map<std::string, spot, std::less<>> found{};
  std::size_t at = 0;
  spot here{};
  std::string path{};

  struct open_node {
    bool is_object;
    std::size_t path_bytes;
    std::size_t items = 0;
  };
  std::vector<open_node> open{};

  void step() {
    if (text[at] == '\n')
      here = {here.line + 1, 1};
    else if ((static_cast<unsigned char>(text[at]) & 0xc0u) != 0x80u)
      ++here.column;
    ++at;
  }

  void remember(spot where) {
    if (path.size() <= max_path_bytes)
      found.emplace(path, where);
  }

  /// From quote to quote.
  std::string_view skip_text() {
    const auto start = at;
    step();
    while (text[at] != '"') {
      if (text[at] == '\\')
        step();
      step();
    }
    step();
    return text.substr(start, at - start);
  }

  void enter(std::string_view name, spot where) {
    path.resize(open.back().path_bytes);
    if (!path.empty())
      path += '.';
    path += name;
    remember(where);
  }

  /// The next token is a value: an item of a list is named by its number here, a member of an
  /// object by its key before.
  void enter_item() {
    if (open.empty())
      remember(here);
    else if (!open.back().is_object)
      enter(std::to_string(open.back().items++), here);
  }

  void run() {
    bool expects_key = false;
    while (at < text.size()) {
      switch (text[at]) {
      case '{':
      case '[':
        enter_item();
        expects_key = text[at] == '{';
        open.push_back({expects_key, path.size()});
        step();
        break;
      case '}':
      case ']':
        open.pop_back();
        step();
        break;
      case ',':
        expects_key = open.back().is_object;
        step();
        break;
      case '"':
        if (expects_key) {
          const spot start = here;
          const auto key = read_json(skip_text());
          enter(*key->as<std::string>(), start);
          expects_key = false;
        } else {
          enter_item();
          skip_text();
        }
        break;
      case ' ':
      case '\t':
      case '\r':
      case '\n':
      case ':':
        step();
        break;
      default: // a number, true, false or null
        enter_item();
        while (at < text.size() && std::string_view{",]} \t\r\n"}.find(text[at]) == text.npos)
          step();
      }
    }
  }
};

} // namespace

std::map<std::string, spot, std::less<>> json_positions(std::string_view text,
                                                        std::size_t max_path_bytes) {
  scanner reading{text, max_path_bytes};
  reading.run();
  return std::move(reading.found);
}

} // namespace tenon::config
