/* Intel HEX: bytes in lines of hex digits, each with its place and a sum.
 *
 * Source: Intel, Hexadecimal Object File Format Specification, revision A.
 */
#ifndef KEYFIT_CORE_IHEX_H
#define KEYFIT_CORE_IHEX_H

#include <keyfit/env.h>

/* kf_ihex_likely tells whether a file starts with a whole line of it. */
bool kf_ihex_likely(struct kf_bytes file);

/* kf_ihex_data puts the data of all lines in the arena, as they follow each
 * other: places are not looked at. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_ihex_data(struct kf_bytes *out, struct kf_bytes file,
				    struct kf_arena *arena);

#endif
