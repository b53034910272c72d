/* PostgreSQL: a database on a server, for several machines on one fleet.
 *
 * Parameters travel as text, but for bytes; columns as they are. Rows come one
 * by one; when another statement is run meanwhile, the rest of them is kept, as
 * a connection has one answer under way at a time.
 *
 * Source: PostgreSQL 15, chapter 34, "libpq - C Library".
 */
#include "db.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PARAMETERS_MAX = 16,
	BYTEA = 17,		/* the types' own numbers: pg_type.dat */
	INT8 = 20,
	TEXT = 25,
};

#define FUNCTION(name) __typeof__(&PQ##name) name;
struct functions {
#include "db_postgres.def"
};
#undef FUNCTION

static union {
	struct functions call;
	void *address[sizeof(struct functions) / sizeof(void *)];
} lib;

static const char *const names[] = {
#define FUNCTION(name) "PQ" #name,
#include "db_postgres.def"
#undef FUNCTION
	NULL
};

struct query;

struct connection {
	PGconn *pg;
	struct query *active;	/* whose answer is under way; NULL: none's */
};

struct query {
	struct connection *on;
	char *sql;
	bool sent;
	PGresult *row;
	PGresult **kept;	/* what came before it was asked for */
	size_t num_kept, next_kept;
	bool spooled;		/* all of it is kept */
	uint64_t changed;
	int num;
	Oid type[PARAMETERS_MAX];
	const char *value[PARAMETERS_MAX];
	int len[PARAMETERS_MAX];
	int format[PARAMETERS_MAX];
	char number[PARAMETERS_MAX][24];
	char *copy[PARAMETERS_MAX];	/* a text with its NUL */
	bool failed;
};

static enum kf_status no_memory(struct kf_fault *why)
{
	kf_fault_say(why, NULL, "out of memory");
	return KF_NO_MEMORY;
}

/* say words what the server says, on one line. */
static enum kf_status say(struct kf_fault *why, const char *message)
{
	char line[200];
	size_t len;

	snprintf(line, sizeof(line), "%s", message);
	len = strcspn(line, "\n");
	line[len] = '\0';
	kf_fault_say(why, NULL, "the database fails: %.160s", line);
	return KF_CANNOT_READ;
}

static void ignore_notice(void *self, const char *message)
{
	(void)self;
	(void)message;
}

/* keep_rest keeps what is left of the answer that is under way. */
static void keep_rest(struct connection *c)
{
	struct query *q = c->active;
	PGresult *result;

	c->active = NULL;
	if (!q)
		return;
	q->spooled = true;
	while ((result = lib.call.getResult(c->pg))) {
		PGresult **more = realloc(q->kept, (q->num_kept + 1) *
						   sizeof(*more));

		if (!more) {
			q->failed = true;
			lib.call.clear(result);
			continue;
		}
		q->kept = more;
		q->kept[q->num_kept++] = result;
	}
}

static enum kf_status run(PGconn *pg, const char *sql, struct kf_fault *why)
{
	PGresult *result = lib.call.exec(pg, sql);
	ExecStatusType code = lib.call.resultStatus(result);
	enum kf_status status = KF_OK;

	if (code != PGRES_COMMAND_OK && code != PGRES_TUPLES_OK)
		status = say(why, lib.call.errorMessage(pg));
	lib.call.clear(result);
	return status;
}

static enum kf_status script(void *self, const char *sql,
			     struct kf_fault *why)
{
	struct connection *c = self;

	keep_rest(c);
	return run(c->pg, sql, why);
}

/* Names with a password stay out of what is said. */
static enum kf_status open_server(void **self, const char *where,
				  enum kf_db_use use, struct kf_fault *why)
{
	struct connection *c = NULL;
	enum kf_status status = KF_OK;
	PGconn *connection;

	if (!lib.call.connectdb)
		status = kf_db_library(lib.address, names, "libpq.so.5",
				       "libpq5", why);
	if (status != KF_OK) {
		memset(&lib, 0, sizeof(lib));
		return status;
	}
	connection = lib.call.connectdb(where);
	if (!connection)
		return no_memory(why);
	lib.call.setNoticeProcessor(connection, ignore_notice, NULL);
	if (lib.call.status(connection) != CONNECTION_OK)
		status = say(why, lib.call.errorMessage(connection));
	if (status == KF_OK)
		status = run(connection, "SET client_encoding TO 'UTF8';"
			     "SET standard_conforming_strings TO on", why);
	if (status == KF_OK && use == KF_DB_READ)
		status = run(connection, "SET default_transaction_read_only"
			     " TO on", why);
	if (status == KF_OK) {
		c = calloc(1, sizeof(*c));
		status = c ? KF_OK : no_memory(why);
	}
	if (status != KF_OK) {
		lib.call.finish(connection);
		return status;
	}
	c->pg = connection;
	*self = c;
	return KF_OK;
}

static void close_server(void *self)
{
	struct connection *c = self;

	lib.call.finish(c->pg);
	free(c);
}

/* begin: who writes waits for others who do, by a lock that ends with the
 * transaction. */
static enum kf_status begin(void *self, bool write, struct kf_fault *why)
{
	if (!write)
		return script(self, "BEGIN ISOLATION LEVEL REPEATABLE READ"
			      " READ ONLY", why);
	return script(self, "BEGIN; SELECT pg_advisory_xact_lock(1263946068)",
		      why);
}

static enum kf_status prepare(void **query, void *self, const char *sql,
			      struct kf_fault *why)
{
	struct query *q = calloc(1, sizeof(*q));
	char *copy = strdup(sql);

