#include "runtime/store/pages.hpp"

#include "runtime/store/bytes.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace tenon::runtime::store {
namespace {

// LMDB 0.9's layout on a 64-bit machine.
//   page    number 8 | unused 2 | flags 2 | lower 2, upper 2 (overflow: pages 4) | node offsets…
//   node    low 2 | high 2 | flags 2 | key bytes 2 | key | value
//   tree    unused 4 | flags 2 | depth 2 | branches 8 | leaves 8 | overflows 8 | entries 8 | root 8
//   first   page header | magic 4 | version 4 | address 8 | map bytes 8 | tree of free pages |
//           tree of tables | last page 8 | transaction 8; the page size stands where the first
//           tree has its unused bytes
constexpr std::size_t header_bytes = 16;
constexpr std::size_t node_bytes = 8;
constexpr std::size_t tree_bytes = 48;
constexpr std::uint32_t magic = 0xbeefc0de;
constexpr std::uint32_t data_version = 1;
constexpr std::uint64_t no_page = ~std::uint64_t{0};
constexpr unsigned branch_flag = 1, leaf_flag = 2, overflow_flag = 4, first_flag = 8;
constexpr unsigned kind_mask = 0x6f; // what a page is, without the flags of a page in memory
constexpr unsigned big_node = 1, tree_node = 2;
constexpr unsigned deepest = 32; // LMDB's own limit

struct tree {
  unsigned depth = 0;
  std::uint64_t branches = 0, leaves = 0, overflows = 0, entries = 0, root = no_page;

  explicit tree(const char* at)
      : depth{read_number<std::uint16_t>(at + 6)}, branches{read_number<std::uint64_t>(at + 8)},
        leaves{read_number<std::uint64_t>(at + 16)}, overflows{read_number<std::uint64_t>(at + 24)},
        entries{read_number<std::uint64_t>(at + 32)}, root{read_number<std::uint64_t>(at + 40)} {}
};

struct first_page {
  std::uint32_t page_bytes;
  tree free;
  tree tables;
  std::uint64_t last_page;
  std::uint64_t transaction;

  explicit first_page(const char* at)
      : page_bytes{read_number<std::uint32_t>(at + header_bytes + 24)}, free{at + header_bytes +
                                                                             24},
        tables{at + header_bytes + 24 + tree_bytes}, last_page{read_number<std::uint64_t>(
                                                         at + header_bytes + 24 + 2 * tree_bytes)},
        transaction{read_number<std::uint64_t>(at + header_bytes + 32 + 2 * tree_bytes)} {}
};
constexpr std::size_t first_page_bytes = header_bytes + 40 + 2 * tree_bytes;

/// The file's bytes as long as this lives.
class mapped_file {
public:
  explicit mapped_file(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat about {};
    if (descriptor < 0 || ::fstat(descriptor, &about) != 0 || about.st_size == 0) {
      error_ = descriptor < 0 ? errno : 0;
    } else {
      size_ = static_cast<std::size_t>(about.st_size);
      void* at = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor, 0);
      if (at == MAP_FAILED)
        error_ = errno, size_ = 0;
      else
        at_ = static_cast<const char*>(at);
    }
    if (descriptor >= 0)
      ::close(descriptor);
  }
  ~mapped_file() {
    if (at_)
      ::munmap(const_cast<char*>(at_), size_);
  }
  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;

  std::string_view bytes() const { return {at_, size_}; }
  int error() const { return error_; }

private:
  const char* at_ = nullptr;
  std::size_t size_ = 0;
  int error_ = 0;
};

std::string page_place(std::uint64_t page) {
  return "page " + std::to_string(page);
}

/// One of the two first pages, when it is one.
std::optional<first_page> read_first(std::string_view file, std::size_t at, std::uint64_t number,
                                     const page_fault& fault) {
  if (file.size() < at + first_page_bytes) {
    fault(page_place(number), "the file ends before it");
    return std::nullopt;
  }
  const char* const page = file.data() + at;
  if (read_number<std::uint64_t>(page) != number ||
      (read_number<std::uint16_t>(page + 10) & first_flag) == 0 ||
      read_number<std::uint32_t>(page + header_bytes) != magic ||
      read_number<std::uint32_t>(page + header_bytes + 4) != data_version) {
    fault(page_place(number), "it is not a first page of this store");
    return std::nullopt;
  }
  const first_page found{page};
  if (!std::has_single_bit(found.page_bytes) || found.page_bytes < 512 ||
      found.page_bytes > 65536) {
    fault(page_place(number), "its page size is impossible");
    return std::nullopt;
  }
  // Transaction n writes page n modulo 2.
  if (found.transaction != 0 && found.transaction % 2 != number) {
    fault(page_place(number), "its transaction number does not belong here");
    return std::nullopt;
  }
  return found;
}

