# Everything Relais does not write itself, and the only place that looks it
# up. All of it is packaged in Debian 12; scripts/install-deps names the
# packages. Nothing is downloaded and nothing is vendored.

find_package(Threads REQUIRED)
find_package(absl REQUIRED CONFIG)
find_package(Boost 1.74 REQUIRED)  # headers only: Graph, and Asio
# The journal's; where they are missing it is left out, with a word.
find_package(Protobuf QUIET)
find_package(OpenSSL QUIET COMPONENTS Crypto)
find_package(RocksDB QUIET CONFIG)

if(RELAIS_BUILD_SERVER OR RELAIS_BUILD_BENCH)
  find_package(Protobuf REQUIRED)
  find_package(gRPC REQUIRED CONFIG)
  find_package(yaml-cpp 0.7 REQUIRED CONFIG)
  if(NOT TARGET yaml-cpp::yaml-cpp)  # the name it has from 0.8 on
    add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
  endif()
endif()
if(RELAIS_BUILD_BENCH)
  find_package(benchmark REQUIRED CONFIG)
  # Rivals of the core (bench/core). Debian's libcds has no CMake package.
  find_package(TBB REQUIRED CONFIG)
  find_package(Boost 1.74 REQUIRED COMPONENTS thread)
  find_library(RELAIS_LIBCDS cds REQUIRED)
endif()
if(RELAIS_BUILD_TESTS)
  find_package(GTest REQUIRED CONFIG)
  find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
endif()

if(PROJECT_IS_TOP_LEVEL)
  # A compiler cache and a fast linker where the machine has them.
  find_program(RELAIS_CCACHE ccache)
  if(RELAIS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${RELAIS_CCACHE}")
  endif()
  find_program(RELAIS_LLD ld.lld)
  if(RELAIS_LLD)
    add_link_options(-fuse-ld=lld)
  endif()
endif()
