#include "user/avatar_image.h"

#include <vector>

#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>
#include <webp/decode.h>
#include <webp/encode.h>

namespace parley::user {
namespace {

// Red in the left half, blue in the right.
std::vector<std::uint8_t> pixels(int width, int height) {
  std::vector<std::uint8_t> rgba;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool left = x < width / 2;
      rgba.insert(rgba.end(), {static_cast<std::uint8_t>(left ? 255 : 0), 0,
                               static_cast<std::uint8_t>(left ? 0 : 255), 255});
    }
  }
  return rgba;
}

std::string png(int width, int height) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = PNG_FORMAT_RGBA;
  const auto rgba = pixels(width, height);
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&image, nullptr, &size, 0, rgba.data(), 0, nullptr);
  std::string out(size, '\0');
  png_image_write_to_memory(&image, out.data(), &size, 0, rgba.data(), 0, nullptr);
  out.resize(size);
  return out;
}

std::string jpeg(int width, int height) {
  const auto rgba = pixels(width, height);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const tjhandle encoder = tjInitCompress();
  tjCompress2(encoder, rgba.data(), width, 0, height, TJPF_RGBA, &bytes, &size, TJSAMP_444, 90, 0);
  std::string out{reinterpret_cast<char*>(bytes), size};
  tjFree(bytes);
  tjDestroy(encoder);
  return out;
}

std::string webp(int width, int height) {
  std::uint8_t* bytes = nullptr;
  const auto rgba = pixels(width, height);
  const std::size_t size = WebPEncodeRGBA(rgba.data(), width, height, width * 4, 90, &bytes);
  std::string out{reinterpret_cast<char*>(bytes), size};
  WebPFree(bytes);
  return out;
}

struct Drawn {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgba;
};
Drawn drawn(const std::string& file) {
  Drawn out;
  std::uint8_t* const rgba = WebPDecodeRGBA(reinterpret_cast<const std::uint8_t*>(file.data()),
                                            file.size(), &out.width, &out.height);
  if (rgba) out.rgba.assign(rgba, rgba + out.width * out.height * 4);
  WebPFree(rgba);
  return out;
}

// As PNG files have it (ISO/IEC 15948, annex D).
std::uint32_t checksum(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

TEST(AvatarImageTest, EveryKindOfPictureBecomesASmallSquare) {
  for (const std::string& file : {png(1000, 600), jpeg(1000, 600), webp(1000, 600)}) {
    const auto made = make_avatar(file);
    ASSERT_TRUE(made);
    const Drawn picture = drawn(*made);
    EXPECT_EQ(picture.width, kAvatarSide);
    EXPECT_EQ(picture.height, kAvatarSide);
    EXPECT_GT(picture.rgba[0], 200);                                                  // still red
    EXPECT_GT(picture.rgba[static_cast<std::size_t>(kAvatarSide - 1) * 4 + 2], 200);  // blue
    EXPECT_LT(made->size(), 64U * 1024);
  }
}

TEST(AvatarImageTest, ASmallPictureStaysAsSmallAsItIs) {
  const auto made = make_avatar(png(40, 60));
  ASSERT_TRUE(made);
  EXPECT_EQ(drawn(*made).width, 40);
  EXPECT_EQ(drawn(*made).height, 40);
}

TEST(AvatarImageTest, NothingButThePictureIsKept) {
  std::string file = jpeg(400, 400);
  const std::string hidden = "<script>alert(1)</script> 52.5200N 13.4050E";
  std::string segment{"\xFF\xFE", 2};  // a comment
  segment += static_cast<char>((hidden.size() + 2) >> 8);
  segment += static_cast<char>((hidden.size() + 2) & 255U);
  file.insert(2, segment + hidden);
  file += hidden;  // and what follows the picture
  const auto made = make_avatar(file);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->find("script"), std::string::npos);
  EXPECT_EQ(made->find("52.5200N"), std::string::npos);
}

TEST(AvatarImageTest, WhatIsNoPictureIsRefused) {
  for (const std::string& file :
       {std::string{}, std::string{"text"}, std::string{"\xFF\xD8\xFF"},
        std::string{"\x89PNG\r\n\x1A\n"}, std::string{"RIFF"}, std::string{"RIFF....WEBP"},
        std::string{"GIF89a"}, std::string{"<svg onload='alert(1)'/>"}, std::string(100'000, '\0')})
    EXPECT_EQ(make_avatar(file).error().code, Errc::invalid_image);
}

TEST(AvatarImageTest, WhatIsCutOffIsRefused) {
  for (const std::string& file : {png(300, 300), jpeg(300, 300), webp(300, 300)})
    EXPECT_FALSE(make_avatar(file.substr(0, file.size() / 2)));
}

TEST(AvatarImageTest, ASmallFileThatClaimsToBeHugeIsRefusedUnread) {
  const auto claiming = [](std::uint32_t width, std::uint32_t height) {
    // IHDR: its name stands at 12, width and height behind it, its checksum at 29.
    std::string file = png(8, 8);
    const auto put = [&file](std::size_t at, std::uint32_t value) {
      for (int i = 0; i < 4; ++i)
        file[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (24 - 8 * i));
    };
    put(16, width);
    put(20, height);
    put(29, checksum(std::string_view{file}.substr(12, 17)));
    return make_avatar(file).error();
  };
  EXPECT_EQ(claiming(65'536, 65'536).detail, "it is too large");
  EXPECT_EQ(claiming(10'001, 1).detail, "it is too large");
  EXPECT_EQ(claiming(5'000, 5'000).detail, "it is too large");
  EXPECT_EQ(claiming(4'000, 4'000).detail, "it is a broken PNG");
}

}  // namespace
}  // namespace parley::user
