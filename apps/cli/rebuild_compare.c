/* keyfit rebuild compare: two files, held against each other part by part.
 */
#include "rebuild.h"
#include "say.h"

#include <inttypes.h>
#include <string.h>

enum { SHOWN_MAX = 100 };

/* side is one of the two files. */
struct side {
	const char *path;
	struct kf_file file;
	struct kf_work work;
	struct kf_payload payload;
	struct kf_of_artifact own;	/* by what is in it */
};

/* comparing is one run. */
struct comparing {
	struct kf_approve *base;
	struct side side[2];
	struct kf_payload_sum sum;
	struct kf_json json;
	struct kf_output spans;		/* as they are told */
	uint64_t shown;
};

static int open_side(struct side *s, struct kf_approve *a, const char *path)
{
	struct kf_fault why = { 0 };
	enum kf_status done;

	s->path = path;
	done = kf_file_open(&s->file, path, &why);
	if (done == KF_OK)
		done = kf_work_open(&s->work, KF_ARENA_LEN, a->crypto, 0,
				    &why);
	if (done == KF_OK) {
		kf_work_more(&s->work, s->file.source.size);
		done = kf_payload_read(&s->payload, &s->file.source,
				       &s->work.env);
	}
	s->own = (struct kf_of_artifact){ s->payload.kind, s->payload.sha256 };
	return done == KF_OK ? KF_EXIT_FITS
			     : kf_say_failure(path, done, &why);
}

/* as_bytes takes a file for bytes: two of different kinds have no parts in
 * common. */
static int as_bytes(struct side *s)
{
	struct kf_fault why = { 0 };
	enum kf_status done;

	kf_work_again(&s->work, s->file.source.size);
	done = kf_payload_to_sign(&s->payload, &s->file.source, "raw",
				  &s->work.env);
	return done == KF_OK ? KF_EXIT_FITS
			     : kf_say_failure(s->path, done, &why);
}

static void json_span(void *self, const struct kf_payload_span *span)
{
	struct comparing *c = self;
	struct kf_json *json = &c->json;

	if (c->shown++ >= SHOWN_MAX)
		return;
	kf_json_open(json, NULL, '{');
	kf_json_foreign(json, "part", span->part->name);
	kf_json_yes_no(json, "counts", !span->aside);
	if (span->in_a) {
		kf_json_number(json, "first_at", span->at_a);
		kf_json_number(json, "first_len", span->len_a);
	}
	if (span->in_b) {
		kf_json_number(json, "second_at", span->at_b);
		kf_json_number(json, "second_len", span->len_b);
	}
	kf_json_close(json);
}

static void put_place(struct kf_output *out, uint64_t at, uint64_t len)
{
	kf_output_print(out, "%" PRIu64 " byte%s at 0x%" PRIx64, len,
			len == 1 ? "" : "s", at);
}

static void text_span(void *self, const struct kf_payload_span *span)
{
	struct comparing *c = self;
	struct kf_output *out = &c->spans;
	bool both = span->in_a && span->in_b;

	if (c->shown++ >= SHOWN_MAX)
		return;
	kf_output_text(out, span->aside ? "  aside    " : "  differs  ");
	kf_output_shown(out, span->part->name);
	kf_output_text(out, both ? ": " : span->in_a
		       ? ", in the first alone: " : ", in the second alone: ");
	if (span->in_a)
		put_place(out, span->at_a, span->len_a);
	if (both && (span->at_a != span->at_b || span->len_a != span->len_b)) {
		kf_output_text(out, ", in the second ");
		put_place(out, span->at_b, span->len_b);
	} else if (!span->in_a) {
		put_place(out, span->at_b, span->len_b);
	}
	kf_output_text(out, "\n");
}

/* put_together: the payloads differ, and yet no part that counts does. */
static bool put_together(const struct comparing *c, bool equal)
{
	return !equal && !c->sum.counting;
}

static void text_side(struct kf_output *out, const char *name,
		      const struct side *s)
{
	kf_output_print(out, "  %-8s ", name);
	kf_approve_told_payload(out, &s->own);
}

