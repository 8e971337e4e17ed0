#include "actors/trigger/starting.hpp"

#include "actors/sync.hpp"
#include "protocols/codec.hpp"
#include "protocols/ensure.hpp"
#include "protocols/trigger.hpp"

namespace tenon::actors {
namespace {

using wire = protocols::trigger;

class starter final : public runtime::performer {
public:
  explicit starter(runtime::host& h) : host_{h} {}

  void perform(runtime::effect e, std::function<void(blob)> outcome) override {
    const auto asked = protocols::decode<wire::start>(e.request);
    ensure(asked.has_value(), "an effect's request cannot be read");
    const identity sync{e.by.tenant, "sync", asked->sync};
    const protocols::sync::start command{.by = "hook " + e.by.name};
    host_.ask<actors::sync>(sync, command, [number = asked->number, outcome](auto accepted) {
      wire::begun told{.number = number};
      if (accepted)
        told.joined = accepted->joined;
      else
        told.why = accepted.error().why.empty() ? "unknown" : accepted.error().why;
      outcome(protocols::encode(wire::command{std::move(told)}));
    });
  }

private:
  runtime::host& host_;
};

} // namespace

std::unique_ptr<runtime::performer> starting_syncs(runtime::host& h) {
  return std::make_unique<starter>(h);
}

} // namespace tenon::actors
