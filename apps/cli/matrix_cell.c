/* A cell in full: its sample is judged once more, for proof and remedies. A
 * remedy holds for the class that it was tried on; what it does to others is
 * asked of the largest classes that take the file as it is.
 */
#include "matrix.h"

#include "say.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	OTHERS_MAX = 32,	/* classes that a remedy is tried on */
	NAME_ROOM = 400,
};

/* telling is one cell while it is told of. */
struct telling {
	struct kf_matrix *m;
	const struct kf_cell *cell;
	struct kf_device device;	/* the sample */
	char name[NAME_ROOM];
};

/* first_name takes the first name of a class. */
static void first_name(void *self, struct kf_bytes name)
{
	char *out = self;

	snprintf(out, NAME_ROOM, "%.*s", (int)name.len,
		 (const char *)name.data);
}

/* name_of names a class for people: by its first device, and how many more
 * there are. */
static enum kf_status name_of(struct kf_matrix *m, size_t class,
			      uint64_t devices, char *out,
			      struct kf_fault *why)
{
	enum kf_status status = kf_fleet_names(m->fleet, m->class[class].id,
					       &m->choice, 1, first_name, out,
					       why);
	size_t len = strlen(out);

	if (status == KF_OK && devices > 1)
		snprintf(out + len, NAME_ROOM - len, " and %" PRIu64
			 " other%s", devices - 1, devices > 2 ? "s" : "");
	return status;
}

/* keep_names gives harms names that live as long as the file's memory. */
static enum kf_status keep_names(struct kf_harms *harms, size_t from,
				 const char *name, struct kf_arena *arena)
{
	size_t len = strlen(name) + 1;

	for (size_t n = from; n < harms->num; n++) {
		char *copy = kf_arena_take(arena, len);

		if (!copy)
			return KF_NO_MEMORY;
		harms->harm[n].device = memcpy(copy, name, len);
	}
	return KF_OK;
}

/* look_elsewhere asks one other class what a remedy does to it. */
static enum kf_status look_elsewhere(struct telling *t, size_t class,
				     size_t remedy, struct kf_fault *why)
{
	struct kf_matrix *m = t->m;
	struct kf_matrix_file *f = t->cell->file;
	struct kf_harms *harms = &m->harms[remedy];
	size_t had = harms->num;
	char name[NAME_ROOM] = "";
	struct kf_device device;
	enum kf_status status = name_of(m, class, m->class[class].devices,
					name, why);

	if (status == KF_OK)
		status = kf_matrix_open(m, &device, class, name, why);
	if (status != KF_OK)
		return status;
	for (size_t v = 0; v < device.num_verifiers && status == KF_OK; v++) {
		const struct kf_device_verifier *d = &device.verifier[v];
		struct kf_elsewhere other = { &f->artifact, &d->store,
					      d->rules, device.name };
		struct kf_env env = f->work.env;

		if (!kf_matrix_asked(&device, v, f->format))
			continue;
		status = kf_harms_look(harms, &m->remedy[remedy], &other,
				       &env);
		/* What takes too long to ask may be a harm. */
		harms->more |= status == KF_TOO_MUCH;
		status = status == KF_TOO_MUCH ? KF_OK : status;
	}
	if (status == KF_OK)
		status = keep_names(harms, had, name, &f->work.arena);
	kf_device_close(&device);
	return status;
}

/* others_of lists other classes, those with the most devices first, as far as
 * they are looked at. Returns how many. */
static size_t others_of(const struct kf_matrix *m, size_t sample,
			size_t out[OTHERS_MAX])
{
	size_t num = 0;

	for (size_t c = 0; c < m->num_classes; c++) {
		size_t at = num;

		if (c == sample)
			continue;
		while (at > 0 && m->class[out[at - 1]].devices <
				 m->class[c].devices)
			at--;
		if (at == OTHERS_MAX)
			continue;
		if (num == OTHERS_MAX)
			num--;
		memmove(out + at + 1, out + at, (num - at) * sizeof(*out));
		out[at] = c;
		num++;
	}
	return num;
}

static enum kf_status look_around(struct telling *t, struct kf_pair *pair,
				  struct kf_fault *why)
{
	struct kf_matrix *m = t->m;
	size_t other[OTHERS_MAX];
	size_t num = others_of(m, t->cell->sample, other);
	enum kf_status status = KF_OK;

	memset(m->harms, 0, sizeof(m->harms));
	pair->harms = m->harms;
	for (size_t r = 0; r < pair->num_remedies && status == KF_OK; r++) {
		if (!kf_remedy_is_file(&m->remedy[r]))
			continue;
		for (size_t n = 0; n < num && status == KF_OK; n++)
			status = look_elsewhere(t, other[n], r, why);
		m->harms[r].more |= num + 1 < m->num_classes;
	}
	return status;
}

