/* The certificates that a device of a wolfSSL build trusts: those of its file
 * that stand in front of the first that cannot be read.
 *
 * Source: sbabic/swupdate, corelib/swupdate_pkcs7_verify.c (load_cert_chain),
 * tag 2024.12.1.
 */
#include "swupdate.h"

#include "core/base64.h"

static const char begin[] = "-----BEGIN CERTIFICATE-----";
static const char end[] = "-----END CERTIFICATE-----";

/* find is where a text stands from `at` on, at the start of a line; the file's
 * length: nowhere. */
static size_t find(struct kf_bytes file, size_t at, const char *text)
{
	struct kf_bytes wanted = kf_text(text);

	for (; at < file.len; at++)
		if ((at == 0 || file.data[at - 1] == '\n') &&
		    kf_equal(kf_part_of(file, at, wanted.len), wanted))
			return at;
	return file.len;
}

/* decode turns base64 into bytes; empty: it is none. */
static enum kf_status decode(struct kf_bytes *out, struct kf_bytes text,
			     struct kf_arena *arena)
{
	uint8_t *bytes = kf_arena_take(arena, text.len + 1);
	uint32_t held = 0;
	size_t len = 0, bits = 0;

	if (!bytes)
		return KF_NO_MEMORY;
	*out = kf_view(NULL, 0);
	for (size_t i = 0; i < text.len && text.data[i] != '='; i++) {
		unsigned digit = kf_base64_digit(text.data[i]);

		if (text.data[i] == '\n' || text.data[i] == '\r')
			continue;
		if (digit > 63)
			return KF_OK;
		held = held << 6 | digit;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			bytes[len++] = (uint8_t)(held >> bits);
		}
	}
	*out = kf_view(bytes, len);
	return KF_OK;
}

/* read_one takes the block at `at`; `*behind` is where it ends. An anchor
 * without bytes cannot be read. */
static enum kf_status read_one(struct swupdate_anchor *out, size_t *behind,
			       struct kf_bytes file, size_t at,
			       struct kf_env *env)
{
	const struct kf_crypto *crypto = env->crypto;
	size_t from = at + sizeof(begin) - 1, to = find(file, from, end);
	struct kf_bytes der;
	enum kf_status status;

	*behind = to < file.len ? to + sizeof(end) - 1 : file.len;
	out->pem = kf_part_of(file, at, *behind - at);
	status = decode(&der, kf_part_of(file, from, to - from), env->arena);
	if (status != KF_OK || der.len == 0 || to == file.len)
		return status;
	status = crypto->certificate_read(crypto->self, &out->facts, der,
					  env->arena);
	if (status == KF_OK)
		swupdate_certificate(&out->own, out->facts.der);
	return status == KF_WRONG_USE ? KF_OK : status;
}

enum kf_status swupdate_anchors(struct swupdate_device *out,
				struct kf_env *env)
{
	struct kf_bytes file = out->key_file;
	size_t at = find(file, 0, begin), behind;

	out->anchor = kf_arena_take(env->arena, SWUPDATE_ANCHORS_MAX *
				    sizeof(*out->anchor));
	if (!out->anchor)
		return KF_NO_MEMORY;
	for (; at < file.len; at = find(file, behind, begin)) {
		struct swupdate_anchor *a = &out->anchor[out->num_anchors];
		enum kf_status status;

		if (out->num_anchors == SWUPDATE_ANCHORS_MAX) {
			out->key_beyond = "a file of very many certificates";
			return KF_OK;
		}
		status = read_one(a, &behind, file, at, env);
		if (status != KF_OK)
			return status;
		if (a->own.der.len == 0)
			break;
		out->num_anchors++;
	}
	if (out->num_anchors == 0)
		out->key_fault = "its first certificate cannot be read";
	return KF_OK;
}
