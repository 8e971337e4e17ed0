#include "cluster/identity/certificate.hpp"

#include <gtest/gtest.h>

namespace tenon::cluster {
namespace {

using std::chrono::hours;

const moment today = parse_moment("2026-11-22T12:00:00Z").value();

authority made(const std::string& cluster = "c1") {
  return make_authority(cluster, "our cluster", today).value();
}

credentials certified_by(const authority& by, const std::string& name, bearer kind = bearer::node,
                         moment when = today) {
  const auto asked = request_certificate(name).value();
  return {sign(by, asked.request, kind, name, when).value(), asked.key, by.certificate};
}

TEST(certificate, names_cluster_and_node_and_is_valid_a_little_before_it_is_made) {
  const auto held = certified_by(made(), "n1");
  const auto read = examine(held, today);
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(read->cluster, "c1");
  EXPECT_EQ(read->name, "n1");
  EXPECT_EQ(read->bearer, bearer::node);
  EXPECT_EQ(read->from, today - clocks_may_differ);
  EXPECT_EQ(read->until, today + certificate_life);
}

TEST(certificate, is_renewed_after_two_thirds_of_its_life) {
  const certified held{.cluster = "c1", .from = today, .until = today + hours{30}};
  EXPECT_EQ(renewal_due(held), today + hours{20});
}

TEST(certificate, of_a_client_is_not_taken_for_a_nodes) {
  const auto held = certified_by(made(), "n1", bearer::client);
  const auto read = read_certificate(held.certificate);
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(read->bearer, bearer::client);
  const auto let_in = admit(*read, {"c1", std::nullopt}, today);
  ASSERT_FALSE(let_in);
  EXPECT_EQ(let_in.error().code, code::forbidden);
  EXPECT_NE(let_in.error().why.find("client, 'n1'"), std::string::npos);
}

TEST(certificate, lets_in_the_expected_node_of_the_expected_cluster_only) {
  const auto read = read_certificate(certified_by(made(), "n1").certificate).value();
  EXPECT_TRUE(admit(read, {"c1", "n1"}, today));
  EXPECT_TRUE(admit(read, {"c1", std::nullopt}, today));
  const auto another = admit(read, {"c1", "n2"}, today);
  ASSERT_FALSE(another);
  EXPECT_NE(another.error().why.find("node n1 answers where node n2"), std::string::npos);
  const auto elsewhere = admit(read, {"c2", "n1"}, today);
  ASSERT_FALSE(elsewhere);
  EXPECT_NE(elsewhere.error().why.find("of cluster c1, and this is c2"), std::string::npos);
}

TEST(certificate, is_worth_something_only_in_its_time_and_says_which) {
  const auto read = read_certificate(certified_by(made(), "n1").certificate).value();
  EXPECT_TRUE(admit(read, {"c1", "n1"}, read.from));
  EXPECT_TRUE(admit(read, {"c1", "n1"}, read.until));
  const auto early = admit(read, {"c1", "n1"}, read.from - span{1});
  ASSERT_FALSE(early);
  EXPECT_NE(early.error().why.find("not valid before " + to_text(read.from)), std::string::npos);
  const auto late = admit(read, {"c1", "n1"}, read.until + span{1});
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().why.find("expired at " + to_text(read.until)), std::string::npos);
  EXPECT_FALSE(late.error().remedy.empty());
}

TEST(certificate, of_another_authority_with_the_same_cluster_id_is_found_out) {
  auto held = certified_by(made(), "n1");
  held.trusted = made().certificate;
  const auto judged = examine(held, today);
  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().code, code::unauthenticated);
  EXPECT_NE(judged.error().why.find("not signed by the trusted authority"), std::string::npos);
}

TEST(certificate, may_be_signed_by_any_authority_that_is_trusted_while_one_replaces_the_other) {
  auto held = certified_by(made(), "n1");
  held.trusted = made().certificate + held.trusted;
  EXPECT_TRUE(examine(held, today));
}

TEST(certificate, is_useless_with_another_key) {
  const auto ours = made();
  auto held = certified_by(ours, "n1");
  held.key = certified_by(ours, "n1").key;
  const auto judged = examine(held, today);
  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().where, "key");
}

TEST(certificate, that_an_authority_has_of_itself_is_nobodys) {
  const auto ours = made();
  const auto judged = examine({ours.certificate, ours.key, ours.certificate}, today);
  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().code, code::forbidden);
}

TEST(certificate, is_made_for_who_the_signer_says_and_not_for_who_the_request_says) {
  const auto asked = request_certificate("somebody-else").value();
  const auto ours = made();
  const auto pem = sign(ours, asked.request, bearer::node, "n7", today).value();
  EXPECT_EQ(read_certificate(pem).value().name, "n7");
}

TEST(certificate, is_not_made_for_what_could_be_read_as_another_name) {
  const auto asked = request_certificate("n1").value();
  for (const std::string bad : {"", "a/b", "a b", "a,URI:tenon://c2/node/n1", "ä"}) {
    EXPECT_FALSE(is_certifiable(bad)) << bad;
    EXPECT_FALSE(sign(made(), asked.request, bearer::node, bad, today)) << bad;
    EXPECT_FALSE(make_authority(bad, "", today)) << bad;
  }
  EXPECT_FALSE(is_certifiable(std::string(65, 'a')));
  EXPECT_TRUE(is_certifiable(std::string(64, 'a')));
}

TEST(certificate, is_not_made_of_what_is_no_request) {
  const auto ours = made();
  auto asked = request_certificate("n1").value();
  EXPECT_FALSE(sign(ours, ours.certificate, bearer::node, "n1", today));
  asked.request[100] = asked.request[100] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(sign(ours, asked.request, bearer::node, "n1", today));
  EXPECT_FALSE(sign(ours, "", bearer::node, "n1", today));
}

TEST(certificate, cannot_be_made_with_the_certificate_of_a_node) {
  const auto held = certified_by(made(), "n1");
  const auto asked = request_certificate("n2").value();
  const auto forged = sign({held.certificate, held.key}, asked.request, bearer::node, "n2", today);
  ASSERT_FALSE(forged);
  EXPECT_EQ(forged.error().code, code::forbidden);
  const auto ours = made();
  EXPECT_FALSE(sign({ours.certificate, held.key}, asked.request, bearer::node, "n2", today));
}

TEST(certificate, has_a_fingerprint_of_its_own) {
  const auto one = made(), other = made();
  EXPECT_EQ(fingerprint_of(one.certificate).value().size(), 64u);
  EXPECT_EQ(fingerprint_of(one.certificate), fingerprint_of(one.certificate));
  EXPECT_NE(fingerprint_of(one.certificate), fingerprint_of(other.certificate));
}

TEST(certificate, that_cannot_be_read_is_malformed_whatever_it_is) {
  for (const std::string text :
       {"", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"})
    EXPECT_FALSE(read_certificate(text));
  EXPECT_FALSE(read_shown_certificate("\x30\x82\xff\xff"));
  EXPECT_FALSE(read_shown_certificate(""));
}

} // namespace
} // namespace tenon::cluster
