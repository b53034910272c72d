/* Which reader takes a file apart, and the digest over the parts that count.
 */
#include "payload.h"

#include <keyfit/artifact.h>
#include <keyfit/store.h>

#include <string.h>

enum { HEAD_LEN = 4096 };

const char *const kf_payload_names[] = {
	"file", "pe", "auth", "fit", "rauc", "rauc-verity", "mcuboot",
	"swupdate", NULL,
};

typedef enum kf_status reader(struct kf_payload_parts *p, bool *fits);

static reader *const readers[KF_NUM_PAYLOADS] = {
	[KF_PAYLOAD_PE] = kf_payload_pe,
	[KF_PAYLOAD_AUTH] = kf_payload_auth,
	[KF_PAYLOAD_FIT] = kf_payload_fit,
	[KF_PAYLOAD_RAUC] = kf_payload_rauc,
	[KF_PAYLOAD_MCUBOOT] = kf_payload_mcuboot,
	[KF_PAYLOAD_SWUPDATE] = kf_payload_swupdate,
};

void kf_payload_put(struct kf_payload_parts *p, struct kf_bytes name,
		    uint64_t end, bool aside)
{
	struct kf_payload *out = p->out;

	if (end <= p->at)
		return;
	if (out->num_parts == KF_PAYLOAD_PARTS_MAX) {
		p->full = true;
		return;
	}
	out->part[out->num_parts++] = (struct kf_payload_part){
		name, p->at, end - p->at, aside,
	};
	p->at = end;
}

enum kf_status kf_payload_add(void *digest, const struct kf_source *source,
			      struct kf_env *env, uint64_t at, uint64_t len)
{
	while (len) {
		size_t some = len < env->window_len ? (size_t)len
						    : env->window_len;

		if (!source->read_at(source->self, at, env->window, some))
			return KF_CANNOT_READ;
		env->crypto->digest_add(digest, kf_view(env->window, some));
		at += some;
		len -= some;
	}
	return KF_OK;
}

/* kind_of goes by what keyfit takes a file for; and by what signing makes an
 * update of a variable and a bundle of. */
static enum kf_status kind_of(enum kf_payload_kind *out,
			      const struct kf_source *source,
			      struct kf_env *env)
{
	static const struct {
		const char *format;
		enum kf_payload_kind kind;
	} kinds[] = {
		{ "pe", KF_PAYLOAD_PE }, { "auth", KF_PAYLOAD_AUTH },
		{ "fit", KF_PAYLOAD_FIT }, { "rauc", KF_PAYLOAD_RAUC },
		{ "mcuboot", KF_PAYLOAD_MCUBOOT },
		{ "swu", KF_PAYLOAD_SWUPDATE },
	};
	const struct kf_format *format;
	const struct kf_store_kind *store;
	struct kf_bytes head;
	enum kf_status status;

	*out = KF_PAYLOAD_FILE;
	status = kf_source_keep(&head, source, env, 0,
				source->size < HEAD_LEN ? source->size
							: HEAD_LEN);
	if (status != KF_OK)
		return status;
	format = kf_format_of(head, source);
	for (size_t i = 0; format && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kf_same(format->name, kinds[i].format))
			*out = kinds[i].kind;
	if (format)
		return KF_OK;
	store = kf_store_kind_of(head);
	if (store && kf_same(store->name, "esl"))
		*out = KF_PAYLOAD_AUTH;
	else if (kf_equal(kf_part_of(head, 0, 4), kf_text("hsqs")))
		*out = KF_PAYLOAD_RAUC;
	return KF_OK;
}

/* hash_parts hashes what counts, in the order of the file. */
static enum kf_status hash_parts(struct kf_payload *out, struct kf_env *env)
{
	static const uint8_t zeros[8];
	const struct kf_crypto *crypto = env->crypto;
	void *digest = crypto->digest_begin(crypto->self, KF_SHA256);
	struct kf_digest sha256 = { .len = 0 };
	enum kf_status status = digest ? KF_OK : KF_NO_CRYPTO;

	for (size_t i = 0; i < out->num_parts && status == KF_OK; i++)
		if (!out->part[i].aside)
			status = kf_payload_add(digest, out->source, env,
						out->part[i].at,
						out->part[i].len);
	if (status != KF_OK) {
		if (digest)
			crypto->digest_drop(digest);
		return status;
	}
	crypto->digest_add(digest, kf_view(zeros, (size_t)out->pad));
	crypto->digest_end(digest, &sha256);
	if (sha256.len != sizeof(out->sha256.bytes))
		return KF_NO_CRYPTO;
	memcpy(out->sha256.bytes, sha256.bytes, sha256.len);
	return KF_OK;
}

/* read_as reads a file as one kind, or as bytes where it does not fit. */
static enum kf_status read_as(struct kf_payload *out,
			      const struct kf_source *source,
			      enum kf_payload_kind kind, struct kf_env *env)
{
	struct kf_payload_parts p = { .out = out, .env = env };
	enum kf_status status = KF_OK;
	bool fits = false;

	memset(out, 0, sizeof(*out));
	out->source = source;
	out->part = kf_arena_take(env->arena, KF_PAYLOAD_PARTS_MAX *
					      sizeof(*out->part));
	if (!out->part)
		return KF_NO_MEMORY;
	if (readers[kind])
		status = readers[kind](&p, &fits);
	if (status != KF_OK)
		return status;
	if (fits && !p.full && !p.odd) {
		out->kind = out->kind ? out->kind : kind;
		if (kind == KF_PAYLOAD_FIT)
			return KF_OK;
	} else {
		out->kind = KF_PAYLOAD_FILE;
		out->num_parts = 0;
		out->pad = 0;
		p.at = 0;
		kf_payload_put(&p, kf_text("the file"), source->size, false);
	}
	return hash_parts(out, env);
}

enum kf_status kf_payload_read(struct kf_payload *out,
			       const struct kf_source *source,
			       struct kf_env *env)
{
	enum kf_payload_kind kind;
	enum kf_status status = kind_of(&kind, source, env);

	return status == KF_OK ? read_as(out, source, kind, env) : status;
}

enum kf_status kf_payload_to_sign(struct kf_payload *out,
				  const struct kf_source *source,
				  const char *format, struct kf_env *env)
{
	static const struct {
		const char *format;
		enum kf_payload_kind kind;
		bool all;	/* the signature covers all of the file */
	} formats[] = {
		{ "pe", KF_PAYLOAD_PE, false },
		{ "fit", KF_PAYLOAD_FIT, false },
		{ "mcuboot", KF_PAYLOAD_MCUBOOT, false },
		{ "swupdate", KF_PAYLOAD_SWUPDATE, false },
		{ "swupdate-cms", KF_PAYLOAD_SWUPDATE, false },
		{ "auth", KF_PAYLOAD_AUTH, true },
		{ "rauc", KF_PAYLOAD_RAUC, true },
	};
	enum kf_payload_kind kind = KF_PAYLOAD_FILE;
	bool all = true;
	enum kf_status status;

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (kf_same(format, formats[i].format)) {
			kind = formats[i].kind;
			all = formats[i].all;
		}
	status = read_as(out, source, all ? KF_PAYLOAD_FILE : kind, env);
	if (status == KF_OK && all)
		out->kind = kind;
	return status;
}
