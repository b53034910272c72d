/* Finds out which database is meant, and hands on to it.
 */
#include "db.h"
#include "output.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

struct kf_db {
	const struct kf_db_kind *kind;
	void *self;
	bool begun;
};

struct kf_query {
	const struct kf_db_kind *kind;
	void *self;
};

static enum kf_status no_memory(struct kf_fault *why)
{
	kf_fault_say(why, NULL, "out of memory");
	return KF_NO_MEMORY;
}

bool kf_db_is_url(const char *where)
{
	return strncmp(where, "postgresql://", 13) == 0 ||
	       strncmp(where, "postgres://", 11) == 0;
}

enum kf_status kf_db_library(void **functions, const char *const *names,
			     const char *library, const char *package,
			     struct kf_fault *why)
{
	void *loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	char hint[80] = "apt install ";

	strncat(hint, package, sizeof(hint) - strlen(hint) - 1);
	if (!loaded) {
		kf_fault_say(why, hint, "the library %s is needed for that, and cannot be loaded",
			     library);
		return KF_CANNOT_READ;
	}
	for (; *names; names++, functions++) {
		*functions = dlsym(loaded, *names);
		if (*functions)
			continue;
		kf_fault_say(why, hint, "the library %s has no %s", library,
			     *names);
		return KF_CANNOT_READ;
	}
	return KF_OK;
}

enum kf_status kf_db_open(struct kf_db **out, const char *where,
			  enum kf_db_use use, struct kf_fault *why)
{
	struct kf_db *db = calloc(1, sizeof(*db));
	enum kf_status status;

	*out = NULL;
	if (!db)
		return no_memory(why);
	db->kind = kf_db_is_url(where) ? &kf_db_postgres : &kf_db_sqlite;
	status = db->kind->open(&db->self, where, use, why);
	if (status != KF_OK) {
		free(db);
		return status;
	}
	*out = db;
	return KF_OK;
}

void kf_db_close(struct kf_db *db)
{
	if (!db)
		return;
	kf_db_cancel(db);
	db->kind->close(db->self);
	free(db);
}

/* translate puts a kind's own words in place of ours. */
static void translate(struct kf_output *out, const struct kf_db_kind *kind,
		      const char *sql)
{
	while (*sql) {
		const struct kf_db_word *word = kind->words;

		while (word->ours && strncmp(sql, word->ours,
					     strlen(word->ours)) != 0)
			word++;
		if (word->ours) {
			kf_output_text(out, word->theirs);
			sql += strlen(word->ours);
		} else {
			kf_output_add(out, sql++, 1);
		}
	}
	kf_output_add(out, "", 1);
}

enum kf_status kf_db_script(struct kf_db *db, const char *sql,
			    struct kf_fault *why)
{
	struct kf_output text = { 0 };
	enum kf_status status;

	translate(&text, db->kind, sql);
	status = text.failed ? no_memory(why)
			     : db->kind->script(db->self, text.data, why);
	kf_output_close(&text);
	return status;
}

enum kf_status kf_db_begin(struct kf_db *db, bool write, struct kf_fault *why)
{
	enum kf_status status = db->kind->begin(db->self, write, why);

	db->begun = status == KF_OK;
	return status;
}

enum kf_status kf_db_commit(struct kf_db *db, struct kf_fault *why)
{
	enum kf_status status = db->kind->script(db->self, "COMMIT", why);

	if (status == KF_OK)
		db->begun = false;
	else
		kf_db_cancel(db);
	return status;
}

void kf_db_cancel(struct kf_db *db)
{
	struct kf_fault ignored = { "", "" };

	if (!db->begun)
		return;
	db->begun = false;
	if (db->kind->script(db->self, "ROLLBACK", &ignored) != KF_OK)
		return;		/* it ends with the connection */
}

enum kf_status kf_db_prepare(struct kf_query **out, struct kf_db *db,
			     const char *sql, struct kf_fault *why)
{
	struct kf_query *query = calloc(1, sizeof(*query));
	enum kf_status status;

	*out = NULL;
	if (!query)
		return no_memory(why);
	query->kind = db->kind;
	status = db->kind->prepare(&query->self, db->self, sql, why);
	if (status != KF_OK) {
		free(query);
		return status;
	}
	*out = query;
	return KF_OK;
}

void kf_query_close(struct kf_query *query)
{
	if (!query)
		return;
	query->kind->query_close(query->self);
	free(query);
}

void kf_bind_number(struct kf_query *query, int index, int64_t number)
{
	query->kind->bind_number(query->self, index, number);
}

void kf_bind_text(struct kf_query *query, int index, struct kf_bytes text)
{
	query->kind->bind_text(query->self, index, text);
}

void kf_bind_bytes(struct kf_query *query, int index, struct kf_bytes bytes)
{
	query->kind->bind_bytes(query->self, index, bytes);
}

void kf_bind_none(struct kf_query *query, int index)
{
	query->kind->bind_none(query->self, index);
}

enum kf_status kf_query_next(struct kf_query *query, bool *row,
			     struct kf_fault *why)
{
	return query->kind->next(query->self, row, why);
}

void kf_query_again(struct kf_query *query)
{
	query->kind->again(query->self);
}

enum kf_status kf_query_run(struct kf_query *query, uint64_t *changed,
			    struct kf_fault *why)
{
	bool row = true;
	enum kf_status status = KF_OK;

	while (row && status == KF_OK)
		status = query->kind->next(query->self, &row, why);
	if (changed)
		*changed = query->kind->changed(query->self);
	if (status != KF_OK)
		query->kind->again(query->self);
	return status;
}

int64_t kf_column_number(struct kf_query *query, int column)
{
	return query->kind->number(query->self, column);
}

struct kf_bytes kf_column_text(struct kf_query *query, int column)
{
	return query->kind->text(query->self, column);
}

struct kf_bytes kf_column_bytes(struct kf_query *query, int column)
{
	return query->kind->bytes(query->self, column);
}
