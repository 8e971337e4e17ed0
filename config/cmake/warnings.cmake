# Warnings are errors in everything we write; generated Cap'n Proto code is compiled without them.
# GCC 12 takes moved std::variants for uninitialised, and every union of a schema is a variant; and it
# is wrong about the bounds of std::string's own short buffer (its bugs 105329 and 105651).
add_library(tenon_warnings INTERFACE)
target_compile_options(tenon_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow=local
  -Wno-missing-field-initializers -Wno-maybe-uninitialized -Wno-array-bounds -Wno-restrict
  -Wno-stringop-overflow -Wno-stringop-overread -Werror)

if(TENON_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
                      -fno-sanitize=null,vptr,alignment -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(TENON_SANITIZE STREQUAL "thread")
  # Asio fences its handlers; the sanitizer sees their order by the locks beside them.
  add_compile_options(-fsanitize=thread -Wno-tsan -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
endif()
