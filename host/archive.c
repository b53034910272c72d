/* Archives (tar, cabinets) and packed files, through libarchive, loaded when
 * there is one.
 *
 * Source: libarchive 3.6.2, archive.h, archive_read_*(3).
 */
#include "library.h"
#include "members.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <archive.h>
#include <archive_entry.h>

enum { PIECE_LEN = 65536, PATH_LEN = 4096 };

/* library: the functions that are used, without the archive_ of their
 * names. */
struct library {
	__typeof__(archive_read_new) *read_new;
	__typeof__(archive_read_support_format_tar) *tar;
	__typeof__(archive_read_support_format_raw) *raw;
	__typeof__(archive_read_support_format_cab) *cab;
	__typeof__(archive_read_support_filter_gzip) *gzip;
	__typeof__(archive_read_support_filter_bzip2) *bzip2;
	__typeof__(archive_read_support_filter_xz) *xz;
	__typeof__(archive_read_support_filter_zstd) *zstd;
	__typeof__(archive_read_support_filter_lz4) *lz4;
	__typeof__(archive_read_open) *open;
	__typeof__(archive_read_next_header) *next_header;
	__typeof__(archive_read_data) *data;
	__typeof__(archive_read_data_block) *data_block;
	__typeof__(archive_filter_bytes) *filter_bytes;
	__typeof__(archive_filter_count) *filter_count;
	__typeof__(archive_read_close) *close;
	__typeof__(archive_format) *format;
	__typeof__(archive_entry_pathname) *pathname;
	__typeof__(archive_entry_filetype) *filetype;
	__typeof__(archive_entry_size) *size;
	__typeof__(archive_entry_symlink) *symlink;
	__typeof__(archive_entry_hardlink) *hardlink;
};

/* reading is how far the library has read the container. */
struct reading {
	const struct kf_teller *teller;
	struct library lib;
	struct archive *archive;
	uint64_t at;
	uint64_t made, counted;	/* of entries' bytes; of all that came out */
	bool nested;
	uint8_t piece[PIECE_LEN];
};

static bool load(struct library *lib)
{
	static const char *const names[] = {
		"archive_read_new", "archive_read_support_format_tar",
		"archive_read_support_format_raw",
		"archive_read_support_format_cab",
		"archive_read_support_filter_gzip",
		"archive_read_support_filter_bzip2",
		"archive_read_support_filter_xz",
		"archive_read_support_filter_zstd",
		"archive_read_support_filter_lz4", "archive_read_open",
		"archive_read_next_header", "archive_read_data",
		"archive_read_data_block", "archive_filter_bytes",
		"archive_filter_count", "archive_read_close",
		"archive_format", "archive_entry_pathname",
		"archive_entry_filetype", "archive_entry_size",
		"archive_entry_symlink",
		"archive_entry_hardlink",
	};

	_Static_assert(sizeof(*lib) == sizeof(names), "one name a function");
	return kf_library_load(lib, "libarchive.so.13", names,
			       sizeof(names) / sizeof(*names));
}

static la_ssize_t read_more(struct archive *archive, void *self,
			    const void **out)
{
	struct reading *r = self;
	const struct kf_container *c = r->teller->container;
	uint64_t left = c->len - r->at;
	size_t len = left < PIECE_LEN ? (size_t)left : PIECE_LEN;

	if (len && !c->source->read_at(c->source->self, c->at + r->at,
				       r->piece, len))
		return -1;
	r->at += len;
	*out = r->piece;
	return (la_ssize_t)len;
}

/* open_cabinet: nothing is packed around a cabinet. */
static bool open_cabinet(struct reading *r)
{
	struct archive *a = r->lib.read_new();

	r->archive = a;
	r->at = r->counted = r->made = 0;
	return a && r->lib.cab(a) == ARCHIVE_OK &&
	       r->lib.open(a, r, NULL, read_more, NULL) == ARCHIVE_OK;
}

static bool is_cabinet(const struct kf_container *c)
{
	char magic[4];

	return c->len > sizeof(magic) &&
	       c->source->read_at(c->source->self, c->at, magic,
				  sizeof(magic)) &&
	       memcmp(magic, "MSCF", sizeof(magic)) == 0;
}

/* open_archive allows no filter that another program would unpack. */
static bool open_archive(struct reading *r, bool is_tar)
{
	enum { PACKED_ONCE = 2 };	/* the file itself counts as one */
	const struct library *lib = &r->lib;
	struct archive *a = lib->read_new();

	r->archive = a;
	r->at = r->counted = r->made = 0;
	return a && (is_tar ? lib->tar(a) : lib->raw(a)) == ARCHIVE_OK &&
	       lib->gzip(a) == ARCHIVE_OK && lib->bzip2(a) == ARCHIVE_OK &&
	       lib->xz(a) == ARCHIVE_OK && lib->zstd(a) == ARCHIVE_OK &&
	       lib->lz4(a) == ARCHIVE_OK &&
	       lib->open(a, r, NULL, read_more, NULL) == ARCHIVE_OK &&
	       !(r->nested = lib->filter_count(a) > PACKED_ONCE);
}

/* find_tar looks at what is packed. It is not left to the library, which takes
 * the zeros before an ext file system for the end of an archive. */
static bool find_tar(struct reading *r, bool *is_tar)
{
	enum { MARK = 257 };
	struct archive_entry *entry;
	uint8_t head[512] = { 0 };
	bool ok = open_archive(r, false) &&
		  r->lib.next_header(r->archive, &entry) == ARCHIVE_OK &&
		  r->lib.data(r->archive, head, sizeof(head)) >= 0;

	*is_tar = memcmp(head + MARK, "ustar", 5) == 0;
	return ok && r->lib.close(r->archive) == ARCHIVE_OK;
}