/* judge answers for the sample, as keyfit check does. */
static enum kf_status judge(struct telling *t, struct kf_pair *pair,
			    struct kf_fault *why)
{
	struct kf_matrix *m = t->m;
	struct kf_matrix_file *f = t->cell->file;
	enum kf_status status = kf_matrix_decide(m, f, pair->verifier);

	if (status == KF_OK && m->remedies)
		status = kf_remedies(m->remedy, KF_REMEDIES_MAX,
				     &pair->num_remedies, &f->artifact,
				     &pair->verifier->store,
				     pair->verifier->rules, &m->verdict,
				     &f->work.env);
	if (status == KF_TOO_MUCH && m->verdict.answer != KF_UNDECIDED)
		status = KF_OK;
	if (status == KF_OK && pair->num_remedies)
		status = look_around(t, pair, why);
	if (status != KF_OK && !why->what[0])
		kf_fault_say(why, NULL, "%s", kf_status_text(status));
	return status;
}

/* shut: what is in a bundle could not be seen. */
static void shut(struct kf_matrix *m, const struct kf_matrix_file *f)
{
	memset(&m->verdict, 0, sizeof(m->verdict));
	m->verdict.outcome = "unknown";
	m->verdict.why.reason = kf_reason_find("contents-unknown");
	m->verdict.why.num_evidence = 1;
	m->verdict.why.evidence[0].kind = KF_EV_TEXT;
	m->verdict.why.evidence[0].text = f->shut.what;
}

enum kf_status kf_matrix_tell(struct kf_matrix *m, const struct kf_cell *cell,
			      kf_matrix_take *take, void *self,
			      struct kf_fault *why)
{
	struct telling t = { .m = m, .cell = cell };
	struct kf_matrix_file *f = cell->file;
	struct kf_pair pair = {
		.path = f->path[0] ? f->path : NULL,
		.sha256 = f->sha256,
		.artifact = &f->artifact,
		.device = &t.device,
		.verdict = &m->verdict,
		.remedy = m->remedy,
		.at_s = m->at_s,
		.env = &f->work.env,
	};
	enum kf_status status;

	if (cell->answer == KF_MATRIX_FAULT) {
		take(self, cell, NULL);
		return KF_OK;
	}
	status = name_of(m, cell->sample, cell->devices, t.name, why);
	if (status == KF_OK)
		status = kf_matrix_open(m, &t.device, cell->sample, t.name,
					why);
	if (status != KF_OK)
		return status;
	pair.verifier = &t.device.verifier[cell->verifier];
	if (cell->shut)
		shut(m, f);
	else
		status = judge(&t, &pair, why);
	if (status == KF_OK)
		take(self, cell, &pair);
	kf_device_close(&t.device);
	return status;
}

/* place_of numbers a file in the order in which files are told of: those of a
 * bundle behind it. */
static size_t place_of(const struct kf_matrix *m,
		       const struct kf_matrix_file *f)
{
	size_t n = 0;

	while (n < m->num_files && m->file[n] != f)
		n++;
	return n;
}

/* sorting is a cell with what it is sorted by. */
struct sorting {
	size_t given, place, number;
	int rank;
	uint64_t devices;
};

static int by_place(const void *a, const void *b)
{
	const struct sorting *x = a, *y = b;

	if (x->given != y->given)
		return x->given < y->given ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->devices != y->devices)
		return x->devices > y->devices ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

enum kf_status kf_matrix_order(struct kf_matrix *m, struct kf_fault *why)
{
	static const int rank[] = { [KF_MATRIX_FAULT] = 0, [KF_REJECT] = 1,
				    [KF_UNDECIDED] = 2, [KF_ACCEPT] = 3 };
	struct sorting *s = calloc(m->num_cells + 1, sizeof(*s));

	m->order = calloc(m->num_cells + 1, sizeof(*m->order));
	if (!s || !m->order) {
		free(s);
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	for (size_t n = 0; n < m->num_cells; n++) {
		const struct kf_matrix_file *f = m->cell[n].file;

		s[n].given = place_of(m, f->bundle ? f->bundle : f);
		s[n].place = place_of(m, f);
		s[n].number = n;
		s[n].rank = rank[m->cell[n].answer];
		s[n].devices = m->cell[n].devices;
	}
	qsort(s, m->num_cells, sizeof(*s), by_place);
	for (size_t n = 0; n < m->num_cells; n++)
		m->order[n] = s[n].number;
	free(s);
	return KF_OK;
}
