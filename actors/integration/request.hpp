// One request as a manifest writes it, with expressions in it, and the way from there to what is
// sent.
//
//   {get: /customers, query: {limit: 100}, headers: {Accept-Language: en}}
//   {post: /search, body: {since: "{{cursor}}"}}          JSON
//   {post: /search, form: {since: "{{cursor}}"}}          application/x-www-form-urlencoded
//   {post: /files, multipart: {purpose: batch, file: {filename: a.jsonl, type: application/jsonl,
//                                                     content: "{{lines}}"}}} multipart/form-data
//   {post: /upload, related: [{type: application/json, content: {name: a}},
//                             {type: image/png, content: "{{png}}", base64: true}]}
//   {post: /upload, raw: {type: image/png, content: "{{png}}", base64: true}}    a file as it is
//   {graphql: "query($after: String) {…}", variables: {first: 100}, post: /graphql.json}
#pragma once

#include "actors/integration/form/pattern.hpp"
#include "actors/integration/form/place.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::actors::connectors {

using header_patterns = std::vector<std::pair<std::string, program>>;

struct request_pattern {
  std::string method = "GET";
  path_pattern path;
  std::vector<std::pair<std::string, pattern>> query;
  header_patterns headers;
  std::optional<pattern> body;
  body_kind as = body_kind::json;
  std::string graphql{};                       // then the body is its variables
  std::string_view accept{"application/json"}; // what the answer is decoded from
};

/// `get: /path` or `method` and `path`, with `query`, `headers` and a body, from the fields of a
/// request or of a check.
request_pattern take_request(form&, const vocabulary&);

header_patterns compile_headers(const value*, const std::string& where, const vocabulary&,
                                problems&);

/// `common` are the connector's own headers.
result<draft> draft_request(const request_pattern&, const header_patterns& common, const url& base,
                            const scope&);

/// `forbidden` when it would leave the base's host and `hosts`.
result<http_request> finish_request(draft, const std::vector<std::string>& hosts);

} // namespace tenon::actors::connectors
