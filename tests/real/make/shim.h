/* What the parts of the shim case maker share: second stages with every knob
 * that shim's loader looks at, and what surrounds shim.
 */
#ifndef KEYFIT_TESTS_REAL_SHIM_H
#define KEYFIT_TESTS_REAL_SHIM_H

#include "make.h"

/* stage.c */
enum {
	CODE = 0x60000020, DATA = 0x40000040, DROPPED = 0x42000040,
	BSS = (int)0xc0000080, PARTS_MAX = 6,
	TEXT = 0, SBAT = 1, RELOC = 2,	/* where a stage has them */
	NX_COMPAT = 0x100,
};
struct part {
	const char *name;
	uint32_t rva, virtual_len, raw_at, raw_len, flags;
	uint32_t relocations_at;
	unsigned num_relocations;
	struct bytes content;
};
struct stage {
	struct part part[PARTS_MAX];
	unsigned num_parts;
	uint32_t entry, section_align, file_align, image_len, headers_len;
	uint32_t reloc_rva, reloc_len;
	unsigned num_directories, optional_len;	/* optional_len 0: fitting */
	unsigned machine, magic, characteristics, dll;
	uint32_t lfanew;
	unsigned seed;
};
/* stage gives a good one with such SBAT data: code, .sbat and .reloc. */
struct stage stage(const char *sbat);
/* no_sbat takes the section away. */
struct stage no_sbat(void);
struct bytes build(const struct stage *s);
extern const char sbat_head[];	/* the row of SBAT itself */
/* ours is a good image with SBAT data of its own component; under_red is that
 * signed by red. */
struct bytes ours(void);
struct bytes under_red(const struct stage *s);

/* shim_cases.c */
struct around {
	struct trust t;
	struct bytes mok, mokx, sb_state, db_state, mok_policy;
	struct bytes level, policy;
	const char *mok_as, *sb_as, *db_as, *level_as;	/* attributes */
	struct bytes shim;	/* empty: Debian's */
	const char *way;	/* NULL: start */
	struct bytes mm;
	bool lab_alone;		/* nothing that keyfit is told of */
};
/* red_db has red's root in db, and nothing else. */
struct around red_db(void);
/* add_stage: `end` is what shim's source lets expect: started, mm,
 * returned-STATUS, off, passed, asked-STATUS, stumble. */
void add_stage(const char *rule, const char *name, struct bytes image,
	       const struct around *around, const char *end);
/* real files, by their last names; empty: not given. */
struct bytes real_file(const char *name);
uint32_t number_at(struct bytes b, size_t at);
/* section_of gives a section's place in a real file. */
size_t section_of(struct bytes image, const char *name, size_t *len);

/* suites */
void trust_stages(void);
void denied_stages(void);
void state_stages(void);
void sbat_stages(void);
void level_stages(void);
void loader_stages(void);
void table_stages(void);
void signature_stages(void);
void real_stages(void);

#endif
