/* Any bytes as a file that is imported into a fleet: nothing breaks, each
 * record is counted once, and what was taken is found in the fleet again.
 */
#define _GNU_SOURCE
#include "world.h"

#include "jobs/fleet/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct kf_crypto *crypto;

static void count_bad(void *self, const char *path, uint64_t line,
		      const struct kf_fault *fault)
{
	uint64_t *num = self;

	(void)path;
	(void)line;
	HOLDS(fault->what[0]);
	(*num)++;
}

static enum kf_status count_one(void *self, const struct kf_fleet_device *d,
				struct kf_fault *why)
{
	uint64_t *num = self;

	(void)why;
	HOLDS(d->name.len && d->class_id);
	(*num)++;
	return KF_OK;
}

static void import(struct kf_fleet *fleet, const char *path,
		   struct kf_import_count *count)
{
	uint64_t bad = 0, devices = 0;
	const struct kf_import_told told = { count_bad, NULL, &bad };
	const struct kf_ask how = { .rules = NULL };
	struct kf_fault why = { "", "" };
	enum kf_status status = kf_fleet_import(fleet, count, path, &how,
						1795766400, &told, &why);

	if (status != KF_OK) {
		HOLDS(why.what[0]);
		return;
	}
	HOLDS(bad == count->refused);
	HOLDS(count->added + count->changed + count->same + count->older +
	      count->refused == count->records);
	HOLDS(kf_fleet_devices(fleet, NULL, count_one, &devices,
			       &why) == KF_OK && devices >= count->added);
}

void fuzz(struct kf_bytes input)
{
	struct kf_import_count first, again;
	struct kf_fault why = { "", "" };
	struct kf_fleet *fleet;
	char path[64];
	int fd;

	if (!crypto)
		crypto = kf_openssl_open(&why);
	fd = memfd_create("records", MFD_CLOEXEC);
	if (!crypto || fd < 0 ||
	    write(fd, input.data, input.len) != (ssize_t)input.len ||
	    kf_fleet_open(&fleet, ":memory:", KF_DB_MAKE, crypto,
			  &why) != KF_OK)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	import(fleet, path, &first);
	import(fleet, path, &again);
	HOLDS(again.added == 0);	/* what was known is not new */
	kf_fleet_close(fleet);
	close(fd);
}
