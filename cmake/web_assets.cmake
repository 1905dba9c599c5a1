# parley_embed_web(<target> <folder>)
#
# Puts the built web client into <target>, so that the server needs no other file. While the folder
# does not exist the server is built without a web client; building the client and then the server
# again picks it up.
function(parley_embed_web target folder)
  if(NOT TARGET ${target} OR NOT EXISTS ${PROJECT_SOURCE_DIR}/server/src/gateway/web_assets.h)
    return()
  endif()
  set(dist ${PROJECT_SOURCE_DIR}/${folder})
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${dist}/*)
  list(LENGTH files count)
  if(count EQUAL 0)
    message(STATUS "Web client: ${folder} is not built, the server will carry none")
  else()
    message(STATUS "Web client: ${count} files of ${folder} go into the server")
  endif()

  # The list is an input too: a file that is gone must leave the server.
  set(list ${CMAKE_BINARY_DIR}/web_assets.txt)
  file(CONFIGURE OUTPUT ${list} CONTENT "${files}\n")
  set(bytes ${CMAKE_BINARY_DIR}/web_assets.S)
  set(table ${CMAKE_BINARY_DIR}/web_assets.cpp)
  add_custom_command(
    OUTPUT ${bytes} ${table}
    COMMAND python3 ${PROJECT_SOURCE_DIR}/tools/embed_web.py ${dist} ${bytes} ${table}
    DEPENDS ${PROJECT_SOURCE_DIR}/tools/embed_web.py ${list} ${files}
    COMMENT "Embedding the web client")
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    return()
  endif()
  target_sources(${target} PRIVATE ${bytes} ${table})
  # .incbin does not show in the depfile, so the assembly file names what it swallows.
  set_source_files_properties(${bytes} PROPERTIES OBJECT_DEPENDS "${files}")
endfunction()
