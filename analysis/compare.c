/* Holds two images against each other, byte by byte.
 */
#include "compare.h"

#include <string.h>

/* passed_over tells whether a byte belongs to a field that signing changes.
 * Only where it is the same field in both. */
static bool passed_over(const struct kf_signatures *a,
			const struct kf_signatures *b, uint64_t at)
{
	const struct kf_pe *pe = &a->pe;

	if (pe->checksum_at == b->pe.checksum_at && at >= pe->checksum_at &&
	    at - pe->checksum_at < 4)
		return true;
	return a->has_place && b->has_place &&
	       pe->security_at == b->pe.security_at && at >= pe->security_at &&
	       at - pe->security_at < 8;
}

/* differs notes one byte; a run goes on while bytes follow each other. */
static void differs(struct kf_comparison *out, uint64_t *last, uint64_t at)
{
	if (out->num_runs == 0 || *last + 1 != at) {
		out->num_runs++;
		if (out->num < KF_DIFFERENCES_MAX)
			out->difference[out->num++].at = at;
	}
	if (out->num_runs == out->num)
		out->difference[out->num - 1].len++;
	out->num_bytes++;
	*last = at;
}

/* compare_bytes compares what both have. Half of the window is for each. */
static enum kf_status compare_bytes(struct kf_comparison *out,
				    const struct kf_signatures *a,
				    const struct kf_signatures *b, uint64_t len,
				    struct kf_env *env)
{
	uint8_t *left = env->window, *right = left + env->window_len / 2;
	uint64_t last = 0;

	if (!kf_spend(env, len))
		return KF_TOO_MUCH;
	for (uint64_t at = 0; at < len;) {
		size_t some = env->window_len / 2;

		if (some > len - at)
			some = (size_t)(len - at);
		if (!a->source->read_at(a->source->self, at, left, some) ||
		    !b->source->read_at(b->source->self, at, right, some))
			return KF_CANNOT_READ;
		for (size_t i = 0; i < some; i++)
			if (left[i] != right[i] &&
			    !passed_over(a, b, at + i))
				differs(out, &last, at + i);
		at += some;
	}
	return KF_OK;
}

/* weigh_rest looks at what one image has behind the end of the other: zeros
 * that reach from there to its table are padding. */
static enum kf_status weigh_rest(uint64_t *longer, uint64_t *padding,
				 const struct kf_signatures *file, uint64_t at)
{
	uint8_t bytes[8] = { 0 };
	uint64_t len = file->image_len - at;
	bool zeros = file->table_len && len == (-at & 7);

	if (zeros && !file->source->read_at(file->source->self, at, bytes,
					    (size_t)len))
		return KF_CANNOT_READ;
	for (size_t i = 0; i < sizeof(bytes); i++)
		zeros = zeros && bytes[i] == 0;
	*(zeros ? padding : longer) = len;
	return KF_OK;
}

enum kf_status kf_compare(struct kf_comparison *out,
			  const struct kf_signatures *a,
			  const struct kf_signatures *b, struct kf_env *env)
{
	const struct kf_signatures *both[2] = { a, b };
	uint64_t len = a->image_len < b->image_len ? a->image_len
						   : b->image_len;
	struct kf_digest digest[KF_NUM_DIGESTS];
	enum kf_status status;

	memset(out, 0, sizeof(*out));
	status = compare_bytes(out, a, b, len, env);
	for (int i = 0; i < 2 && status == KF_OK; i++) {
		struct kf_image image = kf_signatures_image(both[i]);

		status = kf_image_digest(digest, &image, 1u << KF_SHA256, env);
		out->digest[i] = digest[KF_SHA256];
		if (status == KF_OK && both[i]->image_len > len)
			status = weigh_rest(&out->longer[i], &out->padding[i],
					    both[i], len);
		out->longer[i] += both[i]->behind_len;
		out->num_bytes += out->longer[i];
	}
	return status;
}

enum kf_status kf_image_place(struct kf_bytes *out, char room[8],
			      const struct kf_signatures *file, uint64_t at)
{
	const struct kf_pe *pe = &file->pe;
	struct kf_pe_section s;

	*out = kf_text("no section");
	if (at < pe->headers_len) {
		*out = kf_text("headers");
		return KF_OK;
	}
	for (uint32_t i = 0; i < pe->num_sections; i++) {
		enum kf_status status = kf_pe_section_read(&s, pe,
							   file->source, i);
		size_t len = 0;

		if (status != KF_OK)
			return status;
		if (at < s.raw_at || at - s.raw_at >= s.raw_len)
			continue;
		while (len < sizeof(s.name) && s.name[len])
			len++;
		memcpy(room, s.name, sizeof(s.name));
		*out = kf_view(room, len);
		break;
	}
	return KF_OK;
}
