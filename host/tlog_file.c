/* Files of a log: read whole, and written whole or not at all.
 */
#include "tlog_parts.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GROUPS_MAX = 8 };

enum kf_status kf_tlog_cannot(struct kf_fault *why, const char *name,
			      int error)
{
	if (error == ENOMEM) {
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	kf_fault_say(why, error == ENOSPC || error == EDQUOT
		     ? "free some space there, and do it again" :
		     error == EACCES || error == EPERM || error == EROFS
		     ? "use a folder that may be written" : NULL,
		     "%s of the log: %s", name, strerror(error));
	return KF_CANNOT_READ;
}

static int read_from(struct kf_tlog_file *out, int fd, size_t max)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	if (st.st_size < 0 || (uint64_t)st.st_size > max)
		return EFBIG;
	out->data = malloc((size_t)st.st_size + 1);
	if (!out->data)
		return ENOMEM;
	out->len = (size_t)st.st_size;
	if (kf_read_all(fd, out->data, out->len))
		return 0;
	return errno ? errno : EIO;
}

enum kf_status kf_tlog_file_read(struct kf_tlog_file *out, int folder,
				 const char *name, size_t max,
				 struct kf_fault *why)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error;

	memset(out, 0, sizeof(*out));
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR
			? KF_OK : kf_tlog_cannot(why, name, errno);
	error = read_from(out, fd, max);
	close(fd);
	if (error == 0)
		return KF_OK;
	kf_tlog_file_close(out);
	return kf_tlog_cannot(why, name, error);
}

void kf_tlog_file_close(struct kf_tlog_file *file)
{
	free(file->data);
	memset(file, 0, sizeof(*file));
}

/* folder_of cuts the last part off a name; "." where there is no other. */
static void folder_of(char out[KF_TLOG_NAME_LEN], const char *name)
{
	const char *slash = strrchr(name, '/');

	snprintf(out, KF_TLOG_NAME_LEN, "%.*s",
		 slash ? (int)(slash - name) : 1, slash ? name : ".");
}

enum kf_status kf_tlog_sync(int folder, const char *of, struct kf_fault *why)
{
	char name[KF_TLOG_NAME_LEN];
	int fd, error;

	folder_of(name, of);
	fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return kf_tlog_cannot(why, name, errno);
	error = fsync(fd) == 0 ? 0 : errno;
	close(fd);
	return error ? kf_tlog_cannot(why, name, error) : KF_OK;
}

/* make_folders makes those that a name lies in; where `now` says so, each is on
 * the disk before anything is in it. */
static enum kf_status make_folders(int folder, const char *name, bool now,
				   struct kf_fault *why)
{
	char part[KF_TLOG_NAME_LEN];

	for (const char *slash = strchr(name, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		enum kf_status status;

		snprintf(part, sizeof(part), "%.*s", (int)(slash - name),
			 name);
		if (mkdirat(folder, part, 0777) != 0) {
			if (errno == EEXIST)
				continue;
			return kf_tlog_cannot(why, part, errno);
		}
		status = now ? kf_tlog_sync(folder, part, why) : KF_OK;
		if (status != KF_OK)
			return status;
	}
	return KF_OK;
}

/* put fills the one file that is on its way: only one writer is. */
static int put(int folder, struct kf_bytes bytes, bool now)
{
	int fd = openat(folder, KF_TLOG_NEW,
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int error;

	if (fd < 0)
		return errno;
	error = kf_write_all(fd, bytes) ? 0 : errno;
	if (error == 0 && now && fsync(fd) != 0)
		error = errno;
	if (close(fd) != 0 && error == 0)
		error = errno;
	return error;
}

static enum kf_status write_file(int folder, const char *name,
				 struct kf_bytes bytes, bool now,
				 struct kf_fault *why)
{
	enum kf_status status = make_folders(folder, name, now, why);
	int error;

	if (status != KF_OK)
		return status;
	error = put(folder, bytes, now);
	if (error == 0 && renameat(folder, KF_TLOG_NEW, folder, name) != 0)
		error = errno;
	if (error != 0) {
		unlinkat(folder, KF_TLOG_NEW, 0);
		return kf_tlog_cannot(why, name, error);
	}
	return now ? kf_tlog_sync(folder, name, why) : KF_OK;
}

enum kf_status kf_tlog_file_write(int folder, const char *name,
				  struct kf_bytes bytes, struct kf_fault *why)
{
	return write_file(folder, name, bytes, true, why);
}

enum kf_status kf_tlog_file_put(int folder, const char *name,
				struct kf_bytes bytes, struct kf_fault *why)
{
	return write_file(folder, name, bytes, false, why);
}

enum kf_status kf_tlog_sync_all(int folder, struct kf_fault *why)
{
	return syncfs(folder) == 0 ? KF_OK
				   : kf_tlog_cannot(why, "disk", errno);
}

void kf_tlog_tile_name(char out[KF_TLOG_NAME_LEN], int level, uint64_t n,
		       size_t width)
{
	unsigned group[GROUPS_MAX], num = 0;
	int len;

	do {
		group[num++] = (unsigned)(n % 1000);
		n /= 1000;
	} while (n && num < GROUPS_MAX);
	len = level < 0 ? snprintf(out, KF_TLOG_NAME_LEN, "tile/entries")
			: snprintf(out, KF_TLOG_NAME_LEN, "tile/%d", level);
	while (num-- > 0)
		len += snprintf(out + len, KF_TLOG_NAME_LEN - (size_t)len,
				num ? "/x%03u" : "/%03u", group[num]);
	if (width < KF_TILE_WIDTH)
		snprintf(out + len, KF_TLOG_NAME_LEN - (size_t)len, ".p/%zu",
			 width);
}

enum kf_status kf_tlog_tile_read(struct kf_tlog_file *out, int folder,
				 int level, uint64_t n, size_t width,
				 struct kf_fault *why)
{
	size_t max = level < 0 ? (size_t)KF_TLOG_BUNDLE_MAX
			       : (size_t)KF_TLOG_FILE_MAX;
	char name[KF_TLOG_NAME_LEN];
	enum kf_status status;

	kf_tlog_tile_name(name, level, n, width);
	status = kf_tlog_file_read(out, folder, name, max, why);
	if (status != KF_OK || out->data || width == KF_TILE_WIDTH)
		return status;
	kf_tlog_tile_name(name, level, n, KF_TILE_WIDTH);
	status = kf_tlog_file_read(out, folder, name, max, why);
	out->full = out->data != NULL;
	return status;
}

bool kf_tlog_entry_next(struct kf_bytes *out, struct kf_bytes *bundle)
{
	struct kf_cursor c = kf_cursor_over(*bundle, 0);
	uint16_t len = kf_u16be(&c, "length");

	*out = kf_take(&c, len, "entry");
	if (c.damage.field)
		return false;
	*bundle = kf_part_of(*bundle, c.pos, bundle->len - c.pos);
	return true;
}
