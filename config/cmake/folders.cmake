# tenon_folder(<name> [NEEDS <folder>...] [USES <third-party target>...] [PRECOMPILED <header>...])
#
# Makes the folder one library. NEEDS is its row of the dependency table in
# tests/tidy/layers_test.cpp; PRECOMPILED is what most of its files include of a library
# (config/cmake/precompiled.cmake). Besides the library, every folder gets <name>_links_alone: the
# whole library linked against nothing but what it declares, so a missing NEEDS is a link error that
# names the symbol, not a surprise in the next folder.
#
# A main.cpp, a generator/ folder and the members of families (tenon_family) are not part of it.
function(tenon_folder name)
  cmake_parse_arguments(arg "" "" "NEEDS;USES;PRECOMPILED" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.cpp)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.hpp)
  list(FILTER sources EXCLUDE REGEX
       "/(generator|formats|sync/sources|sync/destinations|nodes/cli)/|/main\\.cpp$")
  list(FILTER headers EXCLUDE REGEX "/generator/")
  if(NOT sources)
    file(WRITE ${PROJECT_BINARY_DIR}/${name}_empty.cpp "")
    set(sources ${PROJECT_BINARY_DIR}/${name}_empty.cpp)
  endif()
  add_library(${name} STATIC ${sources})
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${headers})
  target_link_libraries(${name} PUBLIC ${arg_NEEDS} ${arg_USES} PRIVATE tenon_warnings)
  tenon_precompiled(${name} ${arg_PRECOMPILED})

  file(WRITE ${PROJECT_BINARY_DIR}/empty_main.cpp "int main() {}\n")
  add_executable(${name}_links_alone ${PROJECT_BINARY_DIR}/empty_main.cpp)
  target_link_libraries(${name}_links_alone PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,${name}>")
endfunction()

# tenon_family(<folder> NEEDS <library>... USES <target>...): a folder whose members wrap libraries,
# as a target of its own, so that the rest never sees them.
function(tenon_family path)
  cmake_parse_arguments(arg "" "" "NEEDS;USES" ${ARGN})
  string(REPLACE "/" "_" name ${path})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${path}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC ${arg_NEEDS} PRIVATE ${arg_USES} tenon_warnings)
  tenon_precompiled(${name})
endfunction()

