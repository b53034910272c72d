/* The image: its header, what is hashed, and the entries behind it. MCUBOOT-1,
 * MCUBOOT-8.
 *
 * Source: mcu-tools/mcuboot boot/bootutil/src/bootutil_img_hash.c:
 * bootutil_img_hash.
 */
#include "mcuboot.h"

#include <string.h>

enum {
	/* Both areas, and the header of a third that is none. */
	AREAS_MAX = 2 * KF_MCUBOOT_AREA_MAX + 2 * KF_MCUBOOT_AREA_LEN,
};

static const enum kf_digest_kind kinds[MCUBOOT_HASHES] = {
	KF_SHA256, KF_SHA384, KF_SHA512,
};

uint8_t mcuboot_byte(const struct mcuboot_image *m, uint64_t at)
{
	at -= m->areas_at;
	return at < m->areas.len ? m->areas.data[at] : 0xff;
}

uint16_t mcuboot_u16(const struct mcuboot_image *m, uint64_t at)
{
	return (uint16_t)(mcuboot_byte(m, at) |
			  mcuboot_byte(m, at + 1) << 8);
}

/* step_len is how much is read next: whole blocks of what is encrypted, and
 * nothing else with them. */
static size_t step_len(const struct mcuboot_image *m, const struct kf_env *env,
		       uint64_t at, uint64_t end, bool encrypted)
{
	uint64_t parts[] = { m->header.header_len, m->areas_at, end };
	size_t most = env->window_len & ~(size_t)15;

	for (size_t i = encrypted ? 0 : 2; i < 3; i++)
		if (at < parts[i])
			return parts[i] - at < most ? (size_t)(parts[i] - at)
						    : most;
	return 0;
}

/* decrypt runs the payload's key over what was read of it. */
static enum kf_status decrypt(const struct mcuboot_image *m,
			      const struct mcuboot_payload_key *key,
			      struct kf_env *env, uint64_t at, size_t len)
{
	uint64_t block = (at - m->header.header_len) / 16;
	uint8_t counter[16] = { 0 };

	if (at < m->header.header_len || at >= m->areas_at)
		return KF_OK;
	for (int i = 0; i < 4; i++)
		counter[15 - i] = (uint8_t)(block >> 8 * i);
	return env->crypto->aes_ctr(env->crypto->self,
				    kf_view(key->bytes, key->len), counter,
				    env->window, len);
}

/* add_step adds the file's next bytes to all digests. */
static enum kf_status add_step(void *const *digest,
			       const struct mcuboot_image *m,
			       const struct mcuboot_payload_key *key,
			       struct kf_env *env, uint64_t at, size_t step)
{
	enum kf_status status;

	if (!kf_spend(env, step))
		return KF_TOO_MUCH;
	if (!m->source->read_at(m->source->self, at, env->window, step))
		return KF_CANNOT_READ;
	status = key ? decrypt(m, key, env, at, step) : KF_OK;
	for (int i = 0; i < MCUBOOT_HASHED; i++)
		env->crypto->digest_add(digest[i],
					kf_view(env->window, step));
	return status;
}

/* end_all takes the values, or drops the digests. */
static enum kf_status end_all(void *const *digest, struct kf_digest *out,
			      const struct kf_crypto *crypto,
			      enum kf_status status)
{
	for (int i = 0; i < MCUBOOT_HASHED; i++) {
		if (digest[i] && status == KF_OK)
			crypto->digest_end(digest[i], &out[i]);
		else if (digest[i])
			crypto->digest_drop(digest[i]);
	}
	for (int i = 0; i < MCUBOOT_HASHED && status == KF_OK; i++)
		if (out[i].len == 0)
			status = KF_NO_CRYPTO;
	return status;
}

enum kf_status mcuboot_hash(struct kf_digest out[MCUBOOT_HASHES],
			    const struct mcuboot_image *m,
			    const struct mcuboot_payload_key *key,
			    struct kf_env *env)
{
	const uint64_t end = m->areas_at + m->header.protected_len;
	void *digest[MCUBOOT_HASHES];
	enum kf_status status = KF_OK;
	uint64_t at = 0;

	for (int i = 0; i < MCUBOOT_HASHED; i++) {
		digest[i] = env->crypto->digest_begin(env->crypto->self,
						      kinds[i]);
		if (!digest[i])
			status = KF_NO_CRYPTO;
	}
	while (at < end && status == KF_OK) {
		size_t step = step_len(m, env, at, end, key);

		status = add_step(digest, m, key, env, at, step);
		at += step;
	}
	return end_all(digest, out, env->crypto, status);
}

/* has_pure tells whether an entry says that the image itself was signed: it
 * then has to be in memory whole. */
static bool has_pure(const struct mcuboot_image *m)
{
	struct mcuboot_walk w;

	return MCUBOOT_NEEDS_PAYLOAD && mcuboot_walk_start(&w, m, false) &&
	       mcuboot_walk_find(&w, KF_MCUBOOT_SIG_PURE) == MCUBOOT_ENTRY;
}

