/* Writes the cases of shim down: files by their digest, and a script in the
 * words of the batch protocol, with what is expected of each case in remarks.
 */
#include "shim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LEN = 24, FILES_MAX = 16, CASES_MAX = 600, LINE_LEN = 640 };

struct real {
	const char *name;
	struct bytes bytes;
};

struct written {
	const char *rule, *name, *end;
	bool lab_alone;
	char shim[LINE_LEN], store[LINE_LEN], image[NAME_LEN];
};

static const char *folder;
static struct written cases[CASES_MAX];
static size_t num_cases;
static struct real real[FILES_MAX];
static unsigned num_real;

const char *cases_folder(void)
{
	return folder;
}

static const char *keep(struct bytes b, const char *kind)
{
	static char kept[16][NAME_LEN];
	static unsigned turn;
	char *name = kept[turn++ % 16];
	struct bytes d = digest("SHA256", b);

	snprintf(name, NAME_LEN, "%02x%02x%02x%02x%02x%02x.%s", d.data[0],
		 d.data[1], d.data[2], d.data[3], d.data[4], d.data[5], kind);
	write_file(folder, name, b);
	return name;
}

static void append(char *line, const char *format, ...)
{
	size_t len = strlen(line);
	va_list args;

	va_start(args, format);
	vsnprintf(line + len, LINE_LEN - len, format, args);
	va_end(args);
}

static void part(char *line, const char *word, struct bytes b,
		 const char *attributes)
{
	if (!b.data)
		append(line, " %s=none", word);
	else
		append(line, " %s=%s%s%s", word, keep(b, "part"),
		       attributes ? "@" : "", attributes ? attributes : "");
}

struct around red_db(void)
{
	struct around a = { .t = only(x509_list(&red.root)) };

	return a;
}

void add_stage(const char *rule, const char *name, struct bytes image,
	       const struct around *a, const char *end)
{
	struct written *w = &cases[num_cases++];

	need_ok(num_cases < CASES_MAX, "so many cases");
	for (size_t i = 0; i + 1 < num_cases; i++)
		need_ok(strcmp(cases[i].name, name) != 0, name);
	w->rule = rule;
	w->name = name;
	w->end = end;
	w->lab_alone = a->lab_alone;
	append(w->shim, "shim %s %s ", a->way ? a->way : "start",
	       keep(a->shim.data ? a->shim : real_file("shim"), "efi"));
	append(w->shim, "%s", a->mm.data ? keep(a->mm, "efi") : "none");
	append(w->store, "%s mode=%s", a->t.raw ? "raw-store" : "store",
	       a->t.mode ? a->t.mode : "user");
	part(w->store, "db", a->t.db, NULL);
	part(w->store, "dbx", a->t.dbx, NULL);
	part(w->store, "dbt", a->t.dbt, NULL);
	part(w->store, "mok", a->mok, a->mok_as);
	part(w->store, "mokx", a->mokx, NULL);
	part(w->store, "mok-sb-state", a->sb_state, a->sb_as);
	part(w->store, "mok-db-state", a->db_state, a->db_as);
	part(w->store, "mok-policy", a->mok_policy, NULL);
	part(w->store, "sbat-level", a->level, a->level_as);
	part(w->store, "sbat-policy", a->policy, NULL);
	append(w->image, "%s", keep(image, "efi"));
}

static int by_store(const void *a, const void *b)
{
	const struct written *x = a, *y = b;
	int order = strcmp(x->store, y->store);

	if (!order)
		order = strcmp(x->shim, y->shim);
	return order ? order : strcmp(x->name, y->name);
}

/* write_cases writes them in an order that changes the store seldom. */
static void write_cases(void)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cases", folder);
	f = need(fopen(path, "w"), path);
	qsort(cases, num_cases, sizeof(cases[0]), by_store);
	for (size_t i = 0; i < num_cases; i++) {
		const struct written *w = &cases[i];

		fprintf(f, "rule UEFI-%s\n# end %s %s\n%s\n%s\nbase %s\ncase %s\n",
			w->rule, w->end, w->lab_alone ? "lab-alone" : "",
			w->shim, w->store, w->image, w->name);
	}
	need_ok(fclose(f) == 0, path);
	printf("%zu cases\n", num_cases);
}

struct bytes real_file(const char *name)
{
	struct bytes none = { NULL, 0 };

	for (unsigned i = 0; i < num_real; i++)
		if (strcmp(real[i].name, name) == 0)
			return real[i].bytes;
	return none;
}

uint32_t number_at(struct bytes b, size_t at)
{
	need_ok(at + 4 <= b.len, "a number");
	return b.data[at] | (uint32_t)b.data[at + 1] << 8 |
	       (uint32_t)b.data[at + 2] << 16 |
	       (uint32_t)b.data[at + 3] << 24;
}

/* named tells a section by its name, which may stand in the string table. */
static bool named(struct bytes b, size_t header, const char *name)
{
	size_t pe = number_at(b, 60), at = header;

	if (b.data[header] == '/')
		at = number_at(b, pe + 12) + 18 * number_at(b, pe + 16) +
		     strtoul((const char *)b.data + header + 1, NULL, 10);
	return at < b.len &&
	       strncmp((const char *)b.data + at, name, b.len - at) == 0;
}

size_t section_of(struct bytes b, const char *name, size_t *len)
{
	size_t pe = number_at(b, 60), num = number_at(b, pe + 4) >> 16;
	size_t at = pe + 24 + (number_at(b, pe + 20) & 0xffff);

	for (; num; num--, at += 40)
		if (named(b, at, name)) {
			*len = number_at(b, at + 16);
			return number_at(b, at + 20);
		}
	need_ok(false, name);
	return 0;
}

/* read_real takes NAME=PATH. */
static void read_real(char *word)
{
	char *path = strchr(word, '=');
	struct bytes b = zeros(32 << 20);
	FILE *f;

	need_ok(path && num_real < FILES_MAX, word);
	*path++ = '\0';
	f = need(fopen(path, "rb"), path);
	b.len = fread(b.data, 1, b.len, f);
	fclose(f);
	real[num_real].name = word;
	real[num_real++].bytes = b;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: make-shim-cases FOLDER shim=FILE [NAME=FILE...]\n");
		return 2;
	}
	folder = argv[1];
	for (int i = 2; i < argc; i++)
		read_real(argv[i]);
	open_world();
	trust_stages();
	denied_stages();
	state_stages();
	sbat_stages();
	level_stages();
	loader_stages();
	table_stages();
	signature_stages();
	real_stages();
	write_cases();
	return 0;
}
