// `from: {json: {path: export.json, records: data.items, key: id}}`: the items of one list in a
// JSON document, each a JSON object, byte for byte. The document is read as it streams by and may
// be of any size; only the item at hand is in memory. The options of every kind of file are in
// files/kind.hpp; besides:
//
//   records: where the list is, as names with dots between them; unless told, the document is it.
//
// An item that is no object, is not well formed though its brackets and quotes close, or has more
// than 4 MiB is a letter, "export.json#17" for the 17th. What is beside the list is only checked
// for its brackets and quotes. A document that ends too early, or has something behind it, fails.
#include "actors/sync/sources/catalog.hpp"
#include "actors/sync/sources/files/format.hpp"
#include "actors/sync/sources/files/kind.hpp"
#include "actors/sync/sources/json/scan.hpp"

#include <algorithm>

namespace tenon::actors::files {
namespace {

struct list_options {
  std::vector<connectors::json_path> key;
  connectors::json_path records;
};

class json_reader final : public reader {
public:
  json_reader(input& in, const mark& from, const list_options& o)
      : in_{in}, scan_{in}, options_{o}, at_{from} {}

  /// To the first item.
  result<void> descend() {
    for (const auto& name : options_.records.steps)
      if (auto found = enter(name); !found)
        return found;
    const auto c = scan_.next();
    if (!c)
      return c.error();
    if (*c != '[')
      return failure{
          code::malformed, "what is at " + where() + " is no list", in_.name(),
          "Say with `records` where the list is, as in `records: data.items`; where each "
          "line is a record, read it as jsonl."};
    in_.take(1);
    at_.offset = in_.offset();
    return {};
  }

  result<step> next(rows& onto) override {
    if (ended_)
      return step::end;
    auto c = scan_.next();
    if (c && *c == ',' && at_.records > 0) {
      in_.take(1);
      c = scan_.next();
      if (c && *c == ']')
        return scan_.wrong("an item is missing behind the comma");
    } else if (c && *c == ']') {
      return leave();
    } else if (c && at_.records > 0) {
      return scan_.wrong("a comma or ] is missing");
    }
    if (!c)
      return c.error();
    return take(onto);
  }

  mark here() const override { return at_; }

private:
  result<step> take(rows& onto) {
    const spot at{'#', at_.records + 1};
    const auto size = scan_.value_within(max_record_bytes);
    if (!size)
      return size.error();
    if (*size > 0) {
      onto.keep_json(in_.window().substr(0, *size), options_.key, at);
      in_.take(*size);
    } else {
      const std::string first{in_.window().substr(0, max_letter_bytes + 1)};
      if (auto passed = scan_.skip_value(); !passed)
        return std::move(passed).error();
      onto.refuse_long(at, first);
    }
    at_.offset = in_.offset();
    ++at_.records;
    return step::taken;
  }

  /// Into the member of that name.
  result<void> enter(const std::string& name) {
    auto c = scan_.next();
    if (!c)
      return c.error();
    if (*c != '{')
      return missing(name);
    in_.take(1);
    c = scan_.next();
    if (c && *c == '}')
      return missing(name);
    for (;;) {
      const auto key = scan_.key();
      if (!key)
        return key.error();
      if (connectors::is_key(*key, name))
        return {};
      if (auto passed = scan_.skip_value(); !passed)
        return passed;
      c = scan_.next();
      if (!c)
        return c.error();
      if (*c == '}')
        return missing(name);
      if (*c != ',')
        return scan_.wrong("a comma or } is missing");
      in_.take(1);
    }
  }

  /// Behind the list, out of everything it is in, to the end.
  result<step> leave() {
    in_.take(1);
    for (std::size_t i = 0; i < options_.records.steps.size(); ++i)
      if (auto passed = leave_object(); !passed)
        return std::move(passed).error();
    const auto end = scan_.at_end();
    if (!end)
      return end.error();
    if (!*end)
      return scan_.wrong("something follows the JSON value");
    at_.offset = in_.offset();
    ended_ = true;
    return step::end;
  }

  result<void> leave_object() {
    for (;;) {
      const auto c = scan_.next();
      if (!c)
        return c.error();
      if (*c != ',' && *c != '}')
        return scan_.wrong("a comma or } is missing");
      in_.take(1);
      if (*c == '}')
        return {};
      if (const auto key = scan_.key(); !key)
        return key.error();
      if (auto passed = scan_.skip_value(); !passed)
        return passed;
    }
  }

  failure missing(const std::string& name) const {
    return {code::not_found, "there is no " + name + " for " + where(), in_.name(),
            "Say with `records` where the list is; names have dots between them."};
  }

  std::string where() const {
    return options_.records.steps.empty() ? "the root" : "records: " + options_.records.text;
  }

  input& in_;
  json_scan scan_;
  const list_options& options_;
  mark at_;
  bool ended_ = false;
};

class json_format final : public format {
public:
  explicit json_format(list_options o) : options_{std::move(o)} {}

  result<std::unique_ptr<reader>> open(input& in, const mark& from) const override {
    const bool first = from.records == 0;
    if (auto begun = in.begin_text(first ? 0 : from.offset); !begun)
      return std::move(begun).error();
    auto made = std::make_unique<json_reader>(in, from, options_);
    if (first)
      if (auto there = made->descend(); !there)
        return std::move(there).error();
    return std::unique_ptr<reader>{std::move(made)};
  }

  result<void> read_again(const protocols::letter_types::kept& letter, rows& onto) const override {
    return read_json_again(letter, options_.key, onto);
  }

private:
  const list_options options_;
};

std::shared_ptr<const format> read_options(connectors::form& f, const asked& a) {
  list_options o{.key = key_paths(f, a), .records = {}};
  auto records = connectors::compile_path(f.text("records").value_or(""));
  if (!records)
    f.note("records", records.error().why, records.error().remedy);
  else if (std::ranges::find(records->steps, "*") != records->steps.end())
    f.note("records", "one list is read, and a star stands for many", "Name each step.");
  else
    o.records = *std::move(records);
  return std::make_shared<json_format>(std::move(o));
}

} // namespace

const format_kind json_kind{"json", false, read_options};

} // namespace tenon::actors::files

namespace tenon::actors::sources {

std::unique_ptr<source_kind> json(const surroundings& s) {
  return files::file_source(files::json_kind, {s.readable, s.files});
}

} // namespace tenon::actors::sources
