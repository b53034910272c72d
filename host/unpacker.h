/* What unpacks streams for the core.
 */
#ifndef KEYFIT_HOST_UNPACKER_H
#define KEYFIT_HOST_UNPACKER_H

#include <keyfit/unpack.h>

/* kf_unpacker_libraries asks zlib and libzstd, which are loaded by the first
 * stream that needs them. */
extern const struct kf_unpacker kf_unpacker_libraries;

#endif
