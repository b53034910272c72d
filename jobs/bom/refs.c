/* What the components of a bill are referred by: content, not order, as far as
 * there is content.
 */
#include "bom.h"

#include <stdio.h>
#include <string.h>

enum { HEX_MAX = 2 * 64 + 1 };

static void hex(char out[HEX_MAX], const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len && i < 64; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	if (len == 0)
		out[0] = '\0';
}

/* before counts the same file among those in front of it. */
static size_t before(const struct kf_bill *b, size_t subject)
{
	const struct kf_bill_subject *s = &b->subject[subject];
	size_t num = 0;

	for (size_t i = 0; i < subject; i++) {
		const struct kf_bill_subject *o = &b->subject[i];

		num += s->sha256.len
			? o->sha256.len && memcmp(o->sha256.bytes,
						  s->sha256.bytes, 32) == 0
			: !o->sha256.len && strcmp(o->name, s->name) == 0;
	}
	return num;
}

/* tail is what tells one file from others. */
static void tail(char *out, size_t room, const struct kf_bill *b,
		 size_t subject)
{
	const struct kf_bill_subject *s = &b->subject[subject];
	size_t again = before(b, subject);
	char number[24] = "";
	char digits[HEX_MAX];

	if (again)
		snprintf(number, sizeof(number), "#%zu", again + 1);
	hex(digits, s->sha256.bytes, s->sha256.len);
	if (s->sha256.len)
		snprintf(out, room, "sha256:%s%s", digits, number);
	else
		snprintf(out, room, "name:%.300s%s", s->name, number);
}

void kf_bom_ref_file(char out[KF_BOM_REF_MAX], const struct kf_bill *b,
		     size_t subject)
{
	char which[400];

	tail(which, sizeof(which), b, subject);
	snprintf(out, KF_BOM_REF_MAX, "%s:%s",
		 b->subject[subject].sha256.len ? "file" : "device", which);
}

bool kf_bom_is_told(const struct kf_bill *b, size_t key)
{
	return key != KF_BILL_NONE &&
	       !kf_same(b->key[key].called_by, "nothing");
}

void kf_bom_ref_key(char out[KF_BOM_REF_MAX], const struct kf_bill *b,
		    size_t key)
{
	const struct kf_bill_key *k = &b->key[kf_bill_key_at(b, key)];
	char digits[HEX_MAX];

	if (k->id.len) {
		hex(digits, k->id.bytes, k->id.len);
		snprintf(out, KF_BOM_REF_MAX, "key:sha256:%s", digits);
	} else if (kf_same(k->called_by, "key-hash")) {
		hex(digits, k->called.data, k->called.len);
		snprintf(out, KF_BOM_REF_MAX, "key:hash:%s", digits);
	} else {
		snprintf(out, KF_BOM_REF_MAX, "key:name:%.*s",
			 k->called.len > 400 ? 400 : (int)k->called.len,
			 (const char *)k->called.data);
	}
}

void kf_bom_ref_private(char out[KF_BOM_REF_MAX], const struct kf_bill *b,
			size_t key)
{
	char of[KF_BOM_REF_MAX];

	kf_bom_ref_key(of, b, key);
	snprintf(out, KF_BOM_REF_MAX, "private-%.500s", of);
}

void kf_bom_ref_certificate(char out[KF_BOM_REF_MAX], const struct kf_bill *b,
			    size_t certificate)
{
	const struct kf_certificate *c = &b->certificate[certificate].x509;
	char digits[HEX_MAX];

	hex(digits, c->sha256.bytes, c->sha256.len);
	snprintf(out, KF_BOM_REF_MAX, "cert:sha256:%s", digits);
}

void kf_bom_ref_signature(char out[KF_BOM_REF_MAX], const struct kf_bill *b,
			  size_t signature)
{
	const struct kf_bill_signature *s = &b->signature[signature];
	char which[400];

	tail(which, sizeof(which), b, s->subject);
	snprintf(out, KF_BOM_REF_MAX, "sig:%s:%u", which,
		 (unsigned)s->number);
}

struct kf_bom_said *kf_bom_said_of(const struct kf_bom_ask *ask,
				   enum kf_bom_say what,
				   const struct kf_digest *id)
{
	char digits[HEX_MAX];

	if (!id->len)
		return NULL;
	hex(digits, id->bytes, id->len);
	for (size_t i = 0; i < ask->num_said; i++)
		if (ask->said[i].what == what &&
		    strcmp(ask->said[i].id, digits) == 0) {
			ask->said[i].used = true;
			return &ask->said[i];
		}
	return NULL;
}
