/* Holds every file against every class, and counts devices by answer.
 *
 * A class is opened, judged and closed again, so that memory does not grow
 * with the fleet: of each class remains which cells it is in. Most classes are
 * in the same cells as many others, so that this is one number.
 */
#include "matrix.h"

#include "inside.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 256 };

/* kf_patterns are the rows of cells that occur: row `n` is `num` cells from
 * `from` of the pool. `slot` finds them by their content. */
struct kf_patterns {
	uint32_t *pool;
	size_t pool_len, pool_size;
	struct row { size_t from, num; } *row;
	size_t num, size;
	uint32_t *slot;		/* of row + 1; 0: free */
	size_t num_slots;
};

static enum kf_status no_memory(struct kf_fault *why)
{
	kf_fault_say(why, NULL, "out of memory");
	return KF_NO_MEMORY;
}

/* grow makes room for `num` more. Fails: false. */
static bool grow(void **list, size_t *size, size_t used, size_t num,
		 size_t each)
{
	size_t wanted = *size ? *size : FIRST_SIZE;
	void *more;

	if (*size - used >= num)
		return true;
	while (wanted - used < num)
		wanted *= 2;
	more = realloc(*list, wanted * each);
	if (!more)
		return false;
	*list = more;
	*size = wanted;
	return true;
}

static uint64_t hash_of(const uint32_t *cell, size_t num)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t n = 0; n < num; n++)
		hash = (hash ^ cell[n]) * 0x100000001b3u;
	return hash ^ hash >> 29;
}

/* slot_for finds the slot of a row, or the free one where it belongs. */
static uint32_t *slot_for(const struct kf_patterns *p, const uint32_t *cell,
			  size_t num)
{
	size_t at = hash_of(cell, num) % p->num_slots;

	while (p->slot[at]) {
		const struct row *row = &p->row[p->slot[at] - 1];

		if (row->num == num &&
		    (num == 0 || memcmp(p->pool + row->from, cell,
					num * sizeof(*cell)) == 0))
			break;
		at = (at + 1) % p->num_slots;
	}
	return &p->slot[at];
}

/* more_slots doubles the slots while they are more than half full. */
static bool more_slots(struct kf_patterns *p)
{
	size_t num_slots = p->num_slots ? 2 * p->num_slots : 1024;
	uint32_t *old = p->slot;

	if (p->num_slots && p->num < p->num_slots / 2)
		return true;
	p->slot = calloc(num_slots, sizeof(*p->slot));
	if (!p->slot) {
		p->slot = old;
		return false;
	}
	free(old);
	p->num_slots = num_slots;
	for (size_t n = 0; n < p->num; n++)
		*slot_for(p, p->pool + p->row[n].from, p->row[n].num) =
			(uint32_t)n + 1;
	return true;
}

/* pattern_of finds the number of the row that was just judged. */
static bool pattern_of(struct kf_matrix *m, uint32_t *out)
{
	struct kf_patterns *p = m->patterns;
	void *pool, *rows;
	uint32_t *slot;

	if (!more_slots(p))
		return false;
	slot = slot_for(p, m->row, m->num_row);
	if (*slot) {
		*out = *slot - 1;
		return true;
	}
	pool = p->pool;
	rows = p->row;
	if (!grow(&pool, &p->pool_size, p->pool_len, m->num_row + 1,
		  sizeof(*p->pool)))
		return false;
	p->pool = pool;
	if (!grow(&rows, &p->size, p->num, 1, sizeof(*p->row)))
		return false;
	p->row = rows;
	if (m->num_row)
		memcpy(p->pool + p->pool_len, m->row,
		       m->num_row * sizeof(*m->row));
	p->row[p->num] = (struct row){ p->pool_len, m->num_row };
	p->pool_len += m->num_row;
	*out = (uint32_t)p->num++;
	*slot = *out + 1;
	return true;
}

const uint32_t *kf_matrix_cells(const struct kf_matrix *m, size_t class,
				size_t *num)
{
	const struct row *row = &m->patterns->row[m->pattern[class]];

	*num = row->num;
	return m->patterns->pool + row->from;
}

bool kf_matrix_asked(const struct kf_device *device, size_t verifier,
		     const struct kf_format *format)
{
	return !kf_inside_takes(device, format) ||
	       kf_verifier_takes(device->verifier[verifier].rules->verifier,
				 format);
}

