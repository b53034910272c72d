/* Libraries that are loaded when somebody needs them.
 */
#include "library.h"

#include <dlfcn.h>
#include <string.h>

bool kf_library_load(void *table, const char *file, const char *const *names,
		     size_t num)
{
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	for (size_t i = 0; i < num; i++) {
		void *function = handle ? dlsym(handle, names[i]) : NULL;

		if (!function)
			return false;
		/* C has no cast from an object to a function. */
		memcpy((char *)table + i * sizeof(function), &function,
		       sizeof(function));
	}
	return true;
}
