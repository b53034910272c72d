/* What a format tells of a file's version, its counter and the like: taken out
 * of its description, by where it stands there.
 */
#include "bill.h"

#include <string.h>

enum { DEPTH = 24, STEP_MAX = 32 };

enum what { VERSION = 1, COUNTER, FACT };

/* wanted: `path` with "*" for what has no name, separated by slashes. */
static const struct wanted {
	const char *format, *path;
	enum what what;
	const char *name;	/* of a fact */
} table[] = {
	{ "mcuboot", "version", VERSION, NULL },
	{ "mcuboot", "entries/*/counter", COUNTER, NULL },
	{ "swu", "description/software/version", VERSION, NULL },
	{ "cab", "metainfo/*/version", VERSION, NULL },
	{ "cab", "metainfo/*/id", FACT, "component" },
	{ "pe", "sbat/*", FACT, "sbat" },
	{ "fit", "description", FACT, "description" },
	{ "rauc", "bundle-format", FACT, "bundle-format" },
};

struct taking {
	struct kf_bill *bill;
	const char *format;
	char name[DEPTH][STEP_MAX];	/* formats lend them for one call */
	size_t depth;
};

/* is_there tells whether a fact of a name stands at a path. */
static bool is_there(const struct taking *t, const char *path,
		     const char *name)
{
	for (size_t i = 0; i <= t->depth; i++) {
		const char *step = i < t->depth ? t->name[i]
				 : name ? name : "*";
		struct kf_bytes want = kf_text(path);
		size_t len = 0;

		while (len < want.len && want.data[len] != '/')
			len++;
		if (!kf_equal(kf_view(path, len), kf_text(step)))
			return false;
		path += len;
		if (i < t->depth && *path++ != '/')
			return false;
	}
	return !*path;
}

static void take_version(struct kf_bill *b, struct kf_bytes text)
{
	struct kf_bill_subject *s = kf_bill_of_file(b);

	if (s->version && !kf_equal(kf_text(s->version), text))
		s->many_versions = true;
	else
		s->version = kf_bill_keep(b, text);
	if (s->many_versions)
		kf_bill_add_fact(b, "version", text);
}

static void take(struct taking *t, const struct wanted *w,
		 const struct kf_fact *f)
{
	struct kf_bill_subject *s = kf_bill_of_file(t->bill);

	if (w->what == COUNTER && f->kind == KF_FACT_NUMBER) {
		s->has_counter = true;
		s->counter = f->number;
	} else if (w->what == VERSION && f->kind == KF_FACT_TEXT) {
		take_version(t->bill, f->bytes);
	} else if (w->what == FACT && f->kind == KF_FACT_TEXT) {
		kf_bill_add_fact(t->bill, w->name, f->bytes);
	}
}

/* open_step notes a name; one too long for any path is none. */
static void open_step(struct taking *t, const char *name)
{
	size_t len = kf_text(name).len;

	if (t->depth < DEPTH) {
		memset(t->name[t->depth], 0, STEP_MAX);
		if (len < STEP_MAX)
			memcpy(t->name[t->depth], name, len);
	}
	t->depth++;
}

static void fact(void *self, const struct kf_fact *f)
{
	struct taking *t = self;

	if (f->kind == KF_FACT_CLOSE) {
		t->depth -= t->depth > 0;
		return;
	}
	if (f->kind == KF_FACT_OPEN) {
		open_step(t, f->name ? f->name : "*");
		return;
	}
	if (t->depth >= DEPTH)
		return;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (kf_same(table[i].format, t->format) &&
		    is_there(t, table[i].path, f->name))
			take(t, &table[i], f);
}

void kf_bill_facts(struct kf_bill *b, const struct kf_artifact *a)
{
	struct taking t = { .bill = b, .format = a->format->name };
	const struct kf_sink sink = { .fact = fact, .self = &t };
	struct kf_bill_subject *s;

	a->format->describe(a, b->env, &sink);
	s = kf_bill_of_file(b);
	if (s->many_versions && s->version) {
		kf_bill_add_fact(b, "version", kf_text(s->version));
		s->version = NULL;
	}
	s->damaged |= a->num_damage > 0;
}