std::optional<first_page> newest_of(std::string_view file, const page_fault& fault) {
  const auto zero = read_first(file, 0, 0, fault);
  if (!zero)
    return std::nullopt;
  const auto one = read_first(file, zero->page_bytes, 1, fault);
  if (!one)
    return std::nullopt;
  const auto& newest = one->transaction > zero->transaction ? *one : *zero;
  const auto& older = &newest == &*one ? *zero : *one;
  const bool untouched = newest.transaction == 0 && older.transaction == 0;
  if (one->page_bytes != zero->page_bytes ||
      (!untouched && newest.transaction - older.transaction != 1)) {
    fault("pages 0 and 1", "they do not follow one upon the other");
    return std::nullopt;
  }
  return newest;
}

class walk {
public:
  walk(std::string_view file, const first_page& first, const page_fault& fault)
      : file_{file}, first_{first}, fault_{fault}, used_(first.last_page + 1) {
    used_[0] = used_[1] = true;
  }

  void everything() {
    follow(first_.free, "free pages", &walk::free_node, true);
    follow(first_.tables, "tables", &walk::table_node, false);
    for (const auto& [name, found] : tables_)
      follow(found, "table " + name, &walk::plain_node, false);
    for (const auto page : free_) {
      if (page < 2 || page > first_.last_page)
        fault_(page_place(page), "is in the list of free pages and outside the file");
      else if (used_[page])
        fault_(page_place(page), "is in the list of free pages and in use");
    }
  }

private:
  struct node {
    unsigned flags;
    std::string_view key;
    std::string_view value;
    std::uint64_t value_bytes; // also where the value is on pages of its own
  };
  using visit = void (walk::*)(const node&);
  struct counted {
    std::uint64_t branches = 0, leaves = 0, overflows = 0, entries = 0;
  };
  /// Keys at or after `low` and, when there is one, before `high`.
  struct bounds {
    std::string_view low;
    std::optional<std::string_view> high;
  };

  void follow(const tree& t, const std::string& name, visit each, bool numbers) {
    name_ = name;
    counted_ = {};
    numbers_ = numbers;
    if (t.root != no_page) {
      if (t.depth == 0 || t.depth > deepest)
        return fault_(name, "its depth is impossible");
      page(t.root, t.depth, {}, each);
    }
    if (counted_.branches != t.branches || counted_.leaves != t.leaves ||
        counted_.overflows != t.overflows || counted_.entries != t.entries)
      fault_(name, "its pages and entries are not as many as it says: " +
                       std::to_string(counted_.entries) + " entries instead of " +
                       std::to_string(t.entries));
  }

  void bad(std::uint64_t number, const std::string& what) {
    fault_(page_place(number) + " of " + name_, what);
  }

  bool take(std::uint64_t number, std::uint64_t from) {
    if (number < 2 || number > first_.last_page) {
      bad(from, "refers to page " + std::to_string(number) + ", which does not exist");
      return false;
    }
    // A page that was taken and freed in one transaction is never written, so the file may end
    // before its last page; but not before one that is in use.
    if (file_.size() / first_.page_bytes <= number) {
      bad(from, "refers to page " + std::to_string(number) + ", and the file ends before it");
      return false;
    }
    if (used_[number]) {
      bad(from, "refers to page " + std::to_string(number) + ", which is used elsewhere too");
      return false;
    }
    used_[number] = true;
    return true;
  }

  int compare(std::string_view a, std::string_view b) const {
    if (!numbers_ || a.size() != 8 || b.size() != 8)
      return a.compare(b);
    const auto x = read_number<std::uint64_t>(a.data());
    const auto y = read_number<std::uint64_t>(b.data());
    return x < y ? -1 : x > y ? 1 : 0;
  }

  std::string_view bytes_of(std::uint64_t number) const {
    return file_.substr(number * first_.page_bytes, first_.page_bytes);
  }

  void page(std::uint64_t number, unsigned depth, const bounds& within, visit each) {
    if (!take(number, number))
      return;
    const auto bytes = bytes_of(number);
    const auto kind = read_number<std::uint16_t>(bytes.data() + 10) & kind_mask;
    const auto lower = read_number<std::uint16_t>(bytes.data() + 12);
    const auto upper = read_number<std::uint16_t>(bytes.data() + 14);
    if (read_number<std::uint64_t>(bytes.data()) != number ||
        kind != (depth == 1 ? leaf_flag : branch_flag))
      return bad(number, "it is not the page that should be there");
    if (lower < header_bytes + 2 || lower % 2 != 0 || upper < lower || upper > bytes.size())
      return bad(number, "its bounds are impossible");
    ++(depth == 1 ? counted_.leaves : counted_.branches);
    const auto count = (lower - header_bytes) / 2;
    std::optional<std::string_view> before;
    for (std::size_t i = 0; i < count; ++i) {
      const auto at = read_number<std::uint16_t>(bytes.data() + header_bytes + 2 * i);
      if (at < upper || at + node_bytes > bytes.size())
        return bad(number, "a node lies outside");
      const auto key_bytes = read_number<std::uint16_t>(bytes.data() + at + 6);
      if (at + node_bytes + key_bytes > bytes.size())
        return bad(number, "a key lies outside");
      const auto key = bytes.substr(at + node_bytes, key_bytes);
      const bool counts = depth == 1 || i > 0; // the first key of a branch means "from the start"
      if (counts && ((before && compare(*before, key) >= 0) ||
                     (!within.low.empty() && compare(key, within.low) < 0) ||
                     (within.high && compare(key, *within.high) >= 0)))
        return bad(number, "its keys are not in order");
      if (counts)
        before = key;
      if (depth == 1)
        leaf(number, bytes, at, key, each);
      else
        branch(bytes, at, {counts ? key : within.low, high_of(bytes, i + 1, count, within)}, depth,
               each);
    }
  }

