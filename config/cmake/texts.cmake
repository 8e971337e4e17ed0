# tenon_connectors(<folder> INTO <library>): the text of every .yaml file of the folder, built in
# (config/connectors.hpp).
function(tenon_connectors path)
  cmake_parse_arguments(arg "" "INTO" "" ${ARGN})
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${path}/*.yaml)
  list(SORT files)
  set(entries "")
  foreach(file IN LISTS files)
    set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    cmake_path(GET file STEM name)
    file(READ ${file} text)
    string(APPEND entries "      {\"${name}\", R\"manifest(${text})manifest\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/shipped_connectors.cpp @ONLY CONTENT
"#include \"config/connectors.hpp\"

namespace tenon::config {

const std::vector<shipped_connector>& shipped_connectors() {
  static const std::vector<shipped_connector> all{
@entries@  };
  return all;
}

} // namespace tenon::config
")
  target_sources(${arg_INTO} PRIVATE ${PROJECT_BINARY_DIR}/generated/shipped_connectors.cpp)
  target_include_directories(${arg_INTO} PRIVATE ${PROJECT_SOURCE_DIR})
endfunction()
