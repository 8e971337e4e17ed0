// Actions that send a file: what is in it arrives byte for byte, and an upload that is not as the
// platform wants it is refused.
#include "actors/integration/pagination/steps.hpp"
#include "actors/integration/writing.hpp"
#include "protocols/base64.hpp"
#include "protocols/json.hpp"
#include "tests/conformance/part.hpp"

#include <random>

namespace tenon::actors::connectors {
namespace {

bool uploads(const operation& a) {
  return !a.job && (a.request.as == body_kind::related || a.request.as == body_kind::raw);
}

class every_upload : public of_a_connector {
protected:
  void SetUp() override {
    of_a_connector::SetUp();
    ASSERT_TRUE(connector_);
    auto made = make({.limits = false});
    ASSERT_TRUE(made);
    twin_.emplace(*std::move(made));
  }

  const operation& action() const { return part_of(connector_->actions); }
  http_request request_of(const value& record) {
    const writing w{*connector_, action(), twin_->connection()};
    const auto* s = connector_->find_stream(twin_->kept_in(action().name));
    const auto key = s == nullptr ? std::string{"key-1"}
                                  : text_at(twin_->records(s->name).front(), s->key.back());
    const std::vector<outgoing_record> one{
        {key, blob::from(write_json(record)), "acme/sync/any/1"}};
    auto made = write_request(w, one, noon);
    EXPECT_TRUE(made) << made.error().where << ": " << made.error().why;
    return made ? *std::move(made) : http_request{};
  }
  const list& arrived() const {
    static const list none;
    const auto there = twin_->written().find(action().name);
    return there == twin_->written().end() ? none : there->second;
  }

  std::optional<twin> twin_;
};

TEST_P(every_upload, carries_texts_and_bytes_as_they_are) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  std::string bytes{"\xFF\r\n--"}; // which is no text
  for (int i = 0; i < 1'000; ++i)
    bytes += static_cast<char>(random());
  driver d{*twin_, *connector_};
  auto record = twin_->record_for(action().name);
  ASSERT_EQ(d.send(request_of(record)).status, 200u);
  auto& members = *record.as<object>();
  const auto text = members["content"];
  members.erase("content");
  members["content_base64"] = to_base64(bytes);
  ASSERT_EQ(d.send(request_of(record)).status, 200u);
  ASSERT_EQ(arrived().size(), 2u);
  EXPECT_EQ(*arrived()[0].find("content"), text);
  EXPECT_EQ(*arrived()[1].find("content"), value{to_base64(bytes)});
  EXPECT_EQ(arrived()[1].find("content_base64"), nullptr);
}

TEST_P(every_upload, is_refused_when_it_is_not_as_the_platform_wants_it) {
  driver d{*twin_, *connector_};
  const auto right = request_of(twin_->record_for(action().name));
  auto wrong_type = right;
  set_header(wrong_type.headers, "Content-Type", "application/json");
  EXPECT_GE(d.send(wrong_type).status, 400u);
  for (const auto& [name, content] : action().request.headers) {
    auto without = right;
    std::erase_if(without.headers, [&](const auto& h) { return h.first == name; });
    EXPECT_GE(d.send(without).status, 400u) << name;
    auto beyond_ascii = right;
    set_header(beyond_ascii.headers, name, "{\"path\":\"/\xC3\xBC\"}");
    EXPECT_GE(d.send(beyond_ascii).status, 400u) << name;
  }
  if (action().request.as == body_kind::related) {
    auto no_parts = right;
    no_parts.body = blob::copy_of("no parts");
    EXPECT_GE(d.send(no_parts).status, 400u);
  }
  EXPECT_TRUE(arrived().empty());
}

INSTANTIATE_TEST_SUITE_P(shipped, every_upload,
                         testing::ValuesIn(parts_of_all<operation>(&manifest::actions, uploads)),
                         part_name);

} // namespace
} // namespace tenon::actors::connectors
