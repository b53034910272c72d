/* Walks folders with a list of those that are still to be read: no depth of
 * folders ends up as depth of calls.
 */
#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* pending is one entry that is still to be looked at. */
struct pending {
	struct pending *next;
	unsigned depth;
	char path[];
};

struct walking {
	const struct kf_walk_sink *sink;
	struct pending *first;
	size_t num_files;
	bool goes_on;
};

static int no_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 &&
	       strcmp(entry->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* push puts an entry in front. */
static bool push(struct walking *w, const char *folder, const char *name,
		 unsigned depth)
{
	size_t len = strlen(name) + strlen(folder) + 2;
	struct pending *one = malloc(sizeof(*one) + len);

	if (!one)
		return false;
	one->depth = depth;
	snprintf(one->path, len, "%s%s%s", folder, folder[0] &&
		 folder[strlen(folder) - 1] == '/' ? "" : "/", name);
	one->next = w->first;
	w->first = one;
	return true;
}

static enum kf_status read_folder(struct walking *w, const char *path,
				  unsigned depth)
{
	struct dirent **entry = NULL;
	int found;
	bool room = true;

	if (depth > KF_WALK_DEPTH) {
		w->sink->unread(w->sink->self, path, "lies too deep");
		return KF_OK;
	}
	found = scandir(path, &entry, no_dots, by_bytes);
	if (found < 0 && errno == ENOMEM)
		return KF_NO_MEMORY;
	if (found < 0)
		w->sink->unread(w->sink->self, path, strerror(errno));
	/* The last one is pushed first, so that the first comes out first. */
	for (int i = found - 1; i >= 0; i--) {
		room = room && push(w, path, entry[i]->d_name, depth + 1);
		free(entry[i]);
	}
	free(entry);
	return room ? KF_OK : KF_NO_MEMORY;
}

static const char *kind_of(mode_t mode)
{
	return S_ISLNK(mode) ? "a link" : S_ISFIFO(mode) ? "a pipe" :
	       S_ISSOCK(mode) ? "a socket" : "a device";
}

static enum kf_status look(struct walking *w, const struct pending *one)
{
	struct stat st;

	if (lstat(one->path, &st) != 0) {
		w->sink->unread(w->sink->self, one->path, strerror(errno));
		return KF_OK;
	}
	if (S_ISDIR(st.st_mode))
		return read_folder(w, one->path, one->depth);
	if (!S_ISREG(st.st_mode)) {
		if (w->sink->other)
			w->sink->other(w->sink->self, one->path,
				       kind_of(st.st_mode));
		return KF_OK;
	}
	if (++w->num_files > KF_WALK_FILES) {
		w->sink->unread(w->sink->self, one->path,
				"is behind a million of files");
		w->goes_on = false;
		return KF_OK;
	}
	w->goes_on = w->sink->file(w->sink->self, one->path);
	return KF_OK;
}

enum kf_status kf_walk(const char *folder, const struct kf_walk_sink *sink)
{
	struct walking w = { .sink = sink, .goes_on = true };
	enum kf_status status = read_folder(&w, folder, 0);

	while (w.first) {
		struct pending *one = w.first;

		w.first = one->next;
		if (status == KF_OK && w.goes_on)
			status = look(&w, one);
		free(one);
	}
	return status;
}