static void text_answer(struct comparing *c, bool equal)
{
	struct kf_output *out = &c->base->out;

	kf_output_text(out, equal ? "EQUAL  " : "DIFFERENT  ");
	kf_output_shown(out, kf_text(c->side[0].path));
	kf_output_text(out, "  ");
	kf_output_shown(out, kf_text(c->side[1].path));
	kf_output_text(out, "\n");
	text_side(out, equal ? "payload" : "first", &c->side[0]);
	if (!equal)
		text_side(out, "second", &c->side[1]);
	kf_output_add(out, c->spans.data, c->spans.len);
	out->failed |= c->spans.failed;
	if (c->sum.spans > SHOWN_MAX)
		kf_output_print(out, "  and      %" PRIu64 " more\n",
				c->sum.spans - SHOWN_MAX);
	if (c->sum.moved || put_together(c, equal))
		kf_output_text(out, "  order    parts that are equal are put together in another way\n");
}

static void json_side(struct kf_json *json, const char *name,
		      const struct side *s)
{
	kf_json_open(json, name, '{');
	kf_json_foreign(json, "file", kf_text(s->path));
	kf_json_text(json, "payload_kind", kf_payload_names[s->own.kind]);
	kf_json_hex(json, "payload_sha256", kf_hash_view(&s->own.sha256));
	kf_json_close(json);
}

/* differ asks for the places, and writes them down as they come. */
static enum kf_status differ(struct comparing *c)
{
	const struct kf_payload_teller tell = {
		c->base->as_json ? json_span : text_span, c,
	};

	return kf_payload_differ(&c->sum, &c->side[0].payload,
				 &c->side[1].payload, &tell,
				 &c->side[1].work.env);
}

static enum kf_status answer(struct comparing *c, bool equal)
{
	struct kf_json *json = &c->json;
	enum kf_status done;

	json->out = &c->base->out;
	if (!c->base->as_json) {
		done = differ(c);
		if (done == KF_OK)
			text_answer(c, equal);
		return done;
	}
	kf_json_open(json, NULL, '{');
	kf_json_yes_no(json, "equal", equal);
	json_side(json, "first", &c->side[0]);
	json_side(json, "second", &c->side[1]);
	kf_json_open(json, "differences", '[');
	done = differ(c);
	kf_json_close(json);
	kf_json_number(json, "differences_found", c->sum.spans);
	kf_json_yes_no(json, "other_order",
		       c->sum.moved || put_together(c, equal));
	kf_json_close(json);
	kf_output_text(json->out, "\n");
	return done;
}

static int compare(struct comparing *c)
{
	struct side *a = &c->side[0], *b = &c->side[1];
	bool equal = kf_same_payload(&a->own, &b->own);
	struct kf_fault why = { 0 };
	enum kf_status done;
	int status = KF_EXIT_FITS;

	if (a->own.kind != b->own.kind) {
		status = as_bytes(a);
		if (status == KF_EXIT_FITS)
			status = as_bytes(b);
	}
	if (status != KF_EXIT_FITS)
		return status;
	done = answer(c, equal);
	for (int i = 0; i < 2 && done == KF_OK; i++)
		if (!kf_file_same(&c->side[i].file)) {
			a = &c->side[i];
			kf_fault_say(&why, NULL, "changed while it was read");
			done = KF_CANNOT_READ;
		}
	if (done == KF_OK)
		return equal ? KF_EXIT_FITS : KF_EXIT_NOT;
	/* Half an answer is none. */
	kf_output_close(&c->base->out);
	return kf_say_failure(a->path, done, &why);
}

int kf_rebuild_compare(struct kf_approve *a, const char *first,
		       const char *second)
{
	static struct comparing c;
	int status;

	c.base = a;
	c.side[0].file.fd = c.side[1].file.fd = -1;
	status = open_side(&c.side[0], a, first);
	if (status == KF_EXIT_FITS)
		status = open_side(&c.side[1], a, second);
	if (status == KF_EXIT_FITS)
		status = compare(&c);
	kf_output_close(&c.spans);
	for (int i = 0; i < 2; i++) {
		kf_file_close(&c.side[i].file);
		kf_work_close(&c.side[i].work);
	}
	return status;
}
