/* Folders, with all that is in them.
 */
#ifndef KEYFIT_HOST_WALK_H
#define KEYFIT_HOST_WALK_H

#include <keyfit/host.h>

enum {
	KF_WALK_DEPTH = 64,		/* folders in folders */
	KF_WALK_FILES = 1000000,
};

/* kf_walk_sink takes the files of a folder, and what could not be looked
 * into. A file that says false ends the walk. `other` takes what is neither a
 * file nor a folder, and its kind; NULL: it is passed over. */
struct kf_walk_sink {
	bool (*file)(void *self, const char *path);
	void (*unread)(void *self, const char *path, const char *why);
	void (*other)(void *self, const char *path, const char *kind);
	void *self;
};

/* kf_walk goes through a folder, in the order of the names. Links inside are
 * not followed: nothing outside of the folder is read. What lies deeper than
 * KF_WALK_DEPTH, or behind KF_WALK_FILES files, is told to be unread.
 * Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_walk(const char *folder,
			       const struct kf_walk_sink *sink);

#endif
