#include "actors/sync/sources/xml/document.hpp"

#include "actors/integration/form/form.hpp"
#include "actors/sync/sources/files/rows.hpp"

#include <algorithm>
#include <cstring>
#include <expat.h>

namespace tenon::actors::files {
namespace {

constexpr std::size_t chunk = 64u << 10;
// A name, a tag or a comment is held by the parser until it ends.
constexpr std::uint64_t most_pending = 8u << 20;
constexpr std::size_t names_listed = 20;

} // namespace

class xml_document::parsing {
public:
  parsing(input& in, const element_path& path, std::uint64_t passed)
      : in_{in}, path_{path}, to_pass_{passed}, parser_{XML_ParserCreate(nullptr)} {
    auto* const p = parser_.get();
    if (!p)
      return;
    XML_SetUserData(p, this);
    XML_SetElementHandler(p, &parsing::begun, &parsing::ended);
    XML_SetCharacterDataHandler(p, &parsing::said);
    XML_SetExternalEntityRefHandler(p, &parsing::asked_outside);
    XML_SetSkippedEntityHandler(p, &parsing::skipped);
  }

  result<bool> next() {
    if (!parser_)
      return failure{code::unavailable, "there is no memory to read XML"};
    element_.clear();
    while (!done_) {
      if (const auto fed = suspended_ ? resume() : feed(); !fed)
        return fed.error();
      if (suspended_)
        return true;
    }
    if (auto found = check_found(); !found)
      return std::move(found).error();
    return false;
  }

  const char* write(std::string& json) const {
    element_.write(json, path_.lists);
    return element_.fault();
  }

  std::uint64_t line() const { return line_; }
  std::uint64_t offset() const { return behind_; }

private:
  struct freer {
    void operator()(XML_Parser p) const { XML_ParserFree(p); }
  };
  static parsing& of(void* self) { return *static_cast<parsing*>(self); }

  result<void> resume() {
    suspended_ = false;
    return took(XML_ResumeParser(parser_.get()));
  }

  result<void> feed() {
    if (last_fed_) {
      done_ = true;
      behind_ = in_.offset();
      return {};
    }
    if (in_.window().empty()) {
      const auto came = in_.more();
      if (!came)
        return came.error();
      last_fed_ = !*came;
    }
    const auto bytes = in_.window().substr(0, chunk);
    auto* const room =
        XML_GetBuffer(parser_.get(), static_cast<int>(std::max<std::size_t>(bytes.size(), 1)));
    if (!room)
      return failure{code::unavailable, "there is no memory to read XML"};
    std::memcpy(room, bytes.data(), bytes.size());
    in_.take(bytes.size());
    return took(XML_ParseBuffer(parser_.get(), static_cast<int>(bytes.size()), last_fed_));
  }

  result<void> took(XML_Status said) {
    if (said == XML_STATUS_ERROR)
      return trouble();
    suspended_ = said == XML_STATUS_SUSPENDED;
    if (suspended_)
      behind_ = here();
    else if (in_.offset() - here() > most_pending)
      return wrong(code::too_large, "a tag or a comment has more than 8 MiB", "Take it out.");
    else if (in_.offset() - behind_ > most_skipped)
      return wrong(code::too_large, "there was no record for 4 GiB", "Split the document.");
    return {};
  }

  /// Behind what was met last.
  std::uint64_t here() const {
    const auto at = XML_GetCurrentByteIndex(parser_.get());
    return at < 0 ? 0
                  : static_cast<std::uint64_t>(at) +
                        static_cast<std::uint64_t>(XML_GetCurrentByteCount(parser_.get()));
  }

  failure wrong(code c, std::string why, std::string remedy) const {
    return {c, std::move(why), place_of(in_.name(), {':', XML_GetCurrentLineNumber(parser_.get())}),
            std::move(remedy)};
  }

  failure trouble() const {
    if (!refused_.empty())
      return wrong(code::forbidden, refused_,
                   "Nothing outside of a document is read: write it into the document.");
    switch (const auto said = XML_GetErrorCode(parser_.get())) {
    case XML_ERROR_NO_MEMORY:
      return wrong(code::unavailable, "there is no memory to read XML", "It is tried again.");
    case XML_ERROR_AMPLIFICATION_LIMIT_BREACH:
      return wrong(code::forbidden, "its entities would make the document grow without bound",
                   "Write out what the entities stand for.");
    case XML_ERROR_NO_ELEMENTS:
    case XML_ERROR_UNCLOSED_TOKEN:
    case XML_ERROR_UNCLOSED_CDATA_SECTION:
    case XML_ERROR_PARTIAL_CHAR:
      if (last_fed_)
        return wrong(code::malformed, in_.name() + " is cut off: " + XML_ErrorString(said),
                     "Copy it again; it must be complete before it is read.");
      [[fallthrough]];
    default:
      return wrong(code::malformed, in_.name() + " is not well formed: " + XML_ErrorString(said),
                   "Correct the document, or write it again.");
    }
  }

