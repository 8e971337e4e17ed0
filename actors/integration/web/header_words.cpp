#include "actors/integration/web/header_words.hpp"

namespace tenon::actors::connectors {

std::string header_word(std::string_view header) {
  std::string word{header};
  for (char& c : word)
    c = c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return word;
}

value header_words(const headers& sent) {
  object all;
  for (const auto& [name, content] : sent)
    all[header_word(name)] = content;
  return all;
}

} // namespace tenon::actors::connectors
