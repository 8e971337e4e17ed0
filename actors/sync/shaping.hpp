// What a sync makes of records on their way: `keep` says which go on, `map` what becomes of them,
// `modified` when they were changed, `key` what they are called here. A record on which an
// expression fails is a letter: whether it was wanted cannot be known.
#pragma once

#include "protocols/collection.hpp"
#include "protocols/sync.hpp"
#include "runtime/expression/expression.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tenon::actors {

class shaping {
public:
  /// A failure names the place in the spec.
  static result<shaping> make(const protocols::sync::spec&);

  bool does_nothing() const { return !keep_ && !modified_ && !key_ && fields_.empty(); }
  bool names() const { return key_.has_value(); }

  enum class fate : std::uint8_t { kept, filtered, letter };
  /// `content` becomes what `map` makes of it; `why` says why it is a letter.
  fate shape(blob& content, std::string& why, moment now) const;
  /// The same of a record that comes in, which is also told when it was changed.
  fate shape(protocols::collection::incoming&, std::string& why, moment now) const;

private:
  fate judge(const runtime::expression::scope&, std::string& why) const;
  fate map(blob& content, const runtime::expression::scope&, std::string& why) const;

  struct field {
    std::string name;
    std::optional<runtime::expression::program> made;
    value constant{};
  };
  std::optional<runtime::expression::program> keep_;
  std::optional<runtime::expression::program> modified_;
  std::optional<runtime::expression::program> key_;
  std::vector<field> fields_;
};

} // namespace tenon::actors
