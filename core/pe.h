/* The headers of a PE/COFF file, described field by field.
 *
 * Nothing is judged here: verifiers differ in what they insist on, and their
 * rules read these fields in their own order.
 */
#ifndef KEYFIT_CORE_PE_H
#define KEYFIT_CORE_PE_H

#include <keyfit/artifact.h>

enum {
	KF_PE_DOS_LEN = 64,	/* IMAGE_DOS_HEADER */
	KF_PE_COFF_LEN = 20,	/* IMAGE_FILE_HEADER */
	KF_PE_HEADERS_LEN = 264,	/* "PE\0\0", COFF header, PE32+
					 * optional header with 16
					 * directories */
	KF_PE_SECTION_LEN = 40,
	KF_PE_DIRECTORIES = 16,
	KF_PE_NAME_MAX = 32,	/* of a section's name, when it is long */

	KF_PE_MAGIC_32 = 0x10b,
	KF_PE_MAGIC_64 = 0x20b,

	KF_PE_MACHINE_I386 = 0x14c,
	KF_PE_MACHINE_ARM = 0x1c2,
	KF_PE_MACHINE_EBC = 0xebc,
	KF_PE_MACHINE_RISCV64 = 0x5064,
	KF_PE_MACHINE_LOONGARCH64 = 0x6264,
	KF_PE_MACHINE_X64 = 0x8664,
	KF_PE_MACHINE_ARM64 = 0xaa64,

	KF_PE_DIR_RESOURCE = 2,
	KF_PE_DIR_SECURITY = 4,
	KF_PE_DIR_RELOC = 5,
	KF_PE_DIR_DEBUG = 6,

	KF_PE_APPLICATION = 10,
	KF_PE_BOOT_DRIVER = 11,
	KF_PE_RUNTIME_DRIVER = 12,
	KF_PE_SAL_DRIVER = 13,

	KF_PE_RELOCS_STRIPPED = 0x0001,
	KF_PE_NX_COMPAT = 0x0100,
};

struct kf_pe_directory {
	uint32_t rva;
	uint32_t len;
};

/* kf_pe_section is one section header, with what verifiers read of it. */
struct kf_pe_section {
	char name[8];		/* not always NUL-terminated */
	uint32_t virtual_len;
	uint32_t rva;
	uint32_t raw_len;
	uint32_t raw_at;
	uint32_t flags;
};

/* kf_pe: what is not in the file reads as zero, and `damage` says where it
 * should have been. */
struct kf_pe {
	bool has_dos;		/* the 64 bytes of a DOS header are there */
	bool has_mz;
	bool has_headers;	/* KF_PE_HEADERS_LEN bytes at `pe_at` */
	bool is_pe;		/* "PE\0\0" stands at `pe_at` */
	bool is_te;		/* "VZ" stands there */
	uint32_t pe_at;		/* e_lfanew, or 0 without "MZ" */
	uint16_t machine;
	uint16_t num_sections;
	uint16_t optional_len;	/* SizeOfOptionalHeader */
	uint16_t characteristics;
	uint16_t magic;
	uint32_t entry_rva;
	uint64_t image_base;
	uint32_t section_alignment;
	uint32_t file_alignment;
	uint32_t image_len;	/* SizeOfImage */
	uint32_t headers_len;	/* SizeOfHeaders */
	uint16_t subsystem;
	uint16_t dll_characteristics;
	uint32_t num_directories;	/* NumberOfRvaAndSizes */
	uint32_t checksum_at;	/* file offsets of fields */
	uint32_t security_at;
	uint32_t sections_at;
	uint64_t strings_at;	/* behind the symbols; 0: there are none */
	struct kf_pe_directory directory[KF_PE_DIRECTORIES];
	struct kf_damage damage;
};

/* kf_pe_read reads the headers of a file. Fails: KF_CANNOT_READ. */
KF_MUST enum kf_status kf_pe_read(struct kf_pe *out,
				  const struct kf_source *source);

/* kf_pe_section_read reads section header `index`. Fails: KF_CANNOT_READ;
 * KF_WRONG_USE when it does not lie in the file. */
KF_MUST enum kf_status kf_pe_section_read(struct kf_pe_section *out,
					  const struct kf_pe *pe,
					  const struct kf_source *source,
					  uint32_t index);

/* kf_pe_name_read gives a section's name without NULs, in `out`; "/37" stands
 * for what is at byte 37 of the strings behind the symbols. A long name that is
 * not there stays as it is written. Fails: KF_CANNOT_READ. */
KF_MUST enum kf_status kf_pe_name_read(struct kf_bytes *name,
				       uint8_t out[KF_PE_NAME_MAX],
				       const struct kf_pe_section *section,
				       const struct kf_pe *pe,
				       const struct kf_source *source);

/* kf_pe_machine_name is "x86-64" and the like; NULL: unknown. */
const char *kf_pe_machine_name(uint16_t machine);

#endif
