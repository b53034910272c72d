/* The signatures of firmware files, format by format.
 */
#include "bill.h"
#include "signatures.h"

#include "core/cabinet.h"
#include "core/pkcs7.h"
#include "core/rauc.h"
#include "core/keyfile.h"
#include "core/shim.h"
#include "core/swu.h"
#include "core/update.h"

enum { SHIM_MAX = 6 << 20 };

static void fail(struct kf_bill *b, enum kf_status status)
{
	if (status != KF_OK && b->status == KF_OK)
		b->status = status;
}

/* keep reads a piece of a file. Fails: false. */
static bool keep(struct kf_bill *b, struct kf_bytes *out,
		 const struct kf_source *source, uint64_t at, uint64_t len)
{
	enum kf_status status = kf_source_keep(out, source, b->env, at, len);

	fail(b, status);
	return status == KF_OK;
}

/* is_shim tells whether there is a section for a vendor's certificates. */
static bool is_shim(struct kf_bill *b, const struct kf_pe *pe,
		    const struct kf_source *source)
{
	for (uint32_t i = 0; i < pe->num_sections; i++) {
		struct kf_pe_section section;
		uint8_t room[KF_PE_NAME_MAX];
		struct kf_bytes name;

		if (!kf_spend(b->env, KF_PE_SECTION_LEN) ||
		    kf_pe_section_read(&section, pe, source, i) != KF_OK ||
		    kf_pe_name_read(&name, room, &section, pe, source) !=
		    KF_OK)
			return false;
		if (kf_equal(name, kf_text(".vendor_cert")) ||
		    kf_equal(name, kf_text(".vendor_")))
			return true;
	}
	return false;
}

/* shim takes what a vendor has built in. */
static void shim(struct kf_bill *b, const struct kf_source *source)
{
	struct kf_bytes file;
	struct kf_shim s;

	if (source->size > SHIM_MAX) {
		kf_bill_of_file(b)->damaged = true;
		return;
	}
	if (!keep(b, &file, source, 0, source->size))
		return;
	kf_shim_read(&s, file);
	if (s.version.len)
		kf_bill_of_file(b)->version = kf_bill_keep(b, s.version);
	kf_bill_of_file(b)->damaged |= !s.has_table;
	if (kf_shim_is_certificate(s.vendor))
		kf_bill_add_use(b, KF_BILL_TRUSTS, "vendor",
				kf_bill_add_certificate(b, s.vendor),
				KF_BILL_NONE);
	else
		kf_bill_lists(b, s.vendor, KF_BILL_TRUSTS, "vendor");
	kf_bill_lists(b, s.vendor_dbx, KF_BILL_FORBIDS, "vendor-dbx");
}

static void pe(struct kf_bill *b, const struct kf_artifact *a)
{
	struct kf_arena *arena = b->env->arena;
	struct kf_signatures file;
	size_t used = arena->used;

	fail(b, kf_signatures_read(&file, a->source, b->env));
	if (b->status != KF_OK)
		return;
	kf_bill_of_file(b)->damaged |= file.unfit || file.broken.field ||
				       file.too_many;
	for (size_t i = 0; i < file.num && b->status == KF_OK; i++) {
		const struct kf_attached *one = &file.signature[i];
		struct kf_bytes blob;

		arena->used = used;
		if (one->blob_len == 0 ||
		    (keep(b, &blob, a->source, one->blob_at, one->blob_len) &&
		     !kf_bill_pkcs7(b, "Authenticode", NULL, blob)))
			kf_bill_of_file(b)->num_unread++;
	}
	arena->used = used;
	if (b->status == KF_OK && is_shim(b, &file.pe, a->source))
		shim(b, a->source);
	arena->used = used;
}

static void auth(struct kf_bill *b, const struct kf_artifact *a)
{
	struct kf_bytes head, signature, value, blob;
	uint64_t size = a->source->size;
	struct kf_update update;

	if (!keep(b, &head, a->source, 0, size < KF_UPDATE_HEADER_LEN
		  ? size : KF_UPDATE_HEADER_LEN))
		return;
	kf_update_read(&update, head, size);
	if (!update.adds_up) {
		kf_bill_of_file(b)->damaged = true;
		return;
	}
	if (!keep(b, &signature, a->source, update.signature_at,
		  update.signature_len) ||
	    !keep(b, &value, a->source, update.value_at, update.value_len))
		return;
	if (!kf_pkcs7_wrap(&blob, signature, b->env->arena))
		fail(b, KF_NO_MEMORY);
	else if (!kf_bill_pkcs7(b, "EFI_VARIABLE_AUTHENTICATION_2", NULL,
				blob))
		kf_bill_of_file(b)->num_unread++;
	kf_bill_lists(b, value, KF_BILL_LISTS, NULL);
}

/* A raw signature is RSA's: SWUpdate's other kinds are CMS. Which scheme it
 * is the file does not tell. */
static void swu(struct kf_bill *b, const struct kf_artifact *a)
{
	const struct kf_swu *swu = a->description;
	struct kf_bill_signature *s;

	if (swu->signature.len == 0 ||
	    kf_bill_cms(b, "CMS of sw-description", swu->signature) ||
	    b->status != KF_OK)
		return;
	s = kf_bill_add_signature(b, "sw-description.sig, without CMS",
				  swu->signature);
	if (s)
		s->key = kf_bill_add_called(b, "nothing", kf_view(NULL, 0));
}

