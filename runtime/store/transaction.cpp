#include "protocols/ensure.hpp"
#include "runtime/store/environment.hpp"

#include <lmdb.h>

#include <string>
#include <utility>

namespace tenon::runtime::store {
namespace {

/// LMDB counts its two tables of its own before ours.
constexpr MDB_dbi handle_of(table t) {
  return t + 2;
}

MDB_val as_val(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}

std::string_view as_view(const MDB_val& v) {
  return {static_cast<const char*>(v.mv_data), v.mv_size};
}

/// Each may touch another page, of which the kernel maps sixteen at once: 2 MB.
constexpr unsigned changes_between_looks = 32;

/// Within a transaction everything but a full map means damage, or a bug.
void check_done(int error) {
  if (error != MDB_SUCCESS)
    give_up(std::string{"stored pages are not as they were written: "} + mdb_strerror(error) +
            ". `tenon check` shows what is damaged.");
}

bool found(int error) {
  if (error == MDB_NOTFOUND)
    return false;
  check_done(error);
  return true;
}

} // namespace

cursor::cursor(MDB_txn* transaction, table t, bool* full) : full_{full} {
  if (full_ && *full_)
    return; // LMDB takes nothing more of such a transaction
  check_done(mdb_cursor_open(transaction, handle_of(t), &cursor_));
}

cursor::~cursor() {
  if (cursor_)
    mdb_cursor_close(cursor_);
}

cursor::cursor(cursor&& other) noexcept
    : cursor_{std::exchange(other.cursor_, nullptr)}, full_{other.full_}, key_{other.key_},
      value_{other.value_} {}

bool cursor::move(int operation) {
  if (full_ && *full_) {
    key_ = value_ = {};
    return false;
  }
  MDB_val key = as_val(key_);
  MDB_val value{};
  if (!found(mdb_cursor_get(cursor_, &key, &value, static_cast<MDB_cursor_op>(operation)))) {
    key_ = value_ = {};
    return false;
  }
  key_ = as_view(key);
  value_ = as_view(value);
  return true;
}

bool cursor::first() {
  return move(MDB_FIRST);
}

bool cursor::last() {
  return move(MDB_LAST);
}

bool cursor::next() {
  return move(MDB_NEXT);
}

bool cursor::seek(std::string_view key) {
  if (key.empty())
    return first();
  key_ = key;
  return move(MDB_SET_RANGE);
}

bool cursor::find(std::string_view key) {
  key_ = key;
  return move(MDB_SET_KEY);
}

void cursor::erase() {
  const int error = mdb_cursor_del(cursor_, 0);
  if (error == MDB_MAP_FULL && full_)
    *full_ = true;
  else
    check_done(error);
}

cursor& write_transaction::place(table t) {
  auto& place = places_.at(t);
  if (!place)
    place.emplace(transaction_, t, &full_);
  return *place;
}

char* write_transaction::put(table t, std::string_view key, std::size_t size, unsigned flags) {
  if (full_)
    return nullptr;
  MDB_val k = as_val(key);
  MDB_val v{size, nullptr};
  const int error = mdb_cursor_put(place(t).cursor_, &k, &v, flags | MDB_RESERVE);
  if (error == MDB_MAP_FULL) {
    full_ = true;
    return nullptr;
  }
  check_done(error);
  look_now_and_then();
  return static_cast<char*>(v.mv_data);
}

void write_transaction::look_now_and_then() {
  if (++changes_ % changes_between_looks == 0) // only this thread could move the map
    resident_.look(std::chrono::steady_clock::now());
}

char* write_transaction::put(table t, std::string_view key, std::size_t size) {
  return put(t, key, size, 0);
}

char* write_transaction::append(table t, std::string_view key, std::size_t size) {
  return put(t, key, size, MDB_APPEND);
}

void write_transaction::erase(table t, std::string_view key) {
  if (full_)
    return;
  MDB_val k = as_val(key);
  const int error = mdb_del(transaction_, handle_of(t), &k, nullptr);
  if (error == MDB_MAP_FULL)
    full_ = true;
  else
    found(error);
  look_now_and_then();
}

std::optional<std::string_view> write_transaction::find(table t, std::string_view key) {
  if (full_)
    return std::nullopt;
  MDB_val k = as_val(key);
  MDB_val v{};
  if (!found(mdb_get(transaction_, handle_of(t), &k, &v)))
    return std::nullopt;
  return as_view(v);
}

cursor write_transaction::walk(table t) {
  return {transaction_, t, &full_};
}

read_transaction::read_transaction(read_transaction&& other) noexcept
    : environment_{std::exchange(other.environment_, nullptr)}, slot_{other.slot_},
      transaction_{other.transaction_} {}

read_transaction::~read_transaction() {
  if (environment_)
    environment_->release(slot_);
}

std::optional<std::string_view> read_transaction::find(table t, std::string_view key) const {
  MDB_val k = as_val(key);
  MDB_val v{};
  if (!found(mdb_get(transaction_, handle_of(t), &k, &v)))
    return std::nullopt;
  return as_view(v);
}

cursor read_transaction::walk(table t) const {
  return {transaction_, t};
}

} // namespace tenon::runtime::store
