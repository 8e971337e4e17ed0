// libFuzzer: what brokers and taps say. The first byte says which of the two; behind it, bytes of
// MQTT or lines of Singer. However they come in pieces, they mean the same; a page of it has keys,
// objects and a place that can be read again; nothing is read beyond its end.
#include "actors/sync/sources/mqtt/deliveries.hpp"
#include "actors/sync/sources/singer/assembly.hpp"
#include "protocols/json.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace tenon;
using namespace tenon::actors;

void expect(bool holds) {
  if (!holds)
    std::abort();
}

std::vector<std::string> packets_in(std::string_view bytes, std::size_t piece) {
  mqtt::packet_reader reader;
  mqtt::deliveries all{"epoch"};
  std::vector<std::string> found;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.substr(at, piece));
    for (;;) {
      const auto p = reader.next();
      if (!p)
        return found; // whoever hears this hangs up
      if (!*p)
        break;
      found.push_back(std::to_string(static_cast<int>((*p)->kind)) + (*p)->body);
      (void)mqtt::read_connack(**p);
      (void)mqtt::read_suback(**p);
      (void)mqtt::read_disconnect(**p);
      if (auto m = mqtt::read_publish(**p)) {
        expect(!m->topic.empty());
        all.arrived(*std::move(m));
      }
    }
  }
  mqtt::place here{.stored = {}, .last = {}, .next = mqtt::intent::read};
  for (const auto* d : all.fresh({}, 1'000))
    here.last.push_back(d->as);
  expect(*mqtt::read_place(mqtt::write_place(here)) == here);
  expect(all.fresh(here.last, 1'000).empty() || here.last.size() == 1'000);
  (void)all.settle(here.last);
  expect(here.last.size() == 1'000 || all.bytes() == 0);
  return found;
}

std::string page_of(std::string_view text, std::size_t piece) {
  singer::source_options options{.tap = "t", .stream = "s"};
  std::vector<connectors::json_path> key;
  singer::assembly page{options, key, {}, {}};
  singer::line_reader lines;
  const auto take = [&](auto next) {
    for (auto line = next(); line; line = next())
      if (!page.take(*line))
        return false;
    return true;
  };
  for (std::size_t at = 0; at < text.size(); at += piece) {
    lines.feed(text.substr(at, piece));
    if (!take([&] { return lines.next(); }))
      return "refused";
  }
  if (!take([&] { return lines.rest(); }))
    return "refused";
  const auto made = std::move(page).finish(true);
  std::string all = made.position + made.cursor;
  expect(singer::read_place(made.position).has_value());
  expect(singer::read_cursor(made.cursor).has_value());
  for (const auto& r : made.records) {
    expect(!r.key.empty() && r.key.size() <= 250 && r.content.view().starts_with('{'));
    (all += r.key) += r.content.view();
  }
  for (const auto& l : made.letters) {
    expect(!l.reason.empty() && !l.place.empty());
    all += l.place + l.reason;
  }
  return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::size_t piece = size % 13 + 1;
  if (data[0] % 2 == 1)
    expect(packets_in(bytes, piece) == packets_in(bytes, size));
  else
    expect(page_of(bytes, piece) == page_of(bytes, size));
  return 0;
}