  /// That there is no record is believed only where records could be.
  result<void> check_found() const {
    if (found_ > 0 || (parents_ > 0 && beside_.empty()))
      return {};
    const auto& last = path_.names.back();
    if (parents_ > 0) {
      const std::vector<std::string> there{beside_.begin(), beside_.end()};
      const auto meant = connectors::suggestion(last, there);
      return failure{code::not_found, "there is no element <" + last + "> for `records`",
                     in_.name(),
                     (meant.empty() ? "" : "Did you mean " + meant + "? ") + "There is " +
                         connectors::listed(there) + '.'};
    }
    return failure{code::not_found,
                   "the path of `records` does not lead anywhere; the root is <" + root_ + '>',
                   in_.name(), "Write the path from the root: /" + root_ + "/…"};
  }

  static void begun(void* self, const char* name, const char** attributes) {
    auto& d = of(self);
    const auto depth = d.depth_++;
    if (depth == 0)
      d.root_ = name;
    const auto& names = d.path_.names;
    if (d.within_) {
      if (d.to_pass_ == 0)
        d.element_.begin(name, attributes);
      return;
    }
    if (depth != d.matched_ || depth >= names.size())
      return;
    if (name != names[depth]) {
      if (depth + 1 == names.size() && d.beside_.size() < names_listed)
        d.beside_.insert(name);
      return;
    }
    ++d.matched_;
    if (d.matched_ + 1 == names.size())
      ++d.parents_;
    if (d.matched_ < names.size())
      return;
    d.within_ = true;
    ++d.found_;
    d.line_ = XML_GetCurrentLineNumber(d.parser_.get());
    if (d.to_pass_ == 0)
      d.element_.begin(name, attributes);
  }

  static void ended(void* self, const char*) {
    auto& d = of(self);
    const auto depth = --d.depth_;
    if (d.within_ && d.to_pass_ == 0)
      d.element_.end();
    if (depth + 1 != d.matched_)
      return;
    --d.matched_;
    if (!d.within_)
      return;
    d.within_ = false;
    if (d.to_pass_ > 0)
      --d.to_pass_;
    else
      XML_StopParser(d.parser_.get(), XML_TRUE);
  }

  static void said(void* self, const char* text, int size) {
    auto& d = of(self);
    if (d.within_ && d.to_pass_ == 0)
      d.element_.text({text, static_cast<std::size_t>(size)});
  }

  static int asked_outside(XML_Parser p, const char*, const char*, const char* system,
                           const char* open) {
    auto& d = of(XML_GetUserData(p));
    d.refused_ =
        "the document refers to something outside itself: " + std::string{system ? system
                                                                          : open ? open
                                                                                 : "an entity"};
    return XML_STATUS_ERROR;
  }

  static void skipped(void* self, const char* name, int of_the_declaration) {
    auto& d = of(self);
    if (of_the_declaration) // what it would declare is refused where it is used
      return;
    if (d.refused_.empty())
      d.refused_ =
          "the document uses an entity that is defined outside itself: " + std::string{name};
    XML_StopParser(d.parser_.get(), XML_FALSE);
  }

  input& in_;
  const element_path& path_;
  std::uint64_t to_pass_;
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, freer> parser_;
  formats::xml_element element_;
  std::size_t depth_ = 0;
  std::size_t matched_ = 0; // open elements that are on the path, from the root
  bool within_ = false;     // a record
  bool suspended_ = false;
  bool last_fed_ = false;
  bool done_ = false;
  std::uint64_t line_ = 1;
  std::uint64_t behind_ = 0;
  std::uint64_t found_ = 0;
  std::uint64_t parents_ = 0;
  std::set<std::string> beside_; // where a record could be
  std::string root_;
  std::string refused_;
};

xml_document::xml_document(input& in, const element_path& path, std::uint64_t passed)
    : parsing_{std::make_unique<parsing>(in, path, passed)} {}

xml_document::~xml_document() = default;

result<bool> xml_document::next() {
  return parsing_->next();
}

const char* xml_document::write(std::string& json) const {
  return parsing_->write(json);
}

std::uint64_t xml_document::line() const {
  return parsing_->line();
}

std::uint64_t xml_document::offset() const {
  return parsing_->offset();
}

} // namespace tenon::actors::files
