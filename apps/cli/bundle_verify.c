/* keyfit anchors verify: are these the keys of a product, by whoever may say
 * so, and no older ones than those that are known?
 */
#include "bundle.h"
#include "say.h"
#include "seal.h"

#include "core/base64.h"
#include "host/json_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_LEN = 48 };

int kf_bundle_load(struct kf_bundle *out, struct kf_bytes *payload,
		   struct kf_bundling *q, const char *path,
		   const struct kf_key *key)
{
	struct kf_text_file file = { 0 };
	struct kf_fault why = { 0 };
	struct kf_bytes text = { 0 }, statement = { 0 };
	enum kf_status status = kf_text_file_read(&file, path,
						  KF_BUNDLE_LEN_MAX, &why);
	int opened;

	if (status == KF_OK && !kf_arena_keep(&q->work.arena, &text,
					      file.bytes))
		status = KF_NO_MEMORY;
	kf_text_file_close(&file);
	if (status != KF_OK)
		return kf_say_failure(path, status, &why);
	kf_work_more(&q->work, 4 * text.len);
	opened = kf_unseal(&statement, path, text, key, &q->work);
	if (opened != KF_EXIT_FITS)
		return opened;
	status = kf_bundle_read(out, statement, &q->work.env, &why);
	if (payload)
		*payload = statement;
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

/* finding says why a bundle that is signed is not taken all the same. */
static int finding(const char *path, const char *what, const char *hint)
{
	kf_say(path, what, hint);
	return KF_EXIT_NOT;
}

/* hold holds the bundle against what is known: product, days, version. */
static int hold(struct kf_bundling *q, const char *path,
		struct kf_bytes payload)
{
	const char *product = kf_argument(q->arguments, "product");
	const char *older = kf_argument(q->arguments, "newer-than");
	const struct kf_bundle *b = &q->bundle;
	static struct kf_bundle before;
	struct kf_bytes known = { 0 };
	int status;

	if (product && strcmp(product, b->product) != 0)
		return finding(path, "is a bundle of another product", b->product);
	if (q->at_s >= b->expires_s)
		return finding(path, "has expired: there should be a newer one", NULL);
	if (q->at_s < b->made_s)
		return finding(path, "was made later than it is now", "is the clock right?");
	if (!older)
		return KF_EXIT_FITS;
	status = kf_bundle_load(&before, &known, q, older, NULL);
	if (status != KF_EXIT_FITS)
		return status;
	if (strcmp(before.product, b->product) != 0)
		status = finding(older, "is a bundle of another product", before.product);
	else if (b->version < before.version)
		status = finding(path, "is older than the one that was taken last", "somebody takes keys back that have been replaced");
	else if (b->version == before.version && !kf_equal(known, payload))
		status = finding(path, "has the version of the one that was taken last, and says something else", "the two should be shown to whoever signs them");
	kf_bundle_close(&before);
	return status;
}

static void pem(struct kf_output *out, const char *label,
		struct kf_bytes bytes)
{
	char four[4];

	kf_output_print(out, "-----BEGIN %s-----\n", label);
	for (size_t at = 0; at < bytes.len; at += 3) {
		size_t len = bytes.len - at < 3 ? bytes.len - at : 3;

		kf_base64_four(four, kf_part_of(bytes, at, len));
		kf_output_add(out, four, 4);
		if ((at + 3) % LINE_LEN == 0 || at + 3 >= bytes.len)
			kf_output_text(out, "\n");
	}
	kf_output_print(out, "-----END %s-----\n", label);
}

/* export writes the keys as PEM: what `--trust` and other programs take. */
static int export(struct kf_bundling *q)
{
	struct kf_output text = { 0 };
	int status;

	if (!kf_argument(q->arguments, "output"))
		return KF_EXIT_FITS;
	for (size_t i = 0; i < q->bundle.num; i++) {
		const struct kf_bundle_anchor *a = &q->bundle.anchor[i];

		if (a->certificate.len)
			pem(&text, "CERTIFICATE", a->certificate);
		else
			pem(&text, "PUBLIC KEY", a->spki);
	}
	status = kf_bundle_put(q, &text);
	kf_output_close(&text);
	return status;
}

static void show_text(struct kf_bundling *q, const char *path,
		      const char *signer, const char *whole)
{
	const struct kf_bundle *b = &q->bundle;
	struct kf_output *out = &q->out;
	char made[24], expires[24];

	kf_time_write(made, b->made_s);
	kf_time_write(expires, b->expires_s);
	kf_output_text(out, "GOOD  ");
	kf_output_shown(out, kf_text(path));
	kf_output_text(out, "  ");
	kf_output_shown(out, kf_text(b->product));
	kf_output_print(out, ", version %" PRIu64 "\n  made      %s\n"
			"  expires   %s\n  signed by %s\n  bundle    %s\n",
			b->version, made, expires, signer, whole);
	for (size_t i = 0; i < b->num; i++) {
		const struct kf_bundle_anchor *a = &b->anchor[i];

		kf_output_print(out, "  anchor    %s\n            \"",
				a->digits);
		kf_output_shown(out, kf_text(a->name));
		kf_output_print(out, "\", %s, %s, sha256 ", a->key.name,
				a->certificate.len ? "a certificate" : "a key");
		kf_output_hex(out, kf_view(a->key.sha256.bytes,
					   a->key.sha256.len));
		kf_output_text(out, "\n");
	}
}

static void show_json(struct kf_bundling *q, const char *path,
		      const char *signer, const char *whole)
{
	const struct kf_bundle *b = &q->bundle;
	struct kf_json json = { .out = &q->out };

	kf_json_open(&json, NULL, '{');
	kf_json_foreign(&json, "file", kf_text(path));
	kf_json_foreign(&json, "product", kf_text(b->product));
	kf_json_number(&json, "version", b->version);
	kf_json_time(&json, "made", b->made_s);
	kf_json_time(&json, "expires", b->expires_s);
	kf_json_text(&json, "signer_digits", signer);
	kf_json_text(&json, "digits", whole);
	kf_json_open(&json, "anchors", '[');
	for (size_t i = 0; i < b->num; i++) {
		const struct kf_bundle_anchor *a = &b->anchor[i];

		kf_json_open(&json, NULL, '{');
		kf_json_foreign(&json, "name", kf_text(a->name));
		kf_json_text(&json, "algorithm", a->key.name);
		kf_json_hex(&json, "sha256", kf_view(a->key.sha256.bytes,
						     a->key.sha256.len));
		kf_json_text(&json, "digits", a->digits);
		kf_json_yes_no(&json, "certificate", a->certificate.len > 0);
		kf_json_close(&json);
	}
	kf_json_close(&json);
	kf_json_close(&json);
	kf_output_text(&q->out, "\n");
}

/* show tells what is in it, once it is good. */
static int show(struct kf_bundling *q, const char *path,
		const struct kf_key *key, struct kf_bytes payload)
{
	char signer[KF_DIGITS_LEN], whole[KF_DIGITS_LEN];
	struct kf_fault why = { 0 };
	struct kf_digest digest;

	kf_digest_of(&digest, q->crypto, KF_SHA256, payload);
	if (!digest.len)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	kf_digits(whole, &digest);
	kf_digits(signer, &key->sha256);
	if (kf_argument(q->arguments, "json"))
		show_json(q, path, signer, whole);
	else
		show_text(q, path, signer, whole);
	return kf_put_answer(&q->out);
}

int kf_bundle_verify(struct kf_bundling *q)
{
	const char *signer = kf_argument(q->arguments, "key");
	const char *path = q->arguments->operand[1];
	struct kf_bytes payload = { 0 };
	struct kf_key key;
	int status;

	if (q->arguments->num_operands != 2 || !signer) {
		kf_say(NULL, signer ? "one bundle at a time" : "who has to have signed it?",
		       "usage: keyfit anchors verify FILE --key KEY");
		return KF_EXIT_USAGE;
	}
	status = kf_seal_key(&key, signer, &q->work);
	if (status == KF_EXIT_FITS)
		status = kf_bundle_load(&q->bundle, &payload, q, path, &key);
	if (status == KF_EXIT_FITS)
		status = hold(q, path, payload);
	if (status == KF_EXIT_FITS)
		status = show(q, path, &key, payload);
	return status == KF_EXIT_FITS ? export(q) : status;
}

/* fitting refuses options that the other word has, or neither. */
static int fitting(const struct kf_arguments *a, bool make)
{
	for (size_t i = 0; i < a->num_given; i++) {
		const struct kf_option *o = a->given[i].option;
		bool both = strcmp(o->name, "at") == 0 ||
			    strcmp(o->name, "output") == 0 ||
			    strcmp(o->name, "product") == 0;
		bool makes = strncmp(o->title, "of make", 7) == 0 ||
			     strcmp(o->name, "pin-source") == 0;
		bool verifies = strncmp(o->title, "of verify", 9) == 0 ||
				strcmp(o->name, "json") == 0;

		if (both || (make ? makes : verifies))
			continue;
		kf_say(o->name, "does not go with this word", o->title);
		return KF_EXIT_USAGE;
	}
	return KF_EXIT_FITS;
}

static int work(struct kf_bundling *q, bool make)
{
	struct kf_fault why = { 0 };
	enum kf_status opened;

	if (kf_argument_time(&q->at_s, q->arguments) != KF_EXIT_FITS)
		return KF_EXIT_USAGE;
	q->crypto = kf_openssl_open(&why);
	if (!q->crypto)
		return kf_say_failure(NULL, KF_NO_CRYPTO, &why);
	opened = kf_work_open(&q->work, 2 * KF_ARENA_LEN, q->crypto, q->at_s,
			      &why);
	if (opened != KF_OK)
		return kf_say_failure(NULL, opened, &why);
	return make ? kf_bundle_make(q) : kf_bundle_verify(q);
}

int kf_bundle_run(const struct kf_arguments *arguments)
{
	static struct kf_bundling q;
	const char *word = arguments->operand[0];
	bool make = strcmp(word, "make") == 0;
	int status;

	q.arguments = arguments;
	if ((!make && strcmp(word, "verify") != 0) ||
	    arguments->num_operands < 2) {
		kf_say(make || arguments->num_operands > 1 ? NULL : word,
		       make || strcmp(word, "verify") == 0 ? "no file"
		       : "make or verify?",
		       "usage: keyfit anchors make FILE..., keyfit anchors verify FILE --key KEY");
		return KF_EXIT_USAGE;
	}
	status = fitting(arguments, make);
	if (status == KF_EXIT_FITS)
		status = work(&q, make);
	kf_output_close(&q.out);
	kf_bundle_close(&q.bundle);
	kf_work_close(&q.work);
	kf_openssl_close(q.crypto);
	return status;
}
