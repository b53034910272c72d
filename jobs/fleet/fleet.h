/* The devices of a fleet and what each of them trusts.
 *
 * Devices that decide alike are one class: equal trust stores, rules and
 * settings are kept once, and judged once.
 */
#ifndef KEYFIT_JOBS_FLEET_FLEET_H
#define KEYFIT_JOBS_FLEET_FLEET_H

#include "host/database.h"
#include "host/device.h"
#include "host/stored.h"

struct kf_fleet;

/* What the file schema.sql holds: one text a version; NULL ends. */
extern const char *const kf_fleet_schema[];

/* kf_fleet_open opens a fleet, and brings one of an earlier version up to date
 * where it may write. Owns: `*out`, until kf_fleet_close, which takes NULL too.
 * Fails: KF_WRONG_USE (no fleet there, or a later one), KF_CANNOT_READ,
 * KF_NO_MEMORY. */
KF_MUST enum kf_status kf_fleet_open(struct kf_fleet **out, const char *where,
				     enum kf_db_use use,
				     const struct kf_crypto *crypto,
				     struct kf_fault *why);
void kf_fleet_close(struct kf_fleet *fleet);

/* kf_fleet_look starts to read: all that is read until kf_fleet_close is of
 * one moment. */
KF_MUST enum kf_status kf_fleet_look(struct kf_fleet *fleet,
				     struct kf_fault *why);

/* kf_import_told is who is told of a line that is not taken. `line` 0: it is
 * about the file. */
struct kf_import_told {
	void (*bad)(void *self, const char *path, uint64_t line,
		    const struct kf_fault *fault);
	void (*progress)(void *self, uint64_t done, uint64_t all);
	void *self;
};

/* kf_import_count: records of a file, and what became of them: each is counted
 * once. */
struct kf_import_count {
	uint64_t records;	/* the sum of the next five */
	uint64_t added;		/* devices that were not known */
	uint64_t changed;
	uint64_t same;		/* told nothing new */
	uint64_t older;		/* than what is known of the device */
	uint64_t refused;
	uint64_t classes;	/* that nobody had before */
};

/* kf_fleet_import takes all that a file tells of devices: records as JSON
 * lines, a JSON list or CSV, a tar file of EFI variables, what osquery logs, or
 * whatever kf_device_open takes. All of it or, when it fails, nothing.
 * `how->rules`: for devices that name none themselves; NULL: their own.
 * `how->trust`: files of certificates that osquery names by their digests, each
 * as a list "db".
 * Fails: KF_WRONG_USE, KF_CANNOT_READ, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_fleet_import(struct kf_fleet *fleet,
				       struct kf_import_count *count,
				       const char *path,
				       const struct kf_ask *how,
				       int64_t now_s,
				       const struct kf_import_told *told,
				       struct kf_fault *why);

/* kf_fleet_device is one row. Views live until the next one. */
struct kf_fleet_device {
	struct kf_bytes name;
	int64_t class_id;
	struct kf_bytes groups;		/* ",beta,eu," */
	struct kf_bytes release;
	int64_t reported_s;
	struct kf_bytes labels;		/* a JSON object */
};

/* kf_fleet_choice chooses devices; NULL: whatever it is. */
struct kf_fleet_choice {
	const char *name, *group, *release;
};

/* kf_fleet_devices hands on devices in the order of their names. Fails: as
 * `each` does. */
KF_MUST enum kf_status
kf_fleet_devices(struct kf_fleet *fleet, const struct kf_fleet_choice *choice,
		 enum kf_status (*each)(void *self,
					const struct kf_fleet_device *device,
					struct kf_fault *why),
		 void *self, struct kf_fault *why);

/* kf_fleet_names hands on at most `most` names of a class, in their order;
 * 0: all. */
KF_MUST enum kf_status
kf_fleet_names(struct kf_fleet *fleet, int64_t class_id,
	       const struct kf_fleet_choice *choice, uint64_t most,
	       void (*each)(void *self, struct kf_bytes name), void *self,
	       struct kf_fault *why);

/* kf_fleet_forget takes a device out of the fleet. Fails: KF_WRONG_USE, it has
 * none of that name. */
KF_MUST enum kf_status kf_fleet_forget(struct kf_fleet *fleet,
				       const char *name,
				       struct kf_fault *why);

/* kf_fleet_class is a class with devices of a choice. */
struct kf_fleet_class {
	int64_t id;
	uint8_t digest[32];
	uint64_t devices;
};

/* kf_fleet_classes lists the classes, by digest. Owns: `*out`, until free. */
KF_MUST enum kf_status
kf_fleet_classes(struct kf_fleet *fleet, struct kf_fleet_class **out,
		 size_t *num, const struct kf_fleet_choice *choice,
		 struct kf_fault *why);

/* kf_fleet_class_open makes a device of a class, named `name`. `more` puts
 * parts and settings in place of its own; NULL: none.
 * Owns: `out`, until kf_device_close. Fails: as kf_device_open. */
KF_MUST enum kf_status kf_fleet_class_open(struct kf_fleet *fleet,
					   struct kf_device *out, int64_t id,
					   const char *name,
					   const struct kf_ask *more,
					   int64_t now_s,
					   struct kf_fault *why);

/* kf_fleet_class_digest tells a class's digest. */
KF_MUST enum kf_status kf_fleet_class_digest(struct kf_fleet *fleet,
					     uint8_t out[32], int64_t id,
					     struct kf_fault *why);

/* kf_fleet_artifact is one file of a release. Texts live until the next. */
struct kf_fleet_artifact {
	struct kf_bytes release, path, format;
	struct kf_digest sha256;
	uint64_t size;
};

/* kf_fleet_release_put makes a release of files, in place of one of its name.
 * `told` is told of what may not be meant so; NULL: nobody.
 * kf_fleet_release_drop takes it away. Fails: KF_WRONG_USE, KF_CANNOT_READ. */
KF_MUST enum kf_status kf_fleet_release_put(struct kf_fleet *fleet,
					    const char *name,
					    const char *const *files,
					    size_t num, struct kf_work *work,
					    const struct kf_import_told *told,
					    struct kf_fault *why);
KF_MUST enum kf_status kf_fleet_release_drop(struct kf_fleet *fleet,
					     const char *name,
					     struct kf_fault *why);

/* kf_fleet_releases hands on the files of a release, or of all; NULL. */
KF_MUST enum kf_status
kf_fleet_releases(struct kf_fleet *fleet, const char *name,
		  enum kf_status (*each)(void *self,
					 const struct kf_fleet_artifact *a,
					 struct kf_fault *why),
		  void *self, struct kf_fault *why);

#endif
