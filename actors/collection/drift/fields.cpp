#include "actors/collection/drift/fields.hpp"

#include "protocols/json.hpp"

#include <cstring>

namespace tenon::actors::collections {
namespace {

constexpr std::size_t most_blanks = 8; // around a colon, for a lead to be worth keeping

/// Goes over the text of one record. It has been checked where it came in; should it be malformed
/// nevertheless, reading ends there.
class reading {
public:
  explicit reading(std::string_view text) : at_{text.data()}, end_{at_ + text.size()} {}

  bool take(char wanted) {
    skip_blanks();
    if (at_ == end_ || *at_ != wanted)
      return false;
    ++at_;
    return true;
  }

  bool take(std::string_view wanted) {
    skip_blanks();
    if (!std::string_view{at_, static_cast<std::size_t>(end_ - at_)}.starts_with(wanted))
      return false;
    at_ += wanted.size();
    return true;
  }

  struct name_read {
    std::string_view raw{}; // empty: there is no name
    std::string_view lead{};
  };

  name_read name() {
    skip_blanks();
    const auto* begin = at_;
    if (at_ == end_ || *at_ != '"' || !skip_text())
      return {};
    const std::string_view raw{begin, static_cast<std::size_t>(at_ - begin)};
    if (!take(':'))
      return {};
    skip_blanks();
    return {raw, {begin, static_cast<std::size_t>(at_ - begin)}};
  }

  /// Steps over a value. `absent`: there is none.
  drift::type value() {
    skip_blanks();
    if (at_ == end_)
      return drift::type::absent;
    switch (*at_) {
    case '"':
      return skip_text() ? drift::type::text : drift::type::absent;
    case '{':
      return skip_nested() ? drift::type::object : drift::type::absent;
    case '[':
      return skip_nested() ? drift::type::list : drift::type::absent;
    case 't':
    case 'f':
      skip_plain();
      return drift::type::boolean;
    case 'n':
      skip_plain();
      return drift::type::null;
    default:
      return skip_plain() ? drift::type::number : drift::type::integer;
    }
  }

private:
  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r'))
      ++at_;
  }

  /// From the opening quote to behind the closing one.
  bool skip_text() {
    const auto* begin = ++at_;
    for (;;) {
      const auto* quote =
          static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
      if (quote == nullptr)
        return false;
      const auto* before = quote;
      while (before != begin && before[-1] == '\\')
        --before;
      at_ = quote + 1;
      if ((quote - before) % 2 == 0)
        return true;
    }
  }

  bool skip_nested() {
    std::size_t depth = 0;
    while (at_ != end_) {
      switch (*at_) {
      case '"':
        if (!skip_text())
          return false;
        continue;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth == 0) {
          ++at_;
          return true;
        }
        break;
      default:
        break;
      }
      ++at_;
    }
    return false;
  }

  /// Whether it is a number with a fraction or an exponent.
  bool skip_plain() {
    bool broken = false;
    for (; at_ != end_ && *at_ != ',' && *at_ != '}' && *at_ != ']' && *at_ > ' '; ++at_)
      broken |= *at_ == '.' || *at_ == 'e' || *at_ == 'E';
    return broken;
  }

  const char* at_;
  const char* end_;
};

/// As it is meant: quotes and escapes gone.
std::string plain(std::string_view raw) {
  if (raw.find('\\') != std::string_view::npos)
    if (const auto read = read_json(raw); read && read->is<std::string>())
      return *read->as<std::string>();
  return std::string{raw.substr(1, raw.size() - 2)};
}

} // namespace

field_sum::field* field_sum::find(std::string_view raw, std::string_view lead) {
  if (const auto it = by_raw_.find(raw); it != by_raw_.end())
    return it->second;
  if (fields_.size() == max_fields || raw.size() > max_field_name + 2)
    return nullptr;
  auto& made = fields_.emplace_back();
  made.raw = raw;
  made.lead = lead.size() > raw.size() + most_blanks ? made.raw + ':' : lead;
  by_raw_.emplace(made.raw, &made);
  return &made;
}

void field_sum::add(std::string_view record) {
  reading text{record};
  if (!text.take('{'))
    return;
  std::size_t nth = 0;
  do {
    field* here = nth < order_.size() ? order_[nth] : nullptr;
    const bool foreseen = here != nullptr && text.take(here->lead);
    if (!foreseen) {
      const auto [raw, lead] = text.name();
      if (raw.empty())
        return;
      here = find(raw, lead);
    }
    const auto type = text.value();
    if (type == drift::type::absent)
      return;
    if (here == nullptr) {
      ++unkept_;
      continue;
    }
    ++here->records[static_cast<std::size_t>(type)];
    if (nth == order_.size())
      order_.push_back(here);
    else if (!foreseen)
      order_[nth] = here;
    ++nth;
  } while (text.take(','));
}

drift::page field_sum::page(drift::policy policy) const {
  drift::page all{.policy = policy, .unkept = unkept_};
  for (const auto& one : fields_)
    for (std::size_t type = 0; type < one.records.size(); ++type)
      if (one.records[type] != 0)
        all.seen.push_back({plain(one.raw), static_cast<drift::type>(type), one.records[type]});
  return all;
}

} // namespace tenon::actors::collections
