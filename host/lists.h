/* UEFI's lists of certificates, for those who do not know the core.
 */
#ifndef KEYFIT_HOST_LISTS_H
#define KEYFIT_HOST_LISTS_H

#include <keyfit/host.h>

/* kf_lists_make makes one list for each certificate, in an arena.
 * Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_lists_make(struct kf_bytes *out,
				     const struct kf_bytes *ders, size_t num,
				     struct kf_arena *arena);

/* kf_lists_each hands on the certificates of lists, up to the first one that is
 * not well formed. Fails: false, as `each` does. */
KF_MUST bool kf_lists_each(struct kf_bytes lists,
			   bool (*each)(void *self, struct kf_bytes der),
			   void *self);

#endif
