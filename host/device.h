/* What the files that open a device share.
 *
 * A device's texts and bytes live in its memory: an arena, and files that
 * were read whole.
 */
#ifndef KEYFIT_HOST_DEVICE_H
#define KEYFIT_HOST_DEVICE_H

#include <keyfit/host.h>

enum {
	/* Flash images of real machines are 8 to 64 MiB. */
	KF_STORE_FILE_MAX = 64 << 20,
	KF_PART_FILE_MAX = 4 << 20,
};

struct kf_kept_file;

struct kf_device_memory {
	struct kf_work work;
	struct kf_kept_file *files;
	struct kf_fault stray;	/* what leads out of the folder; `what` empty:
				 * nothing */
};

/* kf_blobs finds bytes by their SHA-256. They have to live until the next call.
 * Fails: KF_WRONG_USE, there are none. */
struct kf_blobs {
	enum kf_status (*find)(void *self, struct kf_bytes *out,
			       struct kf_bytes sha256, struct kf_fault *why);
	void *self;
};

/* kf_opening is a device while it is being opened.
 * `file`: what stands in the file that `ask` names; NULL: it is to be read.
 * `blobs`: what a stored device names by digests; NULL: nothing.
 * `settled`: all that is to be assumed of it was, when it was stored. */
struct kf_opening {
	struct kf_device *device;
	const struct kf_ask *ask;
	struct kf_device_memory *memory;
	struct kf_fault *why;
	const struct kf_bytes *file;
	const struct kf_blobs *blobs;
	bool settled;
};

/* kf_names collects words for a hint: "a, b, c". */
struct kf_names {
	char text[160];
	size_t len;
};

void kf_names_add(struct kf_names *names, const char *word);

/* device_memory.c */
KF_MUST enum kf_status kf_device_memory_open(struct kf_opening *o,
					     const struct kf_crypto *crypto,
					     int64_t now_s);
void kf_device_memory_close(struct kf_device_memory *memory);

/* kf_device_file reads a file that stays as long as the device does. Faults
 * name the path. Fails: KF_CANNOT_READ, KF_WRONG_USE, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_device_file(struct kf_bytes *out,
				      struct kf_opening *o, const char *path,
				      size_t max_len);

/* kf_device_text keeps a copy of a text. Fails: NULL, and says so. */
KF_MUST const char *kf_device_text(struct kf_opening *o, const char *text);
KF_MUST enum kf_status kf_device_full(struct kf_opening *o);

/* kf_device_join puts bytes behind those of a part. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_device_join(struct kf_part *part,
				      struct kf_opening *o,
				      struct kf_bytes more);

/* kf_say_path words a fault about a path; long paths lose their front. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void kf_say_path(struct kf_fault *why, const char *path, const char *hint,
		 const char *what, ...);

/* device.c: kf_device_open_bytes is kf_device_open for a file that was read
 * before, and stays borrowed; `ask->device` is its name. */
KF_MUST enum kf_status kf_device_open_bytes(struct kf_device *out,
					    const struct kf_ask *ask,
					    const struct kf_bytes *file,
					    const struct kf_blobs *blobs,
					    const struct kf_crypto *crypto,
					    int64_t now_s,
					    struct kf_fault *why);

/* Room for `num` verifiers with empty stores. */
KF_MUST enum kf_status kf_device_verifiers(struct kf_opening *o, size_t num);

/* kf_device_only starts a device of one verifier. */
KF_MUST enum kf_status kf_device_only(struct kf_opening *o, const char *name);

/* kf_device_rules gives a verifier its rules. Fails: KF_WRONG_USE. */
KF_MUST enum kf_status kf_device_rules(struct kf_opening *o,
				       struct kf_device_verifier *v,
				       const char *name);

/* kf_device_choose puts the rules that the user asked for in place of the
 * device's own, where they are of the same verifier. */
KF_MUST enum kf_status kf_device_choose(struct kf_opening *o,
					struct kf_device_verifier *v);

/* kf_device_no_part, _no_choice word that none of `num` verifiers knows a
 * name. */
KF_MUST enum kf_status kf_device_no_part(struct kf_opening *o,
					 const struct kf_device_verifier *v,
					 size_t num, const char *name);
KF_MUST enum kf_status kf_device_no_choice(struct kf_opening *o,
					   const struct kf_device_verifier *v,
					   size_t num, const char *name);

/* kf_taking is what makes the parts of one verifier that are more than a file,
 * or a list of UEFI's, out of the path that a user names; takings.def has them
 * all. `again`: it adds to what the name holds already. */
typedef enum kf_status kf_taking(struct kf_opening *o, struct kf_store *store,
				 const char *name, const char *path,
				 bool again);
#define TAKING(verifier, part, function) kf_taking function;
#include "takings.def"
#undef TAKING

/* kf_finder looks for what one verifier trusts in a folder; finders.def has
 * them all. `out` is filled where `*found`. */
typedef enum kf_status kf_finder(struct kf_opening *o, const char *root,
				 struct kf_device_verifier *out, bool *found);
#define FINDER(verifier, function) kf_finder function;
#include "finders.def"
#undef FINDER

/* trust.c: kf_trust_put makes a part of a store out of a file, a folder or
 * "none". `again`: it adds to what the name holds already. */
