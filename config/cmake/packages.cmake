# Third-party packages, each under one name. Where Debian ships no CMake package, the target is made
# here; nothing else in the build looks for a library.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(CapnProto REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)

function(tenon_package name)
  cmake_parse_arguments(arg "" "" "LIBRARIES;DEFINES" ${ARGN})
  add_library(tenon_${name} INTERFACE)
  add_library(tenon::${name} ALIAS tenon_${name})
  target_link_libraries(tenon_${name} INTERFACE ${arg_LIBRARIES})
  target_compile_definitions(tenon_${name} INTERFACE ${arg_DEFINES})
endfunction()

tenon_package(simdjson LIBRARIES simdjson)
tenon_package(yaml LIBRARIES yaml-cpp)
tenon_package(caf LIBRARIES caf_core Threads::Threads)
tenon_package(lmdb LIBRARIES lmdb)
tenon_package(boost LIBRARIES boost_system Threads::Threads
              DEFINES BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_USE_STD_STRING_VIEW)
tenon_package(openssl LIBRARIES OpenSSL::SSL OpenSSL::Crypto)
tenon_package(prometheus LIBRARIES prometheus-cpp-core)
tenon_package(re2 LIBRARIES re2)
tenon_package(zlib LIBRARIES z)
tenon_package(sqlite LIBRARIES sqlite3)
tenon_package(cli11)
