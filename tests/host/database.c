/* The database, as the jobs ask it: rows, transactions, and what is no
 * database.
 */
#include "host/database.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct kf_fault why;

static int64_t count(struct kf_db *db)
{
	struct kf_query *query;
	int64_t num = -1;
	bool row = false;

	assert_int_equal(kf_db_prepare(&query, db, "SELECT count(*) FROM t",
				       &why), KF_OK);
	assert_int_equal(kf_query_next(query, &row, &why), KF_OK);
	if (row)
		num = kf_column_number(query, 0);
	kf_query_close(query);
	return num;
}

static struct kf_db *with_table(const char *path)
{
	struct kf_db *db;

	assert_int_equal(kf_db_open(&db, path, KF_DB_MAKE, &why), KF_OK);
	assert_int_equal(kf_db_script(db, "CREATE TABLE t (id ROW_KEY,"
				      " name NAME_TEXT, bytes BYTES)", &why),
			 KF_OK);
	return db;
}

static void put(struct kf_db *db, const char *name)
{
	static const uint8_t bytes[] = { 0, 1, 0 };
	struct kf_query *query;
	uint64_t changed = 0;

	assert_int_equal(kf_db_prepare(&query, db, "INSERT INTO t (name,"
				       " bytes) VALUES ($1, $2)", &why),
			 KF_OK);
	kf_bind_text(query, 1, kf_text(name));
	kf_bind_bytes(query, 2, kf_view(bytes, sizeof(bytes)));
	assert_int_equal(kf_query_run(query, &changed, &why), KF_OK);
	assert_int_equal(changed, 1);
	kf_query_close(query);
}

static void what_is_put_in_comes_out(void **state)
{
	struct kf_db *db = with_table(":memory:");
	struct kf_query *query;
	bool row = false;

	(void)state;
	put(db, "a 'b' \"c\"");
	assert_int_equal(kf_db_prepare(&query, db, "SELECT name, bytes, id,"
				       " NULL FROM t WHERE name = $1", &why),
			 KF_OK);
	kf_bind_text(query, 1, kf_text("a 'b' \"c\""));
	assert_int_equal(kf_query_next(query, &row, &why), KF_OK);
	assert_true(row);
	assert_int_equal(kf_column_bytes(query, 1).len, 3);
	assert_int_equal(kf_column_number(query, 2), 1);
	assert_int_equal(kf_column_text(query, 3).len, 0);
	assert_int_equal(kf_query_next(query, &row, &why), KF_OK);
	assert_false(row);
	kf_query_close(query);
	kf_db_close(db);
}

static void what_is_cancelled_is_gone(void **state)
{
	struct kf_db *db = with_table(":memory:");

	(void)state;
	assert_int_equal(kf_db_begin(db, true, &why), KF_OK);
	put(db, "gone");
	kf_db_cancel(db);
	kf_db_cancel(db);
	assert_int_equal(count(db), 0);
	assert_int_equal(kf_db_begin(db, true, &why), KF_OK);
	put(db, "stays");
	assert_int_equal(kf_db_commit(db, &why), KF_OK);
	kf_db_cancel(db);
	assert_int_equal(count(db), 1);
	kf_db_close(db);
}

static void who_reads_writes_nothing(void **state)
{
	char path[] = "/tmp/keyfit-database-XXXXXX";
	int fd = mkstemp(path);
	struct kf_db *db;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	kf_db_close(with_table(path));
	assert_int_equal(kf_db_open(&db, path, KF_DB_READ, &why), KF_OK);
	assert_int_equal(kf_db_script(db, "INSERT INTO t (name) VALUES ('x')",
				      &why), KF_CANNOT_READ);
	assert_int_equal(count(db), 0);
	kf_db_close(db);
	unlink(path);
}

static void what_is_no_database_is_said(void **state)
{
	char path[] = "/tmp/keyfit-database-XXXXXX";
	int fd = mkstemp(path);
	struct kf_db *db;

	(void)state;
	assert_true(fd >= 0);
	for (int n = 0; n < 200; n++)
		assert_int_equal(write(fd, "no database\n", 12), 12);
	close(fd);
	memset(&why, 0, sizeof(why));
	assert_int_equal(kf_db_open(&db, path, KF_DB_WRITE, &why),
			 KF_WRONG_USE);
	assert_string_equal(why.what, "is no database");
	assert_null(db);
	unlink(path);
	memset(&why, 0, sizeof(why));
	assert_int_equal(kf_db_open(&db, path, KF_DB_WRITE, &why),
			 KF_CANNOT_READ);
	assert_true(why.what[0]);
	kf_db_close(NULL);
	kf_query_close(NULL);
}

static void urls_are_told_from_files(void **state)
{
	(void)state;
	assert_true(kf_db_is_url("postgresql://host/name"));
	assert_true(kf_db_is_url("postgres://host/name"));
	assert_false(kf_db_is_url("postgresql"));
	assert_false(kf_db_is_url("fleet.db"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_in_comes_out),
		cmocka_unit_test(what_is_cancelled_is_gone),
		cmocka_unit_test(who_reads_writes_nothing),
		cmocka_unit_test(what_is_no_database_is_said),
		cmocka_unit_test(urls_are_told_from_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
