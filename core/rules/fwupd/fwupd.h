/* What the steps of fwupd's rules share.
 */
#ifndef KEYFIT_CORE_RULES_FWUPD_FWUPD_H
#define KEYFIT_CORE_RULES_FWUPD_FWUPD_H

#include "core/cabinet.h"

/* fwupd_device is a device, as the store tells. */
struct fwupd_device {
	struct kf_jcat_keys keys;
	bool only_trusted, only_quantum;
	const char *conf_beyond;	/* why fwupd.conf cannot be weighed */
	const char *installed, *lowest, *format, *guids;
	const char *version;	/* of fwupd; NULL: that of the profile */
	bool upgrade_only, allow_older, allow_reinstall;
};

/* fwupd_release is one release of a component. */
struct fwupd_release {
	const struct kf_element *element;
	struct kf_bytes name;		/* as the release has it: a pattern */
	const struct kf_cab_file *payload;
	struct fwupd_release *next;
};

/* fwupd_component is what one metainfo file is about. */
struct fwupd_component {
	const struct kf_element *element;
	const struct kf_metainfo *metainfo;
	struct fwupd_release *release;	/* the first is the one that counts */
	struct fwupd_component *next;
};

/* fwupd_update is a cabinet, worked out as far as no device matters. */
struct fwupd_update {
	struct kf_cabinet cabinet;
	struct fwupd_component *component;
	struct kf_finding refused;	/* whatever the device is */
	const char *beyond;
};

/* fwupd_case is one question. */
struct fwupd_case {
	struct fwupd_update *update;
	const struct fwupd_device *device;
	struct kf_jcat_ask ask;
	struct kf_env *env;
	struct kf_verdict *out;
	const struct fwupd_component *component;	/* under way */
	struct kf_jcat_answer payload;	/* of the component that counts */
};

/* metainfo.c: what the metainfo files say, and whether the payload is as they
 * say. */
KF_MUST enum kf_status fwupd_metainfo(struct fwupd_update *update,
				      struct kf_env *env);
bool fwupd_is_firmware(const struct fwupd_component *c);

/* version.c: fwupd_compare is negative, zero or positive as `a` is older than,
 * the same as, or newer than `b`. */
int fwupd_compare(struct kf_bytes a, struct kf_bytes b, bool plain);

/* fwupd_version_fits tells whether the device takes the version. */
bool fwupd_version_fits(struct fwupd_case *k);

/* trust.c: fwupd_trusted asks about the payload's signature. */
bool fwupd_trusted(struct fwupd_case *k);

/* warn.c */
void fwupd_warn(struct fwupd_case *k);

/* fwupd.c: what refuses says so, and is false; so does what is left open. */
bool fwupd_refuse(struct fwupd_case *k, enum kf_reason_id reason,
		  const char *rule, const char *text);
bool fwupd_leave(struct fwupd_case *k, enum kf_reason_id reason,
		 const char *text);

#endif
