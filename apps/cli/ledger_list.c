/* keyfit ledger who-signed, versions: what entries say, by key and by product.
 */
#include "ledger.h"
#include "say.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRY_ROOM = 1 << 20 };

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void row_json(struct kf_ledger *l, uint64_t index,
		     const struct kf_statement *s)
{
	struct kf_json json = { .out = &l->out };
	json_t *one;
	size_t i;

	kf_json_open(&json, NULL, '{');
	kf_json_number(&json, "index", index);
	kf_json_foreign(&json, "product", kf_text(s->product));
	kf_json_foreign(&json, "version", kf_text(s->version));
	if (s->has_counter)
		kf_json_number(&json, "security_counter", s->counter);
	kf_json_open(&json, "subjects", '[');
	json_array_foreach(s->subjects, i, one) {
		kf_json_open(&json, NULL, '{');
		kf_json_foreign(&json, "name", kf_text(text_of(one, "name")));
		kf_json_foreign(&json, "sha256", kf_text(text_of(
			json_object_get(one, "digest"), "sha256")));
		kf_json_close(&json);
	}
	kf_json_close(&json);
	kf_json_open(&json, "signers", '[');
	json_array_foreach(s->signers, i, one) {
		static const char *const names[] = { "spki_sha256",
			"cert_sha256", "key_hash", "key", "alg" };

		kf_json_open(&json, NULL, '{');
		for (size_t k = 0; k < 5; k++)
			if (text_of(one, names[k])[0])
				kf_json_foreign(&json, names[k], kf_text(
					text_of(one, names[k])));
		kf_json_close(&json);
	}
	kf_json_close(&json);
	kf_json_close(&json);
	kf_output_text(&l->out, "\n");
}

void kf_ledger_row(struct kf_ledger *l, uint64_t index,
		   const struct kf_statement *s)
{
	json_t *one;
	size_t i;

	if (l->as_json) {
		row_json(l, index, s);
		return;
	}
	kf_output_print(&l->out, "%-6" PRIu64 " ", index);
	kf_output_shown(&l->out, kf_text(s->product));
	kf_output_text(&l->out, " ");
	kf_output_shown(&l->out, kf_text(s->version));
	if (s->has_counter)
		kf_output_print(&l->out, " counter %" PRIu64, s->counter);
	json_array_foreach(s->subjects, i, one) {
		kf_output_text(&l->out, "  ");
		kf_output_shown(&l->out, kf_text(text_of(one, "name")));
		kf_output_text(&l->out, " ");
		kf_output_shown(&l->out, kf_text(text_of(
			json_object_get(one, "digest"), "sha256")));
	}
	kf_output_text(&l->out, "\n");
}

/* listing is what is looked for. */
struct listing {
	struct kf_ledger *l;
	const struct kf_ledger_names *keys;	/* NULL: not asked */
	const char *product;			/* NULL: not asked */
	uint64_t found, unreadable;
};

static bool wanted(const struct listing *listing,
		   const struct kf_statement *s)
{
	json_t *signer;
	size_t i;

	if (!s->product)
		return false;
	if (listing->product)
		return strcmp(s->product, listing->product) == 0;
	json_array_foreach(s->signers, i, signer)
		for (size_t k = 0; k < listing->keys->num; k++)
			if (kf_statement_signer(signer,
						&listing->keys->name[k]))
				return true;
	return false;
}

static enum kf_status each(void *self, uint64_t index, struct kf_bytes entry)
{
	struct listing *listing = self;
	struct kf_statement s = { 0 };
	struct kf_fault ignored = { 0 };
	enum kf_status status;

	kf_work_again(&listing->l->work, ENTRY_ROOM);
	status = kf_statement_read(&s, entry, &listing->l->work.env, &ignored);
	if (status == KF_OK && wanted(listing, &s)) {
		kf_ledger_row(listing->l, index, &s);
		listing->found++;
	}
	kf_statement_close(&s);
	if (status == KF_WRONG_USE)
		listing->unreadable++;
	return status == KF_WRONG_USE ? KF_OK : status;
}

static int list(struct listing *listing)
{
	const struct kf_tlog_visitor visitor = { each, listing };
	struct kf_ledger *l = listing->l;
	static struct kf_tlog log;
	struct kf_fault why = { 0 };
	enum kf_status done;
	int status = kf_ledger_open(&log, l);

	if (status == KF_EXIT_FITS) {
		done = kf_tlog_scan(&log, &visitor, &why);
		status = done == KF_OK ? kf_ledger_wrong(l, &log)
			: kf_say_failure(l->path, done, &why);
	}
	kf_tlog_close(&log);
	/* What was listed may not be what was signed. */
	if (status != KF_EXIT_FITS)
		kf_output_close(&l->out);
	else if (listing->unreadable)
		kf_say(l->path, "holds entries that are no statements: keyfit ledger monitor names them",
		       NULL);
	return status;
}

int kf_ledger_who_signed(struct kf_ledger *l)
{
	static struct kf_ledger_names keys;
	struct listing listing = { .l = l, .keys = &keys };
	int status = kf_ledger_keys(&keys, l, "key");

	if (status == KF_EXIT_FITS && keys.num == 0) {
		kf_say(NULL, "whose key?",
		       "--key KEY: a key, a certificate, or the SHA-256 of one");
		return KF_EXIT_USAGE;
	}
	return status == KF_EXIT_FITS ? list(&listing) : status;
}

int kf_ledger_versions(struct kf_ledger *l)
{
	struct listing listing = {
		.l = l, .product = kf_argument(l->arguments, "product"),
	};

	if (listing.product)
		return list(&listing);
	kf_say(NULL, "of which product?", "--product NAME");
	return KF_EXIT_USAGE;
}
