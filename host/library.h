/* Libraries that are loaded when somebody needs them, so that all else starts
 * as fast as without.
 */
#ifndef KEYFIT_HOST_LIBRARY_H
#define KEYFIT_HOST_LIBRARY_H

#include <keyfit/bytes.h>

/* kf_library_load loads a library, once and for good, and fills `table`, a
 * struct of function pointers alone, with the functions of these names, in
 * their order. Fails: false, where it or one of the functions is not there. */
KF_MUST bool kf_library_load(void *table, const char *file,
			     const char *const *names, size_t num);

#endif
