/* Any bytes as what others write: a bill of CycloneDX, a bundle of anchors, an
 * entry of a ledger, the name of a key. Nothing breaks, what was taken says the
 * same when it is written and read again, and no bill approves what is not on
 * it.
 *
 * Input: what it is, one byte; the bytes.
 */
#include "opened.h"

#include "jobs/bom/bom.h"
#include "jobs/bundle/bundle.h"
#include "jobs/ledger/ledger.h"
#include "jobs/sign/name.h"

#include <string.h>

static void told(void *self, const struct kf_bom_checked *checked)
{
	const bool *nothing_is_listed = self;

	HOLDS(checked->item && kf_bom_slug(checked->verdict));
	HOLDS(checked->verdict > 0 &&
	      checked->verdict < KF_NUM_BOM_VERDICTS);
	HOLDS(checked->verdict != KF_BOM_APPROVED ||
	      (checked->approved && !*nothing_is_listed));
}

static void differs(void *self, const struct kf_bom_change *change)
{
	(void)self;
	HOLDS(change->old || change->new);
}

static void bill(struct kf_bytes bytes)
{
	const struct kf_bom none = { .num = 0 };
	bool nothing_is_listed = true, all_is_listed = false;
	struct kf_fault why = { "", "" };
	struct kf_bytes text = bytes;
	void *memory = NULL;
	struct kf_bom bom = { 0 };

	if (kf_bom_unwrap(&text, &memory, bytes, &why) == KF_OK &&
	    kf_bom_read(&bom, text, &why) == KF_OK) {
		HOLDS(!kf_bom_too_deep(text) && bom.num <= KF_BOM_ITEMS_MAX);
		(void)kf_bom_check(&bom, &none, 0, told, &nothing_is_listed);
		(void)kf_bom_check(&bom, &bom, 1795773600, told,
				   &all_is_listed);
		(void)kf_bom_diff(&bom, &bom, differs, NULL);
		(void)kf_bom_diff(&none, &bom, differs, NULL);
		for (size_t i = 0; i < bom.num_refs; i++)
			HOLDS(kf_bom_by_ref(&bom, bom.ref[i]->ref));
	} else {
		HOLDS(why.what[0]);
	}
	kf_bom_close(&bom);
	free(memory);
}

static void bundle(struct kf_bytes bytes)
{
	static struct kf_bundle first, second;
	struct kf_output out = { 0 };
	struct kf_fault why = { "", "" };

	memset(&first, 0, sizeof(first));
	memset(&second, 0, sizeof(second));
	if (kf_bundle_read(&first, bytes, &work.env, &why) == KF_OK) {
		HOLDS(first.num && first.version && first.product[0]);
		HOLDS(kf_bundle_write(&out, &first) == KF_OK);
		HOLDS(kf_bundle_read(&second, kf_view(out.data, out.len),
				     &work.env, &why) == KF_OK);
		HOLDS(second.num == first.num &&
		      second.version == first.version &&
		      second.expires_s == first.expires_s &&
		      strcmp(second.product, first.product) == 0);
		for (size_t i = 0; i < first.num; i++)
			HOLDS(kf_equal(first.anchor[i].spki,
				       second.anchor[i].spki));
	} else {
		HOLDS(why.what[0]);
	}
	kf_output_close(&out);
	kf_bundle_close(&first);
	kf_bundle_close(&second);
}

static void statement(struct kf_bytes bytes)
{
	struct kf_digest nothing = { .len = 0 };
	struct kf_fault why = { "", "" };
	struct kf_statement s = { 0 };
	const char *name = NULL;
	bool same = false;

	if (kf_statement_read(&s, bytes, &work.env, &why) == KF_OK) {
		HOLDS(kf_statement_same(&same, &s, &s) != KF_OK || same);
		HOLDS(!kf_statement_subject(&s, &name, &nothing));
	}
	kf_statement_close(&s);
}

static void name(struct kf_bytes bytes)
{
	static struct kf_key_name out;
	static char text[2 * KF_KEY_NAME_MAX];
	struct kf_signing_ask ask = { .name = text };
	struct kf_fault why = { "", "" };

	if (bytes.len >= sizeof(text))
		return;
	memcpy(text, bytes.data, bytes.len);
	text[bytes.len] = '\0';
	if (kf_key_name_read(&out, &ask, &why) != KF_OK) {
		HOLDS(why.what[0]);
		return;
	}
	HOLDS(strcmp(out.whole, text) == 0);
	HOLDS(!out.pin_value[0] || !out.pin_source[0]);
	/* What is shown holds no PIN. */
	HOLDS(strncmp(out.shown, text, strlen(out.shown)) == 0);
	HOLDS(!strchr(out.shown, '?') || out.place == KF_PLACE_FILE);
}

void fuzz(struct kf_bytes input)
{
	static kind *const kinds[] = {
		bill, bundle, statement, name,
	};

	take_one(kinds, sizeof(kinds) / sizeof(kinds[0]), input);
}
