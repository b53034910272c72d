/* Root file systems, unpacked in a folder: paths inside them, and versions of
 * their packages.
 *
 * Source: dpkg, man page deb-status(5)-like /var/lib/dpkg/status: paragraphs of
 * fields, one a package; opkg keeps the same form.
 */
#include "rootfs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_LEN = 4096, LINKS_MAX = 40 };

/* resolving is a path while its links are followed. */
struct resolving {
	char done[PATH_LEN];	/* without a slash at its end */
	char rest[PATH_LEN];
	size_t root_len;
	int links;
};

/* up takes the last name away, but not what is above the root. */
static void up(struct resolving *r)
{
	char *slash = strrchr(r->done + r->root_len, '/');

	if (slash)
		*slash = '\0';
}

/* push puts the target of a link in front of what is left. */
static bool push(struct resolving *r, const char *target)
{
	char rest[PATH_LEN];

	if (++r->links > LINKS_MAX ||
	    (size_t)snprintf(rest, sizeof(rest), "%s/%s", target, r->rest) >=
	    sizeof(rest))
		return false;
	memcpy(r->rest, rest, sizeof(rest));
	if (target[0] == '/')
		r->done[r->root_len] = '\0';
	else
		up(r);
	return true;
}

/* step takes one name off what is left. */
static bool step(struct resolving *r)
{
	size_t skip = strspn(r->rest, "/");
	size_t len = strcspn(r->rest + skip, "/"), old = strlen(r->done);
	char name[PATH_LEN], target[PATH_LEN];
	ssize_t got;

	memcpy(name, r->rest + skip, len);
	name[len] = '\0';
	memmove(r->rest, r->rest + skip + len,
		strlen(r->rest + skip + len) + 1);
	if (len == 0 || strcmp(name, ".") == 0)
		return true;
	if (strcmp(name, "..") == 0) {
		up(r);
		return true;
	}
	if (old + len + 2 > sizeof(r->done))
		return false;
	r->done[old] = '/';
	memcpy(r->done + old + 1, name, len + 1);
	got = readlink(r->done, target, sizeof(target) - 1);
	if (got < 0)
		return true;
	target[got] = '\0';
	return push(r, target);
}

bool kf_rootfs_path(char *out, size_t room, const char *root,
		    const char *path)
{
	struct resolving r = { .links = 0 };

	if (!root[0])
		return (size_t)snprintf(out, room, "%s", path) < room;
	if ((size_t)snprintf(r.done, sizeof(r.done), "%s", root) >=
	    sizeof(r.done) ||
	    (size_t)snprintf(r.rest, sizeof(r.rest), "%s", path) >=
	    sizeof(r.rest))
		return false;
	r.root_len = strlen(r.done);
	while (r.rest[0])
		if (!step(&r))
			return false;
	return (size_t)snprintf(out, room, "%s", r.done) < room;
}

/* field is the value of a field in one line; NULL: it is another one. */
static const char *field(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(line, name, len) != 0 || line[len] != ':')
		return NULL;
	return line + len + 1 + strspn(line + len + 1, " \t");
}

/* read_status looks through one database of packages. */
static void read_status(char *out, size_t room, FILE *file,
			const char *package)
{
	char line[4096];
	bool inside = false;

	while (fgets(line, sizeof(line), file)) {
		const char *value;

		line[strcspn(line, "\r\n")] = '\0';
		value = field(line, "Package");
		if (value || line[0] == '\0')
			inside = value && strcmp(value, package) == 0;
		value = field(line, "Version");
		if (inside && value)
			snprintf(out, room, "%s", value);
	}
}

bool kf_rootfs_version(char *out, size_t room, const char *root,
		       const char *package)
{
	static const char *const databases[] = {
		"/var/lib/dpkg/status", "/var/lib/opkg/status",
		"/usr/lib/opkg/status",
	};

	out[0] = '\0';
	for (size_t i = 0; !out[0] &&
			   i < sizeof(databases) / sizeof(databases[0]); i++) {
		char path[PATH_LEN];
		FILE *file = NULL;

		if (kf_rootfs_path(path, sizeof(path), root, databases[i]))
			file = fopen(path, "re");
		if (!file && errno == ENOMEM)
			return false;
		if (!file)
			continue;
		read_status(out, room, file, package);
		fclose(file);
	}
	return true;
}
