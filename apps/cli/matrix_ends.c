/* The last day: until when each device takes each file.
 *
 * Which verifier looks at the clock, and at what, is its rules' to say: they
 * are asked again at other times. A chain that lets a file pass now ends with
 * the first of its certificates; so that is where they are asked next. What
 * ends for another reason is found by halving the time between.
 */
#include "matrix_ends.h"

#include <stdlib.h>
#include <string.h>

enum { CHAINS_MAX = 32 };

#define CENTURY ((int64_t)36525 * 86400)

static enum kf_status no_memory(struct kf_fault *why)
{
	kf_fault_say(why, NULL, "out of memory");
	return KF_NO_MEMORY;
}

/* asking is one file and one verifier of a class, at changing times. */
struct asking {
	struct kf_matrix *m;
	struct kf_matrix_file *file;
	const struct kf_device_verifier *verifier;
};

/* takes_at asks at another time; the verdict stays in the matrix. */
static enum kf_status takes_at(struct asking *a, int64_t when_s, bool *takes)
{
	int64_t now_s = a->m->at_s;
	enum kf_status status;

	a->m->at_s = when_s;
	status = kf_matrix_decide(a->m, a->file, a->verifier);
	a->m->at_s = now_s;
	*takes = a->m->verdict.answer == KF_ACCEPT;
	return status;
}

/* first_end finds the first certificate of the verdict's chains to end after a
 * time. Fails: false, none does. */
static bool first_end(const struct asking *a, int64_t after_s, int64_t *out)
{
	const struct kf_verdict *v = &a->m->verdict;
	const struct kf_crypto *crypto = a->m->crypto;
	int64_t from_s, until_s;
	bool any = false;

	for (size_t i = 0; i < v->num_signatures; i++)
		for (size_t k = 0; k < v->signature[i].num_chain; k++) {
			if (!crypto->certificate_times(crypto->self,
					v->signature[i].chain[k], &from_s,
					&until_s) || until_s < after_s ||
			    (any && until_s >= *out))
				continue;
			*out = until_s;
			any = true;
		}
	return any;
}

/* halve finds the last second at which the file is taken, between one at which
 * it is and one at which it is not. */
static enum kf_status halve(struct asking *a, int64_t takes_s, int64_t not_s,
			    int64_t *last_s)
{
	enum kf_status status = KF_OK;

	while (status == KF_OK && not_s - takes_s > 1) {
		int64_t middle_s = takes_s + (not_s - takes_s) / 2;
		bool takes;

		status = takes_at(a, middle_s, &takes);
		if (takes)
			takes_s = middle_s;
		else
			not_s = middle_s;
	}
	*last_s = takes_s;
	return status;
}

/* find works out one end. The file is taken now. */
static enum kf_status find(struct asking *a, struct kf_end *end)
{
	int64_t now_s = a->m->at_s, takes_s = now_s, next_s = now_s;
	enum kf_status status;
	bool takes = true;

	status = takes_at(a, now_s, &takes);
	end->has_chain = first_end(a, now_s, &end->chain_s);
	for (int n = 0; n < CHAINS_MAX && takes && status == KF_OK; n++) {
		takes_s = next_s;
		if (!first_end(a, next_s, &next_s))
			break;
		status = takes_at(a, ++next_s, &takes);
	}
	if (status == KF_OK && takes) {
		next_s = now_s + CENTURY;
		status = takes_at(a, next_s, &takes);
	}
	end->ends = !takes;
	if (status != KF_OK || takes)
		return status;
	status = halve(a, takes_s, next_s, &end->last_s);
	if (status == KF_OK)
		status = takes_at(a, end->last_s + 1, &takes);
	end->reason = a->m->verdict.why.reason;
	end->rule = a->m->verdict.why.rule;
	return status;
}

static bool is_same(const struct kf_end *a, const struct kf_end *b)
{
	return a->cell == b->cell && a->ends == b->ends &&
	       a->last_s == b->last_s && a->reason == b->reason &&
	       a->has_chain == b->has_chain && a->chain_s == b->chain_s &&
	       kf_same(a->rule, b->rule);
}

/* put counts an end, and notes that a class has it. */
static enum kf_status put(struct kf_ends *ends, const struct kf_end *end,
			  const struct kf_matrix *m, size_t class,
			  struct kf_fault *why)
{
	size_t n = 0;
	void *more;

	while (n < ends->num && !is_same(&ends->end[n], end))
		n++;
	if (n == ends->num) {
		more = realloc(ends->end, (n + 1) * sizeof(*ends->end));
		if (!more)
			return no_memory(why);
		ends->end = more;
		ends->end[ends->num++] = *end;
	}
	ends->end[n].devices += m->class[class].devices;
	ends->end[n].classes++;
	more = realloc(ends->of, (ends->num_of + 1) * sizeof(*ends->of));
	if (!more)
		return no_memory(why);
	ends->of = more;
	ends->of[ends->num_of++] = (struct kf_end_of){ class, n };
	return KF_OK;
}

/* look asks one class about all that it takes now. */
static enum kf_status look(struct kf_matrix *m, struct kf_ends *ends,
			   size_t class, struct kf_fault *why)
{
	struct kf_device device;
	size_t num;
	const uint32_t *cell = kf_matrix_cells(m, class, &num);
	enum kf_status status = kf_matrix_open(m, &device, class, "class", why);

	if (status != KF_OK)
		return status;
	for (size_t n = 0; n < num && status == KF_OK; n++) {
		const struct kf_cell *c = &m->cell[cell[n]];
		struct kf_end end = { .cell = cell[n] };
		struct asking a = { m, c->file,
				    &device.verifier[c->verifier] };

		if (c->answer != KF_ACCEPT)
			continue;
		status = find(&a, &end);
		if (status == KF_OK)
			status = put(ends, &end, m, class, why);
	}
	kf_device_close(&device);
	return status;
}

static int by_time(const void *a, const void *b)
{
	const struct kf_end *x = *(const struct kf_end *const *)a;
	const struct kf_end *y = *(const struct kf_end *const *)b;

	if (x->ends != y->ends)
		return x->ends ? -1 : 1;
	if (x->last_s != y->last_s)
		return x->last_s < y->last_s ? -1 : 1;
	return x < y ? -1 : x > y;
}

enum kf_status kf_ends_find(struct kf_ends *out, struct kf_matrix *m,
			    struct kf_fault *why)
{
	enum kf_status status = KF_OK;

	memset(out, 0, sizeof(*out));
	for (size_t c = 0; c < m->num_classes && status == KF_OK; c++) {
		status = look(m, out, c, why);
		kf_progress("ends found", c, m->num_classes);
	}
	kf_progress("", 0, 0);
	out->order = calloc(out->num + 1, sizeof(*out->order));
	if (!out->order)
		return no_memory(why);
	for (size_t n = 0; n < out->num; n++)
		out->order[n] = &out->end[n];
	qsort(out->order, out->num, sizeof(*out->order), by_time);
	return status;
}

void kf_ends_close(struct kf_ends *ends)
{
	free(ends->end);
	free(ends->of);
	free(ends->order);
}
