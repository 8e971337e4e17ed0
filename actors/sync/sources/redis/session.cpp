#include "actors/sync/sources/redis/session.hpp"

#include <array>

namespace tenon::actors::redis {
namespace {

constexpr std::size_t most_answer_bytes = 64u << 20;
constexpr std::size_t piece_bytes = 64u << 10;

std::string in_protocol(const std::vector<std::string>& words) {
  auto text = '*' + std::to_string(words.size()) + "\r\n";
  for (const auto& w : words)
    text += '$' + std::to_string(w.size()) + "\r\n" + w + "\r\n";
  return text;
}

} // namespace

std::optional<std::string_view> text_of(const redisReply* r) {
  if (!r || (r->type != REDIS_REPLY_STRING && r->type != REDIS_REPLY_STATUS))
    return std::nullopt;
  return std::string_view{r->str, r->len};
}

std::vector<const redisReply*> items_of(const redisReply* r) {
  if (!r || r->type != REDIS_REPLY_ARRAY)
    return {};
  return {r->element, r->element + r->elements};
}

result<std::unique_ptr<session>> session::open(const network::server& s,
                                               const relational::login& who,
                                               const relational::database_options& o,
                                               std::stop_token stop) {
  auto bytes = network::stream::connect(s, o, options, std::move(stop));
  if (!bytes)
    return std::move(bytes).error();
  std::unique_ptr<session> made{new session{*std::move(bytes), o.statement_limit}};
  if (auto entered = made->enter(s, who); !entered)
    return std::move(entered).error();
  return made;
}

result<void> session::enter(const network::server& s, const relational::login& who) {
  if (!who.password.empty() || !who.user.empty()) {
    std::vector<std::string> words{"AUTH", who.password};
    if (!who.user.empty())
      words.insert(words.begin() + 1, who.user);
    if (auto let_in = ask(words); !let_in)
      return std::move(let_in).error();
  }
  if (s.at.database.empty() || s.at.database == "0")
    return {};
  auto chosen = ask({"SELECT", s.at.database});
  return chosen ? result<void>{} : std::move(chosen).error();
}

result<answer> session::ask(const std::vector<std::string>& words) {
  reusable_ = false; // until the answer has been read to its end
  const auto until = std::chrono::steady_clock::now() + limit_;
  if (auto told = bytes_->write(in_protocol(words), until); !told)
    return std::move(told).error();
  auto said = receive();
  if (!said)
    return said;
  reusable_ = true;
  if ((*said)->type == REDIS_REPLY_ERROR)
    return failure_of({(*said)->str, (*said)->len});
  return said;
}

result<answer> session::receive() {
  const auto until = std::chrono::steady_clock::now() + limit_;
  std::vector<char> piece(piece_bytes);
  std::size_t came = 0;
  for (;;) {
    const auto n = bytes_->read(piece.data(), piece.size(), until);
    if (!n)
      return n.error();
    if (*n == 0)
      return failure{code::timed_out, "the server does not answer in time", options.place_of("url"),
                     "It is tried again."};
    came += *n;
    if (came > most_answer_bytes)
      return failure{code::too_large, "an answer of the server has more than 64 MiB",
                     options.place_of("page_size"),
                     "Ask for fewer entries at once with page_size, or keep smaller ones."};
    void* read = nullptr;
    if (redisReaderFeed(reader_.get(), piece.data(), *n) != REDIS_OK ||
        redisReaderGetReply(reader_.get(), &read) != REDIS_OK)
      return failure{code::unavailable, "the server does not speak Redis's protocol",
                     options.place_of("url"), "Check host and port, and whether it wants TLS."};
    if (read)
      return answer{static_cast<redisReply*>(read)};
  }
}

failure failure_of(std::string_view says) {
  const auto word = says.substr(0, says.find(' '));
  const auto is = [&](std::string_view part) { return says.find(part) != says.npos; };
  const auto told = [&](code c, std::string why, std::string_view option, std::string remedy) {
    return failure{c, (std::move(why) += ": ").append(says), options.place_of(option),
                   std::move(remedy)};
  };
  if (word == "WRONGPASS" || word == "NOAUTH" || is("AUTH") || is("invalid password"))
    return told(code::forbidden, "the server does not let us in", "credential",
                "Check the credential's user and password; without an ACL there is no user.");
  if (word == "DENIED")
    return told(code::forbidden, "the server lets nobody in from here", "url",
                "Set a password there (requirepass), and name a credential.");
  if (word == "NOPERM")
    return told(code::forbidden, "this user may not do it", "credential",
                "Grant it: ACL SETUSER … ~stream +xrange +xinfo +type +scan.");
  if (word == "WRONGTYPE")
    return told(code::malformed, "this is no stream", "stream", "Name a stream.");
  if (is("no such key"))
    return told(code::not_found, "there is no such stream", "stream", "Check the name.");
  if (is("DB index"))
    return told(code::not_found, "there is no such database", "url",
                "Write its number after the server: redis://host/0.");
  if (word == "MOVED" || word == "ASK")
    return told(code::malformed, "another node of the cluster has the stream", "url",
                "Write the address of the node that is named.");
  for (const auto passing : {"LOADING", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "BUSY", "OOM"})
    if (word == passing)
      return told(code::unavailable, "the server cannot answer now", "url", "It is tried again.");
  if (is("max number of clients"))
    return told(code::unavailable, "the server has no place for us", "url", "It is tried again.");
  return told(code::internal, "the server refused", "url", "Look into the server's log.");
}

} // namespace tenon::actors::redis