  /// The key of the next node, which ends this one's range; checked when its turn comes.
  static std::optional<std::string_view> high_of(std::string_view bytes, std::size_t next,
                                                 std::size_t count, const bounds& within) {
    if (next >= count)
      return within.high;
    const auto at = read_number<std::uint16_t>(bytes.data() + header_bytes + 2 * next);
    if (at + node_bytes > bytes.size())
      return within.high;
    const auto size = read_number<std::uint16_t>(bytes.data() + at + 6);
    if (at + node_bytes + size > bytes.size())
      return within.high;
    return bytes.substr(at + node_bytes, size);
  }

  void branch(std::string_view bytes, std::size_t at, const bounds& within, unsigned depth,
              visit each) {
    const auto low = read_number<std::uint32_t>(bytes.data() + at);
    const auto high = read_number<std::uint16_t>(bytes.data() + at + 4);
    page(low | std::uint64_t{high} << 32, depth - 1, within, each);
  }

  void leaf(std::uint64_t number, std::string_view bytes, std::size_t at, std::string_view key,
            visit each) {
    const auto size = read_number<std::uint32_t>(bytes.data() + at);
    const unsigned flags = read_number<std::uint16_t>(bytes.data() + at + 4);
    const auto rest = bytes.substr(at + node_bytes + key.size());
    const bool big = (flags & big_node) != 0;
    if (rest.size() < (big ? 8 : size))
      return bad(number, "a value lies outside");
    ++counted_.entries;
    if (!big)
      return (this->*each)({flags, key, rest.substr(0, size), size});
    const auto begins = read_number<std::uint64_t>(rest.data());
    if (!take(begins, number))
      return;
    const auto header = bytes_of(begins);
    const auto needed = (header_bytes + size + first_.page_bytes - 1) / first_.page_bytes;
    const auto pages = read_number<std::uint32_t>(header.data() + 12);
    if (read_number<std::uint64_t>(header.data()) != begins ||
        (read_number<std::uint16_t>(header.data() + 10) & kind_mask) != overflow_flag ||
        pages < needed)
      return bad(begins, "it does not begin the value that should be there");
    for (std::uint64_t i = 1; i < pages; ++i)
      if (!take(begins + i, begins))
        return;
    counted_.overflows += pages;
    (this->*each)(
        {flags, key, file_.substr(begins * first_.page_bytes + header_bytes, size), size});
  }

  void plain_node(const node&) {}

  void table_node(const node& n) {
    if ((n.flags & tree_node) == 0 || n.value.size() != tree_bytes)
      return fault_(name_, "an entry is not a table");
    tables_.emplace_back(std::string{n.key}, tree{n.value.data()});
  }

  /// A list of page numbers, its length in front.
  void free_node(const node& n) {
    const auto count = n.value.size() < 8 ? 0 : read_number<std::uint64_t>(n.value.data());
    if (n.value.size() < 8 || n.value.size() / 8 - 1 < count)
      return fault_(name_, "a list is longer than its bytes");
    for (std::uint64_t i = 1; i <= count; ++i)
      free_.push_back(read_number<std::uint64_t>(n.value.data() + 8 * i));
  }

  std::string_view file_;
  const first_page& first_;
  const page_fault& fault_;
  std::vector<bool> used_;
  std::string name_;
  bool numbers_ = false;
  counted counted_;
  std::vector<std::pair<std::string, tree>> tables_;
  std::vector<std::uint64_t> free_;
};

} // namespace

std::uint64_t walk_first_pages(const std::filesystem::path& path, const page_fault& fault) {
  const mapped_file file{path};
  if (file.error() != 0) {
    fault("file", std::strerror(file.error()));
    return 0;
  }
  const auto newest = newest_of(file.bytes(), fault);
  return newest ? (newest->last_page + 1) * newest->page_bytes : 0;
}

void walk_pages(const std::filesystem::path& path, const page_fault& fault) {
  const mapped_file file{path};
  if (file.error() != 0)
    return fault("file", std::strerror(file.error()));
  if (const auto newest = newest_of(file.bytes(), fault))
    walk{file.bytes(), *newest, fault}.everything();
}

} // namespace tenon::runtime::store
