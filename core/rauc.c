/* The layout of a RAUC bundle.
 *
 * Source: see rauc.h.
 */
#include "rauc.h"

#include <string.h>

static void broken(struct kf_rauc *out, const char *field, uint64_t at)
{
	out->damage.field = field;
	out->damage.at = at;
}

enum kf_status kf_rauc_read(struct kf_rauc *out,
			    const struct kf_source *source)
{
	uint8_t tail[KF_RAUC_TAIL_LEN];
	uint64_t at;

	memset(out, 0, sizeof(*out));
	if (source->size < sizeof(tail)) {
		broken(out, "length of the signature", 0);
		return KF_OK;
	}
	at = source->size - sizeof(tail);
	if (!source->read_at(source->self, at, tail, sizeof(tail)))
		return KF_CANNOT_READ;
	for (size_t i = 0; i < sizeof(tail); i++)
		out->cms_len = out->cms_len << 8 | tail[i];
	if (out->cms_len == 0 || out->cms_len > at) {
		broken(out, "length of the signature", at);
		return KF_OK;
	}
	out->cms_at = at - out->cms_len;
	out->payload_len = out->cms_at;
	return KF_OK;
}

enum kf_status kf_rauc_cms(struct kf_bytes *out, const struct kf_rauc *bundle,
			   const struct kf_source *source, struct kf_env *env)
{
	if (bundle->damage.field || bundle->cms_len > KF_RAUC_CMS_MAX)
		return KF_WRONG_USE;
	return kf_source_keep(out, source, env, bundle->cms_at,
			      bundle->cms_len);
}

static bool read_slice(void *self, uint64_t at, void *out, size_t len)
{
	const struct kf_rauc_slice *slice = self;

	return slice->whole->read_at(slice->whole->self, at, out, len);
}

struct kf_source kf_rauc_payload(struct kf_rauc_slice *slice,
				 const struct kf_source *source, uint64_t size)
{
	struct kf_source payload = { size, read_slice, slice };

	slice->whole = source;
	return payload;
}
