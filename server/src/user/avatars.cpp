#include "user/avatars.h"

#include "user/avatar_image.h"

namespace parley::user {
namespace {

constexpr std::int64_t kKept = 86'400;  // another picture has another id

}  // namespace

Task<Result<Profile>> Avatars::set(Caller caller, SetAvatar command) {
  auto made = co_await pool_.run([&command] { return make_avatar(command.bytes); });
  if (!made) co_return fail(Errc::busy);
  if (!*made) co_return std::unexpected(made->error());
  Tidings tidings;
  tidings.trace = caller.trace;
  auto profile = co_await users_.set_avatar(caller.user_id, std::move(**made), &tidings);
  if (profile) router_.deliver(*profile, {caller.user_id}, caller.connection);
  co_return profile;
}

Task<Result<Profile>> Avatars::remove(Caller caller, Nothing) {
  Tidings tidings;
  tidings.trace = caller.trace;
  auto profile = co_await users_.set_avatar(caller.user_id, std::nullopt, &tidings);
  if (profile) router_.deliver(*profile, {caller.user_id}, caller.connection);
  co_return profile;
}

Task<Result<File>> Avatars::get(Caller caller, GetAvatar command) {
  const bool own = command.user_id == caller.user_id;
  if (!own && !(co_await contacts_.sight(caller.user_id, command.user_id)).avatar)
    co_return fail(Errc::user_not_found);
  auto avatar = co_await users_.avatar(command.user_id);
  if (!avatar) co_return fail(Errc::user_not_found);
  co_return File{.content_type = "image/webp",
                 .bytes = std::move(avatar->bytes),
                 .max_age = command.avatar_id == avatar->id ? kKept : 0};
}

}  // namespace parley::user
