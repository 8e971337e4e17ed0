// The five manners in which vendors cut a list into pages.
#pragma once

#include "tests/support/paged_api/query.hpp"
#include "tests/support/paged_api/vendor.hpp"

namespace tenon::tests::paged_api {

struct page_request {
  const query& asked;
  std::size_t page_size;
  bool loop;
  std::string_view path; // for links
  std::string_view host;
};

answer cursor_page(const collection&, const page_request&);
answer numbered_page(const collection&, const page_request&);
answer offset_page(const collection&, const page_request&);
answer linked_page(const collection&, const page_request&);
answer changes_page(const collection&, const page_request&);

/// {"error":{"code":…,"message":…}}; the message must need no escape.
answer refusal(unsigned status, std::string_view code, std::string_view message);

} // namespace tenon::tests::paged_api
