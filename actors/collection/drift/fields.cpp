#include "actors/collection/drift/fields.hpp"

#include "protocols/json.hpp"

#include <cstring>
#include <limits>

namespace tenon::actors::collections {
namespace {

constexpr auto nowhere = std::numeric_limits<std::uint32_t>::max();

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

  /// The next member's name, with its quotes; `likely` itself if that is it, empty if there is
  /// none.
  std::string_view name(std::string_view likely) {
    skip_blanks();
    const std::string_view rest{at_, static_cast<std::size_t>(end_ - at_)};
    if (!likely.empty() && rest.starts_with(likely)) {
      at_ += likely.size();
      return likely;
    }
    const auto* begin = at_;
    if (at_ == end_ || *at_ != '"' || !skip_text())
      return {};
    return {begin, static_cast<std::size_t>(at_ - begin)};
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

std::uint32_t field_sum::place_of(std::string_view raw) {
  if (const auto it = places_.find(raw); it != places_.end())
    return it->second;
  if (fields_.size() == max_fields || raw.size() > max_field_name + 2)
    return nowhere;
  const auto place = static_cast<std::uint32_t>(fields_.size());
  places_.emplace(fields_.emplace_back(field{std::string{raw}}).raw, place);
  return place;
}

void field_sum::add(std::string_view record) {
  reading text{record};
  if (!text.take('{'))
    return;
  std::size_t nth = 0;
  do {
    const std::string_view likely =
        nth < order_.size() ? std::string_view{fields_[order_[nth]].raw} : std::string_view{};
    const auto raw = text.name(likely);
    if (raw.empty() || !text.take(':'))
      return;
    const auto type = text.value();
    if (type == drift::type::absent)
      return;
    const bool foreseen = raw.data() == likely.data();
    const auto place = foreseen ? order_[nth] : place_of(raw);
    if (place == nowhere) {
      ++unkept_;
      continue;
    }
    ++fields_[place].records[static_cast<std::size_t>(type)];
    if (nth == order_.size())
      order_.push_back(place);
    else
      order_[nth] = place;
    ++nth;
  } while (text.take(','));
}

drift::page field_sum::page(drift::policy policy) const {
  drift::page all{.policy = policy, .unkept = unkept_};
  for (const auto& [raw, records] : fields_)
    for (std::size_t type = 0; type < records.size(); ++type)
      if (records[type] != 0)
        all.seen.push_back({plain(raw), static_cast<drift::type>(type), records[type]});
  return all;
}

} // namespace tenon::actors::collections
