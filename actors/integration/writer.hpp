// Records on their way to a platform by one of its actions, call after call: a token that is not
// taken is renewed once, a call that is refused for what it holds is made again in halves, and when
// nobody knows how a call ended, the action's probe is asked about each of its records. Which call,
// and what an answer means, is writing.hpp's business.
//
// What may have happened is never done again but where that does no harm, or where the platform
// says that it has not happened. It is believed once: a second lost answer to the same record is
// left to a later attempt, which asks first again.
#pragma once

#include "actors/integration/platform.hpp"
#include "actors/integration/writing.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tenon::actors::connectors {

/// How somebody who writes bears what stands in the way.
struct conduct {
  /// A sync: what nobody can know now is left to its next attempt, and what has not happened is
  /// done. Whoever does not come again is told how it stands, and says what is to be done.
  bool comes_again = false;
  /// A record of which nobody knows whether it was written.
  item_outcome (*unknown)(const std::string& how) = nullptr;
};

/// Why the rest was not tried, or not to an end.
struct write_stop {
  failure why{};
  std::optional<verdict> said{}; // by the platform; else it said nothing
  bool doubtful = false;         // the first of the rest may have been written
};

/// What has come of the records, from the first.
struct write_progress {
  item_outcomes done{};
  std::optional<write_stop> stop{};
};

class writer {
public:
  /// Manifest and action outlive it.
  writer(platform& p, session s, const manifest& m, const operation& a, conduct c)
      : platform_{p}, session_{std::move(s)}, connector_{m}, action_{a}, conduct_{c} {}

  /// `tries`: what is known of the attempts before. `in_doubt`: how it came that one of them may
  /// have written some of these; "" when none has.
  runtime::task<write_progress> write(std::vector<outgoing_record>, position tries,
                                      std::string in_doubt);

  /// With the newest token.
  const connectors::session& session() const { return session_; }

private:
  using records = std::vector<outgoing_record>;
  enum class doubt { settle, leave };

  writing words() const { return {connector_, action_, session_.connection}; }
  runtime::task<write_progress> call(records, position tries, doubt);
  runtime::task<write_progress> unanswered(records, failure, doubt);
  runtime::task<write_progress> refused(records, verdict, unsigned status, doubt);
  runtime::task<write_progress> left_in_doubt(records, write_stop, doubt);
  runtime::task<write_progress> split(records, doubt);
  runtime::task<write_progress> ask_what_happened(records, std::string how);
  runtime::task<result<void>> enter_again();

  platform& platform_;
  connectors::session session_;
  const manifest& connector_;
  const operation& action_;
  const conduct conduct_;
};

/// What the verdict says of the account or its limits is told to those who keep them.
void heed(platform&, const session&, const verdict&);

} // namespace tenon::actors::connectors
