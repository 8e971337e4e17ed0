#include "nodes/cluster/letters.hpp"

#include <algorithm>

namespace tenon::nodes::cluster {
namespace {

using boost::system::error_code;

constexpr std::size_t length_bytes = 4;
constexpr std::size_t at_once = 16u << 10; // read; what is claimed is not allocated before it comes

/// Takes what comes until the letter is whole.
class reading : public std::enable_shared_from_this<reading> {
public:
  reading(shared_wire w, std::size_t most, std::function<void(result<blob>)> next)
      : wire_{std::move(w)}, most_{most}, next_{std::move(next)} {}

  void go_on() {
    const auto held = got_.size();
    got_.resize(held + std::min(wanted_ - held, at_once));
    wire_->read_some({got_.data() + held, got_.size() - held},
                     [me = shared_from_this(), held](error_code e, std::size_t count) {
                       me->got_.resize(held + count);
                       me->took(e);
                     });
  }

private:
  void took(error_code e) {
    if (e)
      return next_(wire_->explain(e));
    if (got_.size() < wanted_)
      return go_on();
    if (has_length_)
      return next_(blob::from(std::move(got_)));
    const auto length = length_of(got_, most_);
    if (!length)
      return next_(length.error());
    has_length_ = true;
    wanted_ = *length;
    got_.clear();
    if (wanted_ == 0)
      return next_(blob{});
    go_on();
  }

  const shared_wire wire_;
  const std::size_t most_;
  const std::function<void(result<blob>)> next_;
  std::string got_;
  std::size_t wanted_ = length_bytes;
  bool has_length_ = false;
};

} // namespace

std::string with_length(std::string_view said) {
  std::string out;
  for (unsigned shift = 0; shift < 32; shift += 8)
    out += static_cast<char>(said.size() >> shift & 255);
  return out.append(said);
}

result<std::size_t> length_of(std::string_view four_bytes, std::size_t most) {
  std::size_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;)
    length = length << 8 | static_cast<unsigned char>(four_bytes[i]);
  if (length > most)
    return failure{code::too_large, "what was said is too long for what it should be", "message",
                   "See whether a node of Tenon is at that address."};
  return length;
}

void write_letter(const shared_wire& w, const blob& said, std::function<void(result<void>)> next) {
  const auto held = std::make_shared<std::string>(with_length(said.view()));
  w->write(*held, {}, [w, held, next = std::move(next)](error_code e, std::size_t) {
    next(e ? result<void>{w->explain(e)} : result<void>{});
  });
}

void read_letter(const shared_wire& w, std::size_t most, std::function<void(result<blob>)> next) {
  std::make_shared<reading>(w, most, std::move(next))->go_on();
}

protocols::council::refusal refusal_of(const failure& f) {
  return {std::string{name_of(f.code)}, f.why, f.where, f.remedy};
}

failure failure_of(const protocols::council::refusal& r) {
  auto c = code::malformed;
  while (c != code::internal && name_of(c) != r.code)
    c = static_cast<code>(static_cast<int>(c) + 1);
  return {c, r.why, r.where, r.remedy};
}

} // namespace tenon::nodes::cluster
