# What nearly every file includes of the standard library, and every test of GoogleTest, read once
# for the whole build instead of once a file. Files still include what they use; of the project
# itself nothing is here, for a change of it would build everything again.
#
# tenon_precompiled(<target> [FOR_TESTS | <header>...]): shares that; with headers of a library that
# most of the target's files include, it gets one of its own. GCC crashes on what was precompiled at
# another level of optimisation, hence a second one for what is optimised less.
set(TENON_PRECOMPILED <algorithm> <array> <chrono> <coroutine> <deque> <filesystem> <fstream>
    <functional> <map> <memory> <mutex> <optional> <set> <span> <sstream> <string> <string_view>
    <thread> <unordered_map> <utility> <variant> <vector>)
# Optimising what runs once costs more than it gives.
set(TENON_RUN_ONCE $<$<CONFIG:RelWithDebInfo>:-O1>)

file(WRITE ${PROJECT_BINARY_DIR}/precompiled.cpp "")
add_library(precompiled OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
target_link_libraries(precompiled PRIVATE tenon_warnings)
target_precompile_headers(precompiled PRIVATE ${TENON_PRECOMPILED})

add_library(precompiled_for_tests OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
target_link_libraries(precompiled_for_tests PRIVATE GTest::gtest tenon_warnings)
target_compile_options(precompiled_for_tests PRIVATE ${TENON_RUN_ONCE})
target_precompile_headers(precompiled_for_tests PRIVATE ${TENON_PRECOMPILED} <gtest/gtest.h>)

function(tenon_precompiled target)
  if("FOR_TESTS" IN_LIST ARGN)
    target_compile_options(${target} PRIVATE ${TENON_RUN_ONCE})
    target_precompile_headers(${target} REUSE_FROM precompiled_for_tests)
  elseif(ARGN)
    target_precompile_headers(${target} PRIVATE ${TENON_PRECOMPILED} ${ARGN})
  else()
    target_precompile_headers(${target} REUSE_FROM precompiled)
  endif()
endfunction()
