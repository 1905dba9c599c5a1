#include "user/avatar_image.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <png.h>
#include <turbojpeg.h>
#include <webp/decode.h>
#include <webp/encode.h>

namespace parley::user {
namespace {

constexpr float kQuality = 82;

struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgba{};
};

std::unexpected<Error> refuse(const char* why) { return fail(Errc::invalid_image, why); }

const std::uint8_t* bytes_of(std::string_view file) {
  return reinterpret_cast<const std::uint8_t*>(file.data());
}

bool is_too_large(std::int64_t width, std::int64_t height) {
  return width < 1 || height < 1 || width > kLongestSide || height > kLongestSide ||
         width * height > kMostPixels;
}

std::size_t size_of(int width, int height) {
  return static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4;
}

// A JPEG is decoded in no more detail than is needed.
Result<Picture> decode_jpeg(std::string_view file) {
  const std::unique_ptr<void, decltype([](tjhandle handle) { tjDestroy(handle); })> decoder{
      tjInitDecompress()};
  int width = 0, height = 0, sampling = 0, colours = 0;
  if (!decoder || tjDecompressHeader3(decoder.get(), bytes_of(file), file.size(), &width, &height,
                                      &sampling, &colours) != 0)
    return refuse("it is a broken JPEG");
  if (is_too_large(width, height)) return refuse("it is too large");

  int known = 0;
  const tjscalingfactor* const factors = tjGetScalingFactors(&known);
  tjscalingfactor best{1, 1};
  for (int i = 0; i < known; ++i) {
    const tjscalingfactor factor = factors[i];
    const bool large_enough = std::min(TJSCALED(width, factor), TJSCALED(height, factor)) >=
                              std::min({width, height, 2 * kAvatarSide});
    if (large_enough && factor.num * best.denom < best.num * factor.denom) best = factor;
  }
  Picture picture{.width = TJSCALED(width, best), .height = TJSCALED(height, best)};
  picture.rgba.resize(size_of(picture.width, picture.height));
  if (tjDecompress2(decoder.get(), bytes_of(file), file.size(), picture.rgba.data(), picture.width,
                    0, picture.height, TJPF_RGBA, TJFLAG_STOPONWARNING) != 0)
    return refuse("it is a broken JPEG");
  return picture;
}

Result<Picture> decode_png(std::string_view file) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, decltype([](png_image* one) { png_image_free(one); })> guard{
      &image};
  if (png_image_begin_read_from_memory(&image, file.data(), file.size()) == 0)
    return refuse("it is a broken PNG");
  if (is_too_large(image.width, image.height)) return refuse("it is too large");
  image.format = PNG_FORMAT_RGBA;
  Picture picture{.width = static_cast<int>(image.width), .height = static_cast<int>(image.height)};
  picture.rgba.resize(size_of(picture.width, picture.height));
  if (png_image_finish_read(&image, nullptr, picture.rgba.data(), 0, nullptr) == 0)
    return refuse("it is a broken PNG");
  return picture;
}

Result<Picture> decode_webp(std::string_view file) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes_of(file), file.size(), &features) != VP8_STATUS_OK)
    return refuse("it is a broken WebP");
  if (features.has_animation) return refuse("it moves");
  if (is_too_large(features.width, features.height)) return refuse("it is too large");
  Picture picture{.width = features.width, .height = features.height};
  picture.rgba.resize(size_of(picture.width, picture.height));
  if (!WebPDecodeRGBAInto(bytes_of(file), file.size(), picture.rgba.data(), picture.rgba.size(),
                          picture.width * 4))
    return refuse("it is a broken WebP");
  return picture;
}

// By its first bytes: what a client calls it does not matter.
Result<Picture> decode(std::string_view file) {
  if (file.starts_with("\xFF\xD8\xFF")) return decode_jpeg(file);
  if (file.starts_with("\x89PNG\r\n\x1A\n")) return decode_png(file);
  if (file.starts_with("RIFF") && file.substr(std::min<std::size_t>(8, file.size()), 4) == "WEBP")
    return decode_webp(file);
  return refuse("it is no JPEG, PNG or WebP");
}

std::optional<std::string> encode(const Picture& picture) {
  WebPConfig config;
  WebPPicture out;
  if (!WebPConfigPreset(&config, WEBP_PRESET_PICTURE, kQuality) || !WebPPictureInit(&out))
    return std::nullopt;
  const std::unique_ptr<WebPPicture, decltype([](WebPPicture* one) { WebPPictureFree(one); })>
      guard{&out};
  out.use_argb = 1;
  out.width = picture.width;
  out.height = picture.height;
  const int side = std::min(picture.width, picture.height);
  const int target = std::min(side, kAvatarSide);
  const bool drawn = WebPPictureImportRGBA(&out, picture.rgba.data(), picture.width * 4) != 0 &&
                     WebPPictureCrop(&out, (picture.width - side) / 2, (picture.height - side) / 2,
                                     side, side) != 0 &&
                     (target == side || WebPPictureRescale(&out, target, target) != 0);
  if (!drawn) return std::nullopt;

  WebPMemoryWriter memory;
  WebPMemoryWriterInit(&memory);
  const std::unique_ptr<WebPMemoryWriter,
                        decltype([](WebPMemoryWriter* one) { WebPMemoryWriterClear(one); })>
      memory_guard{&memory};
  out.writer = WebPMemoryWrite;
  out.custom_ptr = &memory;
  if (!WebPEncode(&config, &out)) return std::nullopt;
  return std::string{reinterpret_cast<const char*>(memory.mem), memory.size};
}

}  // namespace

Result<std::string> make_avatar(std::string_view file) {
  const auto picture = decode(file);
  if (!picture) return std::unexpected(picture.error());
  auto encoded = encode(*picture);
  if (!encoded) return refuse("it cannot be made smaller");
  return std::move(*encoded);
}

}  // namespace parley::user
