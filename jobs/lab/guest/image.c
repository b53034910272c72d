/* One image: put together from pieces, handed to LoadImage as if it came from
 * the disk that the guest came from, and what the firmware says of it.
 *
 * No image is started, but for one that is made for another machine: whether
 * it would be is said by StartImage alone, which refuses it.
 *
 * Source: UEFI 2.10, 7.4.1 (LoadImage), 32.4.2 (image execution information).
 */
#include "guest.h"

enum { IMAGE_ROOM = 48 << 20, PATH_MAX = 512, IA32 = 0x14c };

static const struct efi_guid executions_guid = { 0xd719b2cb, 0x3d3a, 0x4596,
	{ 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f } };
static const struct efi_guid loaded_guid = { 0x5b1b31a1, 0x9562, 0x11d2,
	{ 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
static const struct efi_guid path_guid = { 0x09576e91, 0x6d3f, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };

static uint8_t *image;
static size_t image_len;
static uint8_t path[PATH_MAX];

void begin_image(void)
{
	image_len = 0;
	if (!image && efi->boot->allocate_pool(EFI_LOADER_DATA, IMAGE_ROOM,
					       (void **)&image))
		stop("no memory for images", 0);
}

void add_piece(struct span piece)
{
	if (piece.len > IMAGE_ROOM - image_len)
		stop("an image is too long", piece.len);
	__builtin_memcpy(image + image_len, piece.data, piece.len);
	image_len += piece.len;
}

struct span built_image(void)
{
	struct span built = { image, image_len };

	return built;
}

/* make_path: the guest's disk, and a file on it. */
static void make_path(void)
{
	static const uint16_t name[] = u"\\CASE.EFI";
	struct efi_loaded_image *loaded = NULL;
	const uint8_t *from = NULL;
	size_t at = 0, len;

	if (efi->boot->handle_protocol(self, &loaded_guid,
				       (void **)&loaded) ||
	    efi->boot->handle_protocol(loaded->device, &path_guid,
				       (void **)&from))
		stop("the guest came from nowhere", 0);
	for (; from[at] != EFI_PATH_END; at += len) {
		len = from[at + 2] | (size_t)from[at + 3] << 8;
		if (len < 4 || at + len > PATH_MAX / 2)
			stop("the guest's path is too long", len);
		__builtin_memcpy(path + at, from + at, len);
	}
	len = 4 + sizeof(name);
	path[at] = EFI_PATH_MEDIA;
	path[at + 1] = EFI_PATH_MEDIA_FILE;
	path[at + 2] = (uint8_t)len;
	__builtin_memcpy(path + at + 4, name, sizeof(name));
	at += len;
	path[at] = EFI_PATH_END;
	path[at + 1] = 0xff;
	path[at + 2] = 4;
}

/* take_action gives the action of the last entry of the image execution
 * table, and takes the table away: it grows with each refusal. */
static bool take_action(uint32_t *action)
{
	for (size_t i = 0; i < efi->num_configurations; i++) {
		const struct efi_configuration *c = &efi->configuration[i];
		uint8_t *table = c->table;
		uint32_t num, len;
		size_t at = sizeof(size_t);

		if (__builtin_memcmp(&c->guid, &executions_guid, 16) != 0)
			continue;
		__builtin_memcpy(&num, table, 4);
		for (uint32_t n = 0; n < num; n++, at += len) {
			__builtin_memcpy(action, table + at, 4);
			__builtin_memcpy(&len, table + at + 4, 4);
			if (len < 8)
				break;
		}
		efi->boot->install_configuration_table(&executions_guid,
						       NULL);
		efi->boot->free_pool(table);
		return num > 0;
	}
	return false;
}

static bool is_ia32(void)
{
	uint32_t pe = 0;

	if (image_len > 64 && image[0] == 'M' && image[1] == 'Z')
		__builtin_memcpy(&pe, image + 60, 4);
	return image_len >= 6 && pe <= image_len - 6 &&
	       (image[pe + 4] | image[pe + 5] << 8) == IA32;
}

/* judge_image prints "case ID LOAD START ACTION", "-" where there is none; or
 * "case ID stumble". */
void judge_image(struct span id)
{
	efi_handle handle = NULL;
	efi_status status;
	uint32_t action;

	if (!path[0])
		make_path();
	(void)take_action(&action);
	status = guarded_load(path, image, image_len, &handle);
	say("\nkeyfit case ");
	say_word(id);
	say(" ");
	if (status == GUARD_STUMBLED) {
		say("stumble\n");
		return;
	}
	say_status(status);
	say(" ");
	if (!status && is_ia32())
		say_status(efi->boot->start_image(handle, NULL, NULL));
	else
		say("-");
	say(" ");
	if (take_action(&action))
		say_number(action);
	else
		say("-");
	say("\n");
	if (handle)
		efi->boot->unload_image(handle);
}
