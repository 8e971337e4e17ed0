// A private directory below the temporary one, where a tap runs and finds its files. It is locked
// as long as anybody needs it, so that those of processes that were killed can be told from others,
// whatever process numbers mean now.
#pragma once

#include "protocols/failure.hpp"

#include <filesystem>
#include <string_view>
#include <utility>

namespace tenon::actors::singer {

class workplace {
public:
  static result<workplace> make();
  workplace(workplace&& from) noexcept
      : path_{std::exchange(from.path_, {})}, lock_{std::exchange(from.lock_, -1)} {}
  /// Removes it with all that is in it, unless that was handed on.
  ~workplace();

  result<void> write(const std::string& name, std::string_view text) const;
  const std::filesystem::path& path() const { return path_; }
  /// Whoever has this file open needs the directory.
  int lock() const { return lock_; }
  void hand_on() { path_.clear(); }

private:
  workplace(std::filesystem::path path, int lock) : path_{std::move(path)}, lock_{lock} {}

  std::filesystem::path path_;
  int lock_;
};

/// Removes our own that nobody needs any more.
void clear_left_workplaces();

} // namespace tenon::actors::singer
