#include "actors/quota/kinds/kind.hpp"

namespace tenon::actors::buckets {

const kind& of(protocols::quota::kind k) {
  using named = protocols::quota::kind;
  switch (k) {
  case named::token:
    return token;
  case named::fixed:
    return fixed;
  case named::sliding:
    return sliding;
  case named::concurrency:
    return concurrency;
  case named::cost:
    return cost;
  case named::daily:
    return daily;
  }
  return token;
}

} // namespace tenon::actors::buckets
