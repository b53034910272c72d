/* The files that the host sent: one file on the disk beside the guest, read
 * once. Number 0 is the script.
 *
 * The pack: "KFPACK1\n", the number of files, then for each its length; then
 * the files themselves, each at a multiple of 8. Numbers are 64 bits, little
 * endian.
 */
#include "guest.h"

enum { FILES_MAX = 4096, FIRST_LEN = 16 };

static const struct efi_guid file_system_guid = { 0x964e5b22, 0x6459, 0x11d2,
	{ 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } };
static struct span files[FILES_MAX];
static size_t num_files;

static void read_all(struct efi_file *file, uint8_t *out, size_t len)
{
	while (len) {
		size_t some = len < 1 << 20 ? len : 1 << 20;
		efi_status status = file->read(file, &some, out);

		if (status || some == 0)
			stop("the pack cannot be read", status);
		out += some;
		len -= some;
	}
}

static uint64_t number_at(const uint8_t *from)
{
	uint64_t n = 0;

	for (int i = 7; i >= 0; i--)
		n = n << 8 | from[i];
	return n;
}

/* find_files notes where each file of the pack lies. */
static void find_files(const uint8_t *pack, size_t len)
{
	size_t at;

	if (len < FIRST_LEN || number_at(pack) != UINT64_C(0x0a314b434150464b))
		stop("the pack is none", 0);
	num_files = number_at(pack + 8);
	at = FIRST_LEN + 8 * num_files;
	if (num_files > FILES_MAX || at > len)
		stop("the pack has too many files", num_files);
	for (size_t i = 0; i < num_files; i++) {
		size_t file_len = number_at(pack + FIRST_LEN + 8 * i);

		if (file_len > len - at)
			stop("the pack is cut", i);
		files[i].data = pack + at;
		files[i].len = file_len;
		at += (file_len + 7) & ~(size_t)7;
	}
}

void open_pack(efi_handle device)
{
	static const uint16_t name[] = u"\\KEYFIT.PAK";
	struct efi_file_system *system = NULL;
	struct efi_file *root = NULL, *file = NULL;
	uint64_t len = 0;
	void *pack = NULL;
	efi_status status;

	status = efi->boot->handle_protocol(device, &file_system_guid,
					    (void **)&system);
	if (!status)
		status = system->open_volume(system, &root);
	if (!status)
		status = root->open(root, &file, name, EFI_FILE_READ, 0);
	if (!status)
		status = file->seek(file, UINT64_MAX);
	if (!status)
		status = file->position(file, &len);
	if (!status)
		status = file->seek(file, 0);
	if (!status)
		status = efi->boot->allocate_pool(EFI_LOADER_DATA, len + 8,
						  &pack);
	if (status)
		stop("the pack cannot be opened", status);
	read_all(file, pack, len);
	file->close(file);
	find_files(pack, len);
}

struct span pack_file(size_t number)
{
	if (number >= num_files)
		stop("no such file", number);
	return files[number];
}
