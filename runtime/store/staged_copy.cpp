#include "runtime/store/staged_copy.hpp"

#include "runtime/store/bytes.hpp"
#include "runtime/store/checksum.hpp"
#include "runtime/store/storage_failure.hpp"
#include "runtime/store/synced_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tenon::runtime::store {
namespace {

namespace fs = std::filesystem;

// file   "tenoncpy" | copy 8 | chunks
// chunk  size 4 | number 4 | last 1 | checksum 4 | bytes
constexpr std::string_view magic = "tenoncpy";
constexpr std::size_t file_head_bytes = 16;
constexpr std::size_t chunk_head_bytes = 13;
/// Synced as it comes: one large fsync at the end would hold up those of the log.
constexpr std::uint64_t bytes_between_syncs = std::uint64_t{16} << 20;

std::uint32_t joined(std::uint32_t before, std::uint32_t chunk) {
  char bytes[4];
  write_number(bytes, chunk);
  return checksum({bytes, sizeof bytes}, before);
}

failure refused(partition_number p, std::string why) {
  return {code::malformed, std::move(why), "state copy of partition " + std::to_string(p),
          "Begin another copy; report this if it happens again."};
}

std::string numbered(std::uint32_t number) {
  return "chunk " + std::to_string(number);
}

} // namespace

fs::path staged_file_of(const fs::path& state_file, partition_number p) {
  auto file = state_file;
  return file += ".copy-" + std::to_string(p);
}

result<void> remove_staged(const fs::path& state_file) {
  const auto directory = directory_of(state_file);
  const auto prefix = state_file.filename().string() + ".copy-";
  std::error_code error;
  std::vector<fs::path> found;
  for (auto at = fs::directory_iterator{directory, error}; !error && at != fs::directory_iterator{};
       at.increment(error))
    if (at->path().filename().string().starts_with(prefix))
      found.push_back(at->path());
  if (error)
    return storage_failure(error.value(), "read the directory", directory);
  for (const auto& file : found)
    if (fs::remove(file, error); error)
      return storage_failure(error.value(), "remove the file", file);
  return {};
}

fs::path staged_copy::part() const {
  auto file = file_;
  return file += ".part";
}

result<staged_copy> staged_copy::begin(const fs::path& state_file, partition_number p,
                                       std::uint64_t copy, staging_limits limits) {
  staged_copy made{staged_file_of(state_file, p), p, copy, limits};
  std::error_code error;
  fs::remove(made.file_, error);
  if (error)
    return storage_failure(error.value(), "remove the file", made.file_);
  made.descriptor_ =
      ::open(made.part().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made.descriptor_ < 0)
    return storage_failure(errno, "create the file", made.part());
  char head[8];
  write_number(head, copy);
  if (auto ok = made.append(std::string{magic} + std::string{head, sizeof head}); !ok)
    return std::move(ok).error();
  return made;
}

staged_copy::staged_copy(staged_copy&& other) noexcept
    : file_{std::exchange(other.file_, {})},
      partition_{other.partition_}, copy_{other.copy_}, limits_{other.limits_},
      descriptor_{std::exchange(other.descriptor_, -1)}, reader_{std::move(other.reader_)},
      next_{other.next_}, checksum_{other.checksum_}, bytes_{other.bytes_},
      unsynced_{other.unsynced_}, whole_{other.whole_}, spoilt_{std::move(other.spoilt_)} {}

staged_copy::~staged_copy() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
  if (file_.empty())
    return;
  std::error_code ignored; // what is left is removed when the node starts
  fs::remove(whole_ ? file_ : part(), ignored);
}

result<void> staged_copy::check_next(const copy_chunk& c) const {
  if (c.copy != copy_)
    return refused(partition_, "a chunk is of another copy");
  if (c.number < next_ || whole_)
    return refused(partition_, numbered(c.number) + " came again");
  if (c.number > next_)
    return refused(partition_,
                   numbered(c.number) + " came, and " + numbered(next_) + " is missing");
  return {};
}

result<void> staged_copy::check_room(std::size_t more) const {
  if (bytes_ + more > limits_.most_bytes)
    return failure{code::too_large,
                   "it has more than " + std::to_string(limits_.most_bytes) + " bytes",
                   "state copy of partition " + std::to_string(partition_),
                   "Allow larger copies, or let the cluster have more partitions."};
  // Putting it in place needs its size once more, in the file of stored state.
  std::error_code unknown;
  const auto space = fs::space(directory_of(file_), unknown);
  if (!unknown && space.available < bytes_ + more + limits_.spare_bytes)
    return failure{code::unavailable,
                   "the disk has only " + std::to_string(space.available >> 20) +
                       " MiB left, too little for a copy of more than " +
                       std::to_string(bytes_ >> 20) + " MiB",
                   file_.string(), "Free space on its disk; the copy is then begun again.",
                   span{60'000}};
  return {};
}

result<void> staged_copy::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return storage_failure(written < 0 ? errno : ENOSPC, "write the file", part());
    bytes.remove_prefix(static_cast<std::size_t>(written));
    unsynced_ += static_cast<std::uint64_t>(written);
  }
  if (unsynced_ < bytes_between_syncs)
    return {};
  unsynced_ = 0;
  if (::fdatasync(descriptor_) != 0)
    return storage_failure(errno, "sync the file", part());
  return {};
}

