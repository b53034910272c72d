/* The child's side of looking into a container: which files it tells, and how.
 */
#include "members.h"

#include "file.h"

#include <string.h>

enum { HEAD_LEN = 4096, PIECE_LEN = 65536, PATH_LEN = 4096 };

/* Where boot loaders look for what they start: the Boot Loader Specification
 * (/EFI, /loader), distributions (/boot, /efi), and the root of a file system,
 * from which U-Boot's own scripts load. What lies elsewhere in a whole system
 * may be as bootable, as the packages' own copies below /usr are, and is not
 * started. */
static const char *const places[] = { "boot", "efi", "EFI", "loader" };

bool kf_tell_spend(const struct kf_teller *teller, uint64_t cost)
{
	return kf_budget_take(teller->budget, cost);
}

/* is_below tells whether a path is one of these folders, or in one. */
static bool is_below(const char *path)
{
	const char *first = path + (path[0] == '/');

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		size_t len = strlen(places[i]);

		if (strncmp(first, places[i], len) == 0 &&
		    (first[len] == '\0' || first[len] == '/'))
			return true;
	}
	return false;
}

bool kf_tell_place(const struct kf_teller *teller, const char *path,
		   bool is_folder)
{
	bool is_top = !strchr(path + (path[0] == '/'), '/');

	return !teller->container->system || (is_top && !is_folder) ||
	       is_below(path);
}

static bool tell_head(const struct kf_teller *teller, enum kf_told told,
		      const char *name, uint64_t size)
{
	struct kf_telling_head head = {
		.told = told,
		.name_len = (uint32_t)strlen(name),
		.size = size,
	};

	return kf_write_all(teller->to, kf_view(&head, sizeof(head))) &&
	       kf_write_all(teller->to, kf_text(name));
}

bool kf_tell_bare(const struct kf_teller *teller, const char *name,
		  uint64_t size)
{
	return tell_head(teller, KF_TOLD_FILE, name, size);
}

/* add_part goes one part of a path further: in, up, or nowhere. Fails: false,
 * the path is too long. */
static bool add_part(char path[PATH_LEN], const char *part, size_t len)
{
	size_t before = strlen(path);
	char *last = strrchr(path, '/');

	if (len == 0 || (len == 1 && part[0] == '.'))
		return true;
	if (len == 2 && part[0] == '.' && part[1] == '.') {
		if (last)
			*last = '\0';
		return true;
	}
	if (len > PATH_LEN - 2 - before)
		return false;
	path[before] = '/';
	memcpy(path + before + 1, part, len);
	path[before + 1 + len] = '\0';
	return true;
}

/* add_parts goes along a path. Fails: false, it is too long. */
static bool add_parts(char path[PATH_LEN], const char *more, size_t len)
{
	for (size_t at = 0; at < len;) {
		const char *end = memchr(more + at, '/', len - at);
		size_t part = end ? (size_t)(end - more) - at : len - at;

		if (!add_part(path, more + at, part))
			return false;
		at += part + 1;
	}
	return true;
}

/* Where a link at the top leads to counts for the places alone: /bin and /lib
 * are such links in most systems. */
bool kf_tell_link(const struct kf_teller *teller, const char *name,
		  struct kf_bytes target)
{
	const char *text = (const char *)target.data;
	const char *last = strrchr(name, '/');
	char path[PATH_LEN] = "";
	bool ok = true;

	if (!teller->container->system || !is_below(name))
		return true;
	if (target.len && text[0] != '/' && last)
		ok = add_parts(path, name, (size_t)(last - name));
	if (ok && add_parts(path, text, target.len) && is_below(path))
		return true;
	return tell_head(teller, KF_TOLD_LINK, name, 0);
}

bool kf_tell_start(const struct kf_teller *teller, const char *name)
{
	return kf_tell_bare(teller, name, 0);
}

bool kf_tell_piece(const struct kf_teller *teller, struct kf_bytes piece)
{
	uint32_t len = (uint32_t)piece.len;

	return kf_write_all(teller->to, kf_view(&len, sizeof(len))) &&
	       kf_write_all(teller->to, piece);
}

bool kf_tell_stop(const struct kf_teller *teller, bool whole)
{
	uint32_t end = whole ? 0 : teller->budget->left ? KF_TOLD_BROKEN
							: KF_TOLD_STOPPED;

	return kf_write_all(teller->to, kf_view(&end, sizeof(end)));
}

static bool send(const struct kf_teller *teller, const struct kf_source *file)
{
	static uint8_t piece[PIECE_LEN];

	for (uint64_t at = 0; at < file->size;) {
		uint64_t left = file->size - at;
		size_t some = left < PIECE_LEN ? (size_t)left : PIECE_LEN;

		if (!file->read_at(file->self, at, piece, some)) {
			(void)!kf_tell_stop(teller, false);
			return false;
		}
		if (!kf_tell_piece(teller, kf_view(piece, some)))
			return false;
		at += some;
	}
	return kf_tell_stop(teller, true);
}

/* read_through reads a file, for whoever asks whether it can be read.
 * Fails: false. */
static bool read_through(const struct kf_source *file)
{
	static uint8_t piece[PIECE_LEN];

	for (uint64_t at = 0; at < file->size; at += PIECE_LEN) {
		uint64_t left = file->size - at;
		size_t some = left < PIECE_LEN ? (size_t)left : PIECE_LEN;

		if (!file->read_at(file->self, at, piece, some))
			return false;
	}
	return true;
}

static bool tell_bare_file(const struct kf_teller *teller, const char *name,
			   const struct kf_source *file)
{
	if (!teller->wanted(teller->self, name, kf_view(NULL, 0), file))
		return true;
	return (!teller->container->through || read_through(file)) &&
	       kf_tell_bare(teller, name, file->size);
}

bool kf_tell_file(const struct kf_teller *teller, const char *name,
		  const struct kf_source *file)
{
	size_t len = file->size < HEAD_LEN ? (size_t)file->size : HEAD_LEN;
	uint8_t head[HEAD_LEN];

	if (teller->container->bare)
		return tell_bare_file(teller, name, file);
	if (len && !file->read_at(file->self, 0, head, len))
		return false;
	return !teller->wanted(teller->self, name, kf_view(head, len), file) ||
	       (kf_tell_start(teller, name) && send(teller, file));
}
