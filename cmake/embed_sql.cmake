# parley_embed_sql(<target> <folder> <function>): compiles the migrations of <folder> into <target>,
# which gets them by calling <function>.
function(parley_embed_sql target folder function)
  if(NOT TARGET ${target})
    return()
  endif()
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.sql)
  set(output ${CMAKE_BINARY_DIR}/${function}.cpp)
  add_custom_command(
    OUTPUT ${output}
    COMMAND python3 ${PROJECT_SOURCE_DIR}/tools/embed_sql.py ${PROJECT_SOURCE_DIR}/${folder} ${output} ${function}
    DEPENDS ${PROJECT_SOURCE_DIR}/tools/embed_sql.py ${files}
    COMMENT "Embedding the migrations of ${folder}")
  target_sources(${target} PRIVATE ${output})
endfunction()