	if (!q || !copy) {
		free(q);
		free(copy);
		return no_memory(why);
	}
	q->on = self;
	q->sql = copy;
	*query = q;
	return KF_OK;
}

/* take_result takes the next piece of an answer; NULL: it is over. */
static PGresult *take_result(struct query *q)
{
	if (!q->spooled)
		return lib.call.getResult(q->on->pg);
	return q->next_kept < q->num_kept ? q->kept[q->next_kept++] : NULL;
}

/* drain takes what is left of an answer. */
static void drain(struct query *q)
{
	PGresult *result;

	lib.call.clear(q->row);
	q->row = NULL;
	while (q->sent && (result = take_result(q)))
		lib.call.clear(result);
	if (q->on->active == q)
		q->on->active = NULL;
	free(q->kept);
	q->kept = NULL;
	q->num_kept = q->next_kept = 0;
	q->sent = q->spooled = false;
}

static void again(void *query)
{
	struct query *q = query;

	drain(q);
	for (int i = 0; i < PARAMETERS_MAX; i++) {
		free(q->copy[i]);
		q->copy[i] = NULL;
	}
	q->num = 0;
	q->failed = false;
}

static void query_close(void *query)
{
	struct query *q = query;

	again(q);
	free(q->sql);
	free(q);
}

/* put sets one parameter. */
static void put(struct query *q, int index, Oid type, const char *value,
		size_t len)
{
	int i = index - 1;

	if (i < 0 || i >= PARAMETERS_MAX || len > INT32_MAX) {
		q->failed = true;
		return;
	}
	if (q->num < index)
		q->num = index;
	q->type[i] = type;
	q->value[i] = value;
	q->len[i] = (int)len;
	q->format[i] = type == BYTEA;
}

static void bind_number(void *query, int index, int64_t number)
{
	struct query *q = query;
	char *text = q->number[(index - 1) % PARAMETERS_MAX];

	snprintf(text, sizeof(q->number[0]), "%" PRId64, number);
	put(q, index, INT8, text, 0);
}

static void bind_text(void *query, int index, struct kf_bytes text)
{
	struct query *q = query;
	char **copy = &q->copy[(index - 1) % PARAMETERS_MAX];

	free(*copy);
	*copy = malloc(text.len + 1);
	if (!*copy) {
		q->failed = true;
		return;
	}
	if (text.len)
		memcpy(*copy, text.data, text.len);
	(*copy)[text.len] = '\0';
	put(q, index, TEXT, *copy, text.len);
}

static void bind_bytes(void *query, int index, struct kf_bytes bytes)
{
	put(query, index, BYTEA, bytes.len ? (const char *)bytes.data : "",
	    bytes.len);
}

static void bind_none(void *query, int index)
{
	put(query, index, TEXT, NULL, 0);
}

static enum kf_status send_query(struct query *q, struct kf_fault *why)
{
	PGconn *pg = q->on->pg;

	keep_rest(q->on);
	if (q->failed)
		return no_memory(why);
	if (!lib.call.sendQueryParams(pg, q->sql, q->num, q->type, q->value,
				      q->len, q->format, 1))
		return say(why, lib.call.errorMessage(pg));
	q->on->active = q;
	q->sent = true;
	q->changed = 0;
	lib.call.setSingleRowMode(pg);
	return KF_OK;
}

static enum kf_status next(void *query, bool *row, struct kf_fault *why)
{
	struct query *q = query;
	enum kf_status status = q->sent ? KF_OK : send_query(q, why);
	ExecStatusType code = PGRES_COMMAND_OK;

	*row = false;
	lib.call.clear(q->row);
	q->row = NULL;
	if (status == KF_OK && q->failed)
		status = no_memory(why);
	if (status == KF_OK) {
		q->row = take_result(q);
		code = lib.call.resultStatus(q->row);
	}
	if (status == KF_OK && code == PGRES_SINGLE_TUPLE) {
		*row = true;
		return KF_OK;
	}
	if (status == KF_OK && code != PGRES_COMMAND_OK &&
	    code != PGRES_TUPLES_OK)
		status = say(why, lib.call.errorMessage(q->on->pg));
	if (q->row)
		q->changed = strtoull(lib.call.cmdTuples(q->row), NULL, 10);
	again(q);
	return status;
}

static uint64_t changed(void *query)
{
	const struct query *q = query;

	return q->changed;
}

static struct kf_bytes bytes(void *query, int column)
{
	const struct query *q = query;

	if (!q->row || lib.call.getisnull(q->row, 0, column))
		return kf_view(NULL, 0);
	return kf_view(lib.call.getvalue(q->row, 0, column),
		       (size_t)lib.call.getlength(q->row, 0, column));
}

/* number reads an integer of 2, 4 or 8 bytes, big-endian. */
static int64_t number(void *query, int column)
{
	struct kf_bytes b = bytes(query, column);
	uint64_t value = b.len && b.data[0] & 0x80 ? UINT64_MAX : 0;

	for (size_t i = 0; i < b.len && i < 8; i++)
		value = value << 8 | b.data[i];
	return (int64_t)value;
}

static const struct kf_db_word words[] = {
	{ "WITHOUT_ROW_KEY", "" },
	{ "ROW_KEY", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY" },
	{ "BYTES", "BYTEA" },
	{ "NAME_TEXT", "TEXT COLLATE \"C\"" },
	{ NULL, NULL },
};

const struct kf_db_kind kf_db_postgres = {
	.open = open_server,
	.close = close_server,
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
	.text = bytes,
	.bytes = bytes,
	.words = words,
};
