/* A disk of the guest's own, with the few files that shim looks for. shim
 * finds them as it would on a real one: by its own path, through the file
 * system protocol; nothing has to be written anywhere.
 *
 * Source: UEFI 2.10, 13.4 and 13.5; rhboot/shim 16.1, shim.c: load_image,
 * load_unbundled_trust, load_shim_options (what it looks for).
 */
#include "guest.h"

enum { OPEN_MAX = 32, INFO_LEN = 88, FOLDER = 0x10 };

struct open_file {
	struct efi_file file;	/* first: the firmware's side of it */
	struct span content;
	size_t at;
	bool folder;
};

struct beside beside;
static struct open_file table[OPEN_MAX];
static size_t next_open;

static const struct efi_guid file_system_guid = { 0x964e5b22, 0x6459, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
static const struct efi_guid path_guid = { 0x09576e91, 0x6d3f, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };

/* A vendor's hardware node of this guest alone, and the end; then the same
 * with shim's file. */
#define DEVICE_NODE 1, 4, 20, 0, 'k', 'e', 'y', 'f', 'i', 't', ' ', 'd', \
	'i', 's', 'k', ' ', 's', 'h', 'i', 'm'
static const uint8_t device_path[] = { DEVICE_NODE, 0x7f, 0xff, 4, 0 };
static const uint8_t shim_path[] = { DEVICE_NODE,
	4, 4, 4 + 2 * 21, 0, '\\', 0, 'E', 0, 'F', 0, 'I', 0, '\\', 0, 'l', 0,
	'a', 0, 'b', 0, '\\', 0, 's', 0, 'h', 0, 'i', 0, 'm', 0, 'x', 0, '6',
	0, '4', 0, '.', 0, 'e', 0, 'f', 0, 'i', 0, 0, 0, 0x7f, 0xff, 4, 0 };

static efi_status open(struct efi_file *in, struct efi_file **out,
		       const uint16_t *name, uint64_t mode,
		       uint64_t attributes);

static efi_status close(struct efi_file *file)
{
	(void)file;
	return 0;
}

static efi_status read(struct efi_file *file, size_t *len, void *out)
{
	struct open_file *f = (struct open_file *)file;
	size_t left = f->content.len - f->at;

	if (*len > left)
		*len = left;
	if (*len)
		__builtin_memcpy(out, f->content.data + f->at, *len);
	f->at += *len;
	return 0;
}

static efi_status position(struct efi_file *file, uint64_t *at)
{
	*at = ((struct open_file *)file)->at;
	return 0;
}

static efi_status seek(struct efi_file *file, uint64_t at)
{
	struct open_file *f = (struct open_file *)file;

	f->at = at < f->content.len ? at : f->content.len;
	return 0;
}

/* get_info gives sizes alone; nobody asks for names or times. */
static efi_status get_info(struct efi_file *file, const struct efi_guid *kind,
			   size_t *len, void *out)
{
	const struct open_file *f = (struct open_file *)file;
	uint64_t info[INFO_LEN / 8] = { INFO_LEN, f->content.len,
					f->content.len };
	size_t room = *len;

	(void)kind;
	*len = INFO_LEN;
	if (room < INFO_LEN)
		return EFI_BUFFER_TOO_SMALL;
	info[9] = f->folder ? FOLDER : 0;
	__builtin_memcpy(out, info, INFO_LEN);
	return 0;
}

static struct efi_file *give(struct span content, bool folder)
{
	struct open_file *f = &table[next_open++ % OPEN_MAX];
	struct open_file fresh = { .content = content, .folder = folder };

	fresh.file.revision = 0x10000;
	fresh.file.open = open;
	fresh.file.close = close;
	fresh.file.read = read;
	fresh.file.position = position;
	fresh.file.seek = seek;
	fresh.file.get_info = get_info;
	*f = fresh;
	return &f->file;
}

/* ends tells whether a path's last name is this one, in small letters. */
static bool ends(const uint16_t *path, const char *name)
{
	const uint16_t *last = path;
	size_t i = 0;

	for (; *path; path++)
		if (*path == '\\')
			last = path + 1;
	for (; last[i] && name[i]; i++) {
		uint16_t c = last[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (c != (uint8_t)name[i])
			break;
	}
	return !last[i] && !name[i];
}

static efi_status open(struct efi_file *in, struct efi_file **out,
		       const uint16_t *name, uint64_t mode,
		       uint64_t attributes)
{
	struct span none = { NULL, 0 };

	(void)in, (void)mode, (void)attributes;
	if (ends(name, "")) {
		*out = give(none, true);
		return 0;
	}
	if (ends(name, "mmx64.efi")) {
		beside.sought_mm = true;
		beside.given = beside.mm;
		if (beside.mm.len)
			*out = give(beside.mm, false);
		return beside.mm.len ? 0 : EFI_NOT_FOUND;
	}
	if (!ends(name, "grubx64.efi"))
		return EFI_NOT_FOUND;
	if (beside.ask) {
		efi_status (*ask)(struct span stage) = beside.ask;

		beside.ask = NULL;
		beside.asked = ask(beside.stage);
		beside.stage = none;
	}
	beside.given = beside.stage;
	if (beside.stage.data)
		*out = give(beside.stage, false);
	return beside.stage.data ? 0 : EFI_NOT_FOUND;
}

static efi_status open_volume(struct efi_file_system *system,
			      struct efi_file **root)
{
	struct span none = { NULL, 0 };

	(void)system;
	*root = give(none, true);
	return 0;
}

efi_handle open_files(const void **path)
{
	static struct efi_file_system system = { 0x10000, open_volume };
	static efi_handle disk;
	efi_status status = 0;

	if (!disk)
		status = efi->boot->install_protocol(&disk, &path_guid, 0,
						     (void *)device_path);
	if (!status && system.revision) {
		status = efi->boot->install_protocol(&disk, &file_system_guid,
						     0, &system);
		system.revision = 0;
	}
	if (status)
		stop("shim's disk cannot be made", status);
	*path = shim_path;
	return disk;
}
