// The vendor's API as a function from request to answer. Endpoints and their manners:
//
//   GET  /customers?limit&after&updated_since      {"data":[…],"next":"opaque"|null}
//   GET  /invoices?page&size                       {"items":[…],"page":1,"pages":9,"total":412}
//   GET  /invoice_lines?limit&offset               {"rows":[…],"total":2240}
//   GET  /tracks?page_size&page_token              […] with Link: <…>; rel="next"
//   GET  /records?limit&after&updated_since        like /customers, for generated records
//   GET  /records_by_number?page&size              like /invoices
//   GET  /changes?since_seq&limit                  {"data":[…],"last_seq":7,"more":true}
//   POST /oauth/token                              client_credentials, client in Basic or body
//   POST /admin/touch  {"table","key"|"keys","set":{…}}    changes or makes rows
//   POST /admin/delete {"table","key"|"keys"}
//   GET  /admin/counters                           requests, refusals, grants and faults so far
//
// /admin is the test's own door: no key, no limit, no faults, no line in the ledger.
#pragma once

#include "tests/support/paged_api/collection.hpp"
#include "tests/support/paged_api/faults.hpp"
#include "tests/support/paged_api/ledger.hpp"

namespace tenon::tests::paged_api {

struct vendor_rules {
  gate_rules gate;
  std::size_t page_size = 200; // default and greatest
  std::vector<fault_share> faults;
  std::uint64_t seed = 1;
  nanos slow_for = 3'000'000'000;
  nanos latency = 0;     // of every answer of data
  bool loop = false;     // every page after the first points to itself
  bool redirect = false; // all data moved to the address of a cloud's metadata
  std::string ledger;    // file; empty: none
};

struct request {
  std::string_view method;
  std::string_view target; // path and query as sent
  std::string_view host;
  std::string_view authorization;
  std::string_view api_key;
  std::string_view body;
};

struct answer {
  unsigned status = 200;
  std::string_view type = "application/json";
  std::string headers; // whole lines beyond the usual ones
  std::string body;
  std::size_t sent = std::string::npos; // of the body; less than all: then the connection closes
  nanos delay = 0;
};

struct instant {
  nanos steady = 0;      // since the start
  std::int64_t wall = 0; // ms since the epoch
};

class vendor {
public:
  vendor(vendor_rules rules, std::map<std::string, collection, std::less<>> tables);
  answer respond(const request&, instant now);

private:
  answer data(const request&, instant now);
  answer token(const request&, instant now);
  answer admin(const request&, instant now);
  answer change(const request&, bool erase, instant now);
  answer counters() const;
  answer spoiled(answer, fault);

  vendor_rules rules_;
  gate gate_;
  fault_dice dice_;
  ledger ledger_;
  std::map<std::string, collection, std::less<>> tables_;
  std::int64_t requests_ = 0; // of data
  std::int64_t rate_refusals_ = 0;
  std::int64_t auth_refusals_ = 0;
  std::int64_t grants_ = 0;
  std::map<fault, std::int64_t> faults_;
};

} // namespace tenon::tests::paged_api
