/* Reads cabinets.
 *
 * Source: fwupd/fwupd, libfwupdplugin/fu-cab-firmware.c (fu_cab_firmware_parse
 * and those below it), fu-firmware.c (fu_firmware_parse_stream), tag 2.0.20;
 * GNOME/glib, glib/gfileutils.c (g_path_get_basename).
 */
#include "cab.h"

#include <string.h>

enum {
	FOLDER_LEN = 8, FILE_LEN = 16, RESERVE_LEN = 4, NAME_MAX_LEN = 255,
	HAS_RESERVE = 4, NOT_PACKED = 0, MSZIP = 1, HISTORY_MAX = 32768,
	VERSION_MINOR = 3, VERSION_MAJOR = 1,
};

/* At this size the number of blocks of a lone folder no longer fits. */
#define MANY_BLOCKS_LEN (UINT64_C(0x8000) * 0xffff)

struct reading {
	struct kf_cab *out;
	struct kf_env *env;
	enum kf_status status;
	uint16_t num_folders, num_files, flags;
	uint32_t files_at;
	uint64_t at;
	size_t folder_reserve;
	uint8_t *packed;	/* to work in */
	struct kf_cab_block block;
	uint8_t *history;	/* what the last packed block held */
	size_t history_len;
	bool many_blocks;
};

static bool wrong(struct reading *r, const char *field, uint64_t at)
{
	if (r->status == KF_OK && !r->out->damage.field) {
		r->out->damage.field = field;
		r->out->damage.at = at;
	}
	return false;
}

/* fetch reads a header of `len` bytes. */
static bool fetch(struct kf_cursor *c, uint8_t *bytes, struct reading *r,
		  uint64_t at, size_t len, const char *field)
{
	const struct kf_source *source = r->out->source;

	if (at > source->size || len > source->size - at)
		return wrong(r, field, at);
	if (!kf_spend(r->env, len))
		r->status = KF_TOO_MUCH;
	else if (!source->read_at(source->self, at, bytes, len))
		r->status = KF_CANNOT_READ;
	*c = kf_cursor_over(kf_view(bytes, len), at);
	return r->status == KF_OK;
}

static bool read_header(struct reading *r)
{
	uint8_t bytes[KF_CAB_HEADER_LEN];
	struct kf_cursor c;
	uint32_t size;
	struct kf_bytes magic;

	if (!fetch(&c, bytes, r, 0, sizeof(bytes), "CFHEADER"))
		return false;
	magic = kf_take(&c, 4, "signature");
	kf_skip(&c, 4, "reserved1");
	size = kf_u32le(&c, "cbCabinet");
	kf_skip(&c, 4, "reserved2");
	r->files_at = kf_u32le(&c, "coffFiles");
	kf_skip(&c, 4, "reserved3");
	if (!kf_equal(magic, kf_text("MSCF")))
		return wrong(r, "signature", 0);
	if (kf_u8(&c, "versionMinor") != VERSION_MINOR ||
	    kf_u8(&c, "versionMajor") != VERSION_MAJOR)
		return wrong(r, "version", 24);
	r->num_folders = kf_u16le(&c, "cFolders");
	r->num_files = kf_u16le(&c, "cFiles");
	r->flags = kf_u16le(&c, "flags");
	kf_skip(&c, 2, "setID");
	if (size < r->out->source->size)
		return wrong(r, "cbCabinet", 8);
	return kf_u16le(&c, "iCabinet") == 0 ? true : wrong(r, "iCabinet", 34);
}

static bool check_header(struct reading *r)
{
	uint64_t size = r->out->source->size;

	if (r->num_folders == 0 || r->num_folders > KF_CAB_FOLDERS_MAX)
		return wrong(r, "cFolders", 26);
	if (r->num_files == 0 || r->num_files > KF_CAB_FILES_MAX)
		return wrong(r, "cFiles", 28);
	if (r->files_at > size)
		return wrong(r, "coffFiles", 16);
	r->many_blocks = size >= MANY_BLOCKS_LEN && r->num_folders == 1;
	r->at = KF_CAB_HEADER_LEN;
	return true;
}

static bool read_reserve(struct reading *r)
{
	uint8_t bytes[RESERVE_LEN];
	struct kf_cursor c;

	if (!(r->flags & HAS_RESERVE))
		return true;
	if (!fetch(&c, bytes, r, r->at, sizeof(bytes), "cbCFHeader"))
		return false;
	r->at += sizeof(bytes);
	r->at += kf_u16le(&c, "cbCFHeader");
	r->folder_reserve = kf_u8(&c, "cbCFFolder");
	r->out->block_reserve = kf_u8(&c, "cbCFData");
	return true;
}

/* remember keeps the end of a block for the next one. */
static void remember(struct reading *r)
{
	size_t len = r->block.len < HISTORY_MAX ? r->block.len : HISTORY_MAX;

	if (len)
		memcpy(r->history, r->block.bytes + r->block.len - len, len);
	r->history_len = len;
}

/* read_blocks goes through all of them. */
static bool read_blocks(struct reading *r, struct kf_cab_folder *f,
			uint64_t num)
{
	uint64_t at = f->blocks_at;

	for (; r->many_blocks ? at < r->out->source->size
			      : f->num_blocks < num; f->num_blocks++) {
		r->block.at = at;
		r->status = kf_cab_block_read(r->out, &r->block, f->packed,
					      kf_view(r->history,
						      r->history_len),
					      r->packed, r->env);
		if (r->status != KF_OK || r->out->damage.field ||
		    r->out->beyond)
			return false;
		f->len += r->block.len;
		at = r->block.end_at;
		if (f->packed)
			remember(r);
	}
	r->out->unpacked_len += f->len;
	return true;
}

