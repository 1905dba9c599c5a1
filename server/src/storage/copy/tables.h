#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::storage {

// What moving a store from SQLite to PostgreSQL has to move: every table that both engines have, by
// name, with every column of it. A test compares the list with the catalogs of both engines, so a
// migration that adds a table or a column has to add it here.

struct CopiedColumn {
  enum class Kind : std::uint8_t { integer, text, bytes };
  // Whose value it is. What is an engine's own means nothing on the other side and is not compared.
  enum class Owner : std::uint8_t { both, each_engine, postgres };

  std::string_view name;
  Kind kind;
  Owner owner = Owner::both;
  // What SQLite is asked for in its place; ?1 is the number of the transaction that writes it on
  // PostgreSQL. Empty: its name.
  std::string_view expression{};
};

struct CopiedTable {
  std::string_view name;
  std::size_t key_size;  // the first so many columns tell its rows apart
  std::vector<CopiedColumn> columns;
  std::string_view rows{};  // which of them are copied, as a condition; empty: all

  std::span<const CopiedColumn> key() const { return std::span{columns}.first(key_size); }
};

std::span<const CopiedTable> copied_tables();

// Tables an engine has for itself: what it derives from the others, or keeps about its own work.
std::span<const std::string_view> own_tables_of_sqlite();
std::span<const std::string_view> own_tables_of_postgres();

// SQLite: the rows of a batch, in the order of the key, as PostgreSQL gets them. ?1 is the number
// of the transaction, ?2 how many at most, and with `goes_on` the next ones the key to go on after.
std::string batch_sql(const CopiedTable& table, bool goes_on);
// SQLite: what is compared, in the order of the key.
std::string comparison_sql(const CopiedTable& table);
// PostgreSQL: takes the rows of batch_sql(), and gives those of comparison_sql().
std::string copy_in_sql(const CopiedTable& table);
std::string copy_out_sql(const CopiedTable& table);

}  // namespace parley::storage
