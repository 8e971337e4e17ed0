#include "cluster/link/frame.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace tenon::cluster::link {
namespace {

result<void> give(frame_reader& reader, std::string_view bytes, std::vector<frame>& whole) {
  while (!bytes.empty()) {
    const auto room = reader.room();
    const auto part = bytes.substr(0, room.size());
    std::memcpy(room.data(), part.data(), part.size());
    if (auto read = reader.filled(part.size(), whole); !read)
      return read;
    bytes.remove_prefix(part.size());
  }
  return {};
}

std::string written(frame_kind kind, const std::string& payload, checking how,
                    topic about = topic::ask) {
  std::string out;
  put_header(out, kind, payload, how, kind == frame_kind::payload ? about : topic{});
  return out + payload;
}

TEST(frame, comes_out_as_it_went_in_however_the_bytes_are_cut) {
  const auto seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  for (int round = 0; round < 200; ++round) {
    const auto how = round % 2 == 0 ? checking::none : checking::crc32c;
    std::vector<frame> sent;
    std::string stream;
    for (auto n = random() % 20; n > 0; --n) {
      const auto size = random() % 5 == 0 ? random() % (400u << 10) : random() % 300;
      std::string payload(size, '\0');
      for (auto& c : payload)
        c = static_cast<char>(random());
      const auto kind = static_cast<frame_kind>(1 + random() % 6);
      const auto about = static_cast<topic>(1 + random() % 4);
      stream += written(kind, payload, how, about);
      sent.push_back(
          {kind, blob::from(std::move(payload)), kind == frame_kind::payload ? about : topic{}});
    }
    frame_reader reader{how, most_frame_bytes};
    std::vector<frame> whole;
    for (std::string_view rest = stream; !rest.empty();) {
      const auto part = rest.substr(0, 1 + random() % (random() % 3 == 0 ? 40 : 100'000));
      ASSERT_TRUE(give(reader, part, whole));
      rest.remove_prefix(part.size());
    }
    ASSERT_EQ(whole.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
      EXPECT_EQ(whole[i].kind, sent[i].kind);
      EXPECT_EQ(whole[i].topic, sent[i].topic);
      EXPECT_EQ(whole[i].bytes, sent[i].bytes);
    }
  }
}

TEST(frame, that_claims_four_gigabytes_is_refused_before_anything_is_allocated) {
  frame_reader reader{checking::none, most_frame_bytes};
  const auto before = reader.room().size();
  std::vector<frame> whole;
  std::string header(frame_header_bytes, '\0');
  std::memset(header.data(), 0xff, 4);
  header[4] = static_cast<char>(frame_kind::payload);
  header[5] = static_cast<char>(topic::raft);
  const auto read = give(reader, header, whole);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, code::malformed);
  EXPECT_NE(read.error().why.find("4294967295 bytes"), std::string::npos);
  EXPECT_EQ(reader.room().size(), before - frame_header_bytes);
  EXPECT_TRUE(whole.empty());
}

TEST(frame, may_be_as_large_as_allowed_and_no_larger) {
  std::vector<frame> whole;
  frame_reader reader{checking::none};
  EXPECT_TRUE(give(
      reader, written(frame_kind::hello, std::string(most_greeting_bytes, 'x'), checking::none),
      whole));
  EXPECT_FALSE(give(
      reader, written(frame_kind::hello, std::string(most_greeting_bytes + 1, 'x'), checking::none),
      whole));
  frame_reader later{checking::none};
  later.allow(most_frame_bytes);
  whole.clear();
  EXPECT_TRUE(give(later,
                   written(frame_kind::payload, std::string(most_frame_bytes, 'x'), checking::none),
                   whole));
  ASSERT_EQ(whole.size(), 1u);
  EXPECT_EQ(whole[0].bytes.size(), most_frame_bytes);
}

TEST(frame, of_a_few_bytes_does_not_keep_its_neighbours_in_memory) {
  frame_reader reader{checking::none};
  std::vector<frame> whole;
  ASSERT_TRUE(give(reader, written(frame_kind::payload, "one", checking::none), whole));
  const auto kept = whole[0].bytes;
  ASSERT_TRUE(give(reader, written(frame_kind::payload, "two", checking::none), whole));
  EXPECT_EQ(kept.view(), "one");
}

TEST(frame, that_changed_on_its_way_is_found_where_there_is_a_checksum) {
  const auto good = written(frame_kind::payload, "what was sent", checking::crc32c);
  for (std::size_t i = frame_header_bytes - 4; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    frame_reader reader{checking::crc32c};
    std::vector<frame> whole;
    EXPECT_FALSE(give(reader, bad, whole)) << i;
  }
}

TEST(frame, is_for_somebody_when_it_is_a_payload_and_only_then) {
  const auto is_taken = [](frame_kind kind, int about) {
    std::string bytes;
    put_header(bytes, kind, "", checking::none, static_cast<topic>(about));
    frame_reader reader{checking::none};
    std::vector<frame> whole;
    return give(reader, bytes, whole).has_value();
  };
  for (const int about : {0, 5, 200})
    EXPECT_FALSE(is_taken(frame_kind::payload, about)) << about;
  for (const int about : {1, 2, 3, 4})
    EXPECT_TRUE(is_taken(frame_kind::payload, about)) << about;
  EXPECT_FALSE(is_taken(frame_kind::ping, 1));
}

TEST(frame, is_not_found_in_what_other_protocols_say) {
  using namespace std::literals;
  for (const std::string_view said :
       {"GET / HTTP/1.1\r\nHost: a\r\n\r\n"sv,
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00"sv, "SSH-2.0-OpenSSH_9.2\r\n"sv}) {
    frame_reader reader{checking::none, most_frame_bytes};
    std::vector<frame> whole;
    EXPECT_FALSE(give(reader, said, whole)) << said;
  }
}

TEST(frame, reader_takes_any_bytes_without_harm) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  for (int round = 0; round < 2'000; ++round) {
    auto stream = written(frame_kind::payload, std::string(random() % 200, 'a'), checking::none);
    stream += written(frame_kind::credit, std::string(8, 'b'), checking::none);
    for (auto n = random() % 4; n > 0; --n)
      stream[random() % stream.size()] = static_cast<char>(random());
    frame_reader reader{checking::none, 4'096};
    std::vector<frame> whole;
    const auto read = give(reader, stream, whole);
    for (const auto& f : whole)
      EXPECT_LE(f.bytes.size(), 4'096u);
    if (!read) {
      EXPECT_EQ(read.error().code, code::malformed);
    }
  }
}

TEST(frame, of_a_number_holds_that_number) {
  std::string out;
  put_number(out, frame_kind::credit, 0x0102030405060708u, checking::crc32c);
  frame_reader reader{checking::crc32c};
  std::vector<frame> whole;
  ASSERT_TRUE(give(reader, out, whole));
  EXPECT_EQ(number_in(whole.at(0)).value(), 0x0102030405060708u);
  EXPECT_FALSE(number_in({frame_kind::credit, blob::from("1234567")}));
}

} // namespace
} // namespace tenon::cluster::link
