# tenon_schemas(<folder>): every .capnp file of the folder becomes wire code (capnpc-c++), and plain
# value types with codecs (protocols/generator), compiled into the folder's library; and the
# folder's catalog() lists all their messages (protocols/catalog.hpp).
#
# annotations.capnp declares no types: it only becomes wire code.
function(tenon_schemas folder)
  if(NOT TARGET tenon_generator)
    file(GLOB generator CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/protocols/generator/*.cpp)
    add_executable(tenon_generator ${generator})
    target_include_directories(tenon_generator PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(tenon_generator PRIVATE CapnProto::capnp tenon_warnings)
  endif()
  file(GLOB schemas CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.capnp)
  set(declarations "")
  set(calls "")
  foreach(schema IN LISTS schemas)
    cmake_path(GET schema STEM stem)
    tenon_schema(${folder} ${folder}/${stem}.capnp)
    if(NOT stem STREQUAL "annotations")
      string(APPEND declarations "std::vector<message_type> messages_of_${stem}();\n")
      string(APPEND calls "  add(messages_of_${stem}());\n")
    endif()
  endforeach()
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/${folder}/catalog.cpp @ONLY CONTENT
[[// Written by config/cmake/schemas.cmake.
#include "protocols/catalog.hpp"

namespace tenon::protocols {

@declarations@
std::vector<message_type> catalog() {
  std::vector<message_type> all;
  const auto add = [&](std::vector<message_type> more) {
    all.insert(all.end(), more.begin(), more.end());
  };
@calls@  return all;
}

} // namespace tenon::protocols
]])
  target_sources(${folder} PRIVATE ${PROJECT_BINARY_DIR}/generated/${folder}/catalog.cpp)
endfunction()

# tenon_schema(<target> <path>): one schema file, compiled into the target. Its types are included
# as "<path without .capnp>.hpp".
function(tenon_schema target path)
  set(schema ${PROJECT_SOURCE_DIR}/${path})
  set(generated ${PROJECT_BINARY_DIR}/generated)
  string(REGEX REPLACE "\\.capnp$" "" base ${generated}/${path})
  cmake_path(GET path PARENT_PATH folder)
  cmake_path(GET path STEM stem)

  # What it imports is compiled with it, so a change there makes it anew.
  set(imported "")
  file(STRINGS ${schema} lines REGEX "import +\"")
  foreach(line IN LISTS lines)
    if(line MATCHES "import +\"(/?)([^\"]+)\"" AND NOT CMAKE_MATCH_2 MATCHES "^capnp/")
      if(CMAKE_MATCH_1)
        list(APPEND imported ${PROJECT_SOURCE_DIR}/${CMAKE_MATCH_2})
      else()
        list(APPEND imported ${PROJECT_SOURCE_DIR}/${folder}/${CMAKE_MATCH_2})
      endif()
    endif()
  endforeach()

  set(outputs ${generated}/${path}.h ${generated}/${path}.c++)
  set(plugins -oc++:${generated})
  if(NOT stem STREQUAL "annotations")
    list(APPEND outputs ${base}.hpp ${base}.codec.cpp)
    list(APPEND plugins -o$<TARGET_FILE:tenon_generator>:${generated})
  endif()
  file(MAKE_DIRECTORY ${generated})
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND capnp compile -I ${PROJECT_SOURCE_DIR} --src-prefix=${PROJECT_SOURCE_DIR} ${plugins}
            ${schema}
    DEPENDS ${schema} ${imported} tenon_generator
    COMMENT "Schema ${path}" VERBATIM)
  set_source_files_properties(${generated}/${path}.c++ PROPERTIES COMPILE_OPTIONS "-w")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${schema})
  target_sources(${target} PRIVATE ${outputs})
  get_target_property(kind ${target} TYPE)
  if(kind STREQUAL "EXECUTABLE")
    target_include_directories(${target} PRIVATE ${generated})
  else()
    target_include_directories(${target} PUBLIC ${generated})
  endif()
endfunction()
