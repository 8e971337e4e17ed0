// Where a server is, as its URL says.
#include "actors/sync/sources/network/url.hpp"

#include <gtest/gtest.h>

namespace tenon::actors::network {
namespace {

const relational::option_names names{"mqtt", "an MQTT source", "", {}};
const url_shape plain{{"mqtt", "mqtts"}, 1883, "", "mqtts", 8883};
const url_shape with_database{{"redis", "rediss"}, 6379, "/0", "rediss"};

std::string told(const url_shape& shape, std::string_view written) {
  const auto u = read_url(names, shape, written);
  if (!u)
    return u.error().where + ": " + u.error().why;
  return u->scheme + ' ' + u->user + '@' + u->host + ' ' + std::to_string(u->port) + ' ' + u->rest;
}

TEST(server_urls, say_scheme_user_host_port_and_what_comes_after) {
  EXPECT_EQ(told(plain, "mqtt://h"), "mqtt @h 1883 ");
  EXPECT_EQ(told(plain, "mqtts://h"), "mqtts @h 8883 ");
  EXPECT_EQ(told(plain, "mqtts://me@h:1234/"), "mqtts me@h 1234 ");
  EXPECT_EQ(told(with_database, "rediss://[::1]:7/3"), "rediss @::1 7 3");
  EXPECT_EQ(told(with_database, "redis://a%40b@10.0.0.1/a%2Fb"), "redis a@b@10.0.0.1 6379 a/b");
}

TEST(server_urls, that_are_none_are_refused_with_what_is_wrong) {
  const std::string at = "spec.from.mqtt.url: ";
  EXPECT_EQ(told(plain, "http://h"), at + "this is no address of such a server");
  EXPECT_EQ(told(plain, "h:1883"), at + "this is no address of such a server");
  EXPECT_EQ(told(plain, "mqtt://"), at + "the address names no host");
  EXPECT_EQ(told(plain, "mqtt://a,b"), at + "the address names no host");
  EXPECT_EQ(told(plain, "mqtt://h/x"), at + "what follows the server cannot be read");
  EXPECT_EQ(told(with_database, "redis://h/%zz"), at + "what follows the server cannot be read");
  EXPECT_EQ(told(plain, "mqtt://u:p@h"), at + "a password does not belong into an address");
  EXPECT_EQ(told(plain, "mqtt://h?a=b"), at + "the address has more than server and database");
  for (const auto* port : {":0", ":65536", ":x", ":"})
    EXPECT_EQ(told(plain, std::string{"mqtt://h"} + port), at + "the port cannot be read") << port;
  EXPECT_EQ(told(plain, "mqtt://[::1"), at + "the host cannot be read");
}

TEST(server_urls, and_the_options_beside_them_are_read_together) {
  const value written{object{{"url", "mqtts://me@h"},
                             {"credential", "c"},
                             {"sslmode", "require"},
                             {"ca", "-----BEGIN CERTIFICATE-----"}}};
  connectors::problems found;
  connectors::form f{written, "spec.from.mqtt", found};
  const auto s = read_server(f, names, plain);
  f.finish();
  EXPECT_TRUE(found.empty());
  EXPECT_TRUE(s.tls);
  EXPECT_EQ(s.at.user + '@' + s.at.host + ' ' + s.at.credential, "me@h c");
  EXPECT_EQ(s.at.protection, relational::protection::require);
}

} // namespace
} // namespace tenon::actors::network