static bool read_folder(struct reading *r)
{
	struct kf_cab_folder *f = &r->out->folder[r->out->num_folders];
	uint8_t bytes[FOLDER_LEN];
	struct kf_cursor c;
	uint16_t num, compression;

	if (!fetch(&c, bytes, r, r->at, sizeof(bytes), "CFFOLDER"))
		return false;
	f->blocks_at = kf_u32le(&c, "coffCabStart");
	num = kf_u16le(&c, "cCFData");
	compression = kf_u16le(&c, "typeCompress");
	if (num == 0)
		return wrong(r, "cCFData", r->at + 4);
	if (compression != NOT_PACKED && compression != MSZIP)
		return wrong(r, "typeCompress", r->at + 6);
	f->packed = compression == MSZIP;
	if (!kf_arena_keep(r->env->arena, &f->history,
			   kf_view(r->history, r->history_len)))
		r->status = KF_NO_MEMORY;
	if (r->status != KF_OK || !read_blocks(r, f, num))
		return false;
	if (f->len == 0)
		return wrong(r, "folder data", r->at);
	r->out->num_folders++;
	r->at += FOLDER_LEN + r->folder_reserve;
	return true;
}

struct kf_bytes kf_cab_last_name(struct kf_bytes path)
{
	size_t end = path.len, from;

	if (path.len == 0)
		return kf_text(".");
	while (end && path.data[end - 1] == '/')
		end--;
	if (end == 0)
		return kf_text("/");
	for (from = end; from && path.data[from - 1] != '/'; from--)
		;
	return kf_part_of(path, from, end - from);
}

/* read_name reads up to a NUL, or 255 bytes without one. */
static bool read_name(struct kf_cab_file *f, struct reading *r, uint64_t at)
{
	uint8_t *name = kf_arena_take(r->env->arena, NAME_MAX_LEN + 1);
	const struct kf_source *source = r->out->source;
	size_t len;

	if (!name) {
		r->status = KF_NO_MEMORY;
		return false;
	}
	for (len = 0; len < NAME_MAX_LEN; len++) {
		if (at + len >= source->size)
			return wrong(r, "szName", at);
		if (!source->read_at(source->self, at + len, name + len, 1)) {
			r->status = KF_CANNOT_READ;
			return false;
		}
		if (name[len] == 0)
			break;
		if (name[len] < 0x20 || name[len] > 0x7e)
			return wrong(r, "szName", at);
		if (name[len] == '\\')
			name[len] = '/';
	}
	f->path = kf_view(name, len);
	f->name = kf_cab_last_name(f->path);
	return true;
}

/* add_file adds the file that was read; one of its name goes. */
static void add_file(struct kf_cab *out)
{
	struct kf_cab_file *file = out->file, *last = file + out->num_files;

	for (size_t i = 0; i < out->num_files; i++) {
		if (!kf_equal(file[i].name, last->name))
			continue;
		memmove(file + i, file + i + 1,
			(out->num_files - i) * sizeof(*file));
		return;
	}
	out->num_files++;
}

static bool read_file(struct reading *r)
{
	struct kf_cab_file *f = &r->out->file[r->out->num_files];
	uint8_t bytes[FILE_LEN];
	struct kf_cursor c;
	uint64_t at = r->at;
	uint16_t folder;

	if (!fetch(&c, bytes, r, at, sizeof(bytes), "CFFILE"))
		return false;
	f->len = kf_u32le(&c, "cbFile");
	f->at = kf_u32le(&c, "uoffFolderStart");
	folder = kf_u16le(&c, "iFolder");
	if (folder >= r->out->num_folders)
		return wrong(r, "iFolder", at + 8);
	f->folder = folder;
	if (!read_name(f, r, at + FILE_LEN))
		return false;
	if (f->at > r->out->folder[folder].len ||
	    f->len > r->out->folder[folder].len - f->at)
		return wrong(r, "uoffFolderStart", at + 4);
	if (f->len == 0)
		return wrong(r, "cbFile", at);
	r->at = at + FILE_LEN + f->path.len + 1;
	add_file(r->out);
	return true;
}

static bool room(struct reading *r)
{
	struct kf_arena *arena = r->env->arena;

	r->history = kf_arena_take(arena, HISTORY_MAX);
	r->block.bytes = kf_arena_take(arena, KF_CAB_BLOCK_MAX + 1);
	r->packed = kf_arena_take(arena, KF_CAB_BLOCK_MAX);
	r->out->file = kf_arena_take(arena, r->num_files *
				     sizeof(*r->out->file));
	if (!r->history || !r->block.bytes || !r->packed || !r->out->file)
		r->status = KF_NO_MEMORY;
	return r->status == KF_OK;
}

enum kf_status kf_cab_read(struct kf_cab *out, const struct kf_source *source,
			   struct kf_env *env)
{
	struct reading r = { .out = out, .env = env };
	bool good;

	memset(out, 0, sizeof(*out));
	out->source = source;
	good = read_header(&r) && check_header(&r) && read_reserve(&r) &&
	       room(&r);
	for (size_t i = 0; good && i < r.num_folders; i++)
		good = read_folder(&r);
	r.at = r.files_at;
	for (size_t i = 0; good && i < r.num_files; i++)
		good = read_file(&r);
	return r.status;
}
