/* Writes the cases down: images and lists as files, named by their digest,
 * and a script of stores and cases in the words of the batch protocol. Cases
 * with one store stand together, since changing it is what costs time.
 */
#include "make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASES_MAX = 2000, NAME_LEN = 24 };

struct written {
	char rule[64], name[96], image[NAME_LEN];
	char db[NAME_LEN], dbx[NAME_LEN], dbt[NAME_LEN];
	const char *mode;
	bool raw;
};

static struct written cases[CASES_MAX];
static size_t num_cases;
static const char *folder;

static void keep(char name[NAME_LEN], struct bytes b, const char *kind)
{
	struct bytes d = digest("SHA256", b);

	snprintf(name, NAME_LEN, "%02x%02x%02x%02x%02x%02x.%s", d.data[0],
		 d.data[1], d.data[2], d.data[3], d.data[4], d.data[5], kind);
	write_file(folder, name, b);
}

static void keep_list(char name[NAME_LEN], struct bytes b)
{
	if (b.len)
		keep(name, b, "esl");
	else
		strcpy(name, "none");
}

void open_cases(const char *dir)
{
	folder = dir;
}

const char *cases_folder(void)
{
	return folder;
}

void add(const char *rule, const char *name, struct bytes b,
	 const struct trust *t)
{
	struct written *c = &cases[num_cases++];

	need_ok(num_cases < CASES_MAX, "so many cases");
	snprintf(c->rule, sizeof(c->rule), "%s", rule);
	snprintf(c->name, sizeof(c->name), "%s", name);
	for (size_t i = 0; i + 1 < num_cases; i++)
		need_ok(strcmp(cases[i].name, name) != 0, name);
	need_ok(!strchr(name, ' '), name);
	keep(c->image, b, "efi");
	keep_list(c->db, t->db);
	keep_list(c->dbx, t->dbx);
	keep_list(c->dbt, t->dbt);
	c->mode = t->mode ? t->mode : "user";
	c->raw = t->raw;
}

static int by_store(const void *a, const void *b)
{
	const struct written *x = a, *y = b;
	int order = strcmp(x->mode, y->mode);

	if (x->raw != y->raw)
		return x->raw ? 1 : -1;
	if (!order)
		order = strcmp(x->db, y->db);
	if (!order)
		order = strcmp(x->dbx, y->dbx);
	if (!order)
		order = strcmp(x->dbt, y->dbt);
	if (!order)
		order = strcmp(x->image, y->image);
	return order ? order : strcmp(x->name, y->name);
}

static bool same_store(const struct written *a, const struct written *b)
{
	return a->raw == b->raw && !strcmp(a->mode, b->mode) &&
	       !strcmp(a->db, b->db) && !strcmp(a->dbx, b->dbx) &&
	       !strcmp(a->dbt, b->dbt);
}

void close_cases(void)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cases", folder);
	f = need(fopen(path, "w"), path);
	qsort(cases, num_cases, sizeof(cases[0]), by_store);
	for (size_t i = 0; i < num_cases; i++) {
		const struct written *c = &cases[i];

		if (i == 0 || !same_store(c, c - 1))
			fprintf(f, "%s mode=%s db=%s dbx=%s dbt=%s\n",
				c->raw ? "raw-store" : "store", c->mode,
				c->db, c->dbx, c->dbt);
		if (i == 0 || strcmp(c->image, (c - 1)->image) ||
		    !same_store(c, c - 1))
			fprintf(f, "base %s\n", c->image);
		fprintf(f, "rule %s\ncase %s\n", c->rule, c->name);
	}
	need_ok(fclose(f) == 0, path);
	printf("%zu cases\n", num_cases);
}
