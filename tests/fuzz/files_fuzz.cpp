// libFuzzer: the first byte chooses a format and its options, the others are a file. Whatever they
// are, every step goes forward, every record is a JSON object under a usable key, and who is called
// away after any record and comes back to the mark reads the same as who was not. A letter that is
// read again with the same options is the same letter.
#include "actors/sync/sources/files/options.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

namespace {

using namespace tenon;
using namespace tenon::actors;
using namespace tenon::actors::files;

void expect(bool holds) {
  if (!holds)
    std::abort();
}

std::vector<options> all_options() {
  const std::vector<std::pair<const format_kind*, object>> asked{
      {&csv_kind, {}},
      {&csv_kind, {{"types", "infer"}, {"ragged", "fill"}, {"nulls", list{"", "NA"}}}},
      {&csv_kind, {{"delimiter", "tab"}, {"escape", "\\"}, {"comment", "#"}, {"quote", "'"}}},
      {&csv_kind, {{"columns", list{"id", "v"}}, {"append", true}}},
      {&jsonl_kind, {}},
      {&jsonl_kind, {{"append", true}}},
      {&json_kind, {}},
      {&json_kind, {{"records", "a.b"}}},
      {&xml_kind, {{"records", "/r/i"}, {"lists", "t"}}},
  };
  std::vector<options> all;
  for (const auto& [kind, more] : asked) {
    object written{{"path", "a"}, {"key", "id"}};
    for (const auto& [name, v] : more)
      written[name] = v;
    all.push_back(*read_options(*kind, written));
  }
  return all;
}

/// Those that say how.
void read_letters_again(const options& o, const source_page& page) {
  for (const auto& l : page.letters) {
    if (l.again.empty())
      continue;
    rows again{1};
    expect(o.format->read_again(l, again).has_value());
    source_page found;
    std::move(again).finish(found);
    expect(found.records.empty() && found.letters.size() == 1);
    expect(found.letters.front().reason == l.reason);
  }
}

struct reading {
  std::vector<std::string> lines;
  std::string trouble;

  bool operator==(const reading&) const = default;
};

/// From the beginning to the end, or to a trouble; opened again after so many records.
reading read_all(const options& o, const std::shared_ptr<const open_file>& file, int at_once) {
  reading all;
  mark at;
  for (;;) {
    const auto in = input::open(file);
    if (!in)
      return all.trouble = in.error().why, all;
    const auto from = o.format->open(**in, at);
    if (!from)
      return all.trouble = from.error().why, all;
    rows read{20'000};
    read.enter("a");
    bool ended = false;
    for (int taken = 0; taken < at_once;) {
      const auto stepped = (*from)->next(read);
      if (!stepped) {
        all.trouble = stepped.error().why;
        expect(!all.trouble.empty());
        break;
      }
      ended = *stepped == step::end;
      if (ended)
        break;
      const auto here = (*from)->here();
      expect(here.offset > at.offset || here.records > at.records);
      at = here;
      taken += *stepped == step::taken;
    }
    source_page page;
    std::move(read).finish(page);
    for (const auto& r : page.records) {
      const auto json = connectors::json_text::check(r.content.view());
      expect(json && connectors::is_object(json->root()));
      expect(!r.key.empty() && r.key.size() <= max_key_bytes);
      all.lines.push_back(r.key + ' ' + r.content.text());
    }
    for (const auto& l : page.letters)
      all.lines.push_back(l.place + ": " + l.reason);
    read_letters_again(o, page);
    if (ended || !all.trouble.empty())
      return all;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const auto choices = all_options();
  if (size == 0)
    return 0;
  const auto& o = choices[bytes[0] % choices.size()];
  const int handle = ::memfd_create("a", MFD_CLOEXEC);
  expect(handle >= 0 && ::write(handle, bytes + 1, size - 1) == static_cast<ssize_t>(size - 1));
  const auto file = std::make_shared<open_file>("a", "a", handle);
  file->opened.size = size - 1;
  auto whole = read_all(o, file, 1'000'000);
  auto in_pieces = read_all(o, file, 1);
  std::ranges::sort(whole.lines); // letters stand behind the records of their page
  std::ranges::sort(in_pieces.lines);
  expect(whole == in_pieces);
  return 0;
}