/* erase_rest fills up what the file does not reach of its areas, as the slot
 * has it. */
static enum kf_status erase_rest(struct mcuboot_image *m, struct kf_env *env)
{
	struct mcuboot_walk w;
	uint8_t *bytes;
	size_t len;

	if (!mcuboot_walk_start(&w, m, false) ||
	    w.end - m->areas_at <= m->areas.len)
		return KF_OK;
	len = (size_t)(w.end - m->areas_at);
	bytes = kf_arena_take(env->arena, len);
	if (!bytes)
		return KF_NO_MEMORY;
	memset(bytes, 0xff, len);
	memcpy(bytes, m->areas.data, m->areas.len);
	m->areas = kf_view(bytes, len);
	return KF_OK;
}

static enum kf_status keep_areas(struct mcuboot_image *m, struct kf_env *env)
{
	enum kf_status status;
	uint64_t left;

	m->areas_at = kf_mcuboot_areas_at(&m->header);
	if (m->areas_at >= m->size)
		return KF_OK;
	left = m->size - m->areas_at;
	status = kf_source_keep(&m->areas, m->source, env, m->areas_at,
				left < AREAS_MAX ? left : AREAS_MAX);
	return status == KF_OK ? erase_rest(m, env) : status;
}

/* read_vector reads the second word of the payload. MCUBOOT-34. */
static enum kf_status read_vector(struct mcuboot_image *m)
{
	const uint64_t at = m->header.header_len + 4u;
	uint8_t bytes[4] = { 0xff, 0xff, 0xff, 0xff };

	if (!MCUBOOT_NEEDS_PAYLOAD)
		return KF_OK;
	if (at < m->size &&
	    !m->source->read_at(m->source->self, at, bytes,
				m->size - at < 4 ? (size_t)(m->size - at) : 4))
		return KF_CANNOT_READ;
	m->vector = bytes[0] | (uint32_t)bytes[1] << 8 |
		    (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
	return KF_OK;
}

static enum kf_status keep_content(struct mcuboot_image *m, struct kf_env *env,
				   uint64_t len)
{
	if (len <= MCUBOOT_PURE_MAX)
		return kf_source_keep(&m->content, m->source, env, 0, len);
	kf_find(&m->beyond, KF_REASON_BEYOND_LIMITS, NULL);
	kf_prove_text(&m->beyond, "an image of more than 16 MiB that is signed whole");
	return KF_OK;
}

enum kf_status mcuboot_image_read(struct mcuboot_image *out,
				  const struct kf_source *source,
				  struct kf_env *env)
{
	uint64_t len = source->size < KF_MCUBOOT_HEADER_LEN
		       ? source->size : KF_MCUBOOT_HEADER_LEN;
	enum kf_status status;
	struct kf_bytes head;

	out->source = source;
	out->size = source->size;
	status = kf_source_keep(&head, source, env, 0, len);
	if (status != KF_OK)
		return status;
	kf_mcuboot_header(&out->header, head);
	if (out->header.damage.field ||
	    out->header.magic != KF_MCUBOOT_MAGIC)
		return KF_OK;
	len = kf_mcuboot_areas_at(&out->header) + out->header.protected_len;
	out->sums = len <= UINT32_MAX;
	status = read_vector(out);
	if (status == KF_OK)
		status = keep_areas(out, env);
	if (status != KF_OK || len > source->size)
		return status;
	status = mcuboot_hash(out->hash, out, NULL, env);
	return status == KF_OK && has_pure(out) ? keep_content(out, env, len)
						: status;
}

/* suppose takes the key that is asked about, in place of whoever signed. */
static enum kf_status suppose(struct mcuboot_image *m,
			      const struct kf_artifact *artifact,
			      struct kf_env *env)
{
	enum kf_status status = KF_WRONG_USE;
	struct kf_key key = { 0 };

	if (artifact->source && artifact->num_suppose == 1)
		status = env->crypto->key_read(env->crypto->self, &key,
					       artifact->suppose[0],
					       env->arena);
	if (status == KF_OK)
		m->supposed = key.spki;
	if (status != KF_WRONG_USE)
		return status;
	kf_find(&m->beyond, KF_REASON_BEYOND_LIMITS, NULL);
	kf_prove_text(&m->beyond, "a signer that is only supposed: MCUboot knows no certificates");
	return KF_OK;
}

void *mcuboot_prepare(struct kf_artifact *artifact,
		      const struct kf_rules *rules, struct kf_env *env)
{
	struct mcuboot_image *m = kf_arena_take(env->arena, sizeof(*m));

	(void)rules;
	artifact->status = KF_NO_MEMORY;
	if (!m)
		return NULL;
	artifact->status = KF_OK;
	if (artifact->num_suppose || !artifact->source)
		artifact->status = suppose(m, artifact, env);
	if (artifact->status == KF_OK && artifact->source)
		artifact->status = mcuboot_image_read(m, artifact->source,
						      env);
	return m;
}