result<void> staged_copy::take(const copy_chunk& c) {
  if (spoilt_)
    return *spoilt_;
  if (auto ok = check_next(c); !ok)
    return ok;
  const auto keep = [&]() -> result<void> {
    if (c.bytes.empty() || c.bytes.size() > most_chunk_bytes)
      return refused(partition_, numbered(c.number) + " has a size that none may have");
    if (c.checksum != checksum_of(c))
      return refused(partition_, "the checksum of " + numbered(c.number) + " is wrong");
    if (auto ok = check_room(c.bytes.size()); !ok)
      return ok;
    if (auto ok = reader_.take(c.bytes.view(), [](const copy_record&) {}); !ok)
      return ok;
    if (reader_.ended() != c.last)
      return refused(partition_, c.last ? "it has no end" : "its end is not in the last chunk");
    if (reader_.totals().partition != partition_)
      return refused(partition_,
                     "it is of partition " + std::to_string(reader_.totals().partition));
    char head[chunk_head_bytes];
    char* at = write_number(head, static_cast<std::uint32_t>(c.bytes.size()));
    at = write_number(write_number(at, c.number), static_cast<std::uint8_t>(c.last));
    write_number(at, c.checksum);
    if (auto ok = append({head, sizeof head}); !ok)
      return ok;
    if (auto ok = append(c.bytes.view()); !ok)
      return ok;
    ++next_;
    bytes_ += c.bytes.size();
    checksum_ = joined(checksum_, c.checksum);
    return c.last ? finish() : result<void>{};
  };
  auto kept = keep();
  if (!kept)
    spoilt_ = kept.error();
  return kept;
}

result<void> staged_copy::finish() {
  const int synced = ::fsync(descriptor_) == 0 ? 0 : errno;
  ::close(std::exchange(descriptor_, -1));
  if (synced != 0)
    return storage_failure(synced, "sync the file", part());
  std::error_code error;
  fs::rename(part(), file_, error);
  if (error)
    return storage_failure(error.value(), "name the file", file_);
  whole_ = true;
  if (const int failed = sync_path(directory_of(file_)); failed != 0)
    return storage_failure(failed, "sync the directory", directory_of(file_));
  return {};
}

result<staged> read_staged(const fs::path& file, const copy_stream_reader::visit& each) {
  std::ifstream from{file, std::ios::binary};
  if (!from)
    return storage_failure(errno, "open the file", file);
  std::string bytes(file_head_bytes, '\0');
  const auto read = [&](std::size_t size) {
    bytes.resize(size);
    from.read(bytes.data(), static_cast<std::streamsize>(size));
    return static_cast<std::size_t>(from.gcount()) == size;
  };
  if (!read(file_head_bytes) || !bytes.starts_with(magic))
    return damaged(file, "head", "it is not a staged copy");
  staged found{.copy = read_number<std::uint64_t>(bytes.data() + magic.size())};
  copy_stream_reader reader;
  for (std::uint32_t number = 0; !reader.ended(); ++number) {
    if (!read(chunk_head_bytes))
      return damaged(file, numbered(number), "it is missing");
    copy_chunk c{.copy = found.copy, .number = read_number<std::uint32_t>(bytes.data() + 4)};
    const auto size = read_number<std::uint32_t>(bytes.data());
    c.last = bytes[8] != 0;
    c.checksum = read_number<std::uint32_t>(bytes.data() + 9);
    if (size > most_chunk_bytes || c.number != number || !read(size))
      return damaged(file, numbered(number), "it is cut short or not in its place");
    c.bytes = blob{nullptr, bytes.data(), bytes.size()}; // as long as the next read
    if (c.checksum != checksum_of(c))
      return damaged(file, numbered(number), "its checksum is wrong");
    if (auto ok = reader.take(c.bytes.view(), each); !ok)
      return damaged(file, numbered(number), ok.error().why);
    if (reader.ended() != c.last)
      return damaged(file, numbered(number), "the copy does not end where it should");
    found.checksum = joined(found.checksum, c.checksum);
  }
  if (from.peek() != std::ifstream::traits_type::eof())
    return damaged(file, "end", "there are bytes behind it");
  found.totals = reader.totals();
  return found;
}

} // namespace tenon::runtime::store
