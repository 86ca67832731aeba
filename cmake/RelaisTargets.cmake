# One function per kind of target. Dependencies are written out at each call;
# who may use whom is docs/architecture.md, held by tests/house.
#
#   relais_library(NAME domain SRCS a.cc HDRS a.h DEPS relais_base absl::status)
#       -> relais_domain, alias relais::domain; without SRCS header-only.
#   relais_binary(NAME relaisd SRCS main.cc DEPS ...)
#       -> <build>/bin/relaisd
#   relais_test(NAME domain_validate_test SRCS ... DEPS ... LABELS unit
#               [TIMEOUT seconds] [ARGS ...] [ENVIRONMENT NAME=value ...]
#               [SERIAL])
#       -> one ctest, linked with gmock_main, run from the source directory.
#
# Tests carry one or more of the labels below (others may stand beside): `unit`
# is also run with asan and ubsan, `core`, `engine` and `stress` are also run
# with tsan. The target relais_tests_<label> builds those of one label.
#
# Includes start at the root of the repository ("lib/match/lane.h"), those of
# the public API at include/ ("relais/router.h").

set(RELAIS_ROOT "${CMAKE_CURRENT_LIST_DIR}/..")
cmake_path(NORMAL_PATH RELAIS_ROOT)
string(REGEX REPLACE "/$" "" RELAIS_ROOT "${RELAIS_ROOT}")

set(RELAIS_TEST_LABELS unit core engine stress server e2e house install)
foreach(label IN LISTS RELAIS_TEST_LABELS)
  add_custom_target(relais_tests_${label})
endforeach()

# Language level, warnings and sanitizers of our own code. Generated code does
# not get these.
function(relais_compile_settings target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF
    POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_options(${target} PRIVATE -Wthread-safety)
  endif()
  if(RELAIS_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(RELAIS_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${RELAIS_SANITIZE} -fno-sanitize-recover=all
      -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${RELAIS_SANITIZE})
  endif()
endfunction()

function(relais_library)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SRCS;HDRS;DEPS")
  relais_check_arguments(relais_library)
  # Unfinished rooms are left out while they are being written.
  foreach(source IN LISTS arg_SRCS arg_HDRS)
    cmake_path(ABSOLUTE_PATH source OUTPUT_VARIABLE absolute)
    if(NOT EXISTS ${absolute})
      relais_not_built("library ${arg_NAME}, ${source} is missing")
      return()
    endif()
  endforeach()
  set(target relais_${arg_NAME})
  if(arg_SRCS)
    add_library(${target} STATIC ${arg_SRCS} ${arg_HDRS})
    relais_compile_settings(${target})
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE ${arg_HDRS})
    target_compile_features(${target} INTERFACE cxx_std_20)
    set(scope INTERFACE)
  endif()
  add_library(relais::${arg_NAME} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${arg_NAME})
  target_include_directories(${target} ${scope}
    $<BUILD_INTERFACE:${RELAIS_ROOT}>
    $<BUILD_INTERFACE:${RELAIS_ROOT}/include>
    $<INSTALL_INTERFACE:include>)
  target_link_libraries(${target} ${scope} ${arg_DEPS})
endfunction()

function(relais_binary)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SRCS;HDRS;DEPS")
  relais_check_arguments(relais_binary)
  foreach(source IN LISTS arg_SRCS arg_HDRS)
    cmake_path(ABSOLUTE_PATH source OUTPUT_VARIABLE absolute)
    if(NOT EXISTS ${absolute})
      relais_not_built("binary ${arg_NAME}, ${source} is missing")
      return()
    endif()
  endforeach()
  add_executable(${arg_NAME} ${arg_SRCS} ${arg_HDRS})
  relais_compile_settings(${arg_NAME})
  target_include_directories(${arg_NAME} PRIVATE
    ${RELAIS_ROOT} ${RELAIS_ROOT}/include)
  target_link_libraries(${arg_NAME} PRIVATE ${arg_DEPS})
  set_target_properties(${arg_NAME} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()

function(relais_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "SERIAL" "NAME;TIMEOUT"
                        "SRCS;HDRS;DEPS;LABELS;ARGS;ENVIRONMENT")
  relais_check_arguments(relais_test)
  relais_missing_targets(missing ${arg_DEPS})
  foreach(source IN LISTS arg_SRCS arg_HDRS)
    cmake_path(ABSOLUTE_PATH source OUTPUT_VARIABLE absolute)
    if(NOT EXISTS ${absolute})
      list(APPEND missing ${source})
    endif()
  endforeach()
  if(missing)
    relais_not_built("test ${arg_NAME}, it needs ${missing}")
    return()
  endif()
  add_executable(${arg_NAME} ${arg_SRCS} ${arg_HDRS})
  relais_compile_settings(${arg_NAME})
  target_include_directories(${arg_NAME} PRIVATE
    ${RELAIS_ROOT} ${RELAIS_ROOT}/include)
  target_link_libraries(${arg_NAME} PRIVATE ${arg_DEPS} GTest::gmock_main)
  set_target_properties(${arg_NAME} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/test_bin)
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME} ${arg_ARGS}
           WORKING_DIRECTORY ${RELAIS_ROOT})
  relais_test_properties(${arg_NAME} "${arg_TIMEOUT}" "${arg_SERIAL}"
                         "${arg_LABELS}" "${arg_ENVIRONMENT}")
  set(known_labels 0)
  foreach(label IN LISTS arg_LABELS)
    if(label IN_LIST RELAIS_TEST_LABELS)
      add_dependencies(relais_tests_${label} ${arg_NAME})
      math(EXPR known_labels "${known_labels} + 1")
    endif()
  endforeach()
  if(known_labels EQUAL 0)
    message(FATAL_ERROR "relais_test ${arg_NAME}: one of LABELS must be of "
                        "${RELAIS_TEST_LABELS}")
  endif()
