#include "actors/sync/sources/postgres/stream.hpp"

namespace tenon::actors::postgres {
namespace {

constexpr span look{100};
constexpr auto patience = std::chrono::seconds{60}; // with a server that says nothing at all
constexpr std::size_t data_head = 1 + 8 + 8 + 8;
constexpr std::size_t keepalive_size = 1 + 8 + 8 + 1;
// 2000-01-01, from which the server counts microseconds.
constexpr std::chrono::sys_days epoch{std::chrono::year{2000} / 1 / 1};

void append(std::string& onto, std::uint64_t n) {
  for (int shift = 56; shift >= 0; shift -= 8)
    onto += static_cast<char>(n >> shift);
}

std::uint64_t number_at(const char* bytes) {
  std::uint64_t n = 0;
  for (int i = 0; i < 8; ++i)
    n = n << 8 | static_cast<unsigned char>(bytes[i]);
  return n;
}

} // namespace

result<std::unique_ptr<stream>> stream::open(std::unique_ptr<session> s, const std::string& slot,
                                             const std::string& publication, standing from) {
  std::unique_ptr<stream> made{new stream{std::move(s)}};
  made->where_ = from;
  made->to_skip_ = from.within;
  auto started = made->session_->start_streaming(
      "START_REPLICATION SLOT " + in_quotes(slot) + " LOGICAL " + pgoutput::to_text(from.at) +
      " (proto_version '1', publication_names " + literal(in_quotes(publication)) + ')');
  if (!started)
    return std::move(started).error();
  return made;
}

result<void> stream::tell(bool ask) {
  std::string status{'r'};
  append(status, confirmed_);
  append(status, confirmed_);
  append(status, confirmed_);
  const auto now = std::chrono::system_clock::now() - epoch;
  append(status, static_cast<std::uint64_t>(
                     std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
  status += ask ? '\1' : '\0';
  return session_->send_message(status);
}

result<void> stream::confirm(pgoutput::position at) {
  confirmed_ = std::max(confirmed_, at);
  return tell(true);
}

void stream::put_back(change c) {
  back_ = std::move(c);
  where_.within = index_ - 1;
}

const pgoutput::relation* stream::find(unsigned number) const {
  const auto it = relations_.find(number);
  return it == relations_.end() ? nullptr : &it->second;
}

result<std::optional<stream::change>> stream::next(pgoutput::position until, std::stop_token stop) {
  session_->use(std::move(stop));
  if (back_) {
    auto again = std::move(back_);
    back_.reset();
    where_.within = index_;
    return again;
  }
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (within_ || reached_ < until) { // and so the server has heard what is confirmed
    auto came = session_->next_message(look);
    if (!came)
      return std::move(came).error();
    if (!*came) {
      if (std::chrono::steady_clock::now() > give_up)
        return failure{code::timed_out, "the server sends no changes", options.place_of("changes"),
                       "It is tried again; look at pg_stat_replication."};
      if (auto told = tell(true); !told)
        return std::move(told).error();
      continue;
    }
    auto& [bytes, size] = **came;
    auto found = take(std::move(bytes), size);
    if (!found || *found)
      return found;
  }
  return std::optional<change>{};
}

result<std::optional<stream::change>> stream::take(session::message bytes, std::size_t size) {
  std::optional<change> none;
  const std::string_view whole{bytes.get(), size};
  if (whole.starts_with('k') && size >= keepalive_size) {
    reached_ = std::max(reached_, number_at(whole.data() + 1));
    if (whole[keepalive_size - 1] == '\1')
      if (auto told = tell(false); !told)
        return std::move(told).error();
    return none;
  }
  if (!whole.starts_with('w') || size < data_head)
    return none;
  auto said = pgoutput::read(whole.substr(data_head));
  if (!said)
    return std::move(said).error();
  if (std::holds_alternative<pgoutput::began>(*said)) {
    within_ = true;
    index_ = 0;
  } else if (const auto* c = std::get_if<pgoutput::committed>(&*said)) {
    within_ = false;
    to_skip_ = 0;
    where_ = {c->end, 0};
    reached_ = std::max(reached_, c->end);
  } else if (auto* r = std::get_if<pgoutput::relation>(&*said)) {
    const auto number = r->number;
    relations_[number] = std::move(*r);
  } else if (said->index() != 0) {
    if (++index_ <= to_skip_)
      return none;
    where_.within = index_;
    change made{std::move(bytes), size, {}};
    if (auto* row = std::get_if<pgoutput::row_change>(&*said))
      made.is = std::move(*row);
    else
      made.is = std::get<pgoutput::truncated>(std::move(*said));
    return std::optional{std::move(made)};
  }
  return none;
}

} // namespace tenon::actors::postgres
