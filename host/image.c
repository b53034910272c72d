/* Copies the files that boot out of a FAT file system, with mcopy(1) of mtools
 * as a child of its own, into a folder that nobody else can read.
 */
#include "image.h"

#include "core/disk.h"
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ESP_FOLDER "::/EFI"

enum { PATH_LEN = 4096, NOT_FOUND = 127, NO_MEMORY = -1 };

bool kf_esp_image_is(uint64_t *at, const char *path)
{
	struct kf_fault quiet = { "", "" };
	struct kf_file file = { 0 };
	bool is = kf_file_open(&file, path, &quiet) == KF_OK &&
		  kf_disk_esp(at, &file.source) == KF_OK;

	kf_file_close(&file);
	return is;
}

/* run waits for mcopy. Returns its status; NOT_FOUND: it could not start;
 * NO_MEMORY. */
static int run(const char *image, const char *from, const char *to)
{
	/* No configuration of the user's, and no doubts about geometry. */
	char no_file[] = "MTOOLSRC=/dev/null";
	char no_check[] = "MTOOLS_SKIP_CHECK=1";
	char locale[] = "LC_ALL=C.UTF-8";
	char *const environment[] = { no_file, no_check, locale, NULL };
	char name[] = "mcopy", options[] = "-snQi";
	char *arguments[6] = { name, options, strdup(image), strdup(from),
			       strdup(to), NULL };
	posix_spawn_file_actions_t actions;
	int status = NO_MEMORY, failed;
	pid_t pid;

	if (arguments[2] && arguments[3] && arguments[4] &&
	    posix_spawn_file_actions_init(&actions) == 0) {
		for (int fd = 0; fd <= 2; fd++)
			posix_spawn_file_actions_addopen(&actions, fd,
				"/dev/null", fd ? O_WRONLY : O_RDONLY, 0);
		failed = posix_spawnp(&pid, name, &actions, NULL, arguments,
				      environment);
		if (failed) {
			status = failed == ENOMEM ? NO_MEMORY : NOT_FOUND;
		} else {
			while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
				;
			status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
		}
		posix_spawn_file_actions_destroy(&actions);
	}
	for (int i = 2; i < 5; i++)
		free(arguments[i]);
	return status;
}

/* copy_out copies one folder of it, and where that is EFI, what else there may
 * be. */
static enum kf_status copy_out(const struct kf_esp_image *out,
			       const char *path, uint64_t at, const char *what,
			       struct kf_fault *why)
{
	char image[PATH_LEN];
	int status;

	if ((size_t)snprintf(image, sizeof(image), "%s@@%" PRIu64, path, at) >=
	    sizeof(image)) {
		kf_say_path(why, path, NULL, "is too long a path");
		return KF_CANNOT_READ;
	}
	status = run(image, what, out->folder);
	if (status == NO_MEMORY) {
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	if (status == NOT_FOUND) {
		kf_say_path(why, path, "install mtools, or give the partition as a folder",
			    "is an image, and mcopy cannot be started");
		return KF_CANNOT_READ;
	}
	if (status != 0) {
		kf_say_path(why, path, "mount the partition, and give it as a folder",
			    "has a partition at byte %" PRIu64 " of which %s cannot be read",
			    at, strcmp(what, ESP_FOLDER) == 0 ? "EFI" : "files");
		return KF_CANNOT_READ;
	}
	if (strcmp(what, ESP_FOLDER) == 0) {
		/* Most have none of these. */
		if (run(image, "::/loader", out->folder) == NO_MEMORY ||
		    run(image, "::/vmlinuz*", out->folder) == NO_MEMORY)
			return KF_NO_MEMORY;
	}
	return KF_OK;
}

/* make_folder makes the folder that is copied into. */
static enum kf_status make_folder(struct kf_esp_image *out,
				  struct kf_fault *why)
{
	const char *base = getenv("TMPDIR");
	char folder[PATH_LEN];

	snprintf(folder, sizeof(folder), "%s/keyfit-XXXXXX",
		 base && base[0] ? base : "/tmp");
	if (!mkdtemp(folder)) {
		kf_fault_say(why, "set TMPDIR to a folder with some space",
			     "no folder for the files of an image: %s",
			     strerror(errno));
		return KF_CANNOT_READ;
	}
	out->folder = strdup(folder);
	if (!out->folder) {
		rmdir(folder);
		kf_fault_say(why, NULL, "out of memory");
		return KF_NO_MEMORY;
	}
	return KF_OK;
}

enum kf_status kf_esp_image_open(struct kf_esp_image *out, const char *path,
				 uint64_t at, struct kf_fault *why)
{
	enum kf_status status = make_folder(out, why);

	return status == KF_OK ? copy_out(out, path, at, ESP_FOLDER, why)
			       : status;
}

enum kf_status kf_esp_image_all(struct kf_esp_image *out, const char *path,
				uint64_t at, struct kf_fault *why)
{
	enum kf_status status = make_folder(out, why);

	return status == KF_OK ? copy_out(out, path, at, "::/", why) : status;
}

static int remove_one(const char *path, const struct stat *st, int kind,
		      struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

void kf_esp_image_close(struct kf_esp_image *image)
{
	if (image->folder)
		nftw(image->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(image->folder);
	image->folder = NULL;
}