enum kf_status kf_matrix_decide(struct kf_matrix *m, struct kf_matrix_file *f,
				const struct kf_device_verifier *v)
{
	enum kf_status status = kf_matrix_read(f, m, v->rules);

	if (status == KF_OK)
		status = kf_check(&m->verdict, &f->artifact, &v->store,
				  v->rules, &f->work.env);
	return status;
}

/* equal tells whether two texts are the same, or neither is there. */
static bool equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same(const struct kf_cell *a, const struct kf_cell *b)
{
	return a->file == b->file && a->rules == b->rules &&
	       a->verifier == b->verifier && a->answer == b->answer &&
	       a->not_enforced == b->not_enforced && a->shut == b->shut &&
	       a->reason == b->reason && a->fault == b->fault &&
	       equal(a->rule, b->rule) && equal(a->outcome, b->outcome);
}

/* put_cell counts an answer. `class` is whose. Fails: false. */
static bool put_cell(struct kf_matrix *m, const struct kf_cell *answer,
		     size_t class)
{
	uint64_t devices = m->class[class].devices;
	void *cells = m->cell, *row = m->row;
	struct kf_cell *c;
	size_t n = m->num_cells;

	/* The newest are the likeliest. */
	while (n > 0 && !is_same(&m->cell[n - 1], answer))
		n--;
	if (n == 0) {
		if (!grow(&cells, &m->cells_size, m->num_cells, 1,
			  sizeof(*m->cell)))
			return false;
		m->cell = cells;
		m->cell[m->num_cells] = *answer;
		n = ++m->num_cells;
	}
	c = &m->cell[n - 1];
	c->devices += devices;
	c->classes++;
	if (devices > c->sample_devices) {
		c->sample = class;
		c->sample_devices = devices;
	}
	if (!grow(&row, &m->row_size, m->num_row, 1, sizeof(*m->row)))
		return false;
	m->row = row;
	m->row[m->num_row++] = (uint32_t)n - 1;
	return true;
}

/* worse takes the worse of two answers; -1: none yet. */
static int worse(int a, int b)
{
	static const int rank[] = { [KF_ACCEPT] = 0, [KF_UNDECIDED] = 1,
				    [KF_REJECT] = 2, [KF_MATRIX_FAULT] = 3 };

	return a < 0 || rank[b] > rank[a] ? b : a;
}

/* judging is one class while it is judged. */
struct judging {
	struct kf_matrix *m;
	const struct kf_device *device;
	size_t class;
};

static bool note(struct judging *j, struct kf_cell *cell)
{
	return put_cell(j->m, cell, j->class);
}

/* judge asks one verifier about one file. */
static bool judge(struct judging *j, struct kf_matrix_file *f, size_t v)
{
	const struct kf_device_verifier *verifier = &j->device->verifier[v];
	struct kf_cell cell = { .file = f, .rules = verifier->rules,
				.verifier = v };
	const struct kf_verdict *verdict = &j->m->verdict;

	cell.fault = kf_matrix_decide(j->m, f, verifier);
	if (cell.fault != KF_OK) {
		cell.answer = KF_MATRIX_FAULT;
		return note(j, &cell);
	}
	cell.answer = (int)verdict->answer;
	cell.not_enforced = verdict->not_enforced;
	cell.outcome = verdict->outcome;
	cell.reason = verdict->why.reason;
	cell.rule = verdict->why.rule;
	return note(j, &cell);
}

/* judge_shut: what is in a bundle cannot be seen, and some would judge it. */
static bool judge_shut(struct judging *j, struct kf_matrix_file *f)
{
	for (size_t v = 0; v < j->device->num_verifiers; v++) {
		const struct kf_rules *rules = j->device->verifier[v].rules;
		struct kf_cell cell = {
			.file = f, .rules = rules, .verifier = v,
			.answer = KF_UNDECIDED, .shut = true,
			.outcome = "unknown",
			.reason = kf_reason_find("contents-unknown"),
		};

		if (!kf_verifier_takes(rules->verifier, f->format) &&
		    !note(j, &cell))
			return false;
	}
	return true;
}

static bool judge_all(struct judging *j, struct kf_matrix_file *f)
{
	for (size_t v = 0; v < j->device->num_verifiers; v++)
		if (kf_matrix_asked(j->device, v, f->format) &&
		    !judge(j, f, v))
			return false;
	return true;
}

/* judge_inside has what a bundle holds judged by those that will meet it. */
static bool judge_inside(struct judging *j, struct kf_matrix_file *f,
			 struct kf_fault *why)
{
	struct kf_matrix *m = j->m;

