// `from: {jsonl: {path: events/*.jsonl.gz, key: id}}`: JSON Lines, also called NDJSON. Each line is
// one JSON object and becomes one record, byte for byte. The options of every kind of file are in
// files/kind.hpp; this one has no others.
//
// Empty lines are skipped. A line that is no JSON object, or has more than 4 MiB, is a letter, and
// reading goes on behind it. The last line needs no end, but in a file that grows it is not there
// before it has one.
#include "actors/sync/sources/catalog.hpp"
#include "actors/sync/sources/files/format.hpp"
#include "actors/sync/sources/files/kind.hpp"

namespace tenon::actors::files {
namespace {

class jsonl_reader final : public reader {
public:
  jsonl_reader(input& in, const mark& from, const std::vector<connectors::json_path>& key,
               bool grows)
      : in_{in}, key_{key}, grows_{grows}, at_{from} {
    at_.offset = in.offset();
  }

  result<step> next(rows& onto) override {
    for (std::size_t searched = 0;;) {
      const auto bytes = in_.window();
      if (const auto end = bytes.find('\n', searched); end != bytes.npos)
        return take(bytes.substr(0, end), end + 1, onto);
      searched = bytes.size();
      if (searched > max_record_bytes)
        return skip(onto);
      const auto came = in_.more();
      if (!came)
        return came.error();
      if (*came)
        continue;
      if (searched == 0 || grows_)
        return step::end;
      return take(in_.window(), searched, onto);
    }
  }

  mark here() const override { return at_; }

private:
  step take(std::string_view line, std::size_t with_end, rows& onto) {
    const auto text = line.find_first_not_of(" \t\r");
    const bool empty = text == line.npos;
    if (!empty)
      onto.keep_json(line.substr(text), key_, {':', at_.line});
    in_.take(with_end);
    return pass(empty ? step::nothing : step::taken);
  }

  /// The line is too long to be held; its end is somewhere.
  result<step> skip(rows& onto) {
    const std::string first{in_.window().substr(0, max_letter_bytes + 1)};
    for (;;) {
      const auto bytes = in_.window();
      const auto end = bytes.find('\n');
      in_.take(end == bytes.npos ? bytes.size() : end + 1);
      if (end != bytes.npos)
        break;
      if (in_.offset() - at_.offset > most_skipped)
        return failure{code::too_large, "the line has more than 4 GiB",
                       place_of(in_.name(), {':', at_.line}), "Write one record to a line."};
      const auto came = in_.more();
      if (!came)
        return came.error();
      if (!*came && grows_)
        return step::end;
      if (!*came)
        break;
    }
    onto.refuse_long({':', at_.line}, first);
    return pass(step::taken);
  }

  step pass(step s) {
    at_.offset = in_.offset();
    ++at_.line;
    at_.records += s == step::taken;
    return s;
  }

  input& in_;
  const std::vector<connectors::json_path>& key_;
  const bool grows_;
  mark at_;
};

class jsonl_format final : public format {
public:
  jsonl_format(std::vector<connectors::json_path> key, bool grows)
      : key_{std::move(key)}, grows_{grows} {}

  result<std::unique_ptr<reader>> open(input& in, const mark& from) const override {
    if (auto begun = in.begin_text(from.offset); !begun)
      return std::move(begun).error();
    return std::unique_ptr<reader>{std::make_unique<jsonl_reader>(in, from, key_, grows_)};
  }

  result<void> read_again(const protocols::letter_types::kept& letter, rows& onto) const override {
    return read_json_again(letter, key_, onto);
  }

private:
  const std::vector<connectors::json_path> key_;
  const bool grows_;
};

} // namespace

const format_kind jsonl_kind{
    "jsonl", true, [](connectors::form& f, const asked& a) -> std::shared_ptr<const format> {
      return std::make_shared<jsonl_format>(key_paths(f, a), a.grows);
    }};

} // namespace tenon::actors::files

namespace tenon::actors::sources {

std::unique_ptr<source_kind> jsonl(const surroundings& s) {
  return files::file_source(files::jsonl_kind, {s.readable, s.files});
}

} // namespace tenon::actors::sources
