/* keyfit anchors make: the keys of a product, signed, with a version and a last
 * day.
 */
#include "bom.h"
#include "bundle.h"
#include "say.h"
#include "seal.h"

#include "host/replace.h"

#include <stdlib.h>
#include <string.h>

static int usage(const char *subject, const char *what, const char *hint)
{
	kf_say(subject, what, hint);
	return KF_EXIT_USAGE;
}

int kf_bundle_put(struct kf_bundling *q, struct kf_output *text)
{
	const char *path = kf_argument(q->arguments, "output");
	struct kf_bytes bytes = kf_view(text->data, text->len);
	struct kf_source source = kf_bytes_source(&bytes);
	struct kf_fault why = { 0 };
	enum kf_status status;

	if (!path || strcmp(path, "-") == 0)
		return kf_put_answer(text);
	if (text->failed)
		return kf_say_failure(NULL, KF_NO_MEMORY, &why);
	kf_work_again(&q->work, bytes.len);
	status = kf_replace(path, &source, NULL, &q->work.env, &why);
	return status == KF_OK ? KF_EXIT_FITS
			       : kf_say_failure(path, status, &why);
}

/* read_version reads --version, or counts on from --previous. */
static int read_version(struct kf_bundling *q)
{
	const char *given = kf_argument(q->arguments, "version");
	const char *path = kf_argument(q->arguments, "previous");
	struct kf_bundle *b = &q->bundle;
	static struct kf_bundle before;
	char *end = NULL;
	int status = KF_EXIT_FITS;

	if (path)
		status = kf_bundle_load(&before, NULL, q, path, NULL);
	if (status != KF_EXIT_FITS)
		return status;
	b->version = before.version + 1;
	if (given)
		b->version = strtoull(given, &end, 10);
	if (given && (given[0] < '1' || given[0] > '9' || *end))
		status = usage(given, "is no number from 1 on", NULL);
	else if (b->version > KF_BUNDLE_VERSION_MAX)
		status = usage("--version", "is too large", NULL);
	else if (path && b->version <= before.version)
		status = usage(given, "is no later version than that of --previous", "leave it out, and it counts on");
	else if (path && strcmp(before.product, b->product) != 0)
		status = usage(path, "is a bundle of another product", before.product);
	kf_bundle_close(&before);
	return status;
}

static int read_ask(struct kf_bundling *q)
{
	const char *expires = kf_argument(q->arguments, "expires");
	struct kf_bundle *b = &q->bundle;

	b->product = kf_argument(q->arguments, "product");
	b->made_s = q->at_s;
	if (!b->product || !b->product[0])
		return usage(NULL, "of which product?", "--product NAME");
	if (!expires || !kf_time_read(&b->expires_s, expires))
		return usage(expires, "until when does the bundle count?", "--expires 2028-05-15");
	if (b->expires_s <= b->made_s)
		return usage(expires, "has come already", NULL);
	if (!kf_argument(q->arguments, "sign"))
		return usage(NULL, "who signs the bundle?", "--sign KEY: a file, a pkcs11: URI or a tpm: name");
	return read_version(q);
}

/* add takes one key, or a certificate with it, that no anchor has yet. */
static int add(struct kf_bundling *q, const struct kf_bill *bill, size_t key,
	       const struct kf_bill_certificate *c)
{
	struct kf_bundle *b = &q->bundle;
	struct kf_bundle_anchor *a = &b->anchor[b->num];
	const struct kf_bill_key *k = &bill->key[key];

	if (b->num == KF_BUNDLE_ANCHORS_MAX)
		return usage(NULL, "there are more keys than a bundle holds", NULL);
	if (!k->spki.len)
		return usage(c ? c->x509.name : NULL, "a key is of a kind that nothing is verified with, or not in the file itself", NULL);
	memset(a, 0, sizeof(*a));
	a->name = c ? c->x509.name : k->kind;
	a->spki = k->spki;
	if (c)
		a->certificate = c->x509.der;
	a->key.name = k->kind;
	a->key.sha256 = k->id;
	kf_digits(a->digits, &k->id);
	b->num++;
	return KF_EXIT_FITS;
}

static bool has_certificate(const struct kf_bill *bill, size_t key)
{
	for (size_t i = 0; i < bill->num_certificates; i++)
		if (bill->certificate[i].key == key)
			return true;
	return false;
}

/* take takes all that the files have, but what they forbid. */
static int take(struct kf_bundling *q, const struct kf_bill *bill)
{
	int status = KF_EXIT_FITS;

	for (size_t i = 0; i < bill->num_uses; i++)
		if (bill->use[i].role == KF_BILL_FORBIDS)
			return usage(bill->subject[bill->use[i].subject].name,
				     "forbids keys: what of it is an anchor is not told", "name the keys one by one");
	for (size_t i = 0; i < bill->num_subjects; i++)
		if (bill->subject[i].damaged || bill->subject[i].num_unread)
			return usage(bill->subject[i].name,
				     "cannot be read whole", NULL);
	for (size_t i = 0; i < bill->num_certificates &&
	     status == KF_EXIT_FITS; i++)
		status = bill->certificate[i].key == KF_BILL_NONE
			? usage(bill->certificate[i].x509.name,
				"has a key that cannot be read", NULL)
			: add(q, bill, bill->certificate[i].key,
			      &bill->certificate[i]);
	for (size_t i = 0; i < bill->num_keys && status == KF_EXIT_FITS; i++)
		if (!has_certificate(bill, i))
			status = add(q, bill, i, NULL);
	if (status == KF_EXIT_FITS && q->bundle.num == 0)
		return usage(NULL, "there is no key in these files", NULL);
	return status;
}

/* fill finds the keys of the files. */
static int fill(struct kf_bundling *q, struct kf_billing *bill)
{
	const struct kf_arguments *a = q->arguments;
	int status = kf_bom_open(bill);

	for (size_t i = 1; i < a->num_operands && status == KF_EXIT_FITS; i++)
		status = kf_bom_take(bill, a->operand[i]);
	if (status == KF_EXIT_FITS)
		status = kf_bom_end(bill);
	return status == KF_EXIT_FITS ? take(q, &bill->bill) : status;
}

int kf_bundle_make(struct kf_bundling *q)
{
	static struct kf_billing bill;
	struct kf_fault why = { 0 };
	enum kf_status opened;
	int status = read_ask(q);

	if (status != KF_EXIT_FITS)
		return status;
	bill.arguments = q->arguments;
	bill.crypto = q->crypto;
	bill.at_s = q->at_s;
	kf_known_start(&bill.known);
	opened = kf_work_open(&bill.work, KF_ARENA_LEN, q->crypto, q->at_s,
			      &why);
	status = opened == KF_OK ? fill(q, &bill)
				 : kf_say_failure(NULL, opened, &why);
	if (status == KF_EXIT_FITS &&
	    kf_bundle_write(&q->out, &q->bundle) != KF_OK)
		status = kf_say_failure(NULL, KF_NO_MEMORY, &why);
	if (status == KF_EXIT_FITS)
		status = kf_seal(&q->out, kf_argument(q->arguments, "sign"),
				 kf_argument(q->arguments, "pin-source"),
				 &q->work);
	kf_work_close(&bill.work);
	free(bill.keep.base);
	return status == KF_EXIT_FITS ? kf_bundle_put(q, &q->out) : status;
}