KF_MUST enum kf_status kf_trust_put(struct kf_opening *o,
				    struct kf_store *store,
				    const struct kf_verifier *verifier,
				    const char *name, const char *path,
				    bool again);

/* kf_part_name is a verifier's own text for the name of a part; NULL: it has
 * none of that name. */
const char *kf_part_name(const struct kf_verifier *verifier,
			 const char *name);

/* kf_setting_put holds a setting against the verifier's choices.
 * Fails: KF_WRONG_USE, for a value that is none of them. */
const struct kf_choice *kf_choice_of(const struct kf_verifier *verifier,
				     const char *name);
KF_MUST enum kf_status kf_setting_put(struct kf_opening *o,
				      struct kf_store *store,
				      const struct kf_choice *choice,
				      const char *value);

/* efivars.c: a folder of UEFI variables. `*num` counts the files that are
 * named as variables are; 0: it is another folder.
 * Fails: KF_CANNOT_READ, of the folder; KF_NO_MEMORY. */
KF_MUST enum kf_status kf_efivars_read(struct kf_opening *o,
				       struct kf_store *store,
				       const char *folder, size_t *num);
bool kf_efivars_is_live(const char *folder);

/* kf_efivars_is_stray tells whether a file of a copied folder is named nearly
 * as a variable that decides about trust, so that it may be one. */
bool kf_efivars_is_stray(const char *file);

/* kf_efivar_file is one file of efivarfs, read before: its name, NAME-GUID, and
 * its bytes. `readable` false: it was there, and could not be read. */
struct kf_efivar_file {
	const char *name;
	struct kf_bytes bytes;
	bool readable;
};

/* kf_mok_told is one entry of the table in which shim hands on what it keeps,
 * for each of kf_variables: whether it is there, how long it is, and its bytes,
 * without attributes. What is there and not `readable` is only known by its
 * length; UINT64_MAX: not even that. */
struct kf_mok_told {
	bool there, readable;
	uint64_t size;
	struct kf_bytes bytes;
	const char *from;
};

/* kf_efivar_listing is files as if they stood in the folder `from`. `live`:
 * what is not among them was not there. `told`: the table, or NULL. */
struct kf_efivar_listing {
	const char *from;
	bool live;
	const struct kf_efivar_file *file;
	size_t num;
	const struct kf_mok_told *told;
};

/* kf_efivars_take makes the parts of a store of such files. */
KF_MUST enum kf_status kf_efivars_take(struct kf_opening *o,
				       struct kf_store *store,
				       const struct kf_efivar_listing *list);

/* mokvars.c: the table, as Linux shows it beside a folder named efivars; beside
 * another folder there is none. */
KF_MUST enum kf_status kf_mokvars_read(struct kf_mok_told *told,
				       struct kf_opening *o,
				       const char *efivars);

/* kf_mokvars_settle: shim leaves what is empty out of the table, or, up to
 * 15.4, has it there empty; but a list is never empty. */
void kf_mokvars_settle(struct kf_mok_told *told);

/* machine.c: this machine, as its firmware's variables under `efi` tell. */
KF_MUST enum kf_status kf_machine_read(struct kf_opening *o,
				       struct kf_store *store,
				       const char *efi);
void kf_machine_name(char out[128]);

/* hardware.c: kf_hardware_name is a field's name, below /sys/class/dmi/id and
 * in collected files. kf_hardware_keep sets it. Fails: KF_NO_MEMORY.
 * kf_hardware_machine reads all of them. What cannot be read is not told. */
const char *kf_hardware_name(size_t field);
KF_MUST enum kf_status kf_hardware_keep(struct kf_opening *o, size_t field,
					const char *text);
KF_MUST enum kf_status kf_hardware_machine(struct kf_opening *o,
					   const char *folder);

/* kf_machine_unknown marks all that the firmware keeps as there, but not
 * known. */
KF_MUST enum kf_status kf_machine_unknown(struct kf_opening *o,
					  struct kf_store *store);

/* kf_machine_kind is what processor this is, in the words of --set machine;
 * NULL: another one, or it cannot be told. */
const char *kf_machine_kind(const char *efi);

/* stored.c: a device as a fleet keeps it. */
bool kf_stored_likely(struct kf_bytes file);
KF_MUST enum kf_status kf_stored_read(struct kf_opening *o, const char *path,
				      const char *name, struct kf_bytes file);

/* collected.c: what keyfit collect wrote. */
bool kf_collected_likely(struct kf_bytes file);
KF_MUST enum kf_status kf_collected_read(struct kf_opening *o,
					 const char *path, const char *name,
					 struct kf_bytes file);

/* zephyr.c: a build folder of Zephyr with MCUboot in it, or MCUboot's
 * configuration: a device of its own. */
bool kf_zephyr_is_build(struct kf_opening *o, const char *folder);
bool kf_zephyr_likely(struct kf_bytes file);
KF_MUST enum kf_status kf_zephyr_read(struct kf_opening *o, const char *path,
				      const char *name);

/* profile.c: `name` is for a profile that tells none. */
bool kf_profile_likely(struct kf_bytes file);
KF_MUST enum kf_status kf_profile_read(struct kf_opening *o, const char *path,
				       const char *name,
				       struct kf_bytes file);

#endif
