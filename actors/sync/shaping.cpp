#include "actors/sync/shaping.hpp"

#include "protocols/json.hpp"

#include <utility>

namespace tenon::actors {
namespace {

const runtime::expression::options words{
    .roots = {"record"}, .implied_root = "record", .allow_secrets = false};

failure at(std::string place, failure why) {
  return {code::malformed, std::move(why.why),
          why.where.empty() ? std::move(place) : place + ", " + why.where, std::move(why.remedy)};
}

/// A time as an expression gives it, or as a record writes it; nothing is no time.
result<moment> moment_in(const value& said) {
  if (said.is_null())
    return moment{};
  if (const auto* time = said.as<moment>())
    return *time;
  if (const auto* text = said.as<std::string>())
    return parse_moment(*text);
  return failure{code::malformed,
                 "a " + std::string{said.type_name()} + " is no time",
                 {},
                 "Make it one: modified: \"from_epoch_s(updated)\"."};
}

/// What a record is to be called.
result<std::string> name_in(const value& said) {
  if (const auto* number = said.as<std::int64_t>())
    return std::to_string(*number);
  if (const auto* text = said.as<std::string>(); text && !text->empty())
    return *text;
  const auto what = said.is<std::string>() ? "an empty text" : "a " + std::string{said.type_name()};
  return failure{
      code::malformed,
      what + " is no name of a record",
      {},
      "Leave out with `keep` what has no name, or name it by a field that is always there."};
}

/// What expressions may name. The record must outlive it.
runtime::expression::scope about(const blob& record, moment now) {
  runtime::expression::scope names;
  names.set_now(now).bind_json("record", record.view());
  return names;
}

} // namespace

result<shaping> shaping::make(const protocols::sync::spec& spec) {
  shaping made;
  if (!spec.keep.empty()) {
    auto kept = runtime::expression::compile(spec.keep, words);
    if (!kept)
      return at("spec.keep", std::move(kept).error());
    made.keep_ = *std::move(kept);
  }
  if (!spec.modified.empty()) {
    auto compiled = runtime::expression::compile(spec.modified, words);
    if (!compiled)
      return at("spec.modified", std::move(compiled).error());
    made.modified_ = *std::move(compiled);
  }
  if (!spec.key.empty()) {
    auto compiled = runtime::expression::compile(spec.key, words);
    if (!compiled)
      return at("spec.key", std::move(compiled).error());
    made.key_ = *std::move(compiled);
  }
  if (spec.map.empty())
    return made;
  const auto written = read_json(spec.map);
  const auto* members = written ? written->as<object>() : nullptr;
  if (members == nullptr || members->empty())
    return failure{code::malformed, "a map of fields and expressions is expected", "spec.map",
                   "Write map: {email: \"{{email}}\"}."};
  for (const auto& [name, content] : *members) {
    field one{name, {}, content};
    if (const auto* text = content.as<std::string>()) {
      auto compiled = runtime::expression::compile_template(*text, words);
      if (!compiled)
        return at("spec.map." + name, std::move(compiled).error());
      one.made = *std::move(compiled);
    }
    made.fields_.push_back(std::move(one));
  }
  return made;
}

shaping::fate shaping::judge(const runtime::expression::scope& names, std::string& why) const {
  if (!keep_)
    return fate::kept;
  const auto wanted = runtime::expression::evaluate_condition(*keep_, names);
  if (!wanted) {
    why = "spec.keep: " + wanted.error().why;
    return fate::letter;
  }
  return *wanted ? fate::kept : fate::filtered;
}

shaping::fate shaping::shape(blob& content, std::string& why, moment now) const {
  const auto as_it_came = content;
  const auto names = about(as_it_came, now);
  const auto judged = judge(names, why);
  return judged == fate::kept ? map(content, names, why) : judged;
}

shaping::fate shaping::map(blob& content, const runtime::expression::scope& names,
                           std::string& why) const {
  if (fields_.empty())
    return fate::kept;
  std::string text{'{'};
  for (const auto& one : fields_) {
    value made = one.constant;
    if (one.made) {
      auto computed = runtime::expression::evaluate(*one.made, names);
      if (!computed) {
        why = "spec.map." + one.name + ": " + computed.error().why;
        return fate::letter;
      }
      made = *std::move(computed);
    }
    if (text.size() > 1)
      text += ',';
    write_json_text(one.name, text);
    text += ':';
    text += write_json(made);
  }
  text += '}';
  content = blob::from(std::move(text));
  return fate::kept;
}

shaping::fate shaping::shape(protocols::collection::incoming& r, std::string& why,
                             moment now) const {
  const auto as_it_came = r.content;
  const auto names = about(as_it_came, now);
  if (const auto judged = judge(names, why); judged != fate::kept)
    return judged;
  if (modified_) {
    const auto said = runtime::expression::evaluate(*modified_, names);
    const auto when = said ? moment_in(*said) : result<moment>{said.error()};
    if (!when) {
      why = "spec.modified: " + when.error().why;
      return fate::letter;
    }
    r.modified_at = *when;
  }
  if (key_) {
    const auto said = runtime::expression::evaluate(*key_, names);
    auto key = said ? name_in(*said) : result<std::string>{said.error()};
    if (!key) {
      why = "spec.key: " + key.error().why;
      return fate::letter;
    }
    r.origin = std::exchange(r.key, *std::move(key));
  }
  return map(r.content, names, why);
}

} // namespace tenon::actors
