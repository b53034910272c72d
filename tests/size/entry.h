/* What an installer on a device asks before it starts an image: the rules of
 * one build, without sentences.
 */
#ifndef KEYFIT_TESTS_SIZE_ENTRY_H
#define KEYFIT_TESTS_SIZE_ENTRY_H

#include "core/rules/mcuboot/mcuboot.h"

/* kf_mcuboot_fits judges an image in the primary slot. `k` and `image` are the
 * caller's memory, of zeros, with the device in `k`. Returns the answer;
 * `*reason` is the number of a refusal's. */
enum kf_answer kf_mcuboot_fits(struct mcuboot_case *k,
			       struct mcuboot_image *image,
			       const struct kf_source *source,
			       struct kf_env *env, int *reason);

#endif
