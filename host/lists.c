/* Hands the core's lists of certificates up.
 */
#include "lists.h"

#include "core/siglist.h"

enum kf_status kf_lists_make(struct kf_bytes *out, const struct kf_bytes *ders,
			     size_t num, struct kf_arena *arena)
{
	return kf_siglist_of_certificates(out, ders, num, arena);
}

bool kf_lists_each(struct kf_bytes lists,
		   bool (*each)(void *, struct kf_bytes), void *self)
{
	struct kf_siglist_walk walk = kf_siglist_walk(lists);
	struct kf_bytes der;

	while (kf_siglist_certificate(&walk, &der))
		if (!each(self, der))
			return false;
	return true;
}
