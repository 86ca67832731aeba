# `cmake --install` gives an embedder the static libraries of the rooms, the
# public headers and a package for find_package(relais).

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(relais_installed relais)
foreach(room IN LISTS RELAIS_EMBEDDED_ROOMS)
  if(TARGET relais_${room})
    list(APPEND relais_installed relais_${room})
  endif()
endforeach()
install(TARGETS ${relais_installed} EXPORT relaisTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        COMPONENT library)
install(DIRECTORY include/relais DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        COMPONENT library FILES_MATCHING PATTERN "*.h")
install(EXPORT relaisTargets NAMESPACE relais::
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/relais
        COMPONENT library)
configure_package_config_file(
  cmake/relaisConfig.cmake.in ${PROJECT_BINARY_DIR}/relaisConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/relais)
# Before 1.0 a minor version may change the API.
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/relaisConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/relaisConfig.cmake
              ${PROJECT_BINARY_DIR}/relaisConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/relais
        COMPONENT library)
foreach(binary relaisd relaisctl relais-replay relais-load)
  if(TARGET ${binary})
    install(TARGETS ${binary} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
            COMPONENT programs)
  endif()
endforeach()
