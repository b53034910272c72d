/* SQLite: a database in one file, with nothing to set up.
 *
 * Source: SQLite, "C-language Interface Specification", sqlite.org/c3ref.
 */
#include "db.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum {
	WAIT_MS = 60000,	/* for another one that writes */
	APPLICATION = 0x4b464954,	/* "KFIT", in the file's header */
};

#define FUNCTION(name) __typeof__(&sqlite3_##name) name;
struct functions {
#include "db_sqlite.def"
};
#undef FUNCTION

static union {
	struct functions call;
	void *address[sizeof(struct functions) / sizeof(void *)];
} lib;

static const char *const names[] = {
#define FUNCTION(name) "sqlite3_" #name,
#include "db_sqlite.def"
#undef FUNCTION
	NULL
};

struct query {
	sqlite3 *db;
	sqlite3_stmt *statement;
	int bound;		/* the first failure of a bind */
};

static enum kf_status say(struct kf_fault *why, sqlite3 *db, int code)
{
	const char *text = db ? lib.call.errmsg(db) : lib.call.errstr(code);

	switch (code & 0xff) {
	case SQLITE_NOMEM:
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	case SQLITE_NOTADB:
		kf_fault_say(why, NULL, "is no database");
		return KF_WRONG_USE;
	case SQLITE_FULL:
		kf_fault_say(why, "free some space there",
			     "the disk is full: nothing was changed");
		return KF_CANNOT_READ;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		kf_fault_say(why, "try again", "another one is writing to it");
		return KF_CANNOT_READ;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		kf_fault_say(why, "write to a folder that is yours",
			     "may not be written: %.120s", text);
		return KF_CANNOT_READ;
	case SQLITE_CORRUPT:
		kf_fault_say(why, "import anew, or put a copy back",
			     "is damaged: %.120s", text);
		return KF_CANNOT_READ;
	default:
		kf_fault_say(why, NULL, "the database fails: %.120s", text);
		return KF_CANNOT_READ;
	}
}

static enum kf_status script(void *self, const char *sql,
			     struct kf_fault *why)
{
	int code = lib.call.exec(self, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? KF_OK : say(why, self, code);
}

/* number_of asks for one number. */
static enum kf_status number_of(sqlite3 *db, const char *sql, int64_t *out,
				struct kf_fault *why)
{
	sqlite3_stmt *statement = NULL;
	int code = lib.call.prepare_v2(db, sql, -1, &statement, NULL);

	*out = 0;
	if (code == SQLITE_OK) {
		code = lib.call.step(statement);
		if (code == SQLITE_ROW)
			*out = lib.call.column_int64(statement, 0);
	}
	lib.call.finalize(statement);
	return code == SQLITE_ROW || code == SQLITE_DONE ? KF_OK
							  : say(why, db, code);
}

/* claim marks an empty file as ours, and refuses one of somebody else. */
static enum kf_status claim(sqlite3 *db, enum kf_db_use use,
			    struct kf_fault *why)
{
	int64_t application = 0, tables = 0;
	enum kf_status status = number_of(db, "PRAGMA application_id",
					  &application, why);

	if (status == KF_OK && application != APPLICATION)
		status = number_of(db, "SELECT count(*) FROM sqlite_schema",
				   &tables, why);
	if (status != KF_OK || application == APPLICATION)
		return status;
	if (application || tables) {
		kf_fault_say(why, NULL, "is a database of something else");
		return KF_WRONG_USE;
	}
	if (use == KF_DB_READ)
		return KF_OK;	/* whoever asks finds that it is empty */
	return script(db, "PRAGMA application_id=0x4b464954", why);
}

/* settle: views and triggers in a stranger's file run no functions; nothing in
 * it can rewrite its own schema. What is acknowledged is on the disk. */
static enum kf_status settle(sqlite3 *db, enum kf_db_use use,
			     struct kf_fault *why)
{
	enum kf_status status;

	lib.call.extended_result_codes(db, 1);
	lib.call.busy_timeout(db, WAIT_MS);
	lib.call.db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	status = script(db, "PRAGMA trusted_schema=OFF;"
			"PRAGMA cell_size_check=ON;"
			"PRAGMA synchronous=FULL;"
			"PRAGMA temp_store=MEMORY;"
			"PRAGMA cache_size=-131072", why);
	if (status == KF_OK)
		status = claim(db, use, why);
	if (status == KF_OK && use == KF_DB_READ)
		status = script(db, "PRAGMA query_only=ON", why);
	return status;
}

static enum kf_status open_file(void **self, const char *where,
				enum kf_db_use use, struct kf_fault *why)
{
	enum kf_status status = KF_OK;
	sqlite3 *db = NULL;
	/* Who only reads may have to undo what a killed writer left. */
	int flags = SQLITE_OPEN_READWRITE;
	int code;

