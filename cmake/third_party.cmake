# Everything of other people's, by one name each. Debian's package names are in packages/build.txt.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(simdjson 3 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)  # headers only
pkg_check_modules(sqlite REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(spdlog REQUIRED IMPORTED_TARGET spdlog)
pkg_check_modules(prometheus_core REQUIRED IMPORTED_TARGET prometheus-cpp-core)
pkg_check_modules(toml REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(zip REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(png REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(turbojpeg REQUIRED IMPORTED_TARGET libturbojpeg)
pkg_check_modules(webp REQUIRED IMPORTED_TARGET libwebp)
pkg_check_modules(jwt REQUIRED IMPORTED_TARGET libjwt)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(cbor REQUIRED IMPORTED_TARGET libcbor)
pkg_check_modules(libcurl REQUIRED IMPORTED_TARGET libcurl>=7.85)
find_library(PARLEY_CRYPT crypt REQUIRED)
find_library(PARLEY_ZXCVBN zxcvbn REQUIRED)

# Asio, Beast and JSON are compiled once each instead of in every file that includes them.
add_library(boost_asio STATIC cmake/boost_asio.cpp)
target_compile_definitions(boost_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(boost_asio PUBLIC Boost::headers Threads::Threads)

add_library(boost_beast STATIC cmake/boost_beast.cpp)
target_compile_definitions(boost_beast PUBLIC BOOST_BEAST_SEPARATE_COMPILATION)
target_link_libraries(boost_beast PUBLIC boost_asio)

add_library(boost_json STATIC cmake/boost_json.cpp)
target_link_libraries(boost_json PUBLIC Boost::headers)

add_library(spdlog_fmt INTERFACE)
target_compile_definitions(spdlog_fmt INTERFACE SPDLOG_FMT_EXTERNAL)
target_link_libraries(spdlog_fmt INTERFACE PkgConfig::spdlog fmt::fmt)

add_library(sqlite ALIAS PkgConfig::sqlite)
add_library(prometheus_core ALIAS PkgConfig::prometheus_core)
add_library(toml_plus_plus ALIAS PkgConfig::toml)
add_library(jwt ALIAS PkgConfig::jwt)
add_library(zip ALIAS PkgConfig::zip)
add_library(pictures INTERFACE)
target_link_libraries(pictures INTERFACE PkgConfig::png PkgConfig::turbojpeg PkgConfig::webp)
add_library(crypt INTERFACE)
target_link_libraries(crypt INTERFACE ${PARLEY_CRYPT})
add_library(zxcvbn INTERFACE)
target_link_libraries(zxcvbn INTERFACE ${PARLEY_ZXCVBN})
add_library(utf8proc ALIAS PkgConfig::utf8proc)
add_library(cbor ALIAS PkgConfig::cbor)
add_library(curl ALIAS PkgConfig::libcurl)

# Tests and benchmarks build only where their packages are installed (./dev setup test).
find_package(GTest CONFIG)
find_package(rapidcheck CONFIG)
find_package(benchmark CONFIG)
