/* What a boot file is: shim, GRUB, a kernel ... told from what is in it, not
 * from its name.
 *
 * Nothing is judged here.
 */
#ifndef KEYFIT_CORE_LOADER_H
#define KEYFIT_CORE_LOADER_H

#include <keyfit/artifact.h>

enum kf_loader_kind {
	KF_LOADER_OTHER = 0,	/* a PE file of no known kind, or no PE file */
	KF_LOADER_SHIM,
	KF_LOADER_MOKMANAGER,
	KF_LOADER_FALLBACK,
	KF_LOADER_GRUB,
	KF_LOADER_SYSTEMD_BOOT,
	KF_LOADER_UKI,
	KF_LOADER_LINUX,
	KF_LOADER_FWUPD,
	KF_LOADER_WINDOWS,
	KF_NUM_LOADERS,
};

enum { KF_LOADER_VERSION_MAX = 40 };

/* kf_loader: `version` is empty where the file does not tell it.
 * `windows_signed`: its signatures name an authority of Windows', or there are
 * too many to tell. */
struct kf_loader {
	enum kf_loader_kind kind;
	bool is_pe;
	bool windows_signed;
	uint16_t machine;
	char version[KF_LOADER_VERSION_MAX];
};

/* kf_loader_read looks at a file. What it needs of the arena is given back.
 * Fails: KF_CANNOT_READ, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_loader_read(struct kf_loader *out,
				      const struct kf_source *source,
				      struct kf_env *env);

/* kf_loader_name is "shim", "grub" and the like, for machines;
 * kf_loader_title is for people. */
const char *kf_loader_name(enum kf_loader_kind kind);
const char *kf_loader_title(enum kf_loader_kind kind);

#endif
