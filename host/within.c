/* Weighs where paths lead. What is not there yet lies where its folder does.
 */
#include "within.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* nearest resolves the part of a path that is there. */
static char *nearest(const char *path, bool *lost)
{
	char *rest = strdup(path), *real = NULL, *slash;

	while (rest && !real) {
		real = realpath(rest[0] ? rest : ".", NULL);
		if (real || (errno != ENOENT && errno != ENOTDIR))
			break;
		slash = strrchr(rest, '/');
		if (slash == rest)
			slash[1] = '\0';
		else if (slash)
			*slash = '\0';
		else
			rest[0] = '\0';
	}
	*lost = !rest || (!real && errno == ENOMEM);
	free(rest);
	return real;
}

static bool lies_in(const char *folder, const char *real)
{
	size_t len = strlen(folder);

	while (len && folder[len - 1] == '/')
		len--;
	return strncmp(folder, real, len) == 0 &&
	       (real[len] == '/' || real[len] == '\0');
}

char *kf_within_path(const char *folder, const char *path, bool *lost)
{
	char *real, *whole = NULL, *copy;

	*lost = false;
	if (!folder) {
		copy = strdup(path);
		*lost = !copy;
		return copy;
	}
	real = nearest(path, lost);
	if (real)
		whole = realpath(folder, NULL);
	*lost = *lost || (real && !whole && errno == ENOMEM);
	if (!whole || !lies_in(whole, real)) {
		free(whole);
		free(real);
		return NULL;
	}
	free(whole);
	copy = realpath(path, NULL);
	/* What is not there is opened by its own name, and not found. */
	if (!copy)
		copy = strdup(path);
	*lost = !copy;
	free(real);
	return copy;
}

enum kf_status kf_within_may(bool *may, const struct kf_opening *o,
			     const char *path)
{
	bool lost;
	char *real = kf_within_path(o->ask ? o->ask->within : NULL, path,
				    &lost);

	*may = real;
	free(real);
	if (!lost)
		return KF_OK;
	kf_fault_say(o->why, NULL, "out of memory");
	return KF_NO_MEMORY;
}

enum kf_status kf_within_stray(struct kf_opening *o, const char *path)
{
	kf_say_path(&o->memory->stray, path,
		    "put the files beside what names them",
		    "leads out of the folder of what names it");
	*o->why = o->memory->stray;
	return KF_WRONG_USE;
}
