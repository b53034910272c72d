/* Cabinets (.cab), as fwupd reads them: which is not as Windows does.
 *
 * All of a cabinet is looked at before any of it counts: a block that does not
 * unpack or whose checksum is wrong refuses the whole file. Chained cabinets
 * are not read, and what says that one follows is passed over.
 *
 * Source: fwupd/fwupd, libfwupdplugin/fu-cab-firmware.c
 * (fu_cab_firmware_parse), fu-cab.rs, tag 2.0.20; Microsoft, [MS-CAB].
 */
#ifndef KEYFIT_CORE_CAB_H
#define KEYFIT_CORE_CAB_H

#include <keyfit/artifact.h>

enum {
	KF_CAB_FILES_MAX = 1024,
	KF_CAB_FOLDERS_MAX = 64,
	KF_CAB_BLOCK_MAX = 65535,
	KF_CAB_HEADER_LEN = 36,
};

/* kf_cab_folder is a stream of blocks. Packed ones may repeat what the packed
 * block before them held, be it of another folder: `history`. */
struct kf_cab_folder {
	uint64_t blocks_at;
	uint64_t num_blocks;
	uint64_t len;		/* unpacked */
	bool packed;
	struct kf_bytes history;
};

struct kf_cab_file {
	struct kf_bytes path;	/* with slashes */
	struct kf_bytes name;	/* what is behind the last one */
	uint32_t folder;
	uint64_t at, len;	/* in the folder, unpacked */
};

struct kf_cab {
	const struct kf_source *source;
	size_t block_reserve;
	struct kf_cab_folder folder[KF_CAB_FOLDERS_MAX];
	size_t num_folders;
	struct kf_cab_file *file;
	size_t num_files;
	uint64_t unpacked_len;
	struct kf_damage damage;	/* fwupd does not take it */
	const char *beyond;		/* keyfit cannot tell */
};

/* kf_cab_read reads all of it. Fails: KF_CANNOT_READ, KF_NO_MEMORY,
 * KF_TOO_MUCH. */
KF_MUST enum kf_status kf_cab_read(struct kf_cab *out,
				   const struct kf_source *source,
				   struct kf_env *env);

/* kf_cab_last_name is what is behind the last slash of a path; slashes at its
 * end do not count. */
struct kf_bytes kf_cab_last_name(struct kf_bytes path);

/* kf_cab_block is one block, unpacked. */
struct kf_cab_block {
	uint64_t at;		/* of its header */
	uint64_t end_at;	/* behind its bytes */
	uint8_t *bytes;		/* KF_CAB_BLOCK_MAX */
	size_t len;
};

/* kf_cab_block_read reads the block at `at`. `packed`: KF_CAB_BLOCK_MAX bytes
 * to work in. Damage: `out->damage`. */
KF_MUST enum kf_status kf_cab_block_read(struct kf_cab *cab,
					 struct kf_cab_block *out,
					 bool is_packed,
					 struct kf_bytes history,
					 uint8_t *packed, struct kf_env *env);

/* kf_cab_stream yields the bytes of a folder as a source, block by block. It
 * is best read from its front on. */
struct kf_cab_stream {
	struct kf_cab *cab;
	const struct kf_cab_folder *folder;
	struct kf_env *env;
	uint8_t *packed;
	struct kf_cab_block block;
	uint64_t block_from;	/* of its bytes in the folder */
	bool started;
	enum kf_status status;
};

/* kf_cab_open starts a stream. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_cab_open(struct kf_source *out,
				   struct kf_cab_stream *stream,
				   struct kf_cab *cab, uint32_t folder,
				   struct kf_env *env);

#endif
