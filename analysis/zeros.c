/* Reads bytes of a file, to tell whether they are zeros.
 */
#include "zeros.h"

enum kf_status kf_are_zeros(bool *out, const struct kf_source *source,
			    struct kf_env *env, uint64_t at, uint64_t len)
{
	*out = true;
	if (!kf_spend(env, len))
		return KF_TOO_MUCH;
	while (len && *out) {
		size_t some = len < env->window_len ? (size_t)len
						    : env->window_len;

		if (!source->read_at(source->self, at, env->window, some))
			return KF_CANNOT_READ;
		for (size_t i = 0; i < some; i++)
			*out = *out && env->window[i] == 0;
		at += some;
		len -= some;
	}
	return KF_OK;
}
