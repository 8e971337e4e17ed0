// An effect that is one conversation with a platform: from a request of an actor to the command it
// gets back. A failure is told in the command too: an actor always hears how its errand went.
#pragma once

#include "actors/integration/platform.hpp"
#include "protocols/codec.hpp"
#include "protocols/ensure.hpp"
#include "runtime/hosting/performer.hpp"
#include "runtime/tasks/workers.hpp"

namespace tenon::actors::connectors {

template <class Protocol, class Request, class Outcome> class by_task : public runtime::performer {
public:
  by_task(platform& p, runtime::workers& w) : platform_{p}, workers_{w} {}

  void perform(runtime::effect e, std::function<void(blob)> outcome) final {
    auto asked = protocols::decode<Request>(e.request);
    ensure(asked.has_value(), "an effect's request cannot be read");
    const auto failed = [this, asked = *asked, outcome](const failure& f) {
      outcome(command_of(failed_with(asked, f)));
    };
    const auto started = runtime::start<Outcome>(
        workers_, carry_out(e.by, *asked), [outcome, failed](result<Outcome> done) {
          done ? outcome(command_of(*std::move(done))) : failed(done.error());
        });
    if (!started)
      failed(started.error());
  }

protected:
  virtual runtime::task<result<Outcome>> carry_out(identity by, Request) = 0;
  virtual Outcome failed_with(const Request&, const failure&) const = 0;

  platform& platform_;

private:
  static blob command_of(Outcome o) {
    return protocols::encode(typename Protocol::command{std::move(o)});
  }

  runtime::workers& workers_;
};

} // namespace tenon::actors::connectors