# tenon_program(<folder> NEEDS <library>... USES <target>...): the folder as one executable, named after
# its last part.
function(tenon_program path)
  cmake_parse_arguments(arg "" "" "NEEDS;USES" ${ARGN})
  cmake_path(GET path FILENAME name)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${path}/*.cpp)
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_NEEDS} ${arg_USES} tenon_warnings)
  tenon_precompiled(${name})
endfunction()

# tenon_sqlite(<name> FROM <script.sql.gz>): <name>.sqlite in the build folder, made by the script.
function(tenon_sqlite name)
  cmake_parse_arguments(arg "" "FROM" "" ${ARGN})
  find_program(SQLITE3 sqlite3 REQUIRED)
  set(file ${PROJECT_BINARY_DIR}/${name}.sqlite)
  add_custom_command(OUTPUT ${file} DEPENDS ${PROJECT_SOURCE_DIR}/${arg_FROM}
    COMMAND ${CMAKE_COMMAND} -E rm -f ${file}
    COMMAND sh -c "gzip -dc '${PROJECT_SOURCE_DIR}/${arg_FROM}' | '${SQLITE3}' -bail '${file}'"
    COMMENT "Loading ${name}.sqlite" VERBATIM)
  add_custom_target(${name}_sqlite ALL DEPENDS ${file})
endfunction()

# tenon_routes(<folder> INTO <library>): generates the list of everything the edge can be asked for.
# Each <name>.cpp of the folder defines `route_list <name>(const environment&)` in the namespace of
# the folder; one that does not fails to link, by name. No static initialiser runs.
function(tenon_routes path)
  cmake_parse_arguments(arg "" "INTO" "" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${path}/*.cpp)
  string(REPLACE "/" "::" space ${path})
  set(declarations "")
  set(calls "")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    string(APPEND declarations "route_list ${name}(const environment&);\n")
    string(APPEND calls "  add(${name}(e));\n")
  endforeach()
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/edge_routes.cpp @ONLY CONTENT
"#include \"nodes/edge/environment.hpp\"

#include <iterator>

namespace tenon::${space} {

${declarations}
route_list all(const environment& e) {
  route_list routes;
  const auto add = [&](route_list more) {
    routes.insert(routes.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
  };
${calls}  return routes;
}

} // namespace tenon::${space}
")
  target_sources(${arg_INTO} PRIVATE ${PROJECT_BINARY_DIR}/generated/edge_routes.cpp)
  target_include_directories(${arg_INTO} PRIVATE ${PROJECT_SOURCE_DIR})
endfunction()

# tenon_members(<folder> INTO <library> IN <namespace>): generates the list of a family's members,
# declared in "<folder>/catalog.hpp" with `maker`, `member` and `catalog` in the namespace. Each
# <name>.cpp of the folder defines the maker of its name; one that does not fails to link, by name. A
# file whose name begins with another's and an underscore is a part of that member.
function(tenon_members path)
  cmake_parse_arguments(arg "" "INTO;IN" "" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${path}/*.cpp)
  set(names "")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    list(APPEND names ${name})
  endforeach()
  set(declarations "")
  set(listed "")
  foreach(name IN LISTS names)
    set(whole ${name})
    foreach(other IN LISTS names)
      if(name MATCHES "^${other}_")
        set(whole "")
      endif()
    endforeach()
    if(whole)
      string(APPEND declarations "maker ${name};\n")
      string(APPEND listed "    {\"${name}\", ${name}},\n")
    endif()
  endforeach()
  set(space ${arg_IN})
  set(generated ${PROJECT_BINARY_DIR}/generated/${path}/catalog.cpp)
  file(CONFIGURE OUTPUT ${generated} @ONLY CONTENT
"#include \"${path}/catalog.hpp\"

namespace tenon::${space} {

${declarations}
std::span<const member> catalog() {
  static constexpr member all[] = {
${listed}  };
  return all;
}

} // namespace tenon::${space}
")
  target_sources(${arg_INTO} PRIVATE ${generated})
endfunction()

# tenon_tests(<folder>... NEEDS <library>...): the *_test.cpp files of each sub-folder (and of the
# folder itself) become one executable, whose tests ctest knows one by one.
function(tenon_tests folder)
  cmake_parse_arguments(arg "" "" "NEEDS" ${ARGN})
  set(environment "")
  set(seconds 300)
  if(TENON_SANITIZE)
    set(seconds 1800) # what is instrumented takes several times as long
  endif()
  if(TENON_SANITIZE STREQUAL "thread")
    set(environment "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/config/cmake/thread.supp")
  endif()
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*_test.cpp)
  foreach(test IN LISTS tests)
    cmake_path(GET test PARENT_PATH directory)
    cmake_path(RELATIVE_PATH directory BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE relative)
    string(REPLACE "/" "_" name ${relative})
    if(NOT TARGET ${name})
      add_executable(${name})
      target_link_libraries(${name} PRIVATE ${arg_NEEDS} GTest::gtest_main tenon_warnings)
      target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
      tenon_precompiled(${name} FOR_TESTS)
      gtest_discover_tests(${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} DISCOVERY_MODE PRE_TEST
                           PROPERTIES TIMEOUT ${seconds} ENVIRONMENT "${environment}")
    endif()
    target_sources(${name} PRIVATE ${test})
  endforeach()
endfunction()
include(GoogleTest)

# tenon_benchmarks(<folder> NEEDS <library>...): every *_benchmark.cpp is an executable of its name,
# built when it is asked for.
function(tenon_benchmarks folder)
  cmake_parse_arguments(arg "" "" "NEEDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*_benchmark.cpp)
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    add_executable(${name} EXCLUDE_FROM_ALL ${source})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE ${arg_NEEDS} benchmark::benchmark tenon_warnings)
  endforeach()
endfunction()

# tenon_fuzz(<folder> NEEDS <library>...): every <name>_fuzz.cpp is an executable. With GCC it runs over
# corpus/<name> and changed copies of it, which is a test; with Clang it searches for more.
function(tenon_fuzz folder)
  cmake_parse_arguments(arg "" "" "NEEDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*_fuzz.cpp)
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    string(REGEX REPLACE "_fuzz$" "" corpus ${name})
    add_executable(${name} ${source})
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    else()
      target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/${folder}/replay.cpp)
    endif()
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE ${arg_NEEDS} tenon_warnings)
    add_test(NAME ${name} COMMAND ${name} ${PROJECT_SOURCE_DIR}/${folder}/corpus/${corpus} -runs=10000)
  endforeach()
endfunction()

# tenon_catalog(<folder>)
#
# Generates the list of every kind that the folder offers, declared in "<folder>/catalog.hpp", and by
# type in "<folder>/kinds.hpp": one entry per header that lies directly in the folder, named after it.
# A file whose class is not called what the file is called does not compile. No static initialiser
# runs and the linker can drop nothing, because the list refers to each entry by name.
function(tenon_catalog name)
  file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/${name}/*.hpp)
  set(includes "")
  set(visits "")
  foreach(header IN LISTS headers)
    cmake_path(GET header STEM kind)
    string(APPEND includes "#include \"${header}\"\n")
    string(APPEND visits "  visit(std::type_identity<${kind}>{}, \"${kind}\");\n")
  endforeach()
  set(generated ${PROJECT_BINARY_DIR}/generated/${name})
  file(CONFIGURE OUTPUT ${generated}/kinds.hpp @ONLY CONTENT
[[// Written by config/cmake/folders.cmake: every kind of actor, by type.
#pragma once

@includes@
#include <type_traits>

namespace tenon::@name@ {

template <class Visit> void each_kind(Visit&& visit) {
@visits@}

} // namespace tenon::@name@
]])
  file(CONFIGURE OUTPUT ${generated}/catalog.hpp @ONLY CONTENT
[[// Written by config/cmake/folders.cmake: every kind of actor, by name.
#pragma once

#include "runtime/catalog.hpp"

namespace tenon::@name@ {

const runtime::catalog& catalog();

} // namespace tenon::@name@
]])
  file(CONFIGURE OUTPUT ${generated}/catalog.cpp @ONLY CONTENT
[[// Written by config/cmake/folders.cmake.
#include "@name@/catalog.hpp"

#include "@name@/kinds.hpp"

namespace tenon::@name@ {

const runtime::catalog& catalog() {
  static const auto all = [] {
    runtime::catalog kinds;
    each_kind([&](auto kind, std::string_view name) {
      kinds.push_back(runtime::describe<typename decltype(kind)::type>(name));
    });
    return kinds;
  }();
  return all;
}

} // namespace tenon::@name@
]])
  target_sources(${name} PRIVATE ${generated}/catalog.cpp)
endfunction()

# tenon_impossible(<folder>): mistakes that must not compile. Every file but control.cpp says in its
# first line, "// expected: <regular expression>", how the compiler refuses it; the control, compiled
# in the same way, must pass.
function(tenon_impossible folder)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  string(REPLACE "/" "." suite ${folder})
  foreach(file IN LISTS files)
    cmake_path(GET file STEM name)
    add_test(NAME ${suite}.${name}
             COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -fsyntax-only -fdiagnostics-color=never
                     -fmessage-length=0 -Werror=unused-result -I${PROJECT_SOURCE_DIR}
                     -I${PROJECT_BINARY_DIR}/generated ${file})
    set_tests_properties(${suite}.${name} PROPERTIES ENVIRONMENT LC_ALL=C)
    if(NOT name STREQUAL "control")
      file(STRINGS ${file} first LIMIT_COUNT 1)
      if(NOT first MATCHES "^// expected: (.+)$")
        message(FATAL_ERROR "${file}: the first line says what is expected")
      endif()
      set_tests_properties(${suite}.${name} PROPERTIES
                           PASS_REGULAR_EXPRESSION "error: [^\n]*${CMAKE_MATCH_1}")
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    endif()
  endforeach()
endfunction()
