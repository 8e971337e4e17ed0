#include "actors/sync/tuning/bounds.hpp"

#include "protocols/identity.hpp"
#include "protocols/json.hpp"

namespace tenon::actors::tuning {
namespace {

constexpr std::uint32_t most_records = 100'000;
constexpr span shortest = std::chrono::seconds{1};
constexpr span longest = std::chrono::days{366};

bool says(const value& v, std::string_view word, bool meaning) {
  return v == value{std::string{word}} || v == value{meaning};
}

failure wrong(std::string why, std::string where, std::string remedy) {
  return {code::malformed, std::move(why), "spec.tuning" + where, std::move(remedy)};
}

result<void> check_members(const object& all, std::initializer_list<std::string_view> known,
                           const std::string& where) {
  for (const auto& [name, content] : all)
    if (std::ranges::find(known, name) == known.end()) {
      std::string listed;
      for (const auto one : known)
        listed += (listed.empty() ? "" : ", ") + std::string{one};
      return wrong("there is nothing called " + name, where + '.' + name, "Use " + listed + '.');
    }
  return {};
}

result<std::uint32_t> number_in(const object& all, std::string_view name, std::uint32_t fallback,
                                const std::string& where) {
  const auto* said = all.find(name);
  if (said == nullptr)
    return fallback;
  const auto* number = said->as<std::int64_t>();
  if (number == nullptr || *number < 1 || *number > most_records)
    return wrong("it is no such number", where + '.' + std::string{name},
                 "Use 1 to " + std::to_string(most_records) + '.');
  return static_cast<std::uint32_t>(*number);
}

result<void> read_range(const value& said, const std::string& where, range& into) {
  if (says(said, "off", false)) {
    into.on = false;
    return {};
  }
  if (says(said, "on", true))
    return {};
  const auto* members = said.as<object>();
  if (members == nullptr)
    return wrong("it is neither off nor bounds", where,
                 "Write off, or bounds such as {least: 10, most: 500}.");
  if (auto known = check_members(*members, {"least", "most"}, where); !known)
    return known;
  const auto least = number_in(*members, "least", into.least, where);
  const auto most = number_in(*members, "most", into.most, where);
  if (!least || !most)
    return !least ? least.error() : most.error();
  if (*least > *most)
    return wrong("the least is more than the most", where, "Write the smaller as least.");
  into.least = *least;
  into.most = *most;
  return {};
}

result<span> span_in(const object& all, std::string_view name) {
  const auto* said = all.find(name);
  const auto* text = said ? said->as<std::string>() : nullptr;
  const auto read = text ? parse_span(*text) : result<span>{failure{}};
  if (!read || *read < shortest || *read > longest)
    return wrong("it is no distance between runs", ".interval." + std::string{name},
                 "Use 1s to 366d, such as 15m.");
  return *read;
}

result<void> read_interval(const value& said, bounds& into) {
  if (says(said, "off", false))
    return {};
  const auto* members = said.as<object>();
  if (members == nullptr)
    return wrong("it says neither whose distance nor within which bounds", ".interval",
                 "Write interval: {schedule: nightly, least: 5m, most: 1d}.");
  if (auto known = check_members(*members, {"schedule", "least", "most"}, ".interval"); !known)
    return known;
  const auto* named = members->find("schedule");
  const auto* schedule = named ? named->as<std::string>() : nullptr;
  if (schedule == nullptr || !check(identity{"tenant", "schedule", *schedule}))
    return wrong("it is not said whose distance it is", ".interval.schedule",
                 "Name the schedule that starts this sync.");
  const auto least = span_in(*members, "least");
  const auto most = span_in(*members, "most");
  if (!least || !most)
    return !least ? least.error() : most.error();
  if (*least > *most)
    return wrong("the least is more than the most", ".interval", "Write the smaller as least.");
  into.schedule = *schedule;
  into.least_interval = *least;
  into.most_interval = *most;
  return {};
}

} // namespace

result<bounds> read_bounds(const std::string& text) {
  bounds made;
  const auto said = text.empty() ? result<value>{value{}} : read_json(text);
  if (!said)
    return said.error();
  if (said->is_null() || says(*said, "on", true))
    return made;
  if (says(*said, "off", false)) {
    made.page_size.on = made.batch_size.on = made.concurrency.on = false;
    return made;
  }
  const auto* members = said->as<object>();
  if (members == nullptr)
    return wrong("it is neither off nor bounds", "",
                 "Write tuning: off, or tuning: {page_size: {least: 10, most: 500}}.");
  if (auto known =
          check_members(*members, {"page_size", "batch_size", "concurrency", "interval"}, "");
      !known)
    return known.error();
  for (const auto& [name, into] :
       {std::pair{"page_size", &made.page_size}, std::pair{"batch_size", &made.batch_size},
        std::pair{"concurrency", &made.concurrency}})
    if (const auto* range = members->find(name))
      if (auto read = read_range(*range, '.' + std::string{name}, *into); !read)
        return read.error();
  if (const auto* interval = members->find("interval"))
    if (auto read = read_interval(*interval, made); !read)
      return read.error();
  return made;
}

} // namespace tenon::actors::tuning
