/* Where two files differ: parts of one name are held against each other, the
 * first with the first and so on; the rest stand in one file alone.
 */
#include "payload.h"

#include <string.h>

enum { PASSED_OVER = 16, CHUNK = 512 };

/* differing is the work on two files. */
struct differing {
	const struct kf_payload *a, *b;
	const struct kf_payload_teller *tell;
	struct kf_payload_sum *sum;
	bool equal;
};

static void tell(struct differing *d, struct kf_payload_span span)
{
	span.aside = span.part->aside || d->equal;
	d->sum->spans++;
	d->sum->counting += !span.aside;
	d->tell->span(d->tell->self, &span);
}

static void alone(struct differing *d, const struct kf_payload_part *part,
		  bool in_a)
{
	struct kf_payload_span span = { .part = part, .in_a = in_a,
					.in_b = !in_a };

	if (in_a) {
		span.at_a = part->at;
		span.len_a = part->len;
	} else {
		span.at_b = part->at;
		span.len_b = part->len;
	}
	tell(d, span);
}

/* run is a run of bytes that differ, while it grows; places are in the part. */
struct run {
	bool open;
	uint64_t from, last;
};

static void end_run(struct differing *d, struct run *r,
		    const struct kf_payload_part *a,
		    const struct kf_payload_part *b)
{
	uint64_t len = r->last + 1 - r->from;

	if (r->open)
		tell(d, (struct kf_payload_span){
			a, true, true, false, a->at + r->from, len,
			b->at + r->from, len,
		});
	r->open = false;
}

/* hold holds two parts of one name against each other. */
static enum kf_status hold(struct differing *d,
			   const struct kf_payload_part *a,
			   const struct kf_payload_part *b)
{
	uint64_t shared = a->len < b->len ? a->len : b->len;
	uint8_t one[CHUNK], two[CHUNK];
	struct run r = { false, 0, 0 };

	for (uint64_t at = 0; at < shared; at += CHUNK) {
		size_t some = shared - at < CHUNK ? (size_t)(shared - at)
						  : CHUNK;

		if (!d->a->source->read_at(d->a->source->self, a->at + at,
					   one, some) ||
		    !d->b->source->read_at(d->b->source->self, b->at + at,
					   two, some))
			return KF_CANNOT_READ;
		if (memcmp(one, two, some) == 0)
			continue;
		for (size_t i = 0; i < some; i++) {
			if (one[i] == two[i])
				continue;
			if (r.open && at + i - r.last > PASSED_OVER)
				end_run(d, &r, a, b);
			if (!r.open)
				r.from = at + i;
			r.open = true;
			r.last = at + i;
		}
	}
	end_run(d, &r, a, b);
	if (a->len != b->len)
		tell(d, (struct kf_payload_span){
			a, true, true, false, a->at + shared, a->len - shared,
			b->at + shared, b->len - shared,
		});
	return KF_OK;
}

/* find looks for the first part of b of this name that was not taken. */
static size_t find(const struct kf_payload *b, const bool *taken,
		   struct kf_bytes name)
{
	size_t i = 0;

	while (i < b->num_parts &&
	       (taken[i] || !kf_equal(b->part[i].name, name)))
		i++;
	return i;
}

enum kf_status kf_payload_differ(struct kf_payload_sum *out,
				 const struct kf_payload *a,
				 const struct kf_payload *b,
				 const struct kf_payload_teller *teller,
				 struct kf_env *env)
{
	struct differing d = {
		a, b, teller, out,
		a->kind == b->kind && kf_hash_same(&a->sha256, &b->sha256),
	};
	bool *taken = kf_arena_take(env->arena, b->num_parts + 1);
	enum kf_status status = KF_OK;
	size_t next = 0;

	memset(out, 0, sizeof(*out));
	if (!taken)
		return KF_NO_MEMORY;
	for (size_t i = 0; i < a->num_parts && status == KF_OK; i++) {
		size_t k = find(b, taken, a->part[i].name);

		if (k == b->num_parts) {
			alone(&d, &a->part[i], true);
			continue;
		}
		taken[k] = true;
		out->moved |= k < next;
		next = k + 1;
		status = hold(&d, &a->part[i], &b->part[k]);
	}
	for (size_t i = 0; i < b->num_parts && status == KF_OK; i++)
		if (!taken[i])
			alone(&d, &b->part[i], false);
	return status;
}
