/* Targets that need real crypto and the memory of one run: `crypto` and `work`,
 * opened once. Included by the file that is the target.
 */
#ifndef KEYFIT_FUZZ_OPENED_H
#define KEYFIT_FUZZ_OPENED_H

#include "world.h"

#include <keyfit/host.h>

static const struct kf_crypto *crypto;
static struct kf_work work;

/* open_work makes both ready for `len` bytes. */
static void open_work(size_t len)
{
	struct kf_fault why = { "", "" };

	if (!crypto) {
		crypto = kf_openssl_open(&why);
		HOLDS(crypto && kf_work_open(&work, KF_ARENA_LEN, crypto, 0,
					     &why) == KF_OK);
	}
	kf_work_again(&work, len);
}

typedef void kind(struct kf_bytes bytes);

/* take_one takes an input whose first byte says what the others are taken
 * for. */
static inline void take_one(kind *const kinds[], size_t num,
			    struct kf_bytes input)
{
	if (input.len < 2)
		return;
	open_work(input.len);
	kinds[input.data[0] % num](kf_part_of(input, 1, input.len - 1));
}

#endif
