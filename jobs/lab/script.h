/* A script of the batch protocol, made ready for the guest: numbers stand for
 * files, and it can be taken up again behind any case.
 */
#ifndef KEYFIT_JOBS_LAB_SCRIPT_H
#define KEYFIT_JOBS_LAB_SCRIPT_H

#include "lab.h"

enum { SCRIPT_FILES_MAX = 4000 };

struct kf_script_line {
	char kind;	/* 's'tore, 'v'ars, 'b'ase, s'p'lice, s'h'im, 'c'ase */
	size_t at, len;		/* in `text` */
};

struct kf_script {
	char *text;
	size_t text_len, text_room;
	struct kf_script_line *line;
	size_t num_lines, room;
	char *file_name[SCRIPT_FILES_MAX];
	struct kf_text_file file[SCRIPT_FILES_MAX];
	size_t num_files;
	const char *folder;
};

/* kf_script_read reads a script and the files that it names. Owns: `out`,
 * until kf_script_close, which takes a zeroed one too.
 * Fails: KF_WRONG_USE, KF_CANNOT_READ, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_script_read(struct kf_script *out,
				      struct kf_bytes text,
				      const char *folder,
				      struct kf_fault *why);
void kf_script_close(struct kf_script *script);

/* kf_script_pack makes the pack for the lines from `from` on, with the store
 * and the files that were in use there. Owns: the memory, until free.
 * Fails: NULL. */
KF_MUST uint8_t *kf_script_pack(size_t *len, const struct kf_script *script,
				size_t from, struct kf_fault *why);

/* kf_script_next gives the next case at or behind a line; num_lines when
 * there is none. */
size_t kf_script_next(const struct kf_script *script, size_t from);

/* kf_script_id writes the name of a case. */
void kf_script_id(char out[KF_LAB_ID_MAX], const struct kf_script *script,
		  size_t line);

#endif