	if (!f->path[0] || f->artifact.status != KF_OK ||
	    !kf_inside_takes(j->device, f->format) ||
	    !kf_inside_matters(j->device, f->format))
		return true;
	if (kf_matrix_look_inside(m, f, why) != KF_OK)
		return false;
	if (f->inside == KF_SHUT)
		return judge_shut(j, f);
	for (size_t n = m->num_given; n < m->num_files; n++)
		if (m->file[n]->bundle == f &&
		    kf_inside_takes(j->device, m->file[n]->format) &&
		    !judge_all(j, m->file[n]))
			return false;
	return true;
}

/* count counts the devices of a class by the worst answer for each release. */
static bool count(struct kf_matrix *m, size_t class)
{
	int *worst = malloc(m->num_releases * sizeof(*worst));

	if (!worst)
		return false;
	for (size_t n = 0; n < m->num_releases; n++)
		worst[n] = -1;
	for (size_t n = 0; n < m->num_row; n++) {
		const struct kf_cell *c = &m->cell[m->row[n]];

		worst[c->file->of] = worse(worst[c->file->of], c->answer);
	}
	for (size_t n = 0; n < m->num_releases; n++)
		if (worst[n] >= 0)
			m->release[n].devices[worst[n]] +=
				m->class[class].devices;
	free(worst);
	m->devices += m->class[class].devices;
	return true;
}

/* is_for tells whether a file of a release is of a kind that a verifier of the
 * device is made for. */
static bool is_for(const struct judging *j, size_t release)
{
	for (size_t n = 0; n < j->m->num_given; n++) {
		const struct kf_matrix_file *f = j->m->file[n];

		if (f->of == release &&
		    (!f->path[0] || kf_inside_takes(j->device, f->format)))
			return true;
	}
	return false;
}

/* judge_device has all files judged by one device. */
static bool judge_device(struct kf_matrix *m, size_t class,
			 const struct kf_device *device, struct kf_fault *why)
{
	struct judging j = { m, device, class };
	bool done = true;

	m->num_row = 0;
	for (size_t n = 0; n < m->num_given && done; n++)
		done = judge_all(&j, m->file[n]) &&
		       judge_inside(&j, m->file[n], why);
	for (size_t n = 0; n < m->num_releases && done; n++)
		if (!is_for(&j, n))
			m->release[n].foreign += m->class[class].devices;
	return done && count(m, class) && pattern_of(m, &m->pattern[class]);
}

static enum kf_status judge_class(struct kf_matrix *m, size_t class,
				  struct kf_fault *why)
{
	struct kf_device device;
	enum kf_status status = kf_matrix_open(m, &device, class, "class",
					       why);
	bool done;

	if (status != KF_OK)
		return status;
	done = judge_device(m, class, &device, why);
	kf_device_close(&device);
	return done ? KF_OK : no_memory(why);
}

/* ready makes room for what is kept of each class. */
static enum kf_status ready(struct kf_matrix *m, struct kf_fault *why)
{
	m->pattern = calloc(m->num_classes + 1, sizeof(*m->pattern));
	m->patterns = calloc(1, sizeof(*m->patterns));
	return m->pattern && m->patterns ? KF_OK : no_memory(why);
}

enum kf_status kf_matrix_run(struct kf_matrix *m, struct kf_fault *why)
{
	enum kf_status status = kf_fleet_classes(m->fleet, &m->class,
						 &m->num_classes, &m->choice,
						 why);

	if (status == KF_OK)
		status = ready(m, why);
	for (size_t n = 0; n < m->num_classes && status == KF_OK; n++) {
		status = judge_class(m, n, why);
		if (n % 64 == 0)
			kf_progress("classes judged", n, m->num_classes);
	}
	kf_progress("", 0, 0);
	return status;
}

/* as_before takes over what a class that is not touched answers. */
static bool as_before(struct kf_matrix *after, const struct kf_matrix *before,
		      size_t class)
{
	size_t num;
	const uint32_t *cell = kf_matrix_cells(before, class, &num);

	after->num_row = 0;
	for (size_t n = 0; n < num; n++) {
		struct kf_cell answer = before->cell[cell[n]];

		answer.devices = answer.classes = answer.sample_devices = 0;
		answer.first.num = 0;
		if (!put_cell(after, &answer, class))
			return false;
	}
	return count(after, class) && pattern_of(after, &after->pattern[class]);
}

