// One connection to a Redis server, which has let us in, and its answers; every refusal said in
// words. hiredis reads the answers; the bytes are ours, because its own connections know no TLS in
// the version that Debian has.
#pragma once

#include "actors/sync/sources/network/stream.hpp"

#include <hiredis/hiredis.h>

namespace tenon::actors::redis {

extern const relational::option_names options;

struct answer_closer {
  void operator()(redisReply* r) const { freeReplyObject(r); }
};
using answer = std::unique_ptr<redisReply, answer_closer>;

/// What an answer holds, as text; nothing unless it is one.
std::optional<std::string_view> text_of(const redisReply*);
/// The items of a list; none of anything else.
std::vector<const redisReply*> items_of(const redisReply*);

class session {
public:
  static result<std::unique_ptr<session>> open(const network::server&, const relational::login&,
                                               const relational::database_options&,
                                               std::stop_token);

  /// `not_found` for a key that is not there.
  result<answer> ask(const std::vector<std::string>& words);

  void use(std::stop_token stop) { bytes_->use(std::move(stop)); }
  bool reusable() const { return reusable_; }

private:
  struct reader_closer {
    void operator()(redisReader* r) const { redisReaderFree(r); }
  };
  session(std::unique_ptr<network::stream> bytes, span limit)
      : bytes_{std::move(bytes)}, limit_{limit}, reader_{redisReaderCreate()} {}

  result<void> enter(const network::server&, const relational::login&);
  result<answer> receive();

  const std::unique_ptr<network::stream> bytes_;
  const span limit_; // of an answer
  const std::unique_ptr<redisReader, reader_closer> reader_;
  bool reusable_ = true;
};

/// What a server's refusal means; its first word says it.
failure failure_of(std::string_view says);

} // namespace tenon::actors::redis
