// tenon_generator: a plug-in of the Cap'n Proto compiler. For each schema file it writes, into the
// working directory that the compiler gives it, <path>.hpp with plain value types and
// <path>.codec.cpp with their encoding and decoding. A file is only touched when it changes, so
// that nothing is compiled anew for a comment in another schema.
//
// A schema that breaks a rule gets no files: every broken rule is said, one line each, and the
// status is 1.
#include "protocols/generator/naming.hpp"
#include "protocols/generator/reading.hpp"
#include "protocols/generator/writing.hpp"

#include <capnp/serialize.h>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace {

bool write_file(const std::filesystem::path& path, const std::string& text) {
  {
    std::ifstream present{path, std::ios::binary};
    if (present && std::string{std::istreambuf_iterator<char>{present}, {}} == text)
      return true;
  }
  std::error_code ignored; // the stream says whether the file could be made
  std::filesystem::create_directories(path.parent_path(), ignored);
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << text;
  file.close();
  if (!file)
    std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
  return !file.fail();
}

} // namespace

int main() {
  capnp::ReaderOptions trusted;
  trusted.traversalLimitInWords = ~std::uint64_t{0}; // our own compiler's words
  capnp::StreamFdMessageReader message{STDIN_FILENO, trusted};
  const auto request = message.getRoot<capnp::schema::CodeGeneratorRequest>();
  const tenon::generator::request all{request};

  std::vector<std::string> complaints;
  bool written = true;
  for (const auto file : request.getRequestedFiles()) {
    const auto before = complaints.size();
    const auto conversation = tenon::generator::read_conversation(all, file, complaints);
    if (complaints.size() > before)
      continue;
    written &= write_file(conversation.path + ".hpp", write_header(conversation));
    written &= write_file(conversation.path + ".codec.cpp", write_codecs(conversation));
  }
  for (const auto& complaint : complaints)
    std::fprintf(stderr, "%s\n", complaint.c_str());
  return complaints.empty() && written ? 0 : 1;
}