/* judge_again judges a class after the changes, where they touch it. */
static enum kf_status judge_again(struct kf_matrix *after,
				  const struct kf_matrix *before, size_t class,
				  bool *touched, struct kf_fault *why)
{
	struct kf_device device;
	enum kf_status status = kf_matrix_open(after, &device, class, "class",
					       why);
	bool done = true;

	if (status != KF_OK)
		return status;
	status = kf_matrix_touched(after, class, &device, touched, why);
	if (status == KF_OK)
		done = *touched ? judge_device(after, class, &device, why)
				: as_before(after, before, class);
	kf_device_close(&device);
	return done ? status : no_memory(why);
}

enum kf_status kf_matrix_run_after(struct kf_matrix *after,
				   struct kf_matrix *before, size_t *touched,
				   uint64_t *devices, struct kf_fault *why)
{
	enum kf_status status;

	after->class = before->class;
	after->num_classes = before->num_classes;
	memcpy(after->file, before->file, sizeof(after->file));
	after->num_files = before->num_files;
	after->num_given = before->num_given;
	*touched = 0;
	*devices = 0;
	status = ready(after, why);
	for (size_t n = 0; n < after->num_classes && status == KF_OK; n++) {
		bool is = false;

		status = judge_again(after, before, n, &is, why);
		*touched += is;
		*devices += is ? after->class[n].devices : 0;
		kf_progress("classes judged again", n, after->num_classes);
	}
	kf_progress("", 0, 0);
	/* What it found in bundles is one matrix's to close. */
	memcpy(before->file, after->file, sizeof(after->file));
	before->num_files = after->num_files;
	return status;
}

/* by_id finds a class by its number in the fleet. */
struct numbered {
	int64_t id;
	size_t class;
};

static int by_id(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* handing is who is handed the devices. */
struct handing {
	struct kf_matrix *m;
	struct numbered *list;
	kf_matrix_any *each;
	void *self;
};

static enum kf_status hand(void *self, const struct kf_fleet_device *d,
			   struct kf_fault *why)
{
	struct handing *h = self;
	struct numbered wanted = { d->class_id, 0 };
	const struct numbered *found = bsearch(&wanted, h->list,
					       h->m->num_classes,
					       sizeof(wanted), by_id);

	return found ? h->each(h->self, d->name, found->class, why) : KF_OK;
}

enum kf_status kf_matrix_devices(struct kf_matrix *m, kf_matrix_any *each,
				 void *self, struct kf_fault *why)
{
	struct handing h = { m, NULL, each, self };
	enum kf_status status;

	if (m->num_classes == 0)
		return KF_OK;
	h.list = calloc(m->num_classes, sizeof(*h.list));
	if (!h.list)
		return no_memory(why);
	for (size_t n = 0; n < m->num_classes; n++)
		h.list[n] = (struct numbered){ m->class[n].id, n };
	qsort(h.list, m->num_classes, sizeof(*h.list), by_id);
	status = kf_fleet_devices(m->fleet, &m->choice, hand, &h, why);
	free(h.list);
	return status;
}

/* stranding is who is handed the devices that do not take a file. */
struct stranding {
	struct kf_matrix *m;
	kf_matrix_device *each;
	void *self;
};

static enum kf_status strand(void *self, struct kf_bytes name, size_t class,
			     struct kf_fault *why)
{
	struct stranding *s = self;
	enum kf_status status = KF_OK;
	const uint32_t *cell;
	size_t num;

	cell = kf_matrix_cells(s->m, class, &num);
	for (size_t n = 0; n < num && status == KF_OK; n++)
		if (s->m->cell[cell[n]].answer != KF_ACCEPT)
			status = s->each(s->self, name, class,
					 &s->m->cell[cell[n]], why);
	return status;
}

enum kf_status kf_matrix_stranded(struct kf_matrix *m, kf_matrix_device *each,
				  void *self, struct kf_fault *why)
{
	struct stranding s = { m, each, self };

	return kf_matrix_devices(m, strand, &s, why);
}

void kf_matrix_close(struct kf_matrix *m)
{
	for (size_t n = 0; n < m->num_cells; n++)
		kf_first_names_close(&m->cell[n].first);
	kf_matrix_close_files(m);
	if (m->patterns) {
		free(m->patterns->pool);
		free(m->patterns->row);
		free(m->patterns->slot);
	}
	free(m->patterns);
	free(m->pattern);
	free(m->cell);
	free(m->order);
	free(m->row);
	free(m->class);
	free(m->release);
}
