/* Mutants of an image of MCUboot, the same for the same number on every run.
 */
#ifndef KEYFIT_TESTS_REAL_MCUBOOT_MUTATE_H
#define KEYFIT_TESTS_REAL_MCUBOOT_MUTATE_H

#include <stddef.h>
#include <stdint.h>

enum { MUTANT_MAX = 1 << 16 };

/* mutate fills `out`, of MUTANT_MAX bytes, with mutant `number` of an image,
 * and returns its length. `other` is another image, to take pieces from. */
size_t mutate(uint8_t *out, const uint8_t *image, size_t len,
	      const uint8_t *other, size_t other_len, uint64_t number);

/* mutate_signed changes signed bytes alone. */
size_t mutate_signed(uint8_t *out, const uint8_t *image, size_t len,
		     uint64_t number);

#endif
