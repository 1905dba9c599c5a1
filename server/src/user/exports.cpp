#include "user/exports.h"

#include <memory>
#include <stdexcept>

#include <zip.h>

namespace parley::user {

Task<Result<File>> Exports::run(Caller caller, Nothing) {
  const auto files = co_await data_.collect(caller.user_id);
  if (!files) co_return std::unexpected(files.error());
  auto archive = co_await pool_.run([&files] { return zip_archive(*files); });
  if (!archive) co_return fail(Errc::busy);
  co_return File{.content_type = "application/zip", .bytes = std::move(*archive)};
}

std::string zip_archive(const std::vector<DataFile>& files) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const target = zip_source_buffer_create(nullptr, 0, 0, &error);
  if (!target) throw std::runtime_error("no archive can be made");
  zip_source_keep(target);  // the archive is read from it in the end
  const std::unique_ptr<zip_source_t, decltype([](zip_source_t* one) { zip_source_free(one); })>
      guard{target};
  zip_t* const archive = zip_open_from_source(target, ZIP_TRUNCATE, &error);
  if (!archive) throw std::runtime_error("no archive can be made");
  for (const DataFile& file : files) {
    zip_source_t* const source =
        zip_source_buffer(archive, file.bytes.data(), file.bytes.size(), 0);
    if (!source ||
        zip_file_add(archive, file.name.c_str(), source, ZIP_FL_ENC_UTF_8 | ZIP_FL_OVERWRITE) < 0) {
      if (source) zip_source_free(source);
      zip_discard(archive);
      throw std::runtime_error("a file does not go into the archive");
    }
  }
  if (zip_close(archive) != 0) {
    zip_discard(archive);
    throw std::runtime_error("the archive cannot be written");
  }

  zip_stat_t stat;
  if (zip_source_open(target) != 0 || zip_source_stat(target, &stat) != 0)
    throw std::runtime_error("the archive cannot be read");
  std::string bytes(stat.size, '\0');
  const zip_int64_t read = zip_source_read(target, bytes.data(), bytes.size());
  zip_source_close(target);
  if (read != static_cast<zip_int64_t>(bytes.size()))
    throw std::runtime_error("the archive cannot be read");
  return bytes;
}

}  // namespace parley::user
