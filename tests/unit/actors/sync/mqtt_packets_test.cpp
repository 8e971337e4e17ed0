// The bytes of MQTT 5, and which deliveries belong into a page.
#include "actors/sync/sources/mqtt/page.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tenon::actors::mqtt {
namespace {

using namespace std::string_literals;

void put_variable(std::string& onto, std::size_t n) {
  for (;;) {
    const auto byte = static_cast<char>(n & 0x7f);
    n >>= 7;
    onto += static_cast<char>(n > 0 ? byte | 0x80 : byte);
    if (n == 0)
      return;
  }
}

/// PUBLISH, as a broker writes it.
std::string published(const message& m) {
  std::string body, properties;
  const auto put = [](std::string& onto, std::string_view text) {
    onto += static_cast<char>(text.size() >> 8);
    onto += static_cast<char>(text.size() & 0xff);
    onto += text;
  };
  put(body, m.topic);
  if (m.id != 0) {
    body += static_cast<char>(m.id >> 8);
    body += static_cast<char>(m.id & 0xff);
  }
  if (!m.content_type.empty()) {
    properties += '\x03';
    put(properties, m.content_type);
  }
  for (const auto& [name, v] : m.properties) {
    properties += '\x26';
    put(properties, name);
    put(properties, v);
  }
  properties += "\x02\x00\x00\x0e\x10"s; // an expiry, which nobody asks for
  put_variable(body, properties.size());
  body += properties + m.payload;
  std::string whole(
      1, static_cast<char>(0x30 | (m.again ? 8 : 0) | (m.id != 0 ? 2 : 0) | (m.retained ? 1 : 0)));
  put_variable(whole, body.size());
  return whole + body;
}

TEST(mqtt_packets, are_found_however_their_bytes_come) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random{seed};
  std::vector<message> sent;
  std::string bytes;
  for (int i = 0; i < 200; ++i) {
    message m{.id = static_cast<std::uint16_t>(random() % 5 == 0 ? 0 : random() % 65'535 + 1),
              .again = random() % 3 == 0,
              .retained = random() % 3 == 0,
              .topic = "a/" + std::to_string(random() % 99),
              .payload = std::string(random() % 4 == 0 ? random() % 20'000 : random() % 200, 'x'),
              .content_type = random() % 2 == 0 ? "" : "text/plain",
              .properties = {}};
    if (random() % 2 == 0)
      m.properties = {{"site", "zurich"}, {"n", std::to_string(i)}};
    bytes += published(m);
    sent.push_back(std::move(m));
  }
  packet_reader reader;
  std::vector<message> read;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto n = std::min<std::size_t>(bytes.size() - at, random() % 3'000 + 1);
    reader.feed(std::string_view{bytes}.substr(at, n));
    at += n;
    for (auto p = reader.next(); p && *p; p = reader.next())
      read.push_back(*read_publish(**p));
  }
  EXPECT_EQ(read, sent);
}

TEST(mqtt_packets, that_are_too_large_are_skipped_but_for_their_beginning) {
  const message large{.id = 7, .topic = "t", .payload = std::string(9u << 20, 'x')};
  const message after{.id = 8, .topic = "t", .payload = "after"};
  const auto bytes = published(large) + published(after);
  packet_reader reader;
  std::vector<message> read;
  for (std::size_t at = 0; at < bytes.size(); at += 100'000) {
    reader.feed(std::string_view{bytes}.substr(at, 100'000));
    for (auto p = reader.next(); p && *p; p = reader.next())
      read.push_back(*read_publish(**p));
  }
  ASSERT_EQ(read.size(), 2u);
  EXPECT_GT(read[0].cut_from, 9u << 20);
  EXPECT_LT(read[0].payload.size(), packet_reader::kept_of_larger);
  EXPECT_EQ(read[0].id, 7); // so that it can be acknowledged
  EXPECT_EQ(read[1], after);
}

TEST(mqtt_packets, whose_properties_are_too_large_are_messages_all_the_same) {
  message large{.id = 7, .topic = "t", .payload = "p", .content_type = "text/x"};
  for (int i = 0; i < 140; ++i)
    large.properties.emplace_back("name", std::string(65'000, 'x'));
  packet_reader reader;
  reader.feed(published(large));
  const auto p = reader.next();
  ASSERT_TRUE(p && *p);
  const auto read = read_publish(**p);
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(*read, (message{.id = 7, .topic = "t", .cut_from = read->cut_from}));
  EXPECT_GT(read->cut_from, 8u << 20);
  large.properties.resize(120); // and of one that fits nothing is missing
  reader.feed(published(large));
  const auto q = reader.next();
  ASSERT_TRUE(q && *q);
  EXPECT_EQ(*read_publish(**q), large);
}

TEST(mqtt_packets, of_rubbish_are_refused_and_never_read_beyond_their_end) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random{seed};
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = random() % 2 == 0 ? published({.id = 1, .topic = "t", .payload = "p"}) : "";
    for (auto n = random() % 30; n > 0; --n)
      bytes.insert(random() % (bytes.size() + 1), 1, static_cast<char>(random()));
    packet_reader reader;
    reader.feed(bytes);
    for (auto p = reader.next(); p && *p; p = reader.next()) {
      (void)read_publish(**p);
      (void)read_connack(**p);
      (void)read_suback(**p);
      (void)read_disconnect(**p);
    }
  }
}

TEST(mqtt_packets, say_what_the_standard_says) {
  EXPECT_EQ(connect_packet({.client_id = "me",
                            .user = "u",
                            .password = "p",
                            .keep_alive_seconds = 60,
                            .session_seconds = 3600,
                            .receive_maximum = 20}),
            "\x10\x1d\x00\x04MQTT\x05\xc0\x00\x3c\x08\x11\x00\x00\x0e\x10\x21\x00\x14\x00\x02me"
            "\x00\x01u\x00\x01p"s);
  const auto anew = connect_packet({.client_id = "me", .clean_start = true});
  EXPECT_EQ(anew.substr(2, 8), "\x00\x04MQTT\x05\x02"s);
  EXPECT_EQ(subscribe_packet(1, {"a/#"}, true), "\x82\x09\x00\x01\x00\x00\x03"s
                                                "a/#\x19"s);
  EXPECT_EQ(puback_packet(0x1234), "\x40\x02\x12\x34"s);
  EXPECT_EQ(ping_packet(), "\xc0\x00"s);
  const auto refused = read_connack({packet_kind::connack, 0, "\x00\x86\x00"s});
  EXPECT_EQ(refused->reason, 0x86);
  EXPECT_EQ(read_connack({packet_kind::connack, 0, "\x00\x01"s})->reason, 1); // of MQTT 3
  EXPECT_TRUE(read_connack({packet_kind::connack, 0, "\x01\x00\x00"s})->session_present);
  for (const auto* fine : {"a", "a/b", "#", "+", "a/+/b/#", "$share/g/a/+", "/"})
    EXPECT_TRUE(is_filter(fine)) << fine;
  for (const auto* wrong : {"", "a#", "#/a", "a/b+", "a/#/b"})
    EXPECT_FALSE(is_filter(wrong)) << wrong;
}

std::vector<std::string> texts_of(const std::vector<const delivery*>& all) {
  std::vector<std::string> texts;
  for (const auto* d : all)
    texts.push_back(d->message.payload);
  return texts;
}

std::vector<given> as_given(const std::vector<const delivery*>& all) {
  std::vector<given> those;
  for (const auto* d : all)
    those.push_back(d->as);
  return those;
}

message text(std::uint16_t id, std::string payload, bool again = false) {
  return {.id = id, .again = again, .topic = "t", .payload = std::move(payload)};
}

TEST(mqtt_deliveries, are_fresh_until_they_were_given_and_here_until_they_are_stored) {
  deliveries d{"one"};
  for (std::uint16_t i = 1; i <= 3; ++i)
    d.arrived(text(i, "same"));
  const auto first = as_given(d.fresh({}, 2));
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(d.fresh(first, 9).size(), 1u);
  EXPECT_EQ(d.settle(first), (std::vector<std::uint16_t>{1, 2}));
  d.arrived(text(1, "same")); // the broker uses the id again: this is another message
  EXPECT_EQ(d.fresh(first, 9).size(), 2u);
  EXPECT_TRUE(d.settle(first).empty());
}

TEST(mqtt_deliveries, are_known_again_on_another_connection_by_id_and_content) {
  deliveries before{"one"};
  before.arrived(text(1, "a"));
  before.arrived(text(2, "b"));
  const auto was_given = as_given(before.fresh({}, 9));
  deliveries after{"two"};
  after.arrived(text(1, "a", true));
  after.arrived(text(2, "another", true));
  after.arrived(text(3, "a"));
  EXPECT_EQ(texts_of(after.fresh(was_given, 9)), (std::vector<std::string>{"another", "a"}));
  EXPECT_EQ(after.settle(was_given), std::vector<std::uint16_t>{1});
}

TEST(mqtt_deliveries, without_an_id_are_not_acknowledged_and_not_known_again) {
  deliveries d{"one"};
  d.arrived(text(0, "a"));
  const auto was_given = as_given(d.fresh({}, 9));
  EXPECT_TRUE(d.fresh(was_given, 9).empty());
  EXPECT_TRUE(d.settle(was_given).empty());
  EXPECT_TRUE(d.fresh({}, 9).empty());
  EXPECT_EQ(d.bytes(), 0u);
}

TEST(mqtt_deliveries, are_counted_with_all_that_they_consist_of) {
  deliveries d{"one"};
  auto m = text(0, "");
  m.topic = std::string(1'000, 't');
  m.content_type = std::string(2'000, 'c');
  m.properties = {{std::string(3'000, 'n'), std::string(4'000, 'v')}, {"", ""}};
  d.arrived(m);
  EXPECT_GE(d.bytes(), 10'000u);
  d.arrived(text(0, ""));
  EXPECT_GE(d.bytes(), 10'000u + sizeof(message)); // nothing comes for free
  EXPECT_TRUE(d.settle(as_given(d.fresh({}, 9))).empty());
  EXPECT_EQ(d.bytes(), 0u);
}

TEST(mqtt_places, are_written_down_and_read_back) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random{seed};
  for (int i = 0; i < 200; ++i) {
    place p{.stored = {}, .last = {}, .next = static_cast<intent>(random() % 3)};
    for (auto* all : {&p.stored, &p.last})
      for (auto n = random() % 5; n > 0; --n)
        all->push_back({random() % 2 == 0 ? "one" : "two", random(),
                        static_cast<std::uint16_t>(random()),
                        static_cast<std::uint32_t>(random())});
    const auto read = read_place(write_place(p));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, p);
  }
  EXPECT_EQ(*read_place(""), place{});
  for (const auto* wrong : {"rubbish", "{}", R"({"stored":[],"last":["a"],"next":"read"})",
                            R"({"stored":[],"last":[],"next":"x"})",
                            R"({"stored":["a","1:2"],"last":[],"next":"read"})"})
    EXPECT_EQ(read_place(wrong).error().code, code::stale) << wrong;
}

TEST(mqtt_places, follow_each_other_until_all_is_acknowledged) {
  const std::vector<given> some{{"one", 1, 1, 1}}, more{{"one", 2, 2, 2}};
  auto t = turn_after({}, some, ended::full);
  EXPECT_EQ(t.after, (place{{}, some, intent::read}));
  t = turn_after(t.after, more, ended::quiet);
  EXPECT_EQ(t.after, (place{some, more, intent::look}));
  EXPECT_FALSE(t.last);
  EXPECT_EQ(turn_after({}, some, ended::late).after.next, intent::end);
  EXPECT_TRUE(turn_after({more, {}, intent::look}, {}, ended::quiet).last);
  EXPECT_FALSE(turn_after({more, {}, intent::look}, some, ended::quiet).last);
  EXPECT_FALSE(turn_after({{}, some, intent::read}, {}, ended::quiet).last); // not acknowledged
}

} // namespace
} // namespace tenon::actors::mqtt