/* jcat_blob takes one signature of a catalogue. */
static void jcat_blob(struct kf_bill *b, const char *item,
		      const struct kf_jcat_blob *blob)
{
	size_t used = b->env->arena->used;
	struct kf_bytes der = { 0 };
	struct kf_bill_signature *s;

	if (blob->kind == KF_JCAT_PKCS7)
		der = kf_jcat_unarmour(blob->data, b->env->arena);
	if (der.len && kf_bill_pkcs7(b, "PKCS#7 of a catalogue", item, der)) {
		b->env->arena->used = used;
		return;
	}
	b->env->arena->used = used;
	if (blob->kind == KF_JCAT_PKCS7)
		kf_bill_of_file(b)->num_unread++;
	s = b->status == KF_OK
		? kf_bill_add_signature(b, blob->kind == KF_JCAT_ED25519
			? "Ed25519 of a catalogue" : blob->kind == KF_JCAT_GPG
			? "OpenPGP of a catalogue"
			: "PKCS#7 of a catalogue, unreadable", blob->data)
		: NULL;
	if (!s)
		return;
	s->over = item;
	s->key = kf_bill_add_called(b, "nothing", kf_view(NULL, 0));
	if (blob->kind == KF_JCAT_ED25519)
		kf_bill_scheme(&s->algorithm, NULL, "ed25519", NULL);
}

static void jcat(struct kf_bill *b, const struct kf_jcat *jcat)
{
	kf_bill_of_file(b)->damaged |= jcat->damage.field || jcat->beyond;
	for (const struct kf_jcat_item *i = jcat->item; i; i = i->next) {
		const char *name = kf_bill_keep(b, i->id);

		for (const struct kf_jcat_blob *k = i->blob;
		     k && b->status == KF_OK; k = k->next)
			if (kf_jcat_is_signature(k->kind))
				jcat_blob(b, name, k);
	}
}

/* manifest takes RAUC's. */
static void manifest(struct kf_bill *b, struct kf_bytes text)
{
	static const char *const names[] = { "version", "compatible" };
	struct kf_keyfile file;
	size_t group;

	fail(b, kf_keyfile_read(&file, text, b->env));
	if (b->status != KF_OK || file.damage.field)
		return;
	group = kf_keyfile_group_of(&file, "update");
	for (size_t i = 0; i < 2; i++) {
		const struct kf_keyfile_entry *e =
			kf_keyfile_entry_of(&file, group, names[i]);
		struct kf_bytes value;

		if (!e || kf_keyfile_text(&value, e->value, false,
					  b->env->arena) != KF_VALUE_GOOD)
			continue;
		if (i == 0)
			kf_bill_of_file(b)->version = kf_bill_keep(b, value);
		else
			kf_bill_add_fact(b, names[i], value);
	}
}

/* inside finds the manifest: in the CMS, or in the payload of a plain
 * bundle. */
static void inside(struct kf_bill *b, const struct kf_rauc *bundle,
		   const struct kf_source *source, struct kf_bytes der)
{
	const struct kf_crypto *crypto = b->env->crypto;
	struct kf_cms_facts facts = { .detached = false };
	struct kf_bytes text = { 0 };
	struct kf_cms *cms = NULL;
	bool there = false;

	fail(b, crypto->cms_read(crypto->self, &cms, der));
	if (cms && b->status == KF_OK)
		fail(b, crypto->cms_facts(cms, &facts, b->env->arena));
	if (b->status == KF_OK && facts.is_signed && facts.detached &&
	    b->env->opener) {
		enum kf_status status = b->env->opener->squashfs_file(&text,
			&there, source, bundle->payload_len,
			"manifest.raucm", b->env->arena);

		if (status == KF_CANNOT_READ)
			kf_bill_of_file(b)->damaged = true;
		else
			fail(b, status);
	}
	if (b->status == KF_OK)
		manifest(b, there ? text : facts.content);
	crypto->cms_close(cms);
}

static void rauc(struct kf_bill *b, const struct kf_artifact *a)
{
	const struct kf_rauc *bundle = a->description;
	struct kf_bytes der;
	enum kf_status status = kf_rauc_cms(&der, bundle, a->source, b->env);

	if (status == KF_WRONG_USE) {
		kf_bill_of_file(b)->damaged = true;
		return;
	}
	fail(b, status);
	if (b->status != KF_OK)
		return;
	if (!kf_bill_cms(b, "CMS of a bundle", der))
		kf_bill_of_file(b)->num_unread++;
	if (b->status == KF_OK)
		inside(b, bundle, a->source, der);
}

static void cab(struct kf_bill *b, const struct kf_artifact *a)
{
	const struct kf_cabinet *c = a->description;

	kf_bill_of_file(b)->damaged |= c->beyond != NULL;
	if (c->has_jcat)
		jcat(b, &c->jcat);
}

static void catalogue(struct kf_bill *b, const struct kf_artifact *a)
{
	jcat(b, a->description);
}

static void fit(struct kf_bill *b, const struct kf_artifact *a)
{
	kf_bill_fit(b, a->source);
}

static void mcuboot(struct kf_bill *b, const struct kf_artifact *a)
{
	kf_bill_mcuboot(b, a->source);
}

void kf_bill_artifact(struct kf_bill *b, const struct kf_artifact *a)
{
	static const struct {
		const char *format;
		void (*take)(struct kf_bill *b, const struct kf_artifact *a);
	} takers[] = {
		{ "pe", pe }, { "auth", auth }, { "fit", fit },
		{ "rauc", rauc }, { "mcuboot", mcuboot }, { "swu", swu },
		{ "cab", cab }, { "jcat", catalogue },
	};
	size_t used = b->env->arena->used;

	for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
		if (!kf_same(takers[i].format, a->format->name))
			continue;
		kf_bill_facts(b, a);
		b->env->arena->used = used;
		if (b->status == KF_OK)
			takers[i].take(b, a);
		b->env->arena->used = used;
		return;
	}
	kf_bill_of_file(b)->damaged = true;
}