	if (!lib.call.open_v2)
		status = kf_db_library(lib.address, names, "libsqlite3.so.0",
				       "libsqlite3-0", why);
	if (status != KF_OK) {
		memset(&lib, 0, sizeof(lib));
		return status;
	}
	if (use == KF_DB_MAKE)
		flags |= SQLITE_OPEN_CREATE;
	code = lib.call.open_v2(where, &db, flags, NULL);
	if (code != SQLITE_OK)
		status = say(why, db, code);
	else
		status = settle(db, use, why);
	if (status != KF_OK) {
		lib.call.close(db);
		return status;
	}
	*self = db;
	return KF_OK;
}

static void close_file(void *self)
{
	lib.call.close(self);
}

static enum kf_status begin(void *self, bool write, struct kf_fault *why)
{
	return script(self, write ? "BEGIN IMMEDIATE" : "BEGIN", why);
}

static enum kf_status prepare(void **query, void *self, const char *sql,
			      struct kf_fault *why)
{
	struct query *q = calloc(1, sizeof(*q));
	int code;

	if (!q) {
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	q->db = self;
	code = lib.call.prepare_v2(self, sql, -1, &q->statement, NULL);
	if (code != SQLITE_OK) {
		free(q);
		return say(why, self, code);
	}
	*query = q;
	return KF_OK;
}

static void query_close(void *query)
{
	struct query *q = query;

	lib.call.finalize(q->statement);
	free(q);
}

static void note(struct query *q, int code)
{
	if (q->bound == SQLITE_OK)
		q->bound = code;
}

static void bind_number(void *query, int index, int64_t number)
{
	struct query *q = query;

	note(q, lib.call.bind_int64(q->statement, index, number));
}

static void bind_text(void *query, int index, struct kf_bytes text)
{
	struct query *q = query;
	const char *data = text.len ? (const char *)text.data : "";

	if (text.len > INT32_MAX)
		note(q, SQLITE_TOOBIG);
	else
		note(q, lib.call.bind_text(q->statement, index, data,
					   (int)text.len, SQLITE_STATIC));
}

static void bind_bytes(void *query, int index, struct kf_bytes bytes)
{
	struct query *q = query;
	const void *data = bytes.len ? (const void *)bytes.data : "";

	if (bytes.len > INT32_MAX)
		note(q, SQLITE_TOOBIG);
	else
		note(q, lib.call.bind_blob(q->statement, index, data,
					   (int)bytes.len, SQLITE_STATIC));
}

static void bind_none(void *query, int index)
{
	struct query *q = query;

	note(q, lib.call.bind_null(q->statement, index));
}

static void again(void *query)
{
	struct query *q = query;

	lib.call.reset(q->statement);
	q->bound = SQLITE_OK;
}

static enum kf_status next(void *query, bool *row, struct kf_fault *why)
{
	struct query *q = query;
	int code = q->bound;

	*row = false;
	if (code == SQLITE_OK)
		code = lib.call.step(q->statement);
	if (code == SQLITE_ROW) {
		*row = true;
		return KF_OK;
	}
	if (code != SQLITE_DONE) {
		enum kf_status status = say(why, q->bound ? NULL : q->db, code);

		again(q);
		return status;
	}
	again(q);
	return KF_OK;
}

static uint64_t changed(void *query)
{
	const struct query *q = query;

	return (uint64_t)lib.call.changes(q->db);
}

static int64_t number(void *query, int column)
{
	const struct query *q = query;

	return lib.call.column_int64(q->statement, column);
}

static struct kf_bytes text(void *query, int column)
{
	const struct query *q = query;
	const void *data = lib.call.column_text(q->statement, column);

	return kf_view(data, data ? (size_t)lib.call.column_bytes(q->statement,
								  column) : 0);
}

static struct kf_bytes bytes(void *query, int column)
{
	const struct query *q = query;
	const void *data = lib.call.column_blob(q->statement, column);

	return kf_view(data, data ? (size_t)lib.call.column_bytes(q->statement,
								  column) : 0);
}

static const struct kf_db_word words[] = {
	{ "WITHOUT_ROW_KEY", "WITHOUT ROWID" },
	{ "ROW_KEY", "INTEGER PRIMARY KEY" },
	{ "BYTES", "BLOB" },
	{ "NAME_TEXT", "TEXT" },
	{ NULL, NULL },
};

const struct kf_db_kind kf_db_sqlite = {
	.open = open_file,
	.close = close_file,
	.script = script,
	.begin = begin,
	.prepare = prepare,
	.query_close = query_close,
	.bind_number = bind_number,
	.bind_text = bind_text,
	.bind_bytes = bind_bytes,
	.bind_none = bind_none,
	.next = next,
	.again = again,
	.changed = changed,
	.number = number,
	.text = text,
	.bytes = bytes,
	.words = words,
};
