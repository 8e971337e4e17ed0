// The rules that a schema must keep, each broken once: the generator says which, and where.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <sys/wait.h>

namespace {

struct outcome {
  int status;
  std::string said;
  bool wrote_header;
};

class generator : public testing::Test {
protected:
  generator() {
    std::string name = testing::TempDir() + "generator_XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~generator() override { std::filesystem::remove_all(folder_); }

  /// Compiles `declarations` as the conversation "page".
  outcome compile(const std::string& declarations) {
    write("page.capnp", "@0xa41c07f2be9d6899;\n" + preamble + declarations);
    const auto root = std::filesystem::current_path().string();
    const auto command = "capnp compile -I " + root + " --src-prefix=" + folder_.string() +
                         " -o" TENON_GENERATOR ":" + folder_.string() + ' ' +
                         (folder_ / "page.capnp").string() + " 2>&1";
    std::string said;
    auto* output = popen(command.c_str(), "r");
    for (std::array<char, 512> part; std::fgets(part.data(), part.size(), output);)
      said += part.data();
    const int status = WEXITSTATUS(pclose(output));
    return {status, said, std::filesystem::exists(folder_ / "page.hpp")};
  }

  void expect_refused(const std::string& declarations, const std::string& complaint) {
    const auto o = compile(declarations);
    EXPECT_NE(o.status, 0) << declarations;
    EXPECT_NE(o.said.find("page.capnp: " + complaint), std::string::npos) << o.said;
    EXPECT_FALSE(o.wrote_header);
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream{folder_ / name} << text;
  }

  std::string preamble = "using Cxx = import \"/capnp/c++.capnp\";\n"
                         "$Cxx.namespace(\"tenon::protocols::wire\");\n"
                         "using T = import \"/protocols/annotations.capnp\";\n";
  std::filesystem::path folder_;
};

TEST_F(generator, takes_a_schema_that_keeps_the_rules) {
  const auto o = compile("struct PageState { size @0 :UInt32; }");
  EXPECT_EQ(o.status, 0) << o.said;
  EXPECT_TRUE(o.wrote_header);
}

TEST_F(generator, leaves_a_file_alone_that_would_not_change) {
  compile("struct PageState { size @0 :UInt32; }");
  const auto before = std::filesystem::last_write_time(folder_ / "page.hpp");
  compile("struct PageState { size @0 :UInt32; }");
  EXPECT_EQ(std::filesystem::last_write_time(folder_ / "page.hpp"), before);
}

TEST_F(generator, says_every_broken_rule_at_once) {
  const auto o = compile("struct PageA { x @0 :Void; }\nstruct PageB { y @0 :Void; }");
  EXPECT_NE(o.said.find("PageA.x"), std::string::npos);
  EXPECT_NE(o.said.find("PageB.y"), std::string::npos);
}

TEST_F(generator, refuses_values_that_would_contain_themselves) {
  expect_refused("struct PageTree { parts @0 :List(PageTree); }", "PageTree: contains itself");
  expect_refused(
      "struct PageA { b @0 :PageB; }\nstruct PageB { union { a @0 :PageA; n @1 :Void; } }",
      "PageA: contains itself");
}

TEST_F(generator, refuses_a_union_beside_fields) {
  expect_refused("struct PageA { size @0 :UInt8; union { a @1 :Void; b @2 :Void; } }",
                 "PageA: has a union beside other fields");
  expect_refused("struct PageA { size @0 :UInt8; kind :union { a @1 :Void; b @2 :Void; } }",
                 "PageA.kind: is a group or a union inside a struct");
}

TEST_F(generator, refuses_alternatives_that_are_no_types_of_their_own) {
  expect_refused("struct PageEvent { union { size @0 :UInt8; none @1 :Void; } }",
                 "PageEvent.size: is neither Void, a group nor a struct");
  expect_refused("struct PageA {}\nstruct PageEvent { union { a @0 :PageA; b @1 :PageA; } }",
                 "PageEvent.b: another alternative is the same struct");
  expect_refused("struct PageA {}\nstruct PageB {}\n"
                 "struct PageE { union { a @0 :PageA; b @1 :PageB; } }\n"
                 "struct PageF { union { c @0 :PageA; d @1 :PageB; } }",
                 "PageF: another union has the same alternatives");
}

TEST_F(generator, refuses_two_types_of_one_name) {
  expect_refused("struct PageOpen {}\nstruct PageEvent { union { open @0 :Void; shut @1 :Void; } }",
                 "two types would be named page::open");
  expect_refused("struct Page {}", "two types would be named page::page");
}

TEST_F(generator, refuses_member_names_that_generated_types_need) {
  expect_refused("struct PageA { typeName @0 :Text; }", "a: cannot have a field named type_name");
  expect_refused("struct PageCommand { union { go :group { reply @0 :Text; } stop @1 :Void; } }",
                 "go: cannot have a field named reply");
  expect_refused("struct PageA { size @0 :Text; sizeMs @1 :UInt64; }",
                 "a: cannot have a field named size");
}

TEST_F(generator, refuses_types_that_values_do_not_have) {
  expect_refused("struct PageA { any @0 :AnyPointer; }",
                 "PageA.any: has a type that values do not");
  expect_refused("struct PageA { x @0 :Float32; }", "PageA.x: has a type that values do not");
  expect_refused("struct PageE {}\nstruct PageA { all @0 :List(PageE); }",
                 "PageA.all: is a list of an empty struct");
  expect_refused("interface PageA {}", "PageA: only structs, enums and annotations");
  expect_refused("struct PageA { struct Inner {} }", "PageA: declare types at the top");
  expect_refused("struct PageA { names @0 :List(Text) = [\"a\"]; }", "PageA.names: has a default");
}

TEST_F(generator, refuses_annotations_where_they_mean_nothing) {
  expect_refused("struct PageA { x @0 :Bool $T.optional; }", "PageA.x: cannot be $optional");
  expect_refused("struct PageA { x @0 :UInt8 = 3 $T.optional; }", "PageA.x: is $optional and has");
  expect_refused("struct PageA { x @0 :Text $T.optional $T.required; }", "PageA.x: is both");
  expect_refused("struct PageA { x @0 :UInt8 $T.json; }", "PageA.x: is $json");
  expect_refused("struct PageEvent { union { a @0 :Void $T.reply(\"B\"); b @1 :Void; } }",
                 "PageEvent.a: $reply is for the members of a ...Command union");
}

TEST_F(generator, refuses_replies_and_outcomes_that_do_not_exist) {
  expect_refused("struct PageCommand { union { a @0 :Void $T.reply(\"Gone\"); b @1 :Void; } }",
                 "PageCommand.a: $reply names no struct: Gone");
  expect_refused("struct PageCall $T.outcome(\"done\") {}", "PageCall: $outcome names no member");
}

TEST_F(generator, refuses_a_file_that_is_not_in_the_namespace_of_the_wire) {
  preamble = "";
  expect_refused("struct PageA {}", "say $Cxx.namespace(\"tenon::protocols::wire\")");
}

} // namespace
