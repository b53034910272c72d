/* Whether the signatures of a bundle hold over what they are over: the payload
 * of a plain bundle, the manifest of the others. No device matters to that.
 *
 * Source: rauc/rauc, src/signature.c:cms_verify_fd, cms_verify_bytes at v1.8;
 * openssl/openssl, crypto/bio/bss_mem.c:BIO_new_mem_buf at 3.0.17.
 */
#include "rauc.h"

#include <string.h>

/* short_len is what is left of a length that goes through an int: a negative
 * one stands for a C string. RAUC-23 */
static enum kf_status short_len(uint64_t *out, struct rauc_bundle *bundle,
				struct kf_env *env)
{
	uint64_t len = bundle->layout.payload_len;
	uint32_t low = (uint32_t)len;
	uint64_t at = 0;

	*out = low;
	if (low <= INT32_MAX)
		return KF_OK;
	*out = bundle->source->size;
	while (at < bundle->source->size) {
		uint64_t left = bundle->source->size - at;
		size_t some = left < env->window_len ? (size_t)left
						     : env->window_len;
		const uint8_t *nul;

		if (!bundle->source->read_at(bundle->source->self, at,
					     env->window, some))
			return KF_CANNOT_READ;
		nul = memchr(env->window, 0, some);
		if (nul) {
			*out = at + (uint64_t)(nul - env->window);
			return KF_OK;
		}
		at += some;
	}
	return KF_OK;
}

void rauc_content(struct rauc_bundle *bundle, struct kf_artifact *artifact,
		  struct kf_env *env)
{
	uint64_t len = bundle->layout.payload_len;
	struct kf_rauc_slice slice;
	struct kf_source payload;

	if (!bundle->facts.detached) {
		artifact->status = env->crypto->cms_content(
			bundle->cms, NULL, &bundle->content);
		return;
	}
	if (bundle->profile->short_content && len > INT32_MAX)
		artifact->status = short_len(&len, bundle, env);
	if (artifact->status == KF_OK && !kf_spend(env, len))
		artifact->status = KF_TOO_MUCH;
	if (artifact->status != KF_OK)
		return;
	payload = kf_rauc_payload(&slice, bundle->source, len);
	artifact->status = env->crypto->cms_content(bundle->cms, &payload,
						    &bundle->content);
}
