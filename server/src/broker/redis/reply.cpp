#include "broker/redis/reply.h"

#include <utility>

#include <hiredis/read.h>

namespace parley::broker::redis {
namespace {

// Replies are built in place, so that nothing is copied twice, and so that a length somebody
// claims is checked before memory is taken for it.
Reply* place(const redisReadTask* task) {
  if (task->parent == nullptr) return new Reply;
  return &static_cast<Reply*>(task->parent->obj)->items[static_cast<std::size_t>(task->idx)];
}

void* make_text(const redisReadTask* task, char* text, std::size_t size) {
  Reply* const reply = place(task);
  reply->kind = task->type == REDIS_REPLY_ERROR    ? Reply::Kind::error
                : task->type == REDIS_REPLY_STATUS ? Reply::Kind::status
                                                   : Reply::Kind::text;
  reply->text.assign(text, size);
  return reply;
}

void* make_list(const redisReadTask* task, int size) {
  auto& left = *static_cast<std::size_t*>(task->privdata);
  if (size < 0 || static_cast<std::size_t>(size) > left) return nullptr;  // the reader gives up
  left -= static_cast<std::size_t>(size);
  Reply* const reply = place(task);
  reply->kind = Reply::Kind::list;
  reply->items.resize(static_cast<std::size_t>(size));
  return reply;
}

void* make_number(const redisReadTask* task, long long value) {
  Reply* const reply = place(task);
  reply->kind = Reply::Kind::number;
  reply->number = value;
  return reply;
}

void* make_nil(const redisReadTask* task) { return place(task); }

void free_reply(void* reply) { delete static_cast<Reply*>(reply); }

redisReplyObjectFunctions functions{.createString = make_text,
                                    .createArray = make_list,
                                    .createInteger = make_number,
                                    .createNil = make_nil,
                                    .freeObject = free_reply};

}  // namespace

bool Reply::is_error(std::string_view which) const {
  return is_error() && text.starts_with(which) &&
         (text.size() == which.size() || text[which.size()] == ' ');
}

void ReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

ReplyReader::ReplyReader() : ReplyReader(Limits{}) {}

ReplyReader::ReplyReader(Limits limits)
    : limits_(limits),
      items_left_(limits.items),
      reader_(redisReaderCreateWithFunctions(&functions)) {
  if (!reader_) throw std::bad_alloc{};
  reader_->privdata = &items_left_;
}

ReplyReader::~ReplyReader() = default;

void ReplyReader::feed(std::string_view bytes) {
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

std::expected<std::unique_ptr<Reply>, std::string> ReplyReader::next() {
  void* whole = nullptr;
  if (redisReaderGetReply(reader_.get(), &whole) != REDIS_OK)
    return std::unexpected(reader_->err == REDIS_ERR_OOM ? "a reply has too many items"
                                                         : std::string{reader_->errstr});
  if (whole != nullptr) {
    items_left_ = limits_.items;
    return std::unique_ptr<Reply>{static_cast<Reply*>(whole)};
  }
  if (reader_->len - reader_->pos > limits_.bytes) return std::unexpected("a reply is too large");
  return nullptr;
}

}  // namespace parley::broker::redis
