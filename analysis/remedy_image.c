/* What would let an EFI image through: another signature of those that it has,
 * a key or a digest in db, or a signature under a key that is there.
 */
#include "remedy_try.h"

#include "known.h"

#include "core/pe.h"
#include "core/siglist.h"

#include <string.h>

/* What every change of the keys does on the device itself. */
static const char sealed[] = "PCR 7 is another one then: what is sealed to it asks for its recovery key";

static void put_u32le(uint8_t *out, uint64_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

/* with_table builds the file whose certificate table is one slice of the old
 * one, padded to 8 bytes, at the same place. */
static bool with_table(struct kf_patch *patch, const struct kf_source *source,
		       const struct kf_pe *pe, uint64_t at, uint64_t len)
{
	static const uint8_t zeros[8];
	struct kf_pe_directory old = pe->directory[KF_PE_DIR_SECURITY];
	uint64_t after = (uint64_t)pe->security_at + 8;
	uint64_t end = (uint64_t)old.rva + old.len;
	uint64_t pad = -len & 7;
	uint8_t field[8];

	put_u32le(field, old.rva);
	put_u32le(field + 4, len + pad);
	kf_patch_open(patch, source);
	if (old.rva < after || end > source->size)
		return false;
	return kf_patch_slice(patch, 0, pe->security_at) &&
	       kf_patch_bytes(patch, kf_view(field, sizeof(field))) &&
	       kf_patch_slice(patch, after, old.rva - after) &&
	       kf_patch_slice(patch, at, len) &&
	       kf_patch_bytes(patch, kf_view(zeros, (size_t)pad)) &&
	       kf_patch_slice(patch, end, source->size - end);
}

/* alone makes the file that has this signature alone: by surgery, as keyfit
 * strip does it, where the table can be taken apart. */
static bool alone(struct kf_attempt *a, struct kf_remedy *r,
		  const struct kf_pe *pe, const struct kf_signature_result *s)
{
	const struct kf_source *source = a->artifact->source;
	struct kf_wanted wanted = { s->number, { NULL, 0 } };
	struct kf_signatures file;
	enum kf_status status = kf_signatures_read(&file, source, a->env);

	if (status != KF_OK) {
		a->status = status;
		return false;
	}
	if (file.unfit || file.broken.field || file.too_many ||
	    file.behind_len || s->number == 0 || s->number > file.num ||
	    file.signature[s->number - 1].at != s->at)
		return with_table(&r->patch, source, pe, s->at, s->len);
	status = kf_signatures_put(&r->patch, &file, &wanted, 1, a->env);
	if (status != KF_OK && status != KF_WRONG_USE)
		a->status = status;
	r->num_attached = (uint32_t)file.num;
	return status == KF_OK;
}

/* keep_signature: one of several signatures, alone. */
static void keep_signature(struct kf_attempt *a, const struct kf_pe *pe)
{
	const struct kf_verdict *v = a->verdict;

	for (size_t i = 0; i < v->num_signatures && a->num < a->max &&
			   a->status == KF_OK; i++) {
		const struct kf_signature_result *s = &v->signature[i];
		struct kf_remedy *r;

		if (!s->trusted)
			continue;
		r = kf_offer(a, v->num_signatures > 1 ? KF_KEEP_SIGNATURE
						   : KF_REPAIR_TABLE);
		r->signature = s->number;
		if (v->num_signatures > 1)
			r->caution = "devices that trust only the other signatures then refuse it";
		if (alone(a, r, pe, s) &&
		    kf_try_file(a, kf_patch_source(&r->patch), NULL, 0))
			return;
		a->num--;
	}
}

/* published_too notes which published update enrols a certificate, and whether
 * this device takes that. */
static void published_too(struct kf_attempt *a, struct kf_remedy *r)
{
	const struct kf_crypto *crypto = a->env->crypto;
	struct kf_bytes pk = kf_store_pk(a->store);
	struct kf_digest digest;

	kf_digest_of(&digest, crypto, KF_SHA256, r->certificate);
	if (digest.len == 0)
		a->status = KF_NO_CRYPTO;
	r->published = kf_published_brings(&digest);
	if (r->published && !kf_equal(kf_text(r->published->part),
				      kf_text(r->part)))
		r->published = NULL;
	if (r->published)
		a->status = kf_published_taken(&r->taken, r->published,
					       a->store, crypto);
	if (!kf_equal(kf_text(r->part), kf_text("kek")) || pk.len == 0 ||
	    !kf_hex_is(KF_NEW_KEK, kf_view(digest.bytes, digest.len)))
		return;
	kf_digest_of(&digest, crypto, KF_SHA1, pk);
	if (digest.len == 0)
		a->status = KF_NO_CRYPTO;
	r->kek_update = kf_published_kek(&digest);
}

/* enrol_certificate: the last certificate of a signature's chain, or the
 * signer's own where the chain is cut short. */
void kf_remedy_enrol(struct kf_attempt *a, const char *part)
{
	const struct kf_verdict *v = a->verdict;

	for (size_t i = 0; i < v->num_signatures && a->num < a->max; i++) {
		const struct kf_signature_result *s = &v->signature[i];
		struct kf_remedy *r;

		if (s->num_chain == 0 || s->revoked)
			continue;
		r = kf_offer(a, KF_ENROL_CERTIFICATE);
		r->part = part;
		r->certificate = s->chain[s->num_chain - 1];
		if (kf_siglist_of_certificates(&r->list, &r->certificate, 1,
					       a->env->arena) != KF_OK) {
			a->status = KF_NO_MEMORY;
		} else if (kf_try_list(a, r->part, r->list)) {
			r->caution = sealed;
			published_too(a, r);
			return;
		}
		a->num--;
	}
}

/* image_digest is the SHA-256 digest that the verdict shows, if any. */
static struct kf_bytes image_digest(const struct kf_verdict *v)
{
	return v->image_digest.len == 32
		? kf_view(v->image_digest.bytes, 32) : kf_view(NULL, 0);
}

static void enrol_digest(struct kf_attempt *a)
{
	struct kf_bytes digest = image_digest(a->verdict);
	struct kf_remedy *r;

	if (digest.len == 0 || a->num == a->max)
		return;
	r = kf_offer(a, KF_ENROL_DIGEST);
	r->part = "db";
	r->digest = a->verdict->image_digest;
	r->caution = "it has to be done again for every new build, and PCR 7 is another one each time: what is sealed to it asks for its recovery key";
	if (kf_siglist_of_digest(&r->list, digest, a->env->arena) != KF_OK)
		a->status = KF_NO_MEMORY;
	else if (kf_try_list(a, r->part, r->list))
		return;
	a->num--;
}

/* anchors_of walks the certificates of db, as far as its lists hold. */
static void sign_under(struct kf_attempt *a)
{
	const struct kf_part *db = kf_store_part(a->store, "db");
	struct kf_siglist_walk walk;
	struct kf_bytes der;
	int64_t from, to;

	if (!db || db->presence != KF_PRESENT || a->num == a->max)
		return;
	walk = kf_siglist_walk(db->bytes);
	while (kf_siglist_certificate(&walk, &der)) {
		struct kf_remedy *r;

		/* Nobody signs under an authority that has expired. */
		if (!a->env->crypto->certificate_times(a->env->crypto->self,
						       der, &from, &to) ||
		    to <= a->env->now_s)
			continue;
		r = kf_offer(a, KF_SIGN_UNDER);
		r->certificate = der;
		if (kf_try_file(a, a->artifact->source, &r->certificate, 1))
			return;
		a->num--;
	}
}

void kf_remedies_of_image(struct kf_attempt *a)
{
	struct kf_pe pe;
	bool has_place;

	a->status = kf_pe_read(&pe, a->artifact->source);
	/* A file whose headers have no place for a signature takes none. */
	has_place = pe.num_directories > KF_PE_DIR_SECURITY;
	if (a->status == KF_OK && has_place)
		keep_signature(a, &pe);
	if (a->status == KF_OK)
		kf_remedy_enrol(a, "db");
	if (a->status == KF_OK && has_place)
		sign_under(a);
	if (a->status == KF_OK)
		enrol_digest(a);
}

void kf_remedies_of_shim(struct kf_attempt *a)
{
	kf_remedies_of_image(a);
}
