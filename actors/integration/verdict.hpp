// From a rule that matched to what a person reads and a sync does.
#pragma once

#include "actors/integration/interpreter.hpp"

namespace tenon::actors::connectors {

/// What the body says about an error, at one of the usual places; empty when it says nothing.
std::string message_in(const json_text* body);

/// The rule's own sentence, or one that says what was asked, what came, and what the body says
/// about it.
failure explain(const rule&, const http_response&, const json_text* body, const connection&,
                std::string_view what, moment now);

/// How often this rule has now matched for the page at `at`, which remembers it.
unsigned count_try(position& at, std::uint32_t rule_number);

/// What a matching rule does, with its tries counted; beyond its `max` it fails. `what` names what
/// was asked: a stream, an action.
verdict judge(const manifest&, const connection&, std::string_view what, std::uint32_t rule_number,
              const http_request&, const http_response&, const json_text* body, const position&,
              moment now);
verdict judge(const reading&, std::uint32_t rule_number, const http_request&, const http_response&,
              const json_text* body, const position&, moment now);

/// Why a person has to connect again, where the connector's rules take the answer for saying so.
std::optional<failure> asks_to_reconnect(const manifest&, const connection&, const http_response&,
                                         std::string_view what, moment now);

/// No rule helps: what was wrong is in `why`.
verdict give_up(failure why, const position&);

} // namespace tenon::actors::connectors
