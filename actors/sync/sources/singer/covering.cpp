#include "actors/sync/sources/singer/covering.hpp"

#include "actors/resource/secrets.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <functional>

namespace tenon::actors::singer {
namespace {

constexpr std::size_t least_bytes = 4;

void add_text(const std::string& text, std::vector<std::string>& words) {
  const auto in_json = write_json(value{text});
  words.push_back(text);
  words.push_back(in_json.substr(1, in_json.size() - 2));
}

void add(const value& secret, std::vector<std::string>& words) {
  if (const auto* text = secret.as<std::string>()) {
    add_text(*text, words);
    for (std::size_t at = 0; at < text->size();) {
      const auto end = std::min(text->find_first_of("\r\n", at), text->size());
      add_text(text->substr(at, end - at), words);
      at = end + 1;
    }
  } else if (secret.is<std::int64_t>() || secret.is<double>()) {
    words.push_back(write_json(secret));
  } else if (const auto* items = secret.as<list>()) {
    for (const auto& item : *items)
      add(item, words);
  } else if (const auto* members = secret.as<object>()) {
    for (const auto& [name, member] : *members)
      add(member, words);
  }
}

} // namespace

covering::covering(const object& secrets) {
  add(value{secrets}, words_);
  std::erase_if(words_, [](const auto& word) { return word.size() < least_bytes; });
  std::ranges::sort(words_);
  words_.erase(std::ranges::unique(words_).begin(), words_.end());
  std::ranges::stable_sort(words_, std::greater{}, &std::string::size);
}

std::string covering::operator()(std::string text) const {
  for (const auto& word : words_)
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + cover.size()))
      text.replace(at, word.size(), cover);
  return text;
}

} // namespace tenon::actors::singer
