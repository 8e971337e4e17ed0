// Reading a part of a manifest member by member: what is missing, of the wrong type, unknown or not
// supported is noted with its path, why, and what to do, and reading goes on, so that one run tells
// an author everything.
#pragma once

#include "protocols/failure.hpp"
#include "protocols/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::actors::connectors {

/// What is wrong with a manifest, up to a number that a person still reads.
class problems {
public:
  static constexpr std::size_t most = 20;

  void add(std::string where, std::string why, std::string remedy = {});
  /// One from below: its place is told after `where`.
  void add(std::string where, failure why);

  bool empty() const { return all_.empty(); }
  std::size_t count() const { return count_; }
  std::vector<failure> take() && { return std::move(all_); }

private:
  std::vector<failure> all_;
  std::size_t count_ = 0; // also of those beyond `most`
};

/// The known name that `name` was probably meant to be, or "".
std::string suggestion(std::string_view name, const std::vector<std::string>& known);
/// "a, b or c".
std::string listed(const std::vector<std::string>& names);

/// One object of a manifest. Every `take…` makes a member known; `finish` reports the others.
class form {
public:
  form(const value& content, std::string path, problems& found);

  bool is_object() const { return members_ != nullptr; }
  std::string at(std::string_view name) const;
  const std::string& path() const { return path_; }
  problems& found() const { return found_; }

  /// Nothing when absent or null.
  const value* take(std::string_view name);
  const value* require(std::string_view name, std::string_view example);

  /// Each with a problem when there and of another type or out of bounds.
  std::optional<std::string> text(std::string_view name);
  std::optional<bool> flag(std::string_view name);
  std::optional<std::int64_t> number(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<span> length(std::string_view name, span least, span most);
  std::optional<std::size_t> choice(std::string_view name, const std::vector<std::string>& names);
  /// A text or a list of texts.
  std::vector<std::string> texts(std::string_view name);

  void note(std::string_view name, std::string why, std::string remedy = {});

  /// Unknown members become problems, with what was probably meant.
  void finish();

private:
  const object* members_;
  std::string path_;
  problems& found_;
  std::vector<std::string> known_;
};

/// A path of a member below `path`.
std::string below(std::string_view path, std::string_view name);
std::string below(std::string_view path, std::size_t item);

/// "3d", "1h30m", "500ms" or a number of seconds.
result<span> span_of(const value&);

} // namespace tenon::actors::connectors