endfunction()

# A test that is a Python script rather than a GoogleTest binary.
#   relais_script_test(NAME house_layers_test SCRIPT layers.py [ARGS ...]
#                      LABELS house)
function(relais_script_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "SERIAL" "NAME;SCRIPT;TIMEOUT"
                        "LABELS;ARGS;ENVIRONMENT")
  relais_check_arguments(relais_script_test)
  add_test(NAME ${arg_NAME}
           COMMAND Python3::Interpreter
                   ${CMAKE_CURRENT_SOURCE_DIR}/${arg_SCRIPT} ${arg_ARGS}
           WORKING_DIRECTORY ${RELAIS_ROOT})
  relais_test_properties(${arg_NAME} "${arg_TIMEOUT}" "${arg_SERIAL}"
                         "${arg_LABELS}" "${arg_ENVIRONMENT}")
endfunction()

function(relais_test_properties name timeout serial labels environment)
  if(NOT timeout)
    set(timeout 120)
  endif()
  if(RELAIS_SANITIZE)
    # The first report ends the test; a race is a failure, not a warning.
    list(APPEND environment
         "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1"
         "UBSAN_OPTIONS=print_stacktrace=1")
  endif()
  set_tests_properties(${name} PROPERTIES
    TIMEOUT ${timeout}
    LABELS "${labels}"
    ENVIRONMENT "${environment}")
  if(serial)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()

# The library that embedders link: all rooms of RELAIS_EMBEDDED_ROOMS.
function(relais_umbrella)
  add_library(relais INTERFACE)
  add_library(relais::relais ALIAS relais)
  target_include_directories(relais INTERFACE
    $<BUILD_INTERFACE:${RELAIS_ROOT}/include>
    $<INSTALL_INTERFACE:include>)
  foreach(room IN LISTS RELAIS_EMBEDDED_ROOMS)
    if(TARGET relais_${room})
      target_link_libraries(relais INTERFACE relais_${room})
    endif()
  endforeach()
endfunction()

# What a build leaves out is told, and written to not_built.txt; scripts/test
# does not accept it of a release build.
function(relais_not_built what)
  message(STATUS "Not built here: ${what}")
  set_property(GLOBAL APPEND_STRING PROPERTY RELAIS_NOT_BUILT "${what}\n")
endfunction()

function(relais_write_not_built)
  get_property(not_built GLOBAL PROPERTY RELAIS_NOT_BUILT)
  file(WRITE ${PROJECT_BINARY_DIR}/not_built.txt "${not_built}")
endfunction()

# Adds a directory if its owner has put a CMakeLists.txt there.
function(relais_add_directory directory)
  if(EXISTS ${RELAIS_ROOT}/${directory}/CMakeLists.txt)
    add_subdirectory(${RELAIS_ROOT}/${directory}
                     ${PROJECT_BINARY_DIR}/${directory})
  endif()
endfunction()

function(relais_add_directories_in parent)
  file(GLOB lists CONFIGURE_DEPENDS RELATIVE ${RELAIS_ROOT}
       ${RELAIS_ROOT}/${parent}/*/CMakeLists.txt)
  list(SORT lists)
  foreach(list IN LISTS lists)
    cmake_path(GET list PARENT_PATH directory)
    relais_add_directory(${directory})
  endforeach()
endfunction()

# Those of our own targets among the arguments that this build does not have.
function(relais_missing_targets result)
  set(missing)
  foreach(dependency IN LISTS ARGN)
    if(dependency MATCHES "^relais(_|::)" AND NOT TARGET ${dependency})
      list(APPEND missing ${dependency})
    endif()
  endforeach()
  set(${result} "${missing}" PARENT_SCOPE)
endfunction()

macro(relais_check_arguments function)
  if(NOT arg_NAME)
    message(FATAL_ERROR "${function}: NAME is missing")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${function} ${arg_NAME}: unknown arguments "
                        "${arg_UNPARSED_ARGUMENTS}")
  endif()
endmacro()
