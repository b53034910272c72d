/* A database, as the jobs use it: one file of SQLite, or PostgreSQL by a URL.
 *
 * Statements are written once for both. Parameters are $1, $2 ... in the order
 * in which they first stand there; in scripts the words ROW_KEY,
 * WITHOUT_ROW_KEY, BYTES and NAME_TEXT become what each database has for a key
 * that counts up, a table without one, bytes, and a text that is ordered byte
 * by byte.
 *
 * The libraries are loaded when a database is opened, so that no other command
 * starts slower; one that is not there is a fault that names its package.
 */
#ifndef KEYFIT_HOST_DATABASE_H
#define KEYFIT_HOST_DATABASE_H

#include <keyfit/host.h>

/* KF_DB_MAKE makes a database where there is none. */
enum kf_db_use {
	KF_DB_READ,
	KF_DB_WRITE,
	KF_DB_MAKE,
};

struct kf_db;
struct kf_query;

/* kf_db_open opens a file, or what a URL of the form postgresql://... names.
 * Owns: `*out`, until kf_db_close, which takes NULL too.
 * Fails: KF_WRONG_USE (it is no database), KF_CANNOT_READ, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_db_open(struct kf_db **out, const char *where,
				  enum kf_db_use use, struct kf_fault *why);
void kf_db_close(struct kf_db *db);

/* kf_db_is_url tells whether a name is one of a server. */
bool kf_db_is_url(const char *where);

/* kf_db_script runs statements that give no rows, separated by ";". */
KF_MUST enum kf_status kf_db_script(struct kf_db *db, const char *sql,
				    struct kf_fault *why);

/* kf_db_begin starts a transaction; what it reads from then on is of one
 * moment. `write`: nobody else writes until it ends. kf_db_cancel undoes it,
 * and may be called without one. */
KF_MUST enum kf_status kf_db_begin(struct kf_db *db, bool write,
				   struct kf_fault *why);
KF_MUST enum kf_status kf_db_commit(struct kf_db *db, struct kf_fault *why);
void kf_db_cancel(struct kf_db *db);

/* kf_db_prepare makes a statement. Owns: `*out`, until kf_query_close, which
 * takes NULL too, and comes before kf_db_close. */
KF_MUST enum kf_status kf_db_prepare(struct kf_query **out, struct kf_db *db,
				     const char *sql, struct kf_fault *why);
void kf_query_close(struct kf_query *query);

/* kf_bind_*: parameters, from 1. Views stay borrowed until the statement has
 * run. What fails is told by kf_query_next. */
void kf_bind_number(struct kf_query *query, int index, int64_t number);
void kf_bind_text(struct kf_query *query, int index, struct kf_bytes text);
void kf_bind_bytes(struct kf_query *query, int index, struct kf_bytes bytes);
void kf_bind_none(struct kf_query *query, int index);

/* kf_query_next moves on to the next row; `*row` false: there is none, and the
 * statement may be bound and run again. kf_query_again breaks off. */
KF_MUST enum kf_status kf_query_next(struct kf_query *query, bool *row,
				     struct kf_fault *why);
void kf_query_again(struct kf_query *query);

/* kf_query_run runs a statement without rows; `changed`, which may be NULL,
 * counts the rows that it wrote. */
KF_MUST enum kf_status kf_query_run(struct kf_query *query, uint64_t *changed,
				    struct kf_fault *why);

/* kf_column_*: of this row, from 0. Views live until the next move. A column
 * without a value is 0 and empty. */
int64_t kf_column_number(struct kf_query *query, int column);
struct kf_bytes kf_column_text(struct kf_query *query, int column);
struct kf_bytes kf_column_bytes(struct kf_query *query, int column);

#endif
