#include "gateway/operation_row.h"
#include "user/contacts.h"

namespace parley::gateway {

using enum Access;
using Contacts = user::Contacts;

std::vector<Operation> contact_operations() {
  return {
      row<&Api::contacts, &Contacts::search>(
          "user:search", "GET", "/users/search", user, kSearchPolicy,
          "People whose username, or a word of whose display name, begins with `q`."),
      row<&Api::contacts, &Contacts::list>("contact:list", "GET", "/users/contacts", user,
                                           kGeneralPolicy, "Your contacts."),
      row<&Api::contacts, &Contacts::add>(
          "contact:add", "POST", "/users/contacts", user, kGeneralPolicy,
          "Saves somebody as a contact, under a name of your own if you give one."),
      row<&Api::contacts, &Contacts::update>("contact:update", "PUT", "/users/contacts/:userId",
                                             user, kGeneralPolicy,
                                             "Renames a contact, or makes it a favourite."),
      row<&Api::contacts, &Contacts::remove>("contact:remove", "DELETE", "/users/contacts/:userId",
                                             user, kGeneralPolicy, "Forgets a contact."),
      row<&Api::contacts, &Contacts::suggestions>(
          "contact:suggestions", "GET", "/users/contacts/suggestions", user, kGeneralPolicy,
          "People you may know: from your groups, and who have you as a contact."),
      row<&Api::contacts, &Contacts::salt>(
          "contact:salt", "GET", "/users/contacts/salt", user, kGeneralPolicy,
          "What to hash the phone numbers of an address book with: SHA-256 of salt and number."),
      row<&Api::contacts, &Contacts::match>(
          "contact:match", "POST", "/users/contacts/match", user, kContactSyncPolicy,
          "The hashes of everybody here whose hash begins with one of `prefixes`.", Repeat::always),
      row<&Api::contacts, &Contacts::sync>(
          "contact:sync", "POST", "/users/contacts/sync", user, kContactSyncPolicy,
          "Saves the people of these hashes as contacts, or forgets them with `remove`.",
          Repeat::always),
      row<&Api::contacts, &Contacts::privacy>("user:privacy", "GET", "/users/privacy", user,
                                              kGeneralPolicy, "What you let others know of you."),
      row<&Api::contacts, &Contacts::set_privacy>(
          "user:set-privacy", "PUT", "/users/privacy", user, kGeneralPolicy,
          "Changes what you let others know of you; `exceptUserIds` are told nothing.",
          Repeat::always),
      row<&Api::contacts, &Contacts::blocked>("block:list", "GET", "/users/blocked", user,
                                              kGeneralPolicy, "Whom you have blocked."),
      row<&Api::contacts, &Contacts::block>(
          "block:add", "PUT", "/users/blocked/:userId", user, kGeneralPolicy,
          "Blocks somebody: neither of you hears of the other any more.", Repeat::always),
      row<&Api::contacts, &Contacts::unblock>("block:remove", "DELETE", "/users/blocked/:userId",
                                              user, kGeneralPolicy, "Lets somebody in again."),
  };
}

}  // namespace parley::gateway
