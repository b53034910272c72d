/* The archive's first two files, and what signs sw-description.
 *
 * sw-description comes first, what signs it second, each with the sum that its
 * header says. Nothing of what they say is looked at before the signature
 * holds. SWUPDATE-1, SWUPDATE-3, SWUPDATE-4.
 *
 * Source: sbabic/swupdate, core/stream_interface.c (extract_files,
 * extract_file_to_tmp), core/cpio_utils.c (extract_cpio_header, copyfile,
 * swupdate_verify_chksum), corelib/swupdate_rsa_verify.c
 * (swupdate_verify_file), tag 2022.12.
 */
#include "swupdate.h"

enum { EC_HEADER_MAX = 127 };

/* word_at is eight bytes as one number; compilers make one load of it. */
static uint64_t word_at(const uint8_t *b)
{
	return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 |
	       (uint64_t)b[3] << 24 | (uint64_t)b[4] << 32 |
	       (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
	       (uint64_t)b[7] << 56;
}

/* sum_of adds bytes up, eight at once: four lanes of 16 bits hold the sums of
 * 128 steps. */
static uint32_t sum_of(const uint8_t *bytes, size_t len)
{
	enum { STEPS_MAX = 128, WORD_LEN = 8 };
	const uint64_t lanes = UINT64_C(0x00ff00ff00ff00ff);
	const uint64_t halves = UINT64_C(0x0000ffff0000ffff);
	uint32_t sum = 0;
	size_t i = 0;

	while (len - i >= WORD_LEN) {
		uint64_t total = 0;

		for (int n = 0; n < STEPS_MAX && len - i >= WORD_LEN; n++) {
			uint64_t word = word_at(bytes + i);

			total += (word & lanes) + (word >> 8 & lanes);
			i += WORD_LEN;
		}
		total = (total & halves) + (total >> 16 & halves);
		sum += (uint32_t)total + (uint32_t)(total >> 32);
	}
	for (; i < len; i++)
		sum += bytes[i];
	return sum;
}

/* add_some takes a piece of a file into its digest and its sum. */
static enum kf_status add_some(struct swupdate_digest *out, void *digest,
			       const struct kf_source *source,
			       struct kf_env *env, uint64_t at, size_t len)
{
	if (!kf_spend(env, len))
		return KF_TOO_MUCH;
	if (!source->read_at(source->self, at, env->window, len))
		return KF_CANNOT_READ;
	env->crypto->digest_add(digest, kf_view(env->window, len));
	out->sum += sum_of(env->window, len);
	return KF_OK;
}

enum kf_status swupdate_digest_one(struct swupdate_digest *out,
				   const struct kf_cpio_file *f,
				   const struct kf_source *source,
				   struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	void *digest = crypto->digest_begin(crypto->self, KF_SHA256);
	uint64_t at = f->data_at, left = source->size - at;
	enum kf_status status = KF_OK;

	if (!digest)
		return KF_NO_CRYPTO;
	if (left > f->size)
		left = f->size;
	while (left && status == KF_OK) {
		size_t n = left < env->window_len ? (size_t)left
						  : env->window_len;

		status = add_some(out, digest, source, env, at, n);
		at += n;
		left -= n;
	}
	crypto->digest_end(digest, &out->sha256);
	if (status == KF_OK && out->sha256.len == 0)
		status = KF_NO_CRYPTO;
	return status;
}

enum kf_status swupdate_digests(struct swupdate_update *out,
				const struct kf_source *source,
				struct kf_env *env)
{
	size_t num = out->swu.num_files;

	out->file = kf_arena_take(env->arena, (num + 1) * sizeof(*out->file));
	if (!out->file)
		return KF_NO_MEMORY;
	for (size_t i = 0; i < num; i++) {
		enum kf_status status = swupdate_digest_one(
			&out->file[i], &out->swu.file[i], source, env);
		if (status != KF_OK)
			return status;
	}
	return KF_OK;
}

/* header words what is wrong with a header that could not be read. */
static bool header(struct swupdate_case *k)
{
	const struct kf_swu *swu = &k->update->swu;

	(void)swupdate_refuse(k, KF_REASON_ARCHIVE_MALFORMED, "SWUPDATE-1",
			      swu->num_files ? "a header of the archive"
			      : "its first header", kf_view(NULL, 0), NULL);
	kf_prove_field(&k->out->why, swu->damage.field, swu->damage.at, 1);
	return false;
}

/* early: the next header is looked for behind the end. */
static bool early(struct swupdate_case *k, const struct kf_cpio_file *f)
{
	(void)swupdate_refuse(k, KF_REASON_ARCHIVE_MALFORMED, "SWUPDATE-1",
			      "it ends too early", kf_view(NULL, 0), NULL);
	kf_prove_field(&k->out->why, "file", f->data_at, f->size);
	return false;
}

/* cut tells whether the archive ends in the name of one of the first two, or in
 * the second one's header: SWUpdate then goes by what its memory holds, which
 * is no such name. */
static bool cut(const struct swupdate_case *k, size_t index)
{
	const char *field = k->update->swu.damage.field;

	return kf_same(field, "name") || (index && kf_same(field, "header"));
}

/* wrong_sum words one that does not add up. */
static bool wrong_sum(struct swupdate_case *k, size_t index, const char *name)
{
	const struct kf_cpio_file *f = &k->update->swu.file[index];

	(void)swupdate_refuse(k, KF_REASON_ARCHIVE_SUM, "SWUPDATE-1", name,
			      kf_view(NULL, 0), NULL);
	kf_prove_field(&k->out->why, "c_chksum", f->at, KF_CPIO_HEADER_LEN);
	kf_prove_value(&k->out->why, k->update->file[index].sum, f->sum);
	return false;
}

/* first_file holds one of the first two against its name and its sum. A
 * signature that is cut short is still looked at. */
static bool first_file(struct swupdate_case *k, size_t index,
		       const char *name, enum kf_reason_id missing)
{
	const struct kf_swu *swu = &k->update->swu;
	const struct kf_cpio_file *f = &swu->file[index];
	bool there = index < swu->num_files;
	static const char *const place[] = { " is not the first file",
					     " is not the second file" };

	if (!there && !swu->ended && !cut(k, index))
		return header(k);
	if (!there || !kf_equal(f->name, kf_text(name)))
		return swupdate_refuse(k, missing, "SWUPDATE-1", name,
				       kf_view(NULL, 0), place[index]);
	if (f->has_sum && f->sum != k->update->file[index].sum)
		return wrong_sum(k, index, name);
	return f->whole || index || early(k, f);
}

bool swupdate_head(struct swupdate_case *k)
{
	const struct kf_swu *swu = &k->update->swu;

	if (!k->update->source)
		return swupdate_beyond(k, "an update that is not there, only its signer");
	if (!first_file(k, 0, KF_SWU_DESCRIPTION, KF_REASON_ARCHIVE_ORDER) ||
	    !first_file(k, 1, KF_SWU_SIGNATURE, KF_REASON_SIGNATURE_MISSING))
		return false;
	if (swu->file[0].size > KF_SWU_DESCRIPTION_MAX ||
	    swu->file[1].size > KF_SWU_SIGNATURE_MAX)
		return swupdate_beyond(k, "sw-description or its signature larger than 1 MiB");
	return true;
}

/* room is how much of the signature is read: what a signature of this key
 * takes at most. What comes behind it does not matter. */
static size_t room(const struct kf_key *key)
{
	size_t bytes = (key->bits + 7) / 8, len;

	if (key->kind != KF_KEY_EC)
		return bytes;
	/* Two numbers in DER, with a byte more where the first bit is set. */
	len = 2 * (2 + bytes + (key->bits % 8 == 0));
	return len + (len > EC_HEADER_MAX ? 3 : 2);
}

/* raw verifies sw-description with the device's key. */
static bool raw(struct swupdate_case *k)
{
	const struct kf_crypto *crypto = k->env->crypto;
	const struct kf_key *key = &k->device->public_key;
	const struct swupdate_update *u = k->update;
	bool pss = k->profile->scheme == SWUPDATE_PSS;
	struct kf_scheme scheme = {
		.kind = pss ? KF_SCHEME_RSA_PSS
		      : key->kind == KF_KEY_EC ? KF_SCHEME_ECDSA
		      : KF_SCHEME_RSA_PKCS1,
		.digest = KF_SHA256,
		.salt_len = KF_SALT_ANY,
	};
	struct kf_bytes signature = u->swu.signature;
	enum kf_answer3 good = KF_NO;
	enum kf_status status = KF_OK;

	if (signature.len > room(key))
		signature = kf_part_of(signature, 0, room(key));
	if (signature.len)
		status = crypto->key_verify(crypto->self, key, &scheme,
				kf_view(u->file[0].sha256.bytes,
					u->file[0].sha256.len),
				signature, &good);
	if (status != KF_OK)
		return swupdate_fail(k, status);
	if (good == KF_YES)
		return true;
	(void)swupdate_refuse(k, KF_REASON_SIGNATURE_OTHER_KEY,
			      pss ? "SWUPDATE-4" : "SWUPDATE-3", key->name,
			      kf_view(NULL, 0), NULL);
	kf_prove_signature(&k->out->why, 1, u->swu.file[1].data_at,
			   u->swu.file[1].size);
	kf_prove(&k->out->why, KF_EV_DIGEST, "key")->bytes =
		kf_view(key->sha256.bytes, key->sha256.len);
	return false;
}

bool swupdate_signature(struct swupdate_case *k)
{
	const struct swupdate_device *d = k->device;

	if (d->key != KF_PRESENT) {
		k->unsigned_yet = true;
		return true;
	}
	if (k->profile->wolf)
		return swupdate_wolf(k);
	return k->profile->scheme == SWUPDATE_CMS ? swupdate_cms(k) : raw(k);
}
