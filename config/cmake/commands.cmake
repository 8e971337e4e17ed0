# tenon_commands(<library> FROM <folder>): every .cpp of the folder is one command of the program;
# its function declare_<file> enters the generated catalog (nodes/cli/catalog.hpp).
function(tenon_commands library)
  cmake_parse_arguments(arg "" "FROM" "" ${ARGN})
  file(GLOB commands CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${arg_FROM}/*.cpp)
  set(declared "")
  set(listed "")
  foreach(file IN LISTS commands)
    cmake_path(GET file STEM name)
    string(APPEND declared "void declare_${name}(const command_words&, shell&);\n")
    string(APPEND listed "    {\"${name}\", declare_${name}},\n")
  endforeach()
  set(catalog ${PROJECT_BINARY_DIR}/generated/nodes/cli/catalog.cpp)
  file(CONFIGURE OUTPUT ${catalog} @ONLY CONTENT
"#include \"nodes/cli/catalog.hpp\"

namespace tenon::nodes::cli {

@declared@
std::vector<command> catalog() {
  return {
@listed@  };
}

} // namespace tenon::nodes::cli
")
  target_sources(${library} PRIVATE ${catalog})
  target_compile_definitions(${library} PRIVATE TENON_VERSION="${PROJECT_VERSION}")
endfunction()
