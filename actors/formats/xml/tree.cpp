#include "actors/formats/xml/tree.hpp"

#include "actors/formats/xml/element.hpp"

#include <expat.h>
#include <memory>

namespace tenon::actors::formats {
namespace {

constexpr std::size_t chunk = 1u << 20; // the parser counts with int

class parsing {
public:
  explicit parsing(std::size_t most_bytes) : parser_{XML_ParserCreate(nullptr)}, root_{most_bytes} {
    auto* const p = parser_.get();
    if (!p)
      return;
    XML_SetUserData(p, this);
    XML_SetElementHandler(p, &parsing::begun, &parsing::ended);
    XML_SetCharacterDataHandler(p, &parsing::said);
    XML_SetExternalEntityRefHandler(p, &parsing::asked_outside);
    XML_SetSkippedEntityHandler(p, &parsing::skipped);
  }

  result<std::string> read(std::string_view rest) {
    if (!parser_)
      return failure{code::unavailable, "there is no memory to read XML"};
    for (bool last = false; !last;) {
      const auto some = rest.substr(0, chunk);
      rest.remove_prefix(some.size());
      last = rest.empty();
      if (XML_Parse(parser_.get(), some.data(), static_cast<int>(some.size()), last) ==
          XML_STATUS_ERROR)
        return trouble();
    }
    if (const auto* fault = root_.fault())
      return failure{code::too_large, fault};
    std::string json;
    root_.write(json, {});
    return json;
  }

private:
  struct freer {
    void operator()(XML_Parser p) const { XML_ParserFree(p); }
  };
  static parsing& of(void* self) { return *static_cast<parsing*>(self); }

  failure trouble() const {
    const auto line = "line " + std::to_string(XML_GetCurrentLineNumber(parser_.get()));
    if (outside_)
      return {code::forbidden, "the document refers to something outside itself", line};
    switch (const auto said = XML_GetErrorCode(parser_.get())) {
    case XML_ERROR_NO_MEMORY:
      return {code::unavailable, "there is no memory to read XML", line};
    case XML_ERROR_AMPLIFICATION_LIMIT_BREACH:
      return {code::forbidden, "its entities would make the document grow without bound", line};
    default:
      return {code::malformed, std::string{"it is not well formed: "} + XML_ErrorString(said),
              line};
    }
  }

  static void begun(void* self, const char* name, const char** attributes) {
    of(self).root_.begin(name, attributes);
  }
  static void ended(void* self, const char*) { of(self).root_.end(); }
  static void said(void* self, const char* text, int size) {
    of(self).root_.text({text, static_cast<std::size_t>(size)});
  }
  static int asked_outside(XML_Parser p, const char*, const char*, const char*, const char*) {
    of(XML_GetUserData(p)).outside_ = true;
    return XML_STATUS_ERROR;
  }
  static void skipped(void* self, const char*, int of_the_declaration) {
    if (of_the_declaration) // what it would declare is refused where it is used
      return;
    of(self).outside_ = true;
    XML_StopParser(of(self).parser_.get(), XML_FALSE);
  }

  std::unique_ptr<std::remove_pointer_t<XML_Parser>, freer> parser_;
  xml_element root_;
  bool outside_ = false;
};

} // namespace

result<std::string> xml_as_json(std::string_view document, std::size_t most_bytes) {
  return parsing{most_bytes}.read(document);
}

} // namespace tenon::actors::formats
