// Takes back, after a process under tests/simulation/faults/disk_faults.cpp was killed, writes that
// had not become durable, as a power cut would: all of them, some of them, or some of their
// sectors. What is left is one of the states a disk may really be in: of each sector, the old bytes
// or those of one of the writes since.
#pragma once

#include "tests/simulation/faults/undo_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace tenon::tests::faults {

enum class cut : std::uint8_t { nothing_unsynced_kept, some_writes_kept, some_sectors_kept };

class power_cut {
public:
  power_cut(const std::filesystem::path& directory, const std::filesystem::path& undo) {
    read(undo);
    for (const auto& entry : std::filesystem::recursive_directory_iterator{directory}) {
      struct stat about {};
      if (::stat(entry.path().c_str(), &about) == 0)
        paths_[about.st_ino] = entry.path();
    }
  }

  /// How many writes had not become durable.
  std::size_t unsynced() const { return pending_.size(); }

  void apply(cut how, std::uint64_t seed) {
    std::mt19937_64 random{seed};
    std::map<std::uint64_t, std::uint64_t> sizes; // of each file: the least it must have
    for (const auto& w : pending_)
      sizes.try_emplace(w.about.inode, w.about.file_size);
    for (auto w = pending_.rbegin(); w != pending_.rend(); ++w) {
      const auto path = paths_.find(w->about.inode);
      if (path == paths_.end())
        continue;
      const int file = ::open(path->second.c_str(), O_WRONLY | O_CLOEXEC);
      if (file < 0)
        throw std::runtime_error{"cannot open " + path->second.string()};
      const bool keep_whole = how == cut::some_writes_kept && random() % 2 == 0;
      std::uint64_t next = 0;
      for (std::uint64_t at = 0; at < w->before.size(); at = next) {
        const auto offset = w->about.offset + at;
        next = std::min<std::uint64_t>(w->before.size(), at + sector - offset % sector);
        if (keep_whole || (how == cut::some_sectors_kept && random() % 2 == 0))
          sizes[w->about.inode] = std::max(sizes[w->about.inode], w->about.offset + next);
        else if (::pwrite(file, w->before.data() + at, next - at, static_cast<off_t>(offset)) < 0)
          throw std::runtime_error{"cannot write " + path->second.string()};
      }
      ::close(file);
    }
    for (const auto& [inode, size] : sizes)
      if (const auto path = paths_.find(inode); path != paths_.end())
        if (std::filesystem::file_size(path->second) > size)
          std::filesystem::resize_file(path->second, size);
  }

private:
  static constexpr std::uint64_t sector = 512;

  struct pending_write {
    record about;
    std::string before;
  };

  void read(const std::filesystem::path& undo) {
    std::ifstream stream{undo, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{stream}, {}};
    std::map<std::uint64_t, std::uint64_t> synced; // by inode
    std::set<std::uint64_t> dry;
    for (std::size_t at = 0; bytes.size() - at >= sizeof(record);) {
      record r;
      std::copy_n(bytes.data() + at, sizeof r, reinterpret_cast<char*>(&r));
      at += sizeof r;
      if (r.kind == record_kind::synced)
        synced[r.inode] = std::max(synced[r.inode], r.number);
      else if (r.kind == record_kind::written_dry)
        dry.insert(r.number);
      else if (bytes.size() - at < r.size)
        break; // killed while noting: the write itself had not begun
      else {
        pending_.push_back({r, bytes.substr(at, r.size)});
        at += r.size;
      }
    }
    std::erase_if(pending_, [&](const pending_write& w) {
      return dry.contains(w.about.number) || w.about.number <= synced[w.about.inode];
    });
  }

  std::vector<pending_write> pending_;
  std::map<std::uint64_t, std::filesystem::path> paths_;
};

} // namespace tenon::tests::faults