/* spend takes from the budget what came out since it was asked last: of what is
 * packed, or of an entry, whichever is more. */
static bool spend(struct reading *r, uint64_t made)
{
	la_int64_t filtered = r->lib.filter_bytes(r->archive, 0);
	uint64_t all = filtered > 0 ? (uint64_t)filtered : 0;
	uint64_t more;

	r->made += made;
	if (all < r->made)
		all = r->made;
	more = all > r->counted ? all - r->counted : 0;
	r->counted += more;
	return kf_tell_spend(r->teller, more);
}

/* pass_over reads on to the end of the entry, as the library would do by
 * itself, and counts. */
static bool pass_over(struct reading *r)
{
	const void *piece;
	size_t len;
	la_int64_t at;
	int end = ARCHIVE_OK;

	while (end == ARCHIVE_OK || end == ARCHIVE_WARN) {
		len = 0;
		end = r->lib.data_block(r->archive, &piece, &len, &at);
		if (!spend(r, len))
			return false;
	}
	return end == ARCHIVE_EOF;
}

/* take_hole tells the zeros at the end of a sparse file, of which the library
 * does not. */
static bool take_hole(struct reading *r, uint64_t len)
{
	static const uint8_t zeros[PIECE_LEN];

	while (len) {
		size_t some = len < PIECE_LEN ? (size_t)len : PIECE_LEN;

		if (!spend(r, some) ||
		    !kf_tell_piece(r->teller, kf_view(zeros, some)))
			return false;
		len -= some;
	}
	return true;
}

/* take_data tells the bytes of the entry that the library stands at, as many as
 * its header says, or more. */
static bool take_data(struct reading *r, const char *name, uint64_t size)
{
	static uint8_t piece[PIECE_LEN];
	uint64_t sent = 0;
	la_ssize_t got;

	if (!kf_tell_start(r->teller, name))
		return false;
	for (;;) {
		got = r->lib.data(r->archive, piece, sizeof(piece));
		if (!spend(r, got > 0 ? (uint64_t)got : 0))
			got = -1;
		if (got <= 0)
			break;
		if (!kf_tell_piece(r->teller, kf_view(piece, (size_t)got)))
			return false;
		sent += (uint64_t)got;
	}
	if (got == 0 && sent < size && !take_hole(r, size - sent))
		got = -1;
	return kf_tell_stop(r->teller, got == 0) && got == 0;
}

/* take_link tells of a link of either kind; hard ones lead from the root. */
static bool take_link(struct reading *r, const char *name,
		      struct archive_entry *entry)
{
	const char *target = r->lib.hardlink(entry);
	char path[PATH_LEN] = "/";

	if (!target) {
		target = r->lib.symlink(entry);
		return target && kf_tell_link(r->teller, name,
					      kf_text(target));
	}
	if (strlen(target) > sizeof(path) - 2)
		return false;
	strcpy(path + 1, target);
	return kf_tell_link(r->teller, name, kf_text(path));
}

static bool take_entry(struct reading *r, struct archive_entry *entry)
{
	const struct kf_teller *t = r->teller;
	const char *name = r->lib.pathname(entry);
	la_int64_t size;

	/* What is packed alone has no name. */
	if (r->lib.format(r->archive) == ARCHIVE_FORMAT_RAW)
		return take_data(r, "/unpacked", 0);
	if (!name)
		return false;
	if (strncmp(name, "./", 2) == 0)
		name += 2;
	if (r->lib.hardlink(entry) || r->lib.filetype(entry) == AE_IFLNK)
		return take_link(r, name, entry) && pass_over(r);
	if (r->lib.filetype(entry) != AE_IFREG)
		return pass_over(r);
	size = r->lib.size(entry);
	return kf_tell_place(t, name, false) &&
	       t->wanted(t->self, name, kf_view(NULL, 0), NULL)
		? take_data(r, name, size > 0 ? (uint64_t)size : 0)
		: pass_over(r);
}

static bool walk(struct reading *r)
{
	struct archive_entry *entry;
	int end = ARCHIVE_OK;

	while (end == ARCHIVE_OK || end == ARCHIVE_WARN) {
		end = r->lib.next_header(r->archive, &entry);
		if (!spend(r, 0) ||
		    ((end == ARCHIVE_OK || end == ARCHIVE_WARN) &&
		     !take_entry(r, entry)))
			return false;
	}
	return end == ARCHIVE_EOF;
}

enum kf_told kf_archive_tell(const struct kf_teller *teller)
{
	static struct reading r;
	bool is_tar;

	r.teller = teller;
	/* Names in UTF-8 are then read without tables that lie in files. */
	(void)!setlocale(LC_CTYPE, "C.UTF-8");
	/* So are the times in cabinets without a file of time zones. */
	(void)setenv("TZ", "UTC0", 1);
	tzset();
	if (!load(&r.lib))
		return KF_TOLD_NO_LIBRARY;
	if (!kf_confine())
		return KF_TOLD_NOT_CONFINED;
	if (is_cabinet(teller->container))
		return open_cabinet(&r) && walk(&r) ? KF_TOLD_END
						    : KF_TOLD_DAMAGED;
	if (find_tar(&r, &is_tar) && open_archive(&r, is_tar) && walk(&r))
		return KF_TOLD_END;
	return r.nested ? KF_TOLD_NESTED : KF_TOLD_DAMAGED;
}
