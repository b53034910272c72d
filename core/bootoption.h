/* The boot options of UEFI firmware: Boot####, BootOrder, BootNext.
 */
#ifndef KEYFIT_CORE_BOOTOPTION_H
#define KEYFIT_CORE_BOOTOPTION_H

#include <keyfit/bytes.h>

enum {
	KF_OPTIONS_OF_BOOT_MAX = 64,
	KF_OPTION_PLACE_MAX = 256,
	KF_OPTION_LABEL_MAX = 80,
};

/* Where an option's device path leads. */
enum kf_option_way {
	KF_WAY_OTHER = 0,	/* the network, the firmware itself, damage */
	KF_WAY_FILE,		/* a file on a disk */
	KF_WAY_DISK,		/* a disk: its removable path */
};

/* kf_boot_option is one. `place` is the file, "\EFI\debian\shimx64.efi", and
 * `loader` what its data names for shim to start; both may be empty. What is
 * no ASCII reads as '?'. `active`: the firmware tries it in its turn. */
struct kf_boot_option {
	uint16_t number;
	bool active;
	enum kf_option_way way;
	char label[KF_OPTION_LABEL_MAX];
	char place[KF_OPTION_PLACE_MAX];
	char loader[KF_OPTION_PLACE_MAX];
	struct kf_damage damage;
};

/* kf_boot_options is filled variable by variable, in any order. */
struct kf_boot_options {
	struct kf_boot_option option[KF_OPTIONS_OF_BOOT_MAX];
	size_t num;
	uint16_t order[KF_OPTIONS_OF_BOOT_MAX];
	size_t num_order;
	bool has_order, has_next;
	uint16_t next;
	bool cut;		/* there are more than it holds */
};

extern const uint8_t kf_global_guid[16];

/* kf_boot_option_read takes an EFI_LOAD_OPTION apart. */
void kf_boot_option_read(struct kf_boot_option *out, uint16_t number,
			 struct kf_bytes bytes);

/* kf_boot_variable takes a variable of EFI_GLOBAL_VARIABLE in, if it is one of
 * these. One that is there already stays. */
void kf_boot_variable(struct kf_boot_options *out, const char *name,
		      struct kf_bytes bytes);

/* kf_boot_option_at gives the options in the order in which the firmware tries
 * them, BootNext first; those that are named and not there are left out. NULL
 * after the last. */
const struct kf_boot_option *
kf_boot_option_at(const struct kf_boot_options *options, size_t index);

#endif
