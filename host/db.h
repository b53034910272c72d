/* What a database has to be able to do: one table of operations each.
 */
#ifndef KEYFIT_HOST_DB_H
#define KEYFIT_HOST_DB_H

#include "database.h"

/* kf_db_word is a word of our statements, and what a database has for it. */
struct kf_db_word {
	const char *ours, *theirs;
};

/* kf_db_kind: `self` of a database or of a statement is the kind's own. The
 * functions are those of database.h. */
struct kf_db_kind {
	enum kf_status (*open)(void **self, const char *where,
			       enum kf_db_use use, struct kf_fault *why);
	void (*close)(void *self);
	enum kf_status (*script)(void *self, const char *sql,
				 struct kf_fault *why);
	enum kf_status (*begin)(void *self, bool write, struct kf_fault *why);
	enum kf_status (*prepare)(void **query, void *self, const char *sql,
				  struct kf_fault *why);
	void (*query_close)(void *query);
	void (*bind_number)(void *query, int index, int64_t number);
	void (*bind_text)(void *query, int index, struct kf_bytes text);
	void (*bind_bytes)(void *query, int index, struct kf_bytes bytes);
	void (*bind_none)(void *query, int index);
	enum kf_status (*next)(void *query, bool *row, struct kf_fault *why);
	void (*again)(void *query);
	uint64_t (*changed)(void *query);
	int64_t (*number)(void *query, int column);
	struct kf_bytes (*text)(void *query, int column);
	struct kf_bytes (*bytes)(void *query, int column);
	const struct kf_db_word *words;	/* `ours` NULL ends */
};

extern const struct kf_db_kind kf_db_sqlite, kf_db_postgres;

/* kf_db_library loads a library and its functions, by their names. `names` ends
 * with NULL; `functions` are as many. It stays loaded. Fails: KF_CANNOT_READ,
 * and names `package`. */
KF_MUST enum kf_status kf_db_library(void **functions,
				     const char *const *names,
				     const char *library, const char *package,
				     struct kf_fault *why);

#endif
